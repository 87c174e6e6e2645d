// SPDX-License-Identifier: Apache-2.0
#include "core/node/outbox.hpp"

namespace grafos::node {

Result<lease::Ticket> Outbox::put(const lease::Request& request) noexcept {
    if (request.caller.identity.size() > limits::identity_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::identity, request.caller.identity.size(),
                     limits::identity_bytes_max};
    }
    for (uint32_t index = 0; index < slots_.size(); ++index) {
        OutboxSlot& slot = slots_[index];
        if (slot.state != OutboxSlot::State::free) {
            continue;
        }
        slot.state = OutboxSlot::State::queued;
        slot.generation += slot.generation == ~uint32_t{0} ? 2 : 1; // 0 names no ticket
        slot.order = next_order_++;
        slot.request = request;
        slot.identity_size = static_cast<uint8_t>(request.caller.identity.size());
        copy_bytes(slot.identity, request.caller.identity);
        slot.request.caller.identity = Bytes{slot.identity}.first(slot.identity_size);
        queued_count_ += 1;
        return lease::Ticket{index, slot.generation};
    }
    return Error{ErrorCode::capacity_exceeded, Field::outbox, slots_.size() + 1, slots_.size()};
}

OutboxSlot* Outbox::next_queued(RequestClass request_class) noexcept {
    OutboxSlot* oldest = nullptr;
    if (queued_count_ == 0) {
        return oldest;
    }
    for (OutboxSlot& slot : slots_) {
        if (slot.state == OutboxSlot::State::queued &&
            class_of(slot.request.operation) == request_class &&
            (oldest == nullptr || slot.order < oldest->order)) {
            oldest = &slot;
        }
    }
    return oldest;
}

OutboxSlot* Outbox::clearing() noexcept {
    for (OutboxSlot& slot : slots_) {
        if (slot.state == OutboxSlot::State::clearing) {
            return &slot;
        }
    }
    return nullptr;
}

void Outbox::answer(OutboxSlot& slot, const Result<lease::Answer>& result) noexcept {
    const bool is_open =
        slot.state == OutboxSlot::State::queued || slot.state == OutboxSlot::State::clearing;
    GRAFOS_ASSERT(is_open);
    queued_count_ -= slot.state == OutboxSlot::State::queued ? 1 : 0;
    slot.state = OutboxSlot::State::answered;
    slot.is_refused = !result.is_ok();
    if (result.is_ok()) {
        slot.answer = result.value();
    } else {
        slot.error = result.error();
    }
}

void Outbox::start_clearing(OutboxSlot& slot) noexcept {
    GRAFOS_ASSERT(slot.state == OutboxSlot::State::queued);
    queued_count_ -= 1;
    slot.state = OutboxSlot::State::clearing;
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
    slot.state = OutboxSlot::State::free;
    slot.request = {};
    slot.answer = {};
}

} // namespace grafos::node
