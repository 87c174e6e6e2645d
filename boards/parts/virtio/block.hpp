// SPDX-License-Identifier: Apache-2.0
/// A virtio disk as block device: several operations in flight, completions read from the ring.
///
/// Operation slot i owns descriptors 3i … 3i+2 (header, data, status) for ever, so there is no free
/// list to go wrong. A ticket's number is (serial · slots + slot): found in O(1), never reused. A
/// device that breaks the ring's rules is reset on the spot, all its operations fail with `io`, and
/// nothing is started on it until `reset`. Source: Virtual I/O Device 1.1, section 5.2.
#pragma once

#include "boards/parts/virtio/transport.hpp"
#include "hal/block_device.hpp"

namespace grafos::board {

class VirtioBlock final : public hal::BlockDevice {
public:
    static constexpr uint16_t queue_entries = 64;
    static constexpr uint16_t slots_max = 16;
    static constexpr uint32_t transfer_sectors_max = 2048;

    /// Value of an `io` error that no device status explains: it broke the ring's rules.
    static constexpr uint64_t status_lied = 0x100;

    constexpr VirtioBlock() noexcept : queue_{tables_} {}
    VirtioBlock(const VirtioBlock&) = delete;
    VirtioBlock& operator=(const VirtioBlock&) = delete;

    /// Takes over the device with registers at `base`. Failures: unsupported (no flush; queue too
    /// small), io (it does not answer as it should), corrupt (no sectors). Context: boot.
    [[nodiscard]] Result<> start(uintptr_t base) noexcept;

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    [[nodiscard]] Result<> reset() noexcept override;

private:
    enum class SlotState : uint8_t { free, in_flight, done };

    /// What the device reads first: the request header of the specification.
    struct Header {
        uint32_t type;
        uint32_t reserved;
        uint64_t sector;
    };
    static_assert(sizeof(Header) == 16);

    struct Slot {
        uint64_t ticket = 0;
        Header header{};
        uint64_t outcome = 0;       ///< once done: 0 or the device's status
        uint32_t device_writes = 0; ///< bytes it is to write, its status included
        hal::BlockOperation operation{};
        SlotState state = SlotState::free;
        uint8_t status = 0; ///< written by the device
    };

    [[nodiscard]] Result<> bring_up() noexcept;
    [[nodiscard]] Result<> check_range(uint64_t sector, size_t size) const noexcept;
    [[nodiscard]] Result<hal::BlockTicket> begin(hal::BlockOperation operation, uint64_t sector,
                                                 uint64_t address, size_t size) noexcept;
    void fill_descriptors(uint16_t index, uint64_t address, size_t size) noexcept;
    void harvest() noexcept;
    [[nodiscard]] bool complete(const VirtUsedElement& element) noexcept;
    void fail_all() noexcept;

    VirtqueueTables<queue_entries> tables_{};
    Virtqueue queue_;
    VirtioTransport transport_;
    Slot slots_[slots_max] = {};
    uint64_t sector_count_ = 0;
    uint64_t serial_ = 0;
    uint32_t transfer_sectors_ = 0;
    uint16_t slot_count_ = 0;
    bool is_read_only_ = false;
    bool is_broken_ = true; ///< until started
};

} // namespace grafos::board
