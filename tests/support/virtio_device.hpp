// SPDX-License-Identifier: Apache-2.0
/// The device's side of a virtio-mmio disk or entropy source, in RAM, honest or lying.
///
/// Problem: drivers must survive devices that break the rules, and QEMU's never do. Idea: a page of
/// plain memory stands for the registers (a constant answers both feature words), and the test,
/// between two calls of the driver, plays the device on the rings whose addresses the driver wrote.
/// Rule: it answers only when told to, so every state between start and completion can be held.
#pragma once

#include <array>

#include "boards/parts/virtio/registers.hpp"
#include "boards/parts/virtio/virtqueue.hpp"
#include "core/base/bytes.hpp"

namespace grafos::test {

class VirtioDevice {
public:
    /// Bit 9 is the disk's flush and bit 0 the upper word's version 1: one word for both halves.
    static constexpr uint32_t features_of_disk = 0x201;

    explicit VirtioDevice(uint32_t device_id, uint32_t queue_size_max = 1024) noexcept {
        namespace reg = board::virtio_register;
        set(reg::magic, board::virtio_magic);
        set(reg::version, board::virtio_version_modern);
        set(reg::device_id, device_id);
        set(reg::device_features, features_of_disk);
        set(reg::queue_size_max, queue_size_max);
    }

    [[nodiscard]] uintptr_t base() const noexcept {
        return reinterpret_cast<uintptr_t>(registers_.data());
    }
    void set(uintptr_t offset, uint32_t value) noexcept { registers_[offset / 4] = value; }
    [[nodiscard]] uint32_t get(uintptr_t offset) const noexcept { return registers_[offset / 4]; }

    /// Chains offered and not answered yet.
    [[nodiscard]] uint16_t waiting_count() const noexcept {
        return static_cast<uint16_t>(available()[1] - taken_);
    }
    /// The head of the chain offered `ahead` places after the oldest unanswered one.
    [[nodiscard]] uint16_t head_at(uint16_t ahead) const noexcept {
        return available()[2 + (taken_ + ahead) % size()];
    }
    [[nodiscard]] board::VirtDescriptor& descriptor(uint16_t index) noexcept {
        return reinterpret_cast<board::VirtDescriptor*>(
            address(board::virtio_register::queue_descriptors_low))[index];
    }
    [[nodiscard]] MutableBytes buffer_of(uint16_t index) noexcept {
        const board::VirtDescriptor& at = descriptor(index);
        return {reinterpret_cast<uint8_t*>(at.address), at.length};
    }

    /// Puts an element into the used ring, as any device may, true or not.
    void push_used(uint32_t head, uint32_t length) noexcept {
        used()[used_ % size()] = {head, length};
        set_used_index(static_cast<uint16_t>(used_ + 1));
        taken_ = static_cast<uint16_t>(taken_ + 1);
    }
    void set_used_index(uint16_t index) noexcept {
        used_ = index;
        reinterpret_cast<uint16_t*>(address(board::virtio_register::queue_device_low))[1] = index;
    }

    /// Answers the oldest disk request honestly: `status` in its last descriptor, data filled with
    /// `fill` if it reads.
    void answer_disk(uint8_t status, uint8_t fill = 0) noexcept {
        const uint16_t head = head_at(0);
        uint32_t written = 1;
        uint16_t at = head;
        for (int i = 0; i < 2; ++i) {
            at = descriptor(at).next;
            if ((descriptor(at).flags & board::virt_descriptor_next) == 0) {
                break;
            }
            if ((descriptor(at).flags & board::virt_descriptor_device_writes) != 0) {
                for (uint8_t& byte : buffer_of(at)) {
                    byte = fill;
                }
                written += descriptor(at).length;
            }
        }
        buffer_of(at)[0] = status;
        push_used(head, written);
    }

    /// After the driver reset the device: it starts from the beginning.
    void restart() noexcept {
        set(board::virtio_register::queue_ready, 0);
        taken_ = 0;
        used_ = 0;
    }

private:
    [[nodiscard]] uint16_t size() const noexcept {
        return static_cast<uint16_t>(get(board::virtio_register::queue_size));
    }
    [[nodiscard]] uintptr_t address(uintptr_t low) const noexcept {
        return get(low) | (static_cast<uintptr_t>(get(low + 4)) << 32);
    }
    [[nodiscard]] const volatile uint16_t* available() const noexcept {
        return reinterpret_cast<const volatile uint16_t*>(
            address(board::virtio_register::queue_driver_low));
    }
    [[nodiscard]] board::VirtUsedElement* used() const noexcept {
        return reinterpret_cast<board::VirtUsedElement*>(
            address(board::virtio_register::queue_device_low) + 4);
    }

    alignas(4096) std::array<volatile uint32_t, 128> registers_{};
    uint16_t taken_ = 0;
    uint16_t used_ = 0;
};

} // namespace grafos::test
