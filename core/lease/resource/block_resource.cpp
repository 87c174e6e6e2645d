// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/block_resource.hpp"

#include <algorithm>

#include "core/lease/resource/access_check.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t slot_bits = 8; // of an access ticket: its slot; above them a serial number
constexpr hal::BlockTicket no_ticket{};

bool overlap(Extent a, Extent b) noexcept {
    return a.first_unit < b.first_unit + b.unit_count && b.first_unit < a.first_unit + a.unit_count;
}

bool is_error(const Error& error) noexcept {
    return error.code != ErrorCode{};
}

} // namespace

Result<> BlockResource::start(Area area) noexcept {
    GRAFOS_ASSERT(parts_.device != nullptr && parts_.units_max > 0);
    GRAFOS_ASSERT(!parts_.slots.empty() && parts_.slots.size() <= uint64_t{1} << slot_bits);
    GRAFOS_ASSERT(access_bytes_max() > 0 && access_bytes_max() % hal::sector_bytes == 0);
    GRAFOS_ASSERT(!parts_.zeroes.empty() && parts_.zeroes.size() % hal::sector_bytes == 0);
    const uint64_t sectors = parts_.device->geometry().sector_count;
    if (area.first_sector > sectors || area.sector_count > sectors - area.first_sector) {
        return Error{ErrorCode::invalid_argument, Field::geometry,
                     area.first_sector + area.sector_count, sectors};
    }
    const uint64_t bytes = area.sector_count * hal::sector_bytes;
    unit_bytes_ = unit_bytes_for(bytes, parts_.units_max);
    if (bytes < unit_bytes_) {
        return Error{ErrorCode::invalid_argument, Field::unit_size, bytes, unit_bytes_};
    }
    area_ = area;
    units_.start(bytes / unit_bytes_, UnitState::dirty);
    std::ranges::fill(parts_.slots, Slot{});
    is_wiping_ = false;
    return ok();
}

ResourceInfo BlockResource::info() const noexcept {
    return info_of(parts_.id, ResourceKind::block, unit_bytes_, units_);
}

Result<Extent> BlockResource::prepare(uint64_t bytes) const noexcept {
    return find_extent(units_, unit_bytes_, bytes);
}

void BlockResource::move_units(Extent extent, UnitState from, UnitState to,
                               Sequence fence) noexcept {
    units_.move(extent, from, to, fence);
    if (from != UnitState::leased) {
        return;
    }
    for (Slot& slot : parts_.slots) {
        if (slot.state != Slot::State::free && overlap(slot.access.extent, extent)) {
            slot.is_orphan = true;
        }
    }
}

UnitState BlockResource::state_of(uint64_t unit) const noexcept {
    return units_.state_of(unit);
}

Sequence BlockResource::fence_of(uint64_t unit) const noexcept {
    return units_.fence_of(unit);
}

Extent BlockResource::find_run(UnitState state, uint64_t from_unit) const noexcept {
    return units_.find_run(state, from_unit);
}

// --- accesses ---

MutableBytes BlockResource::bounce_of(size_t slot) const noexcept {
    GRAFOS_ASSERT(slot < parts_.slots.size());
    return parts_.bounce.subspan(slot * access_bytes_max(), access_bytes_max());
}

Result<> BlockResource::check_access(const Access& access) const noexcept {
    GRAFOS_TRY(check_bounds(access, unit_bytes_));
    const uint64_t length = access.buffer.size();
    if (access.kind == Access::Kind::flush) {
        return length == 0 ? Result<>{ok()}
                           : Result<>{Error{ErrorCode::invalid_argument, Field::length, length, 0}};
    }
    if (length == 0 || length % limits::block_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::length, length, limits::block_bytes};
    }
    if (access.offset % limits::block_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::offset, access.offset,
                     limits::block_bytes};
    }
    const uint64_t transfer_max =
        uint64_t{parts_.device->geometry().transfer_sectors_max} * hal::sector_bytes;
    const uint64_t most = std::min(access_bytes_max(), transfer_max);
    if (length > most) {
        return Error{ErrorCode::invalid_argument, Field::length, length, most};
    }
    return ok();
}

