// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/block.hpp"

#include <algorithm>

#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t feature_size_max = 1ull << 1;
constexpr uint64_t feature_read_only = 1ull << 5;
constexpr uint64_t feature_flush = 1ull << 9;

constexpr uintptr_t config_capacity = 0;
constexpr uintptr_t config_size_max = 8;

constexpr uint16_t descriptors_per_slot = 3;
constexpr uint8_t status_ok = 0;
constexpr uint8_t status_untouched = 0xff;

uint32_t type_of(hal::BlockOperation operation) noexcept {
    switch (operation) {
    case hal::BlockOperation::read: return 0;
    case hal::BlockOperation::write: return 1;
    case hal::BlockOperation::flush: return 4;
    }
    GRAFOS_UNREACHABLE();
}

} // namespace

Result<> VirtioBlock::start(uintptr_t base) noexcept {
    transport_.attach(base);
    return bring_up();
}

Result<> VirtioBlock::bring_up() noexcept {
    is_broken_ = true;
    GRAFOS_TRY_ASSIGN(const uint64_t features,
                      transport_.negotiate(feature_flush, feature_size_max | feature_read_only));
    GRAFOS_TRY(transport_.set_queue(0, queue_, descriptors_per_slot));
    sector_count_ = transport_.read_config64(config_capacity);
    if (sector_count_ == 0) {
        return Error{ErrorCode::corrupt, Field::geometry, 0, 1};
    }
    uint32_t transfer = transfer_sectors_max;
    if ((features & feature_size_max) != 0) {
        const uint32_t sectors =
            static_cast<uint32_t>(transport_.read_config32(config_size_max) / hal::sector_bytes);
        transfer = std::min(transfer, std::max(sectors, 1u));
    }
    transfer_sectors_ = transfer;
    is_read_only_ = (features & feature_read_only) != 0;
    slot_count_ = std::min<uint16_t>(slots_max, queue_.size() / descriptors_per_slot);
    GRAFOS_TRY(transport_.run());
    is_broken_ = false;
    return ok();
}

hal::BlockGeometry VirtioBlock::geometry() const noexcept {
    return {sector_count_, transfer_sectors_, slot_count_};
}

Result<> VirtioBlock::check_range(uint64_t sector, size_t size) const noexcept {
    const uint64_t sectors = size / hal::sector_bytes;
    if (size == 0 || size % hal::sector_bytes != 0 || sectors > transfer_sectors_) {
        return Error{ErrorCode::invalid_argument, Field::length, size,
                     uint64_t{transfer_sectors_} * hal::sector_bytes};
    }
    if (sector >= sector_count_ || sectors > sector_count_ - sector) {
        return Error{ErrorCode::invalid_argument, Field::block, sector, sector_count_ - sectors};
    }
    return ok();
}

Result<hal::BlockTicket> VirtioBlock::start_read(uint64_t sector, MutableBytes to) noexcept {
    GRAFOS_TRY(check_range(sector, to.size()));
    return begin(hal::BlockOperation::read, sector, reinterpret_cast<uint64_t>(to.data()),
                 to.size());
}

Result<hal::BlockTicket> VirtioBlock::start_write(uint64_t sector, Bytes from) noexcept {
    GRAFOS_TRY(check_range(sector, from.size()));
    if (is_read_only_) {
        return Error{ErrorCode::io, Field::device, 0, 0};
    }
    return begin(hal::BlockOperation::write, sector, reinterpret_cast<uint64_t>(from.data()),
                 from.size());
}

Result<hal::BlockTicket> VirtioBlock::start_flush() noexcept {
    return begin(hal::BlockOperation::flush, 0, 0, 0);
}

Result<hal::BlockTicket> VirtioBlock::begin(hal::BlockOperation operation, uint64_t sector,
                                            uint64_t address, size_t size) noexcept {
    if (is_broken_) {
        return Error{ErrorCode::io, Field::device, status_lied, 0};
    }
    for (uint16_t i = 0; i < slot_count_; ++i) {
        Slot& slot = slots_[i];
        if (slot.state != SlotState::free) {
            continue;
        }
        serial_ += 1;
        slot.ticket = serial_ * slots_max + i;
        slot.operation = operation;
        slot.header = {type_of(operation), 0, sector};
        slot.status = status_untouched;
        slot.outcome = 0;
        slot.state = SlotState::in_flight;
        fill_descriptors(i, address, size);
        queue_.offer(static_cast<uint16_t>(i * descriptors_per_slot));
        transport_.notify(0);
        return hal::BlockTicket{slot.ticket};
    }
    return Error{ErrorCode::busy, Field::device, slot_count_, slot_count_};
}

