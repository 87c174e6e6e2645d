// SPDX-License-Identifier: Apache-2.0
/// The device's side of one virtqueue, honest or lying, on the tables the driver's side names.
/// For drivers with several queues, whose registers one page of plain memory cannot stand for.
#pragma once

#include "boards/parts/virtio/virtqueue.hpp"

namespace grafos::test {

class VirtioRing {
public:
    explicit VirtioRing(board::Virtqueue& queue) noexcept : queue_{queue} {}

    [[nodiscard]] uint16_t flags() const noexcept { return available()[0]; }
    /// Chains offered and not answered yet.
    [[nodiscard]] uint16_t waiting_count() const noexcept {
        return static_cast<uint16_t>(available()[1] - taken_);
    }
    /// The oldest of them.
    [[nodiscard]] uint16_t head() const noexcept { return available()[2 + taken_ % queue_.size()]; }
    [[nodiscard]] const board::VirtDescriptor& descriptor(uint16_t index) const noexcept {
        return reinterpret_cast<const board::VirtDescriptor*>(queue_.descriptors_address())[index];
    }
    [[nodiscard]] MutableBytes buffer_of(uint16_t index) const noexcept {
        return {reinterpret_cast<uint8_t*>(descriptor(index).address), descriptor(index).length};
    }

    /// Puts an element into the used ring, as any device may, true or not.
    void push_used(uint32_t head, uint32_t length) noexcept {
        used()[used_ % queue_.size()] = {head, length};
        set_used_index(static_cast<uint16_t>(used_ + 1));
        taken_ = static_cast<uint16_t>(taken_ + 1);
    }
    void set_used_index(uint16_t index) noexcept {
        used_ = index;
        reinterpret_cast<uint16_t*>(queue_.used_address())[1] = index;
    }
    /// Whether the device wants to be notified.
    void set_notification(bool is_wanted) noexcept {
        reinterpret_cast<uint16_t*>(queue_.used_address())[0] = is_wanted ? 0 : 1;
    }

private:
    [[nodiscard]] const volatile uint16_t* available() const noexcept {
        return reinterpret_cast<const volatile uint16_t*>(queue_.available_address());
    }
    [[nodiscard]] board::VirtUsedElement* used() const noexcept {
        return reinterpret_cast<board::VirtUsedElement*>(queue_.used_address() + 4);
    }

    board::Virtqueue& queue_;
    uint16_t taken_ = 0;
    uint16_t used_ = 0;
};

} // namespace grafos::test
