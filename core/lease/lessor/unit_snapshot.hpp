// SPDX-License-Identifier: Apache-2.0
/// The units of a resource as they stand in a checkpoint: which are fenced, by which record, and,
/// for a resource that outlives a boot, which are known clean.
///
/// Big-endian, per resource: kind u16 · unit_bytes u64 · unit_count u64 · fenced bitmap · clean
/// bitmap (block only) · u64 fence sequence for each fenced unit in order. Bitmaps: unit 0 is bit 7
/// of byte 0. What is not known clean is dirty: a snapshot can only err on the side of one wipe too
/// many.
#pragma once

#include "core/base/bytes.hpp"
#include "core/lease/resource.hpp"

namespace grafos::lease {

/// Units behind one fence; none: `extent` is empty.
struct FencedRun {
    Extent extent{};
    Sequence fence{};
};

[[nodiscard]] size_t unit_snapshot_bytes_max(const ResourceInfo& info) noexcept;

/// `clearing`: units whose fence is being cleared and that are tearing meanwhile. A crash must not
/// free them, so they are written as fenced. Context: turn.
void write_unit_snapshot(const Resource& resource, const FencedRun& clearing,
                         ByteWriter& out) noexcept;

/// One resource's part of a checkpoint, taken apart and checked; the spans are into its bytes.
struct UnitSnapshot {
    bool has_same_shape = false; ///< false: memory of another size, without fences; all dirty
    Bytes fenced{};
    Bytes clean{};
    Bytes fences{};
};

/// Changes nothing. Failures: corrupt (kind, length); corrupt (padding): a bit that no unit has, or
/// a unit both fenced and clean; corrupt (unit_size, unit_count) if the resource has changed shape
/// and is a disk or has fences: these are never mapped onto other units by guessing. Context: boot.
[[nodiscard]] Result<UnitSnapshot> read_unit_snapshot(const Resource& resource,
                                                      ByteReader& in) noexcept;

/// Restores a resource whose units are all dirty. Context: boot.
void apply_unit_snapshot(Resource& resource, const UnitSnapshot& snapshot) noexcept;

/// Moves every unit of `extent` to `to`, whatever it is now; for replay. Failures: corrupt
/// (unit_count): outside the resource. Context: boot.
[[nodiscard]] Result<> force_units(Resource& resource, Extent extent, UnitState to,
                                   Sequence fence = {}) noexcept;

/// Whether every unit of `extent` stands behind `fence`. Failures: corrupt (unit_count): outside
/// the resource; corrupt (fence_sequence): another fence or none. Context: boot.
[[nodiscard]] Result<> check_fenced(const Resource& resource, Extent extent,
                                    Sequence fence) noexcept;
/// Whether no unit of `extent` is fenced. Failures: as check_fenced. Context: boot.
[[nodiscard]] Result<> check_not_fenced(const Resource& resource, Extent extent) noexcept;

} // namespace grafos::lease
