// SPDX-License-Identifier: Apache-2.0
/// Actors and turns. The way of a letter is in letters.cpp, other machines in elsewhere.cpp.
#include "examples/emulation/system.hpp"

namespace grafos::emulation {

System::System(const SystemStorage& storage, uint64_t seed) noexcept
    : storage_{storage}, seed_{seed} {
    GRAFOS_ASSERT(storage.slots.size() < index_of(ActorNumber::nobody));
    GRAFOS_ASSERT(storage.letters.size() > 1 && storage.letters.size() <= UINT32_MAX);
    for (size_t i = storage_.letters.size() - 1; i > 0; --i) { // so that the first is given first
        storage_.letters[i].next = free_;
        free_ = static_cast<uint32_t>(i);
    }
}

void System::add(Observer& observer) noexcept {
    GRAFOS_ASSERT(observer_count_ < observers_.size());
    observers_[observer_count_] = &observer;
    observer_count_ += 1;
}

Result<ActorNumber> System::place(AnyActor* actor, std::string_view name,
                                  std::span<const MessageWord> words,
                                  const StartOptions& options) noexcept {
    if (count_ == storage_.slots.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, count_ + 1, count_};
    }
    const auto number = static_cast<ActorNumber>(count_);
    ActorSlot& at = storage_.slots[count_];
    at.actor = actor;
    at.name = name;
    at.words = words;
    at.mailbox_max = options.mailbox_max;
    at.random = Random{Random{seed_ + 0x9e3779b97f4a7c15u * (count_ + 1)}.next()};
    count_ += 1;
    return number;
}

ActorView System::view(ActorNumber number) const noexcept {
    return number == ActorNumber::nobody ? ActorView{} : ActorView{number, slot(number).name};
}

void System::stop(ActorNumber number, const Error& why) noexcept {
    ActorSlot& at = slot(number);
    if (at.is_stopped) {
        return;
    }
    at.is_stopped = true;
    for (; at.mail_count > 0; at.mail_count = static_cast<uint16_t>(at.mail_count - 1)) {
        const uint32_t mail = at.mail_first;
        at.mail_first = storage_.letters[mail].next;
        turn_away(letter(mail), LossReason::stopped, why);
        free_letter(mail);
    }
    if (at.answer != 0) {
        lose(letter(at.answer), LossReason::stopped);
        free_letter(at.answer);
        at.answer = 0;
    }
    storage_.calls.remove(static_cast<uint32_t>(index_of(number)));
    at.is_calling = false;
    tell([&](Observer& observer) { observer.on_stopped(now_, view(number), why); });
}

// --- turns ---------------------------------------------------------------------------------------

bool System::tick(Instant now) noexcept {
    now_ = now > now_ ? now : now_;
    for (uint32_t i = 0; i < storage_.limits.letters_per_tick_max; ++i) {
        // In the order in which things are due, however late the tick: a letter that comes when a
        // patience is over still counts, one that comes later does not.
        const Instant letter_due = storage_.travelling.due();
        const Instant call_due = storage_.calls.due();
        if (letter_due <= now_ && letter_due <= call_due) {
            const uint32_t place = storage_.travelling.first().index;
            storage_.travelling.remove(place);
            arrive(place);
        } else if (ready_first_ != 0) {
            handle_next();
        } else if (call_due <= now_) {
            time_out();
        } else {
            return false;
        }
    }
    return next_deadline() <= now_;
}

Instant System::next_deadline() const noexcept {
    return ready_first_ != 0 ? now_ : earlier_of(storage_.travelling.due(), storage_.calls.due());
}

void System::make_ready(ActorSlot& ready) noexcept {
    if (ready.is_ready) {
        return;
    }
    const auto number = static_cast<uint32_t>(index_of(number_of(ready)) + 1);
    ready.is_ready = true;
    ready.ready_next = 0;
    if (ready_first_ == 0) {
        ready_first_ = number;
    } else {
        storage_.slots[ready_last_ - 1].ready_next = number;
    }
    ready_last_ = number;
}

void System::handle_next() noexcept {
    ActorSlot& at = storage_.slots[ready_first_ - 1];
    ready_first_ = at.ready_next;
    at.is_ready = false;
    if (at.is_stopped) {
        return;
    }
    figures_.handled += 1;
    if (at.is_calling) {
        handle_answer(at);
    } else {
        GRAFOS_ASSERT(at.mail_count > 0);
        const uint32_t place = at.mail_first;
        at.mail_first = storage_.letters[place].next;
        at.mail_count = static_cast<uint16_t>(at.mail_count - 1);
        if (!at.actor->receive(*this, letter(place))) {
            turn_away(letter(place), LossReason::corrupt, {ErrorCode::corrupt, Field::message});
        }
        free_letter(place);
    }
    if (!at.is_stopped && !at.is_calling && at.mail_count > 0) {
        make_ready(at);
    }
}

void System::time_out() noexcept {
    ActorSlot& asker = storage_.slots[storage_.calls.first().index];
    figures_.timed_out += 1;
    tell([&](Observer& o) { o.on_timed_out(now_, view(number_of(asker)), asker.question.order); });
    end_call(asker, asker.question.call,
             Error{ErrorCode::disconnected, Field::message, asker.patience.ms});
}

// --- for contexts --------------------------------------------------------------------------------

void System::send(const LetterHead& ends, const MessageKind& kind, Bytes payload,
                  std::optional<Duration> after) noexcept {
    LetterHead head = ends;
    head.to = has_actor(ends.to, kind) ? ends.to : ActorNumber::nobody;
    head.message = kind.number;
    post(take_letter(head, payload), kind, after);
}

void System::call(const LetterHead& ends, const MessageKind& kind, Bytes payload, Duration patience,
                  AnswerHandler handler) noexcept {
    ActorSlot& asker = slot(ends.from);
    GRAFOS_ASSERT(!asker.is_calling);
    if (asker.is_stopped) {
        return;
    }
    LetterHead head = ends;
    head.to = has_actor(ends.to, kind) ? ends.to : ActorNumber::nobody;
    head.kind = LetterKind::question;
    head.message = kind.number;
    head.call = asker.question.call + 1;
    head.order = order_ + 1;
    asker.is_calling = true;
    asker.question = head;
    asker.patience = patience;
    asker.on_answer = handler;
    storage_.calls.put(static_cast<uint32_t>(index_of(ends.from)), saturating_add(now_, patience),
                       head.order);
    post(take_letter(head, payload), kind, std::nullopt);
}

void System::answer(const LetterHead& head, Bytes payload) noexcept {
    post(take_letter(head, payload), {slot(head.from).words, head.message}, std::nullopt);
}

void System::show(ActorNumber actor, std::string_view name, uint64_t value) noexcept {
    tell([&](Observer& observer) { observer.on_shown(now_, view(actor), name, value); });
}

void System::print(ActorNumber actor, const Rule& rule, std::string_view text) noexcept {
    tell([&](Observer& observer) { observer.on_line(now_, view(actor), rule, text); });
}

} // namespace grafos::emulation