/// A free slot, else one whose lease has ended and whose device operation is over; else the count.
size_t BlockResource::take_slot() const noexcept {
    size_t found = parts_.slots.size();
    for (size_t slot = 0; slot < parts_.slots.size(); ++slot) {
        if (parts_.slots[slot].state == Slot::State::free) {
            return slot;
        }
        const bool is_over = parts_.slots[slot].state == Slot::State::done;
        if (is_over && parts_.slots[slot].is_orphan) {
            found = slot;
        }
    }
    return found;
}

Result<AccessTicket> BlockResource::start_access(const Access& access) noexcept {
    GRAFOS_TRY(check_access(access));
    GRAFOS_ASSERT(access.extent.first_unit + access.extent.unit_count <= units_.unit_count());
    GRAFOS_ASSERT(units_.state_of(access.extent.first_unit) == UnitState::leased);
    collect();
    const size_t index = take_slot();
    if (index == parts_.slots.size()) {
        return Error{ErrorCode::busy, Field::slot, index, index};
    }
    const MutableBytes bounce = bounce_of(index).first(access.buffer.size());
    const uint64_t byte = access.extent.first_unit * unit_bytes_ + access.offset;
    const uint64_t sector = area_.first_sector + byte / hal::sector_bytes;
    hal::BlockTicket device_ticket{};
    switch (access.kind) {
    case Access::Kind::read: {
        GRAFOS_TRY_ASSIGN(device_ticket, parts_.device->start_read(sector, bounce));
        break;
    }
    case Access::Kind::write: {
        copy_bytes(bounce, access.buffer);
        GRAFOS_TRY_ASSIGN(device_ticket, parts_.device->start_write(sector, bounce));
        break;
    }
    case Access::Kind::flush: {
        GRAFOS_TRY_ASSIGN(device_ticket, parts_.device->start_flush());
        break;
    }
    }
    Slot& slot = parts_.slots[index];
    slot = Slot{};
    slot.state = Slot::State::in_flight;
    slot.access = access;
    slot.device_ticket = device_ticket;
    slot.number = (next_number_++ << slot_bits) | index;
    return AccessTicket{slot.number};
}

void BlockResource::collect() const noexcept {
    for (Slot& slot : parts_.slots) {
        if (slot.state != Slot::State::in_flight) {
            continue;
        }
        const Result<> done = parts_.device->poll(slot.device_ticket);
        if (!done.is_ok() && done.error().code == ErrorCode::busy) {
            continue;
        }
        slot.state = Slot::State::done;
        slot.error = done.is_ok() ? Error{} : done.error();
    }
}

Result<> BlockResource::poll_access(AccessTicket ticket) noexcept {
    collect();
    const uint64_t index = ticket.number & ((uint64_t{1} << slot_bits) - 1);
    const bool is_known = ticket.number != 0 && index < parts_.slots.size() &&
                          parts_.slots[index].state != Slot::State::free &&
                          parts_.slots[index].number == ticket.number;
    if (!is_known) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    Slot& slot = parts_.slots[index];
    if (slot.state == Slot::State::in_flight) {
        return Error{ErrorCode::busy, Field::ticket, ticket.number, 0};
    }
    const Slot done = slot;
    slot = Slot{};
    if (is_error(done.error)) {
        return done.error;
    }
    // What was read for a lease that has ended since is not handed over.
    if (done.access.kind == Access::Kind::read && !done.is_orphan) {
        copy_bytes(done.access.buffer, bounce_of(index).first(done.access.buffer.size()));
    }
    return ok();
}

uint32_t BlockResource::in_flight(Extent extent) const noexcept {
    collect(); // a holder that went away does not ask any more
    uint32_t count = 0;
    for (const Slot& slot : parts_.slots) {
        const bool counts = slot.state == Slot::State::in_flight;
        count += counts && overlap(slot.access.extent, extent) ? 1u : 0u;
    }
    return count;
}

