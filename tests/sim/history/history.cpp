// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/history/history.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {
namespace {

void put_call(TextWriter& out, const Call& call) noexcept {
    out.put(name_of(call.verb)).put(" object ").put(call.object);
    switch (call.verb) {
    case Verb::read: break;
    case Verb::write:
    case Verb::fetch_add: out.put(" ").put(call.value); break;
    case Verb::compare_exchange: out.put(" ").put(call.expected).put(" -> ").put(call.value); break;
    case Verb::lock: out.put(" nonce ").put(call.nonce); break;
    case Verb::commit:
        out.put(" ").put(call.value).put(" nonce ").put(call.nonce);
        out.put(" generation ").put(call.generation).put(call.is_release ? " release" : "");
        break;
    case Verb::expire:
        out.put(call.nonce != 0 ? " nonce " : " generation ");
        out.put(call.nonce != 0 ? call.nonce : call.generation);
        break;
    }
}

void put_answer(TextWriter& out, Verb verb, const Answer& answer) noexcept {
    switch (verb) {
    case Verb::read:
    case Verb::fetch_add: out.put("found ").put(answer.value); return;
    case Verb::compare_exchange:
        out.put("found ").put(answer.value).put(answer.is_done ? ", done" : ", not done");
        return;
    case Verb::lock:
        out.put(answer.is_done ? "granted" : "not granted");
        out.put(", generation ").put(answer.generation).put(", commits ").put(answer.commits);
        return;
    case Verb::commit:
        out.put(answer.is_done ? "done, commits " : "stale");
        if (answer.is_done) {
            out.put(answer.commits);
        }
        return;
    case Verb::write:
    case Verb::expire: out.put("done"); return;
    }
}

} // namespace

Result<OperationIndex> History::call(const Call& call, Instant now) noexcept {
    GRAFOS_ASSERT(call.client < clients_max && !is_waiting_[call.client]);
    GRAFOS_ASSERT((call.verb != Verb::lock && call.verb != Verb::commit) || call.nonce != 0);
    const uint32_t number = number_of(call.object);
    if (count_ == slots_.size() || number == objects_max || event_count_ >= never - 1) {
        is_cut_ = true;
        return Error{ErrorCode::capacity_exceeded, Field::none, count_, slots_.size()};
    }
    if (number == object_count_) {
        objects_[number] = call.object;
        object_count_ += 1;
    }
    slots_[count_] = Operation{};
    Operation& made = slots_[count_];
    made.call = call;
    made.object_number = number;
    made.called = event_count_;
    made.called_at = now;
    made.is_running = true;
    is_waiting_[call.client] = true;
    event_count_ += 1;
    count_ += 1;
    return count_ - 1;
}

History::Operation& History::running(OperationIndex operation) noexcept {
    GRAFOS_ASSERT(operation < count_ && slots_[operation].is_running);
    Operation& found = slots_[operation];
    found.is_running = false;
    is_waiting_[found.call.client] = false;
    return found;
}

void History::answer(OperationIndex operation, const Answer& answer, Instant now) noexcept {
    Operation& found = running(operation);
    GRAFOS_ASSERT(event_count_ < never);
    found.answer = answer;
    found.answered = event_count_;
    found.answered_at = now;
    found.outcome = Outcome::answered;
    event_count_ += 1;
}

void History::lose(OperationIndex operation) noexcept {
    const Operation& found = running(operation);
    GRAFOS_ASSERT(found.outcome == Outcome::open);
}

void History::refuse(OperationIndex operation) noexcept {
    running(operation).outcome = Outcome::refused;
}

void History::clear() noexcept {
    count_ = 0;
    event_count_ = 0;
    object_count_ = 0;
    is_cut_ = false;
    is_waiting_ = {};
}

const History::Operation& History::operator[](OperationIndex operation) const noexcept {
    GRAFOS_ASSERT(operation < count_);
    return slots_[operation];
}

uint32_t History::number_of(uint64_t object) const noexcept {
    uint32_t number = 0;
    while (number < object_count_ && objects_[number] != object) {
        ++number;
    }
    return number;
}

std::string_view name_of(Verb verb) noexcept {
    switch (verb) {
    case Verb::read: return "read";
    case Verb::write: return "write";
    case Verb::compare_exchange: return "compare_exchange";
    case Verb::fetch_add: return "fetch_add";
    case Verb::lock: return "lock";
    case Verb::commit: return "commit";
    case Verb::expire: return "expire";
    }
    return "?";
}

void put_operation(TextWriter& out, const History& history, OperationIndex operation) noexcept {
    const History::Operation& found = history[operation];
    out.put("#").put(uint64_t{operation}).put(" client ").put(uint64_t{found.call.client}).put(" ");
    put_call(out, found.call);
    out.put(": ");
    switch (found.outcome) {
    case History::Outcome::open:
        out.put("no answer [").put(uint64_t{found.called}).put(", -] at ");
        break;
    case History::Outcome::refused:
        out.put("refused [").put(uint64_t{found.called}).put(", -] at ");
        break;
    case History::Outcome::answered:
        put_answer(out, found.call.verb, found.answer);
        out.put(" [").put(uint64_t{found.called}).put(", ");
        out.put(uint64_t{found.answered}).put("] at ");
        break;
    }
    out.put(found.called_at.ms).put(" ms");
}

} // namespace grafos::test
