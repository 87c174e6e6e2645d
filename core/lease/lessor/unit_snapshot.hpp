// SPDX-License-Identifier: Apache-2.0
/// The units of a resource as they stand in a checkpoint: which are fenced, by which record, and, for
/// a resource that outlives a boot, which are known clean.
///
/// Big-endian, per resource: kind u16 · unit_bytes u64 · unit_count u64 · fenced bitmap · clean bitmap
/// (block only) · u64 fence sequence for each fenced unit in order. Bitmaps: unit 0 is bit 7 of byte 0.
/// What is not known clean is dirty: a snapshot can only err on the side of one wipe too many.
#pragma once

#include "core/base/bytes.hpp"
#include "core/lease/resource.hpp"

namespace grafos::lease {

[[nodiscard]] size_t unit_snapshot_bytes_max(const ResourceInfo& info) noexcept;

/// Context: turn.
void write_unit_snapshot(const Resource& resource, ByteWriter& out) noexcept;

/// Restores a resource whose units are all dirty. Everything is validated before anything is changed.
/// Answers whether the resource still has the shape it had; false: memory of another size, all dirty.
/// Failures: corrupt (kind, length); corrupt (unit_size, unit_count) if the resource has changed shape
/// and is a disk or has fences: these are never mapped onto other units by guessing. Context: boot.
[[nodiscard]] Result<bool> load_unit_snapshot(Resource& resource, ByteReader& in) noexcept;

/// Moves every unit of `extent` to `to`, whatever it is now; for replay. Failures: corrupt
/// (unit_count): outside the resource. Context: boot.
[[nodiscard]] Result<> force_units(Resource& resource, Extent extent, UnitState to,
                                   Sequence fence = {}) noexcept;

} // namespace grafos::lease
