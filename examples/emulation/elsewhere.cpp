// SPDX-License-Identifier: Apache-2.0
/// Actors on other machines: what leaves through the carrier, and what comes from there.
#include "examples/emulation/refusal.hpp"
#include "examples/emulation/system.hpp"

namespace grafos::emulation {

void System::hand_over(uint32_t place) noexcept {
    GRAFOS_ASSERT(carrier_ != nullptr);
    const Letter& leaving = letter(place);
    if (leaving.is_answer()) {
        carrier_->carry_answer(leaving.call, leaving);
        free_letter(place);
        return;
    }
    const Result<> carried = carrier_->carry(leaving);
    if (carried.is_ok()) {
        free_letter(place);
    } else {
        fail(place, LossReason::full, carried.error());
    }
}

Result<> System::take_in(uint64_t to, uint8_t message, Bytes payload,
                         std::optional<uint32_t> call) noexcept {
    if (to >= count_ || storage_.slots[to].actor == nullptr || storage_.slots[to].is_stopped) {
        return Error{ErrorCode::not_found, Field::slot, to, count_};
    }
    ActorSlot& at = storage_.slots[to];
    if (message >= at.words.size() || payload.size() > message_bytes_max ||
        call.has_value() != (at.words[message].reply != nullptr)) {
        return Error{ErrorCode::invalid_argument, Field::message, message, at.words.size()};
    }
    if (at.mail_count == at.mailbox_max) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, at.mail_count + uint64_t{1},
                     at.mailbox_max};
    }
    if (free_ == 0) {
        return no_letter_left();
    }
    order_ += 1;
    const LetterHead head{.to = static_cast<ActorNumber>(to),
                          .kind = call.has_value() ? LetterKind::question : LetterKind::message,
                          .message = message,
                          .call = call.value_or(0),
                          .order = order_};
    const uint32_t place = take_letter(head, payload);
    tell([&](Observer& o) { o.on_sent(now_, letter(place), at.words[message], now_); });
    put_into_mailbox(at, place);
    return ok();
}

void System::take_answer(ActorNumber asker, uint32_t call, const Result<Bytes>& answer) noexcept {
    ActorSlot& at = slot(asker);
    if (!at.awaits(call)) {
        figures_.lost += 1;
        return;
    }
    const bool is_answer = answer.is_ok() && answer.value().size() <= message_bytes_max;
    const Error why = answer.is_ok() ? Error{ErrorCode::corrupt, Field::length,
                                             answer.value().size(), message_bytes_max}
                                     : answer.error();
    LetterHead head = answer_head(at.question);
    head.kind = is_answer ? LetterKind::answer : LetterKind::refusal;
    order_ += 1;
    head.order = order_;
    const auto refusal = encoded(why);
    const uint32_t place = take_letter(head, is_answer ? answer.value() : Bytes{refusal});
    const MessageWord& word = slot(at.question.to).words[at.question.message];
    tell([&](Observer& o) { o.on_sent(now_, letter(place), word, now_); });
    if (place == 0) {
        lose(letter(place), LossReason::full);
        end_call(at, call, is_answer ? no_letter_left() : why);
        return;
    }
    take_answer_letter(at, place);
}

} // namespace grafos::emulation