void VirtioBlock::fill_descriptors(uint16_t index, uint64_t address, size_t size) noexcept {
    Slot& slot = slots_[index];
    const uint16_t header = static_cast<uint16_t>(index * descriptors_per_slot);
    const uint16_t data = static_cast<uint16_t>(header + 1);
    const uint16_t status = static_cast<uint16_t>(header + 2);
    const bool has_data = size != 0;
    const bool device_writes_data = slot.operation == hal::BlockOperation::read;
    queue_.set_descriptor(header, {reinterpret_cast<uint64_t>(&slot.header), sizeof(Header),
                                   virt_descriptor_next, has_data ? data : status});
    if (has_data) {
        const uint16_t flags = device_writes_data ? virt_descriptor_device_writes : 0;
        queue_.set_descriptor(data, {address, static_cast<uint32_t>(size),
                                     static_cast<uint16_t>(flags | virt_descriptor_next), status});
    }
    queue_.set_descriptor(
        status, {reinterpret_cast<uint64_t>(&slot.status), 1, virt_descriptor_device_writes, 0});
    slot.device_writes = 1 + (device_writes_data ? static_cast<uint32_t>(size) : 0);
}

Result<> VirtioBlock::poll(hal::BlockTicket ticket) noexcept {
    Slot& slot = slots_[ticket.number % slots_max];
    if (slot.state == SlotState::free || slot.ticket != ticket.number) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    harvest();
    if (slot.state == SlotState::in_flight) {
        return Error{ErrorCode::busy, Field::ticket, ticket.number, 0};
    }
    slot.state = SlotState::free;
    if (slot.outcome != status_ok) {
        return Error{ErrorCode::io, Field::block, slot.outcome, status_ok};
    }
    return ok();
}

/// Takes all completions there are: at most as many as the ring holds.
void VirtioBlock::harvest() noexcept {
    if (is_broken_) {
        return;
    }
    for (uint16_t i = 0; i < queue_entries; ++i) {
        VirtUsedElement element{};
        switch (queue_.take_used(element)) {
        case UsedOutcome::none: return;
        case UsedOutcome::taken:
            if (complete(element)) {
                continue;
            }
            break;
        case UsedOutcome::broken: break;
        }
        fail_all();
        return;
    }
}

/// False: the element is none that an honest device would send.
bool VirtioBlock::complete(const VirtUsedElement& element) noexcept {
    const uint32_t index = element.head / descriptors_per_slot;
    if (element.head % descriptors_per_slot != 0 || index >= slot_count_) {
        return false;
    }
    Slot& slot = slots_[index];
    if (slot.state != SlotState::in_flight || element.length > slot.device_writes) {
        return false;
    }
    const uint8_t status = __atomic_load_n(&slot.status, __ATOMIC_ACQUIRE);
    const bool is_short = slot.operation == hal::BlockOperation::read && status == status_ok &&
                          element.length != slot.device_writes;
    slot.outcome = is_short ? status_lied : status;
    slot.state = SlotState::done;
    return true;
}

/// The device broke the rules: it is stopped before anybody gets a buffer back.
void VirtioBlock::fail_all() noexcept {
    is_broken_ = true;
    (void)transport_.reset();
    for (Slot& slot : slots_) {
        if (slot.state == SlotState::in_flight) {
            slot.state = SlotState::done;
            slot.outcome = status_lied;
        }
    }
}

Result<> VirtioBlock::reset() noexcept {
    is_broken_ = true;
    GRAFOS_TRY(transport_.reset());
    // Stopped: whatever becomes of the device now, no buffer is in its hands any more.
    for (Slot& slot : slots_) {
        slot.state = SlotState::free;
    }
    return bring_up();
}

} // namespace grafos::board