// --- wipes ---

void BlockResource::begin_wipe(Extent extent) noexcept {
    GRAFOS_ASSERT(!is_wiping_);
    GRAFOS_ASSERT(units_.state_of(extent.first_unit) == UnitState::tearing);
    GRAFOS_ASSERT(in_flight(extent) == 0);
    wipe_ = Wipe{};
    wipe_.extent = extent;
    wipe_.sector = area_.first_sector + extent.first_unit * unit_bytes_ / hal::sector_bytes;
    wipe_.left = extent.unit_count * unit_bytes_ / hal::sector_bytes;
    is_wiping_ = true;
}

/// How many writes of the wipe are still in flight.
uint32_t BlockResource::collect_wipe_writes() noexcept {
    uint32_t count = 0;
    for (hal::BlockTicket& write : wipe_.writes) {
        if (write == no_ticket) {
            continue;
        }
        const Result<> done = parts_.device->poll(write);
        if (!done.is_ok() && done.error().code == ErrorCode::busy) {
            ++count;
            continue;
        }
        write = no_ticket;
        if (!done.is_ok()) {
            wipe_.error = done.error();
        }
    }
    return count;
}

void BlockResource::start_wipe_writes(uint64_t budget_bytes) noexcept {
    const uint64_t transfer_max = std::min<uint64_t>(parts_.device->geometry().transfer_sectors_max,
                                                     parts_.zeroes.size() / hal::sector_bytes);
    uint64_t budget = std::max<uint64_t>(budget_bytes / hal::sector_bytes, 1);
    for (hal::BlockTicket& write : wipe_.writes) {
        if (write != no_ticket || budget == 0 || wipe_.left == 0) {
            continue;
        }
        const uint64_t sectors = std::min({transfer_max, budget, wipe_.left});
        const Result<hal::BlockTicket> started = parts_.device->start_write(
            wipe_.sector, parts_.zeroes.first(sectors * hal::sector_bytes));
        if (!started.is_ok()) {
            if (started.error().code != ErrorCode::busy) {
                wipe_.error = started.error();
            }
            return;
        }
        write = started.value();
        wipe_.sector += sectors;
        wipe_.left -= sectors;
        budget -= sectors;
    }
}

Result<Step> BlockResource::end_wipe(Error error) noexcept {
    is_wiping_ = false;
    if (is_error(error)) {
        return error;
    }
    return Step::done;
}

Result<Step> BlockResource::flush_wipe() noexcept {
    if (wipe_.flush == no_ticket) {
        const Result<hal::BlockTicket> started = parts_.device->start_flush();
        if (!started.is_ok()) {
            return started.error().code == ErrorCode::busy ? Result<Step>{Step::more}
                                                           : end_wipe(started.error());
        }
        wipe_.flush = started.value();
    }
    const Result<> done = parts_.device->poll(wipe_.flush);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return Step::more;
    }
    return end_wipe(done.is_ok() ? Error{} : done.error());
}

Result<Step> BlockResource::wipe_step(uint64_t budget_bytes) noexcept {
    GRAFOS_ASSERT(is_wiping_);
    const uint32_t still_in_flight = collect_wipe_writes();
    if (is_error(wipe_.error)) {
        return still_in_flight > 0 ? Result<Step>{Step::more} : end_wipe(wipe_.error);
    }
    if (wipe_.left > 0) {
        start_wipe_writes(budget_bytes);
        return Step::more;
    }
    return still_in_flight > 0 ? Result<Step>{Step::more} : flush_wipe();
}

void BlockResource::on_device_reset() noexcept {
    for (Slot& slot : parts_.slots) {
        if (slot.state == Slot::State::in_flight) {
            slot.state = Slot::State::done;
            slot.error = {ErrorCode::io, Field::device};
        }
    }
    if (is_wiping_) {
        is_wiping_ = false;
        begin_wipe(wipe_.extent);
    }
}

} // namespace grafos::lease
