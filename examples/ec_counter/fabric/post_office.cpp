// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/post_office.hpp"

#include "examples/emulation/refusal.hpp"

namespace grafos::ec_counter {
namespace {

using emulation::ActorNumber;
using emulation::index_of;
using emulation::Letter;
using emulation::LetterKind;

constexpr uint8_t told = 0;
constexpr uint8_t asked = 1;
constexpr uint8_t replied = 0;
constexpr uint8_t refused = 1;
static_assert(letter_header_bytes + emulation::message_bytes_max <=
              wire::program_message_bytes_max);

} // namespace

void PostOffice::set_home(ActorNumber actor, uint8_t home, uint64_t there) noexcept {
    GRAFOS_ASSERT(index_of(actor) < actors_max && home < fabric_.homes().size());
    homes_[index_of(actor)] = {true, home, there};
}

// --- to other machines ---------------------------------------------------------------------------

Result<> PostOffice::carry(const Letter& letter) noexcept {
    const size_t to = index_of(letter.to);
    GRAFOS_ASSERT(to < actors_max && homes_[to].is_known); // whoever is elsewhere has a home
    Outgoing* const outgoing = place_for(letter, homes_[to].home);
    if (outgoing == nullptr) {
        figures_.given_up += 1;
        return Error{ErrorCode::busy, Field::slot, sent_max + 1, sent_max};
    }
    outgoing->state = State::waiting;
    outgoing->to = homes_[to];
    outgoing->ends = saturating_add(system_.now(), patience_);
    outgoing->letter = letter;
    figures_.carried += 1;
    call(*outgoing, system_.now());
    return ok();
}

/// Null: none is left, or too many of those that nobody waits for go there already.
PostOffice::Outgoing* PostOffice::place_for(const Letter& letter, uint8_t home) noexcept {
    Outgoing* place = nullptr;
    size_t sent = 0;
    for (Outgoing& each : outgoing_) {
        const bool is_used = each.state != State::free;
        const bool is_told = each.letter.kind == LetterKind::message;
        if (is_used && !is_told && letter.kind == LetterKind::question &&
            each.letter.from == letter.from) {
            give_up(each); // its asker has stopped waiting, or it would not ask again
        }
        sent += is_used && is_told && each.to.home == home ? 1u : 0u;
        place = each.state == State::free && place == nullptr ? &each : place;
    }
    const bool is_too_many = letter.kind == LetterKind::message && sent >= sent_max;
    return is_too_many ? nullptr : place;
}

void PostOffice::give_up(Outgoing& outgoing) noexcept {
    fabric_.release_call(outgoing.call); // one that was never made is none
    outgoing.call = {};
    outgoing.state = State::free;
    figures_.given_up += 1;
}

void PostOffice::call(Outgoing& outgoing, Instant now) noexcept {
    GRAFOS_ASSERT(outgoing.state == State::waiting);
    const Letter& letter = outgoing.letter;
    std::array<uint8_t, wire::program_message_bytes_max> bytes;
    ByteWriter writer{bytes};
    writer.put(letter.kind == LetterKind::question ? asked : told);
    writer.put(letter.message);
    writer.put_bytes(letter.view());
    const Result<fabric::CallHandle> started = fabric_.start_call(
        outgoing.to.home, outgoing.to.there, writer.written(), left_until(outgoing.ends, now));
    if (started.is_ok()) {
        outgoing.call = started.value();
        outgoing.state = State::called;
    }
}

void PostOffice::step(Instant now) noexcept {
    now_ = now;
    for (Outgoing& each : outgoing_) {
        if (each.state == State::called) {
            poll(each);
        }
    }
    for (Outgoing& each : outgoing_) { // in the places that have just become free
        if (each.state == State::waiting && now >= each.ends) {
            give_up(each);
        } else if (each.state == State::waiting) {
            call(each, now);
        }
    }
}

void PostOffice::poll(Outgoing& outgoing) noexcept {
    std::array<uint8_t, wire::program_message_bytes_max> buffer;
    const Result<size_t> size = fabric_.poll_call(outgoing.call, buffer);
    const bool is_on_its_way = !size.is_ok() && size.error().code == ErrorCode::busy &&
                               size.error().field == Field::ticket;
    if (is_on_its_way) {
        return;
    }
    fabric_.release_call(outgoing.call);
    outgoing.call = {};
    outgoing.state = State::free;
    const bool is_question = outgoing.letter.kind == LetterKind::question;
    if (size.is_ok() && is_question) {
        take_answer(outgoing, Bytes{buffer}.first(size.value()));
    } else if (!size.is_ok() && size.error().code == ErrorCode::disconnected) {
        figures_.given_up += 1;
    } else if (!size.is_ok()) {
        figures_.refused += 1;
        if (is_question) {
            system_.take_answer(outgoing.letter.from, outgoing.letter.call, size.error());
        }
    }
}

void PostOffice::take_answer(const Outgoing& outgoing, Bytes answer) noexcept {
    const Letter& letter = outgoing.letter;
    if (answer.size() < answer_header_bytes || answer[0] > refused) {
        system_.take_answer(letter.from, letter.call,
                            Error{ErrorCode::corrupt, Field::message, answer.size(), 1});
        return;
    }
    const Bytes content = answer.subspan(answer_header_bytes);
    if (answer[0] == refused) {
        figures_.refused += 1;
        system_.take_answer(letter.from, letter.call, emulation::refusal_of(content));
    } else {
        system_.take_answer(letter.from, letter.call, content);
    }
}

Instant PostOffice::next_deadline() const noexcept {
    for (const Outgoing& each : outgoing_) {
        if (each.state == State::waiting) {
            return saturating_add(now_, look_again);
        }
    }
    return Instant::never();
}

// --- from other machines -------------------------------------------------------------------------

/// Who calls is not asked: whom the node lets call, may.
Result<> PostOffice::on_call(const node::CallTicket& ticket, const wire::Principal&, uint64_t to,
                             Bytes message, Instant now) noexcept {
    if (message.size() < letter_header_bytes || message[0] > asked) {
        return Error{ErrorCode::corrupt, Field::message, message.size(), letter_header_bytes};
    }
    const bool is_announced = to == announced_.as && announced_.actor != ActorNumber::nobody;
    if (!is_announced) {
        return Error{ErrorCode::not_found, Field::program, to, announced_.as};
    }
    if (message[1] >= emulation::protocol_messages_max ||
        (announced_.messages >> message[1] & 1u) == 0) {
        return Error{ErrorCode::denied, Field::message, message[1], announced_.messages};
    }
    const bool is_question = message[0] == asked;
    const uint64_t actor = index_of(announced_.actor);
    const Bytes content = message.subspan(letter_header_bytes);
    if (!is_question) {
        GRAFOS_TRY(system_.take_in(actor, message[1], content, std::nullopt));
        figures_.taken_in += 1;
        return service_.answer_call(ticket, {}, now);
    }
    const uint32_t call = asked_count_ + 1;
    GRAFOS_TRY(system_.take_in(actor, message[1], content, call));
    figures_.taken_in += 1;
    asked_count_ = call;
    // The place of the one before last: who has waited so long for that has given up.
    asked_[call % asked_max] = {.call = call, .is_open = true, .ticket = ticket};
    return ok();
}

void PostOffice::carry_answer(uint32_t call, const Letter& letter) noexcept {
    Asked& question = asked_[call % asked_max];
    if (question.call != call || !question.is_open) {
        return;
    }
    question.is_open = false;
    std::array<uint8_t, wire::program_message_bytes_max> bytes;
    ByteWriter writer{bytes};
    writer.put(letter.kind == LetterKind::refusal ? refused : replied);
    writer.put_bytes(letter.view());
    const Result<> answered = service_.answer_call(question.ticket, writer.written(), now_);
    GRAFOS_ASSERT(answered.is_ok()); // it is short enough, and whose caller is gone is well
    figures_.answered += 1;
}

} // namespace grafos::ec_counter
