// SPDX-License-Identifier: Apache-2.0
/// What every resource made of equal units answers in the same way.
#pragma once

#include "core/base/limits.hpp"
#include "core/lease/resource/unit_map.hpp"

namespace grafos::lease {

[[nodiscard]] inline ResourceInfo info_of(const ResourceId& id, ResourceKind kind,
                                          uint64_t unit_bytes, const UnitMap& units) noexcept {
    return {id,
            kind,
            unit_bytes,
            units.unit_count(),
            units.count_in(UnitState::free),
            units.count_in(UnitState::leased),
            units.count_in(UnitState::tearing),
            units.count_in(UnitState::dirty),
            units.count_in(UnitState::fenced)};
}

/// `Resource::prepare` over a unit map.
[[nodiscard]] inline Result<Extent> find_extent(const UnitMap& units, uint64_t unit_bytes,
                                                uint64_t bytes) noexcept {
    GRAFOS_ASSERT(unit_bytes > 0);
    if (bytes == 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
    }
    const uint64_t count = bytes / unit_bytes + (bytes % unit_bytes != 0 ? 1 : 0);
    const UnitMap::Fit fit = units.find_free(count);
    if (fit.extent.unit_count == 0) {
        return Error{ErrorCode::capacity_exceeded, Field::amount, bytes,
                     fit.longest_free * unit_bytes};
    }
    return fit.extent;
}

/// Whether `access` stays inside its extent. Failures: capacity_exceeded (offset, length).
[[nodiscard]] inline Result<> check_bounds(const Access& access, uint64_t unit_bytes) noexcept {
    GRAFOS_ASSERT(access.extent.unit_count > 0);
    const uint64_t size = access.extent.unit_count * unit_bytes;
    if (access.offset > size) {
        return Error{ErrorCode::capacity_exceeded, Field::offset, access.offset, size};
    }
    if (access.buffer.size() > size - access.offset) {
        return Error{ErrorCode::capacity_exceeded, Field::length, access.buffer.size(),
                     size - access.offset};
    }
    return ok();
}

} // namespace grafos::lease
