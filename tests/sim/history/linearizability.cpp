// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/history/linearizability.hpp"

#include <algorithm>

#include "core/base/assert.hpp"
#include "tests/sim/history/object_model.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t none = UINT32_MAX;

/// The last step of SplitMix64: every bit of the input changes about half of the output.
[[nodiscard]] constexpr uint64_t mix(uint64_t z) noexcept {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

[[nodiscard]] bool changes_only_the_word(Verb verb) noexcept {
    return verb == Verb::write || verb == Verb::compare_exchange || verb == Verb::fetch_add;
}
[[nodiscard]] bool tells_the_word(Verb verb) noexcept {
    return verb == Verb::read || verb == Verb::compare_exchange || verb == Verb::fetch_add;
}

} // namespace

HistoryVerdict Linearizability::check(const History& history, uint64_t steps_max) noexcept {
    GRAFOS_ASSERT(history.operations().size() <= parts_.frames.size());
    GRAFOS_ASSERT(parts_.nodes.size() >= parts_.frames.size() + 2);
    history_ = &history;
    steps_max_ = steps_max;
    HistoryVerdict verdict;
    if (history.is_cut()) {
        verdict.result = Linearity::undecided;
        verdict.shortage = Shortage::history;
        return verdict;
    }
    uint32_t end = history.event_count();
    for (uint32_t object = 0; object < history.object_count(); ++object) {
        const Linearity found = search(object, end, verdict);
        if (found == Linearity::bad) {
            verdict.result = found;
            verdict.is_smallest = true;
            find_smallest(object, verdict);
            end = history[verdict.culprit].answered; // of the others only what comes before
        } else if (found == Linearity::undecided && verdict.result == Linearity::bad) {
            verdict.is_smallest = false;
        } else if (found == Linearity::undecided) {
            verdict.result = found;
        }
    }
    if (verdict.result == Linearity::bad) {
        verdict.shortage = Shortage::none;
    }
    return verdict;
}

/// Parts of a good history are good, so halving finds the first answer that spoils it. It is nearly
/// always the one the whole search was stopped by.
void Linearizability::find_smallest(uint32_t object, HistoryVerdict& verdict) noexcept {
    uint32_t good_end = blocked_at_;
    uint32_t bad_end = last_answer_ + 1;
    GRAFOS_ASSERT(good_end < bad_end);
    take_tail(verdict);
    uint32_t guess = good_end + 1;
    while (good_end + 1 < bad_end) {
        const Linearity found = search(object, guess, verdict);
        if (found == Linearity::undecided) {
            verdict.is_smallest = false;
            break;
        }
        if (found == Linearity::good) {
            good_end = guess;
        } else {
            bad_end = last_answer_ + 1;
            good_end = std::max(good_end, blocked_at_);
            take_tail(verdict);
        }
        guess = good_end + (bad_end - good_end) / 2;
    }
    for (const History::Operation& operation : history_->operations()) {
        if (operation.answered == bad_end - 1) {
            verdict.culprit =
                static_cast<OperationIndex>(&operation - history_->operations().data());
        }
    }
}

Linearity Linearizability::search(uint32_t object, uint32_t end, HistoryVerdict& verdict) noexcept {
    load(object, end);
    const Linearity found = explore(verdict);
    verdict.memo_used_max = std::max(verdict.memo_used_max, memo_used_);
    return found;
}

Linearity Linearizability::explore(HistoryVerdict& verdict) noexcept {
    uint32_t cursor = none;
    bool is_new = true; // this configuration has not been looked at
    for (uint64_t step = 0; step < steps_max_; ++step) {
        verdict.steps += 1;
        if (is_new) {
            if (answers_left_ == 0) {
                return Linearity::good;
            }
            note_progress();
            const Outlook outlook = look_ahead();
            if (!outlook.is_hopeless && outlook.forced != none) {
                take_effect(outlook.forced, true);
                continue;
            }
            const Memo memo = outlook.is_hopeless ? Memo::known : remember();
            if (memo == Memo::full) {
                verdict.shortage = Shortage::memo;
                return Linearity::undecided;
            }
            cursor = memo == Memo::known ? none : answered_head_;
            is_new = false;
        }
        cursor = cursor == none ? none : candidate_after(cursor);
        if (cursor != none) {
            take_effect(cursor, false);
            is_new = true;
            continue;
        }
        bool was_forced = true;
        while (was_forced) {
            if (depth_ == 0) {
                return Linearity::bad;
            }
            const Frame last = take_back();
            cursor = last.node;
            was_forced = last.is_forced;
        }
    }
    verdict.shortage = Shortage::steps;
    return Linearity::undecided;
}

