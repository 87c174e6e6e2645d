// SPDX-License-Identifier: Apache-2.0
#include "core/node/outbox.hpp"

namespace grafos::node {

Outbox::Outbox(std::span<OutboxSlot> slots) noexcept : slots_{slots} {
    GRAFOS_ASSERT(slots.size() < ~uint32_t{0});
    for (OutboxSlot& slot : slots_) {
        push(free_, slot);
    }
}

void Outbox::push(Chain& chain, OutboxSlot& slot) noexcept {
    const uint32_t link = link_of(slot);
    slot.next = 0;
    if (chain.first == 0) {
        chain.first = link;
    } else {
        slots_[chain.last - 1].next = link;
    }
    chain.last = link;
}

void Outbox::pop(Chain& chain, const OutboxSlot& slot) noexcept {
    GRAFOS_ASSERT(chain.first == link_of(slot));
    chain.first = slot.next;
}

Result<OutboxSlot*> Outbox::take(const lease::Request& request) noexcept {
    if (request.caller.identity.size() > limits::identity_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::identity, request.caller.identity.size(),
                     limits::identity_bytes_max};
    }
    if (!lease::is_grantor_operation(request.operation)) {
        return Error{ErrorCode::invalid_argument, Field::operation,
                     static_cast<uint64_t>(request.operation),
                     static_cast<uint64_t>(lease::Operation::clear_fence)};
    }
    OutboxSlot* const slot = front(free_);
    if (slot == nullptr) {
        return Error{ErrorCode::capacity_exceeded, Field::outbox, slots_.size() + 1, slots_.size()};
    }
    GRAFOS_ASSERT(slot->state == OutboxSlot::State::free);
    pop(free_, *slot);
    slot->state = OutboxSlot::State::queued;
    slot->generation += slot->generation == ~uint32_t{0} ? 2 : 1; // 0 names no ticket
    slot->request = request;
    slot->identity_size = static_cast<uint8_t>(request.caller.identity.size());
    copy_bytes(slot->identity, request.caller.identity);
    slot->request.caller.identity = Bytes{slot->identity}.first(slot->identity_size);
    push(queue_of(*slot), *slot);
    queued_count_ += 1;
    return slot;
}

Result<lease::Ticket> Outbox::put(const lease::Request& request) noexcept {
    GRAFOS_TRY_ASSIGN(OutboxSlot* const slot, take(request));
    slot->is_of_service = false;
    return lease::Ticket{link_of(*slot) - 1, slot->generation};
}

Result<> Outbox::put_for_service(const lease::Request& request, uint32_t cookie) noexcept {
    GRAFOS_TRY_ASSIGN(OutboxSlot* const slot, take(request));
    slot->is_of_service = true;
    slot->cookie = cookie;
    return ok();
}

OutboxSlot* Outbox::next_queued(RequestClass request_class) noexcept {
    return front(queued_[static_cast<size_t>(request_class)]);
}

OutboxSlot* Outbox::clearing() noexcept {
    return clearing_ == 0 ? nullptr : &slots_[clearing_ - 1];
}

void Outbox::answer(OutboxSlot& slot, const Result<lease::Answer>& result, Instant now) noexcept {
    if (slot.state == OutboxSlot::State::queued) {
        pop(queue_of(slot), slot);
        queued_count_ -= 1;
    } else {
        GRAFOS_ASSERT(slot.state == OutboxSlot::State::clearing && clearing_ == link_of(slot));
        clearing_ = 0;
    }
    slot.state = OutboxSlot::State::answered;
    slot.executed = now;
    slot.is_refused = !result.is_ok();
    if (result.is_ok()) {
        slot.answer = result.value();
    } else {
        slot.error = result.error();
    }
    if (slot.is_of_service) {
        push(slot.is_refused ? refused_ : proven_, slot);
    }
}

void Outbox::start_clearing(OutboxSlot& slot) noexcept {
    GRAFOS_ASSERT(slot.state == OutboxSlot::State::queued && clearing_ == 0);
    pop(queue_of(slot), slot);
    queued_count_ -= 1;
    slot.state = OutboxSlot::State::clearing;
    clearing_ = link_of(slot);
}

Result<OutboxSlot*> Outbox::find(lease::Ticket ticket) noexcept {
    if (ticket.slot >= slots_.size() || ticket.generation == 0 ||
        slots_[ticket.slot].generation != ticket.generation ||
        slots_[ticket.slot].state == OutboxSlot::State::free) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.slot, slots_.size()};
    }
    return &slots_[ticket.slot];
}

void Outbox::release(OutboxSlot& slot) noexcept {
    GRAFOS_ASSERT(slot.state == OutboxSlot::State::answered);
    if (slot.is_of_service) {
        pop(slot.is_refused ? refused_ : proven_, slot);
    }
    slot.state = OutboxSlot::State::free;
    slot.request = {};
    slot.answer = {};
    push(free_, slot);
}

} // namespace grafos::node
