// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/request_window.hpp"

namespace grafos::wire {

void RequestWindow::start(std::span<RequestSlot> slots) noexcept {
    const bool is_power = (slots.size() & (slots.size() - 1)) == 0;
    GRAFOS_ASSERT(!slots.empty() && slots.size() <= session_window_most && is_power);
    slots_ = slots;
    floor_ = 1;
    for (RequestSlot& slot : slots_) {
        slot.state = RequestState::empty;
        slot.request = 0;
    }
}

Arrival RequestWindow::arrive(const MessageView& message, bool is_mutating) noexcept {
    GRAFOS_ASSERT(!slots_.empty());
    const uint64_t request = message.request.value;
    if (message.open >= slots_.size() || message.open >= request) {
        return Arrival::beyond_window;
    }
    // An old copy may say an old floor; a new one may be the first to tell the new floor.
    const uint64_t said = request - message.open;
    floor_ = said > floor_ ? said : floor_;
    if (request < floor_) {
        return Arrival::below_floor;
    }
    GRAFOS_ASSERT(request - floor_ < slots_.size());
    const RequestSlot& slot = slot_of(request);
    if (slot.state == RequestState::empty || slot.request != request) {
        return Arrival::fresh;
    }
    if (slot.type != message.type || slot.is_mutating != is_mutating) {
        return Arrival::contradicting;
    }
    switch (slot.state) {
    case RequestState::empty: return Arrival::fresh;
    case RequestState::executing: return Arrival::executing;
    case RequestState::kept: return Arrival::answered;
    case RequestState::read: return Arrival::again;
    }
    return Arrival::contradicting;
}

void RequestWindow::begin(const MessageView& message, bool is_mutating) noexcept {
    const uint64_t request = message.request.value;
    GRAFOS_ASSERT(request >= floor_ && request - floor_ < slots_.size());
    RequestSlot& slot = slot_of(request);
    GRAFOS_ASSERT(slot.request != request || slot.state == RequestState::read);
    slot.request = request;
    slot.type = message.type;
    slot.status = 0;
    slot.reply_bytes = 0;
    slot.reply_flags = 0;
    slot.is_mutating = is_mutating;
    slot.takes_fragments = (message.flags & message_flags::frag_v2) != 0;
    slot.state = RequestState::executing;
}

RequestSlot* RequestWindow::executing(RequestId request) const noexcept {
    if (slots_.empty()) {
        return nullptr;
    }
    // Below the floor nobody waits any more: its client gave it up.
    RequestSlot& slot = slot_of(request.value);
    const bool is_it = slot.state == RequestState::executing && slot.request == request.value &&
                       request.value >= floor_;
    return is_it ? &slot : nullptr;
}

const RequestSlot& RequestWindow::kept(RequestId request) const noexcept {
    const RequestSlot& slot = slot_of(request.value);
    GRAFOS_ASSERT(slot.request == request.value && slot.state == RequestState::kept);
    return slot;
}

size_t RequestWindow::executing_count() const noexcept {
    size_t count = 0;
    for (const RequestSlot& slot : slots_) {
        const bool counts = slot.state == RequestState::executing && slot.request >= floor_;
        count += counts ? 1u : 0u;
    }
    return count;
}

} // namespace grafos::wire
