// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/memory_resource.hpp"

#include <algorithm>

#include "core/lease/resource/access_check.hpp"

namespace grafos::lease {

Result<> MemoryResource::start() noexcept {
    GRAFOS_ASSERT(parts_.units_max > 0 && parts_.units.fences.size() >= parts_.units_max);
    const uint64_t bytes = parts_.memory.size();
    unit_bytes_ = unit_bytes_for(bytes, parts_.units_max);
    if (bytes < unit_bytes_) {
        return Error{ErrorCode::invalid_argument, Field::memory, bytes, unit_bytes_};
    }
    const auto address = reinterpret_cast<uintptr_t>(parts_.memory.data());
    if (address % sizeof(uint64_t) != 0) {
        return Error{ErrorCode::invalid_argument, Field::memory, address, sizeof(uint64_t)};
    }
    units_.start(bytes / unit_bytes_, UnitState::dirty);
    wipe_left_ = 0;
    return ok();
}

ResourceInfo MemoryResource::info() const noexcept {
    return info_of(parts_.id, ResourceKind::memory, unit_bytes_, units_);
}

Result<Extent> MemoryResource::prepare(uint64_t bytes) const noexcept {
    return find_extent(units_, unit_bytes_, bytes);
}

void MemoryResource::move_units(Extent extent, UnitState from, UnitState to,
                                Sequence fence) noexcept {
    units_.move(extent, from, to, fence);
    if (from == UnitState::leased) {
        pins_.close(extent);
    }
}

UnitState MemoryResource::state_of(uint64_t unit) const noexcept {
    return units_.state_of(unit);
}

Sequence MemoryResource::fence_of(uint64_t unit) const noexcept {
    return units_.fence_of(unit);
}

Extent MemoryResource::find_run(UnitState state, uint64_t from_unit) const noexcept {
    return units_.find_run(state, from_unit);
}

MutableBytes MemoryResource::bytes_of_extent(Extent extent) const noexcept {
    GRAFOS_ASSERT(extent.first_unit + extent.unit_count <= units_.unit_count());
    return parts_.memory.subspan(extent.first_unit * unit_bytes_, extent.unit_count * unit_bytes_);
}

Result<AccessTicket> MemoryResource::start_access(const Access& access) noexcept {
    GRAFOS_TRY(check_bounds(access, unit_bytes_));
    GRAFOS_ASSERT(units_.state_of(access.extent.first_unit) == UnitState::leased);
    const MutableBytes bytes =
        bytes_of_extent(access.extent).subspan(access.offset, access.buffer.size());
    switch (access.kind) {
    case Access::Kind::read: copy_bytes(access.buffer, bytes); break;
    case Access::Kind::write: copy_bytes(bytes, access.buffer); break;
    case Access::Kind::flush: break; // nothing here outlives a boot
    }
    return AccessTicket{0};
}

Result<> MemoryResource::poll_access(AccessTicket ticket) noexcept {
    if (ticket.number != 0) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    return ok();
}

MutableBytes MemoryResource::direct_bytes(Extent extent) noexcept {
    GRAFOS_ASSERT(units_.state_of(extent.first_unit) == UnitState::leased);
    return bytes_of_extent(extent);
}

uint32_t MemoryResource::in_flight(Extent extent) const noexcept {
    return pins_.pin_count(extent);
}

void MemoryResource::begin_wipe(Extent extent) noexcept {
    GRAFOS_ASSERT(!is_wiping());
    GRAFOS_ASSERT(in_flight(extent) == 0);
    GRAFOS_ASSERT(units_.state_of(extent.first_unit) == UnitState::tearing);
    pins_.forget(extent);
    wipe_at_ = extent.first_unit * unit_bytes_;
    wipe_left_ = extent.unit_count * unit_bytes_;
}

Result<Step> MemoryResource::wipe_step(uint64_t budget_bytes) noexcept {
    GRAFOS_ASSERT(is_wiping());
    const uint64_t slice =
        std::min(std::max<uint64_t>(budget_bytes, limits::block_bytes), wipe_left_);
    zero_bytes(parts_.memory.subspan(wipe_at_, slice));
    wipe_at_ += slice;
    wipe_left_ -= slice;
    return wipe_left_ > 0 ? Step::more : Step::done;
}

Result<LaneHandle> MemoryResource::open_lane(Extent extent) noexcept {
    GRAFOS_ASSERT(units_.state_of(extent.first_unit) == UnitState::leased);
    return pins_.open(extent);
}

MutableBytes MemoryResource::try_pin(LaneHandle lane) noexcept {
    const Extent extent = pins_.try_pin(lane);
    return extent.unit_count == 0 ? MutableBytes{} : bytes_of_extent(extent);
}

} // namespace grafos::lease
