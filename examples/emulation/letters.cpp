// SPDX-License-Identifier: Apache-2.0
/// The way of a letter: out of the pool, through the net, into a mailbox, and back into the pool.
#include <algorithm>

#include "examples/emulation/refusal.hpp"
#include "examples/emulation/system.hpp"

namespace grafos::emulation {

uint32_t System::take_letter(const LetterHead& head, Bytes payload) noexcept {
    const uint32_t place = free_;
    if (place != 0) {
        free_ = storage_.letters[place].next;
        figures_.letters += 1;
        figures_.letters_most = std::max(figures_.letters_most, figures_.letters);
    }
    letter(place).become(head, payload);
    return place;
}

void System::free_letter(uint32_t place) noexcept {
    if (place == 0) {
        return;
    }
    GRAFOS_ASSERT(figures_.letters > 0);
    storage_.letters[place].next = free_;
    free_ = place;
    figures_.letters -= 1;
}

/// An address may have come in a message from another machine, where it may name anything.
bool System::has_actor(ActorNumber number, const MessageKind& kind) const noexcept {
    return index_of(number) < count_ && slot(number).words.data() == kind.words.data();
}

Error System::no_letter_left() const noexcept {
    return {ErrorCode::capacity_exceeded, Field::outbox, figures_.letters + uint64_t{1},
            figures_.letters};
}

void System::post(uint32_t place, const MessageKind& kind, std::optional<Duration> after) noexcept {
    GRAFOS_ASSERT(kind.number < kind.words.size());
    Letter& posted = letter(place);
    const MessageWord& word = kind.words[kind.number];
    order_ += 1;
    posted.order = order_;
    posted.is_timer = after.has_value() || posted.from == posted.to;
    figures_.sent += 1;
    const bool has_receiver = posted.to != ActorNumber::nobody;
    const bool is_near = has_receiver && slot(posted.to).actor != nullptr;
    const bool travels = is_near || (has_receiver && after.has_value());
    Fate fate{.delay = after.value_or(Duration{0})};
    if (is_near && weather_ != nullptr && !posted.is_timer) {
        fate = weather_->fate_of(posted, word.name, now_);
    }
    const Instant arrives =
        travels && !fate.is_lost ? saturating_add(now_, fate.delay) : Instant::never();
    tell([&](Observer& o) { o.on_sent(now_, posted, word, arrives); });

    if (!has_receiver && !posted.is_answer()) {
        fail(place, LossReason::stopped, {ErrorCode::not_found, Field::slot});
    } else if (!travels && (place != 0 || posted.is_answer())) { // an answer leaves at once
        hand_over(place);
    } else if (place == 0) {
        fail(place, LossReason::full, no_letter_left());
    } else if (fate.is_lost) {
        lose(posted, fate.reason);
        free_letter(place);
    } else {
        storage_.travelling.put(place, arrives, posted.order);
        if (fate.is_doubled) {
            post_copy(posted, word, fate.second_delay);
        }
    }
}

void System::post_copy(const Letter& of, const MessageWord& word, Duration delay) noexcept {
    const uint32_t place = take_letter(of, of.view());
    Letter& copy = letter(place);
    order_ += 1;
    copy.order = order_;
    copy.copy_of = of.order;
    figures_.doubled += 1;
    const Instant arrives = saturating_add(now_, delay);
    tell([&](Observer& o) { o.on_sent(now_, copy, word, arrives); });
    if (place == 0) {
        lose(copy, LossReason::full);
    } else {
        storage_.travelling.put(place, arrives, copy.order);
    }
}

void System::arrive(uint32_t place) noexcept {
    const Letter& arrived = letter(place);
    ActorSlot& to = slot(arrived.to);
    if (to.actor == nullptr) { // it waited here for its time
        hand_over(place);
    } else if (to.is_stopped) {
        lose(arrived, LossReason::stopped);
        free_letter(place);
    } else if (arrived.is_answer()) {
        take_answer_letter(to, place);
    } else {
        put_into_mailbox(to, place);
    }
}

void System::put_into_mailbox(ActorSlot& to, uint32_t place) noexcept {
    const Letter& arrived = letter(place);
    if (to.mail_count == to.mailbox_max) {
        const LetterHead head = arrived;
        lose(arrived, LossReason::full);
        free_letter(place); // first, so that there is one for the refusal
        if (head.kind == LetterKind::question) {
            refuse(answer_head(head), Error{ErrorCode::capacity_exceeded, Field::slot,
                                            to.mail_count + uint64_t{1}, to.mailbox_max});
        }
        return;
    }
    tell([&](Observer& observer) { observer.on_arrived(now_, arrived); });
    storage_.letters[place].next = 0;
    if (to.mail_count == 0) {
        to.mail_first = place;
    } else {
        storage_.letters[to.mail_last].next = place;
    }
    to.mail_last = place;
    to.mail_count = static_cast<uint16_t>(to.mail_count + 1);
    if (!to.is_calling) {
        make_ready(to);
    }
}

void System::take_answer_letter(ActorSlot& to, uint32_t place) noexcept {
    const Letter& arrived = letter(place);
    if (!to.awaits(arrived.call)) {
        lose(arrived, LossReason::late);
        free_letter(place);
        return;
    }
    tell([&](Observer& observer) { observer.on_arrived(now_, arrived); });
    storage_.calls.remove(static_cast<uint32_t>(index_of(arrived.to)));
    to.answer = place;
    make_ready(to);
}

void System::handle_answer(ActorSlot& at) noexcept {
    const uint32_t place = at.answer;
    const std::optional<Error> refusal = at.refusal;
    GRAFOS_ASSERT((place != 0) != refusal.has_value());
    at.answer = 0;
    at.refusal.reset();
    at.is_calling = false; // its handler may call again
    const ActorNumber self = number_of(at);
    if (refusal.has_value()) {
        static_cast<void>(at.on_answer(*at.actor, *this, self, *refusal));
        return;
    }
    const Letter& answer = letter(place);
    if (answer.kind == LetterKind::refusal) {
        static_cast<void>(at.on_answer(*at.actor, *this, self, refusal_of(answer.view())));
    } else if (!at.on_answer(*at.actor, *this, self, answer.view())) {
        lose(answer, LossReason::corrupt);
    }
    free_letter(place);
}

/// Nothing if the call has ended already.
void System::end_call(ActorSlot& asker, uint32_t call, const Error& why) noexcept {
    if (!asker.awaits(call)) {
        return;
    }
    storage_.calls.remove(static_cast<uint32_t>(index_of(number_of(asker))));
    asker.refusal = why;
    make_ready(asker);
}

void System::refuse(LetterHead head, const Error& error) noexcept {
    head.kind = LetterKind::refusal;
    answer(head, encoded(error));
}

LetterHead System::answer_head(const LetterHead& question) noexcept {
    return {.from = question.to,
            .to = question.from,
            .kind = LetterKind::answer,
            .message = question.message,
            .call = question.call};
}

void System::lose(const Letter& lost, LossReason reason) noexcept {
    figures_.lost += 1;
    tell([&](Observer& observer) { observer.on_lost(now_, lost, reason); });
}

/// It never left: whoever asked is told at once.
void System::fail(uint32_t place, LossReason reason, const Error& why) noexcept {
    const Letter& failed = letter(place);
    lose(failed, reason);
    if (failed.kind == LetterKind::question) {
        end_call(slot(failed.from), failed.call, why);
    }
    free_letter(place);
}

/// It is not handled: nobody here is told, as if the net had lost it; whoever asked from elsewhere
/// is, so that its machine need not keep the question.
void System::turn_away(const Letter& away, LossReason reason, const Error& why) noexcept {
    lose(away, reason);
    if (away.kind == LetterKind::question && away.from == ActorNumber::nobody) {
        refuse(answer_head(away), why);
    }
}

} // namespace grafos::emulation