void Linearizability::load(uint32_t object, uint32_t end) noexcept {
    GRAFOS_ASSERT(round_ < UINT32_MAX);
    answered_head_ = static_cast<uint32_t>(parts_.nodes.size() - 2);
    open_head_ = answered_head_ + 1;
    for (const uint32_t head : {answered_head_, open_head_}) {
        parts_.nodes[head] = {0, head, head, head, head, none, false};
    }
    end_ = end;
    round_ += 1;
    answers_left_ = node_count_ = last_answer_ = depth_ = memo_used_ = blocked_at_ = 0;
    tail_count_ = 0;
    state_ = tail_state_ = {};
    is_open_change_ = false;
    set_high_ = set_low_ = 0;
    const std::span<const History::Operation> operations = history_->operations();
    for (OperationIndex i = 0; i < operations.size() && operations[i].called < end; ++i) {
        const History::Operation& operation = operations[i];
        if (operation.object_number != object || operation.outcome == History::Outcome::refused) {
            continue;
        }
        const uint32_t node = node_count_;
        parts_.nodes[node] = {i, node, node, node, node, none, false};
        if (!is_open(node)) {
            append_answered(node, operation.answered);
        } else if (operation.call.verb != Verb::read) {
            append_open(node);
        } else {
            continue;
        }
        node_count_ += 1;
    }
}

void Linearizability::append_answered(uint32_t node, uint32_t answered) noexcept {
    append(answered_head_, node);
    answers_left_ += 1;
    last_answer_ = std::max(last_answer_, answered);
    uint32_t before = parts_.nodes[answered_head_].previous_return;
    while (before != answered_head_ && operation_of(before).answered > answered) {
        before = parts_.nodes[before].previous_return;
    }
    Node& made = parts_.nodes[node];
    made.previous_return = before;
    made.next_return = parts_.nodes[before].next_return;
    parts_.nodes[made.next_return].previous_return = node;
    parts_.nodes[before].next_return = node;
}

void Linearizability::append_open(uint32_t node) noexcept {
    uint32_t twin = parts_.nodes[open_head_].previous;
    while (twin != open_head_ && !are_alike(twin, node)) {
        twin = parts_.nodes[twin].previous;
    }
    parts_.nodes[node].twin = twin == open_head_ ? none : twin;
    append(open_head_, node);
}

/// Calls for the same, or by nonces that nobody uses again.
bool Linearizability::are_alike(uint32_t one, uint32_t other) const noexcept {
    const Call& a = operation_of(one).call;
    const Call& b = operation_of(other).call;
    const bool is_same = a.verb == b.verb && a.is_release == b.is_release && a.value == b.value &&
                         a.expected == b.expected && a.generation == b.generation;
    return is_same && (a.nonce == b.nonce ||
                       (a.verb == Verb::lock && is_used_once(a.nonce) && is_used_once(b.nonce)));
}

bool Linearizability::is_used_once(uint64_t nonce) const noexcept {
    uint32_t uses = 0;
    for (const History::Operation& operation : history_->operations()) {
        uses += operation.call.nonce == nonce ? 1u : 0u;
    }
    return uses == 1;
}

void Linearizability::append(uint32_t head, uint32_t node) noexcept {
    Node& made = parts_.nodes[node];
    made.next = head;
    made.previous = parts_.nodes[head].previous;
    parts_.nodes[made.previous].next = node;
    parts_.nodes[head].previous = node;
}

const History::Operation& Linearizability::operation_of(uint32_t node) const noexcept {
    return history_->operations()[parts_.nodes[node].operation];
}

