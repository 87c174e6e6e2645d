// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/system.hpp"

namespace grafos::emulation {
namespace {

/// A refusal on its way: code u16, field u16, value u64, expected u64.
constexpr size_t refusal_bytes = 20;

void put_refusal(Letter& letter, const Error& error) noexcept {
    ByteWriter writer{letter.bytes};
    writer.put(static_cast<uint16_t>(error.code));
    writer.put(static_cast<uint16_t>(error.field));
    writer.put(error.value);
    writer.put(error.expected);
    letter.size = static_cast<uint16_t>(writer.size());
}

[[nodiscard]] Error refusal_of(const Letter& letter) noexcept {
    ByteReader reader{letter.view()};
    const auto code = reader.take<uint16_t>();
    const auto field = reader.take<uint16_t>();
    const auto value = reader.take<uint64_t>();
    const auto expected = reader.take<uint64_t>();
    const bool is_sound = reader.is_ok() && code > 0 && code <= error_code_count &&
                          field <= static_cast<uint16_t>(field_last);
    return is_sound
               ? Error{static_cast<ErrorCode>(code), static_cast<Field>(field), value, expected}
               : Error{ErrorCode::corrupt, Field::message};
}
static_assert(refusal_bytes <= message_bytes_max);

} // namespace

System::System(const Storage& storage, uint64_t seed) noexcept : storage_{storage}, seed_{seed} {
    GRAFOS_ASSERT(storage.slots.size() < index_of(ActorNumber::nobody));
    for (size_t i = storage_.items.size(); i-- > 0;) {
        free_item(static_cast<uint32_t>(i + 1));
    }
    figures_ = {};
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
    Slot& at = storage_.slots[count_];
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
    Slot& at = slot(number);
    if (at.is_stopped) {
        return;
    }
    at.is_stopped = true;
    for (; at.mail_count > 0; at.mail_count -= 1) {
        const uint32_t mail = at.mail_first;
        at.mail_first = item(mail).next;
        lose(item(mail).letter, LossReason::stopped);
        free_item(mail);
    }
    if (at.answer != 0) {
        free_item(at.answer);
        at.answer = 0;
    }
    storage_.calls.remove(static_cast<uint32_t>(index_of(number)));
    at.is_calling = false;
    tell([&](Observer& observer) { observer.on_stopped(now_, view(number), why); });
}

bool System::tick(Instant now) noexcept {
    now_ = now > now_ ? now : now_;
    for (uint32_t i = 0; i < storage_.limits.letters_per_tick_max; ++i) {
        if (storage_.travelling.due() <= now_) {
            const uint32_t number = storage_.travelling.first().index + 1;
            storage_.travelling.remove(number - 1);
            arrive(number);
        } else if (ready_first_ != 0) {
            handle_next();
        } else if (storage_.calls.due() <= now_) {
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

// --- for contexts --------------------------------------------------------------------------------

void System::send(ActorNumber from, ActorNumber to, uint8_t message, Bytes payload,
                  std::optional<Duration> after) noexcept {
    Letter letter{.from = from, .to = to, .message = message};
    letter.size = static_cast<uint16_t>(payload.size());
    copy_bytes(letter.bytes, payload);
    static_cast<void>(dispatch(letter, after)); // whoever sends is not told of a loss
}

void System::call(ActorNumber from, ActorNumber to, uint8_t message, Bytes payload,
                  Duration patience, AnswerHandler handler) noexcept {
    Slot& asker = slot(from);
    GRAFOS_ASSERT(!asker.is_calling && to != ActorNumber::nobody);
    if (asker.is_stopped) {
        return;
    }
    asker.is_calling = true;
    asker.call += 1;
    asker.asked = &slot(to).words[message];
    asker.patience = patience;
    asker.on_answer = handler;
    asker.call_order = order_ + 1;
    storage_.calls.put(static_cast<uint32_t>(index_of(from)), saturating_add(now_, patience),
                       asker.call_order);
    Letter letter{.from = from, .to = to, .kind = LetterKind::question, .message = message};
    letter.call = asker.call;
    letter.size = static_cast<uint16_t>(payload.size());
    copy_bytes(letter.bytes, payload);
    if (!dispatch(letter, std::nullopt)) {
        end_call(asker, Error{ErrorCode::capacity_exceeded, Field::outbox, figures_.letters,
                              storage_.items.size()});
    }
}

void System::answer(ActorNumber from, ActorNumber asker, uint32_t call, uint8_t message,
                    Bytes payload) noexcept {
    Letter letter{.from = from, .to = asker, .kind = LetterKind::answer, .message = message};
    letter.call = call;
    letter.size = static_cast<uint16_t>(payload.size());
    copy_bytes(letter.bytes, payload);
    static_cast<void>(dispatch(letter, std::nullopt));
}

void System::refuse(ActorNumber from, ActorNumber asker, uint32_t call, uint8_t message,
                    const Error& error) noexcept {
    Letter letter{.from = from, .to = asker, .kind = LetterKind::refusal, .message = message};
    letter.call = call;
    put_refusal(letter, error);
    static_cast<void>(dispatch(letter, std::nullopt));
}

void System::show(ActorNumber actor, std::string_view name, uint64_t value) noexcept {
    tell([&](Observer& observer) { observer.on_shown(now_, view(actor), name, value); });
}

void System::print(ActorNumber actor, const Rule& rule, std::string_view text) noexcept {
    tell([&](Observer& observer) { observer.on_line(now_, view(actor), rule, text); });
}

// --- the way of a letter -------------------------------------------------------------------------

uint32_t System::take_item() noexcept {
    const uint32_t number = free_;
    if (number != 0) {
        free_ = item(number).next;
        figures_.letters += 1;
        figures_.letters_most = std::max(figures_.letters_most, figures_.letters);
    }
    return number;
}

void System::free_item(uint32_t number) noexcept {
    item(number).next = free_;
    free_ = number;
    figures_.letters -= 1;
}

/// False: there was no room for it.
bool System::dispatch(Letter& letter, std::optional<Duration> after) noexcept {
    order_ += 1;
    letter.order = order_;
    figures_.sent += 1;
    letter.is_timer = after.has_value() || letter.from == letter.to;
    const bool is_away = letter.to == ActorNumber::nobody || slot(letter.to).actor == nullptr;
    if (is_away) {
        send_away(letter);
        return true;
    }
    Fate fate{.delay = after.value_or(Duration{0})};
    if (weather_ != nullptr && !letter.is_timer) {
        fate = weather_->fate_of(letter, word_of(letter).name, now_);
    }
    const Instant arrives = fate.is_lost ? Instant::never() : saturating_add(now_, fate.delay);
    tell([&](Observer& o) { o.on_sent(now_, letter, word_of(letter), arrives); });
    if (fate.is_lost) {
        lose(letter, fate.reason);
        return true;
    }
    const bool has_room = travel(letter, fate.delay);
    if (has_room && fate.is_doubled) {
        Letter copy = letter;
        order_ += 1;
        copy.order = order_;
        copy.copy_of = letter.order;
        figures_.doubled += 1;
        const Instant second = saturating_add(now_, fate.second_delay);
        tell([&](Observer& o) { o.on_sent(now_, copy, word_of(copy), second); });
        static_cast<void>(travel(copy, fate.second_delay));
    }
    return has_room;
}

bool System::travel(const Letter& letter, Duration delay) noexcept {
    const uint32_t number = take_item();
    if (number == 0) {
        lose(letter, LossReason::full);
        return false;
    }
    item(number).letter = letter;
    storage_.travelling.put(number - 1, saturating_add(now_, delay), letter.order);
    return true;
}

void System::send_away(Letter& letter) noexcept {
    GRAFOS_ASSERT(carrier_ != nullptr);
    if (letter.to == ActorNumber::nobody) { // an answer for somebody elsewhere
        carrier_->carry_answer(letter.call, letter);
        return;
    }
    tell([&](Observer& o) { o.on_sent(now_, letter, word_of(letter), Instant::never()); });
    const Result<> carried = carrier_->carry(letter);
    if (carried.is_ok()) {
        return;
    }
    lose(letter, LossReason::full);
    if (letter.kind == LetterKind::question) {
        end_call(slot(letter.from), carried.error());
    }
}

void System::arrive(uint32_t number) noexcept {
    const Letter& letter = item(number).letter;
    Slot& to = slot(letter.to);
    if (to.is_stopped) {
        lose(letter, LossReason::stopped);
        free_item(number);
        return;
    }
    const bool is_answer = letter.kind == LetterKind::answer || letter.kind == LetterKind::refusal;
    if (is_answer) {
        take_answer_letter(to, number);
    } else {
        put_into_mailbox(to, number);
    }
}

void System::put_into_mailbox(Slot& to, uint32_t number) noexcept {
    const Letter& letter = item(number).letter;
    if (to.mail_count == to.mailbox_max) {
        lose(letter, LossReason::full);
        if (letter.kind == LetterKind::question) {
            refuse(letter.to, letter.from, letter.call, letter.message,
                   Error{ErrorCode::capacity_exceeded, Field::slot, to.mail_count + uint64_t{1},
                         to.mailbox_max});
        }
        free_item(number);
        return;
    }
    tell([&](Observer& observer) { observer.on_arrived(now_, letter); });
    item(number).next = 0;
    if (to.mail_count == 0) {
        to.mail_first = number;
    } else {
        item(to.mail_last).next = number;
    }
    to.mail_last = number;
    to.mail_count = static_cast<uint16_t>(to.mail_count + 1);
    if (!to.is_calling) {
        make_ready(to);
    }
}

void System::take_answer_letter(Slot& to, uint32_t number) noexcept {
    const Letter& letter = item(number).letter;
    const bool is_awaited =
        to.is_calling && to.call == letter.call && to.answer == 0 && !to.refusal.has_value();
    if (!is_awaited) {
        lose(letter, LossReason::late);
        free_item(number);
        return;
    }
    tell([&](Observer& observer) { observer.on_arrived(now_, letter); });
    storage_.calls.remove(static_cast<uint32_t>(index_of(letter.to)));
    to.answer = number;
    make_ready(to);
}

void System::end_call(Slot& asker, const Error& why) noexcept {
    storage_.calls.remove(static_cast<uint32_t>(index_of(number_of(asker))));
    asker.refusal = why;
    make_ready(asker);
}

void System::make_ready(Slot& ready) noexcept {
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
    Slot& at = storage_.slots[ready_first_ - 1];
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
        const uint32_t number = at.mail_first;
        at.mail_first = item(number).next;
        at.mail_count = static_cast<uint16_t>(at.mail_count - 1);
        if (!at.actor->receive(*this, item(number).letter)) {
            lose(item(number).letter, LossReason::corrupt);
        }
        free_item(number);
    }
    if (!at.is_stopped && !at.is_calling && at.mail_count > 0) {
        make_ready(at);
    }
}

void System::handle_answer(Slot& at) noexcept {
    const uint32_t number = at.answer;
    const std::optional<Error> refusal = at.refusal;
    at.answer = 0;
    at.refusal.reset();
    at.is_calling = false; // its handler may call again
    const ActorNumber self = number_of(at);
    if (refusal.has_value()) {
        static_cast<void>(at.on_answer(*at.actor, *this, self, *refusal));
        return;
    }
    GRAFOS_ASSERT(number != 0);
    const Letter& letter = item(number).letter;
    if (letter.kind == LetterKind::refusal) {
        static_cast<void>(at.on_answer(*at.actor, *this, self, refusal_of(letter)));
    } else if (!at.on_answer(*at.actor, *this, self, letter.view())) {
        lose(letter, LossReason::corrupt);
    }
    free_item(number);
}

void System::time_out() noexcept {
    Slot& asker = storage_.slots[storage_.calls.first().index];
    figures_.timed_out += 1;
    tell([&](Observer& o) { o.on_timed_out(now_, view(number_of(asker)), asker.call_order); });
    end_call(asker, Error{ErrorCode::disconnected, Field::message, asker.patience.ms});
}

void System::lose(const Letter& letter, LossReason reason) noexcept {
    figures_.lost += 1;
    tell([&](Observer& observer) { observer.on_lost(now_, letter, reason); });
}

const MessageWord& System::word_of(const Letter& letter) const noexcept {
    const bool is_answer = letter.kind == LetterKind::answer || letter.kind == LetterKind::refusal;
    const Slot& understands = slot(is_answer ? letter.from : letter.to);
    GRAFOS_ASSERT(letter.message < understands.words.size());
    return understands.words[letter.message];
}

// --- from other machines -------------------------------------------------------------------------

Result<> System::take_in(uint64_t to, uint8_t message, Bytes payload,
                         std::optional<uint32_t> call) noexcept {
    if (to >= count_ || storage_.slots[to].actor == nullptr || storage_.slots[to].is_stopped) {
        return Error{ErrorCode::not_found, Field::slot, to, count_};
    }
    Slot& at = storage_.slots[to];
    if (message >= at.words.size() || payload.size() > message_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::message, message, at.words.size()};
    }
    if (at.mail_count == at.mailbox_max) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, at.mail_count + uint64_t{1},
                     at.mailbox_max};
    }
    const uint32_t number = take_item();
    if (number == 0) {
        return Error{ErrorCode::capacity_exceeded, Field::outbox, figures_.letters,
                     storage_.items.size()};
    }
    Letter& letter = item(number).letter;
    order_ += 1;
    letter = Letter{.to = static_cast<ActorNumber>(to), .message = message, .order = order_};
    letter.kind = call.has_value() ? LetterKind::question : LetterKind::message;
    letter.call = call.value_or(0);
    letter.size = static_cast<uint16_t>(payload.size());
    copy_bytes(letter.bytes, payload);
    put_into_mailbox(at, number);
    return ok();
}

void System::take_answer(ActorNumber asker, uint32_t call, const Result<Bytes>& answer) noexcept {
    Slot& at = slot(asker);
    const bool is_awaited = !at.is_stopped && at.is_calling && at.call == call && at.answer == 0 &&
                            !at.refusal.has_value();
    if (!is_awaited) {
        return;
    }
    const uint32_t number = answer.is_ok() ? take_item() : 0;
    if (!answer.is_ok()) {
        end_call(at, answer.error());
    } else if (number == 0 || answer.value().size() > message_bytes_max) {
        end_call(at, Error{ErrorCode::capacity_exceeded, Field::outbox, figures_.letters,
                           storage_.items.size()});
    } else {
        Letter& letter = item(number).letter;
        letter = Letter{.to = asker, .kind = LetterKind::answer};
        letter.call = call;
        letter.size = static_cast<uint16_t>(answer.value().size());
        copy_bytes(letter.bytes, answer.value());
        storage_.calls.remove(static_cast<uint32_t>(index_of(asker)));
        at.answer = number;
        make_ready(at);
    }
}

} // namespace grafos::emulation
