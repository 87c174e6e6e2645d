// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/next_turn_disk.hpp"

#include "hal/cpu.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t wait_spins_max = 4'000'000'000;
constexpr uint64_t refused_status =
    5; // what a device calls an I/O error; the same on every machine

} // namespace

hal::BlockGeometry NextTurnDisk::geometry() const noexcept {
    hal::BlockGeometry geometry = device_.geometry();
    geometry.sector_count = sector_count_;
    // The least that every board offers, so that no board cuts a transfer differently.
    geometry.transfer_sectors_max = 128;
    geometry.in_flight_max = in_flight_max;
    return geometry;
}

NextTurnDisk::Slot* NextTurnDisk::free_slot() noexcept {
    for (Slot& slot : slots_) {
        if (slot.number == 0) {
            return &slot;
        }
    }
    return nullptr;
}

Result<hal::BlockTicket> NextTurnDisk::carry_out(const Result<hal::BlockTicket>& started,
                                                 bool is_refused) noexcept {
    if (!is_refused) {
        if (!started.is_ok()) {
            has_failed_ = true;
            return started.error();
        }
        uint64_t spins = 0;
        for (; spins < wait_spins_max; ++spins) {
            const Result<> done = device_.poll(started.value());
            if (done.is_ok()) {
                break;
            }
            if (done.error().code != ErrorCode::busy) {
                has_failed_ = true;
                break;
            }
            hal::relax();
        }
        has_failed_ = has_failed_ || spins == wait_spins_max;
    }
    Slot& slot = *free_slot();
    slot = {next_number_++, turn_, is_refused};
    return hal::BlockTicket{slot.number};
}

Result<hal::BlockTicket> NextTurnDisk::start_read(uint64_t sector, MutableBytes to) noexcept {
    if (free_slot() == nullptr) {
        return Error{ErrorCode::busy, Field::block};
    }
    return carry_out(device_.start_read(sector, to), false);
}

Result<hal::BlockTicket> NextTurnDisk::start_write(uint64_t sector, Bytes from) noexcept {
    if (free_slot() == nullptr) {
        return Error{ErrorCode::busy, Field::block};
    }
    const uint64_t end = sector + from.size() / hal::sector_bytes;
    const bool is_refused = sector < refused_first_ + refused_count_ && end > refused_first_;
    if (is_refused) {
        return carry_out(Error{ErrorCode::io, Field::block}, true);
    }
    return carry_out(device_.start_write(sector, from), false);
}

Result<hal::BlockTicket> NextTurnDisk::start_flush() noexcept {
    if (free_slot() == nullptr) {
        return Error{ErrorCode::busy, Field::block};
    }
    return carry_out(device_.start_flush(), false);
}

Result<> NextTurnDisk::poll(hal::BlockTicket ticket) noexcept {
    for (Slot& slot : slots_) {
        if (slot.number != ticket.number || ticket.number == 0) {
            continue;
        }
        if (slot.turn == turn_) {
            return Error{ErrorCode::busy, Field::block};
        }
        const bool is_refused = slot.is_refused;
        slot = {};
        if (is_refused) {
            return Error{ErrorCode::io, Field::block, refused_status, 0};
        }
        return ok();
    }
    return Error{ErrorCode::not_found, Field::block, ticket.number, 0};
}

Result<> NextTurnDisk::reset() noexcept {
    slots_ = {};
    return device_.reset();
}

} // namespace grafos::test