bool Linearizability::is_open(uint32_t node) const noexcept {
    return operation_of(node).answered >= end_;
}

uint32_t Linearizability::first_missing_answer() const noexcept {
    return operation_of(parts_.nodes[answered_head_].next_return).answered;
}

/// What is next without alternatives, or that some answer cannot come true any more.
Linearizability::Outlook Linearizability::look_ahead() const noexcept {
    const uint32_t limit = first_missing_answer();
    Outlook outlook{none, false};
    for (uint32_t node = parts_.nodes[answered_head_].next;
         node != answered_head_ && operation_of(node).called < limit;
         node = parts_.nodes[node].next) {
        const History::Operation& operation = operation_of(node);
        const auto effect = effect_of_answered(state_, operation.call, operation.answer);
        if (effect.has_value() && effect->is_pure) {
            outlook.forced = node;
        } else if (!may_fit_later(state_, operation.call, operation.answer)) {
            outlook.is_hopeless = true;
            return outlook;
        }
    }
    return outlook;
}

/// Answered ones first: open ones are needed only when those do not fit.
uint32_t Linearizability::candidate_after(uint32_t node) const noexcept {
    const uint32_t limit = first_missing_answer();
    const bool is_answered = node == answered_head_ || (node < node_count_ && !is_open(node));
    if (is_answered) {
        uint32_t next = parts_.nodes[node].next;
        while (next != answered_head_ && operation_of(next).called < limit) {
            if (may_be_next(next)) {
                return next;
            }
            next = parts_.nodes[next].next;
        }
    }
    uint32_t next = parts_.nodes[is_answered ? open_head_ : node].next;
    if (next == open_head_) {
        return none;
    }
    const WantedWords wanted = wanted_words(limit);
    while (next != open_head_ && operation_of(next).called < limit) {
        if (may_be_next_open(next, wanted)) {
            return next;
        }
        next = parts_.nodes[next].next;
    }
    return none;
}

bool Linearizability::may_be_next(uint32_t node) const noexcept {
    const History::Operation& operation = operation_of(node);
    if (is_open_change_ && !tells_the_word(operation.call.verb)) {
        return false;
    }
    return effect_of_answered(state_, operation.call, operation.answer).has_value();
}

bool Linearizability::may_be_next_open(uint32_t node, const WantedWords& wanted) const noexcept {
    const Call& call = operation_of(node).call;
    if (is_open_change_ && !tells_the_word(call.verb)) {
        return false;
    }
    const uint32_t twin = parts_.nodes[node].twin;
    if (twin != none && !parts_.nodes[twin].is_in_effect) {
        return false;
    }
    const auto effect = effect_of_open(state_, call);
    return effect.has_value() &&
           (!changes_only_the_word(call.verb) || wanted.has(effect->state.word));
}

/// Words that an answer was given for which is still missing, and words from which open operations
/// may get there.
WantedWords Linearizability::wanted_words(uint32_t limit) const noexcept {
    WantedWords wanted;
    for (uint32_t node = parts_.nodes[answered_head_].next;
         node != answered_head_ && operation_of(node).called < limit;
         node = parts_.nodes[node].next) {
        if (tells_the_word(operation_of(node).call.verb)) {
            wanted.add(operation_of(node).answer.value);
        }
    }
    uint32_t exchanges = 0;
    for (uint32_t node = parts_.nodes[open_head_].next;
         node != open_head_ && operation_of(node).called < limit; node = parts_.nodes[node].next) {
        const Call& call = operation_of(node).call;
        if (call.verb == Verb::fetch_add) {
            wanted.widen(call.value);
        }
        exchanges += call.verb == Verb::compare_exchange ? 1u : 0u;
    }
    for (bool has_grown = exchanges > 0; has_grown && exchanges > 0; --exchanges) {
        has_grown = false;
        for (uint32_t node = parts_.nodes[open_head_].next;
             node != open_head_ && operation_of(node).called < limit;
             node = parts_.nodes[node].next) {
            const Call& call = operation_of(node).call;
            if (call.verb == Verb::compare_exchange && wanted.has(call.value)) {
                has_grown = wanted.add(call.expected) || has_grown;
            }
        }
    }
    return wanted;
}

void Linearizability::take_effect(uint32_t node, bool is_forced) noexcept {
    const History::Operation& operation = operation_of(node);
    const bool was_open = is_open(node);
    const auto effect = was_open ? effect_of_open(state_, operation.call)
                                 : effect_of_answered(state_, operation.call, operation.answer);
    GRAFOS_ASSERT(effect.has_value() && depth_ < parts_.frames.size());
    parts_.frames[depth_] = {node, is_forced, is_open_change_, state_};
    depth_ += 1;
    state_ = effect->state;
    is_open_change_ = was_open && changes_only_the_word(operation.call.verb);
    parts_.nodes[node].is_in_effect = true;
    unlink(node);
    toggle(node);
}

Linearizability::Frame Linearizability::take_back() noexcept {
    GRAFOS_ASSERT(depth_ > 0);
    depth_ -= 1;
    const Frame last = parts_.frames[depth_];
    state_ = last.before;
    is_open_change_ = last.was_open_change;
    parts_.nodes[last.node].is_in_effect = false;
    link(last.node);
    toggle(last.node);
    return last;
}

// A node keeps its neighbours while it is out, and goes back before they change: last out, first
// in.
void Linearizability::unlink(uint32_t node) noexcept {
    const Node& out = parts_.nodes[node];
    parts_.nodes[out.previous].next = out.next;
    parts_.nodes[out.next].previous = out.previous;
    if (!is_open(node)) {
        parts_.nodes[out.previous_return].next_return = out.next_return;
        parts_.nodes[out.next_return].previous_return = out.previous_return;
        answers_left_ -= 1;
    }
}

void Linearizability::link(uint32_t node) noexcept {
    const Node& in = parts_.nodes[node];
    parts_.nodes[in.previous].next = node;
    parts_.nodes[in.next].previous = node;
    if (!is_open(node)) {
        parts_.nodes[in.previous_return].next_return = node;
        parts_.nodes[in.next_return].previous_return = node;
        answers_left_ += 1;
    }
}

void Linearizability::toggle(uint32_t node) noexcept {
    set_high_ ^= mix(2u * uint64_t{node});
    set_low_ ^= mix(2u * uint64_t{node} + 1u);
}

Linearizability::Memo Linearizability::remember() noexcept {
    uint64_t high = set_high_;
    uint64_t low = set_low_ + (is_open_change_ ? 1u : 0u);
    for (const uint64_t word : {state_.word, state_.generation, state_.nonce, state_.commits}) {
        high = mix(high ^ word);
        low = mix(low + mix(word));
    }
    const uint32_t short_low = static_cast<uint32_t>(low >> 32);
    const size_t mask = parts_.memo.size() - 1;
    size_t slot = static_cast<size_t>(low) & mask;
    while (parts_.memo[slot].round == round_) { // never full, so it ends
        if (parts_.memo[slot].high == high && parts_.memo[slot].low == short_low) {
            return Memo::known;
        }
        slot = (slot + 1) & mask;
    }
    if (memo_used_ >= parts_.memo.size() - parts_.memo.size() / 8) {
        return Memo::full;
    }
    parts_.memo[slot] = {high, short_low, round_};
    memo_used_ += 1;
    return Memo::added;
}

void Linearizability::note_progress() noexcept {
    const uint32_t missing = first_missing_answer();
    if (missing <= blocked_at_) {
        return;
    }
    blocked_at_ = missing;
    tail_count_ = std::min(depth_, HistoryVerdict::tail_max);
    for (uint32_t i = 0; i < tail_count_; ++i) {
        const Frame& frame = parts_.frames[depth_ - tail_count_ + i];
        tail_[i] = parts_.nodes[frame.node].operation;
    }
    tail_state_ = state_;
}

void Linearizability::take_tail(HistoryVerdict& verdict) const noexcept {
    verdict.tail = tail_;
    verdict.tail_count = tail_count_;
    verdict.state = tail_state_;
}

} // namespace grafos::test
