// SPDX-License-Identifier: Apache-2.0
/// Where things lie on a node's disk, as arithmetic over four numbers that the identity cell keeps.
///
///     sector 0        identity, copy A             sector 8   identity, copy B
///     sector 16       epitaph (hal/epitaph.hpp)    sector 24  format marker
///     sector 32       checkpoint, copy A, then copy B, each `checkpoint_sectors`
///     log_first       log ring, `log_sectors`
///     data_first      leasable blocks, to the end of the disk
///
/// Copies, epitaph and marker lie on pages of 4 KiB of their own, so that a disk that tears a page
/// hurts one of them at most.
#pragma once

#include "core/base/limits.hpp"
#include "core/base/result.hpp"
#include "hal/block_device.hpp"

namespace grafos::lease {

inline constexpr uint64_t page_sectors = 8;
inline constexpr uint64_t identity_sector_a = 0;
inline constexpr uint64_t identity_sector_b = identity_sector_a + page_sectors;
inline constexpr uint64_t epitaph_sector = identity_sector_b + page_sectors;
inline constexpr uint64_t marker_sector = epitaph_sector + page_sectors;
inline constexpr uint64_t checkpoint_sector_a = marker_sector + page_sectors;

/// A ring shorter than this many of its longest groups is refused.
inline constexpr uint64_t log_groups_min = 8;
/// Longest checkpoint copy, sectors; longer ones are taken for damage (16 MiB).
inline constexpr uint32_t checkpoint_sectors_most = 32768;
/// Longest group, sectors (1 MiB).
inline constexpr uint32_t group_sectors_most = 2048;

struct DiskLayout {
    uint64_t sector_count = 0;       ///< of the disk it was made for
    uint64_t log_sectors = 0;        ///< length of the ring
    uint32_t checkpoint_sectors = 0; ///< of one copy, whole pages
    uint32_t group_sectors_max = 0;  ///< longest group; decides where the ring wraps

    [[nodiscard]] constexpr uint64_t checkpoint_first(uint32_t copy) const noexcept {
        return checkpoint_sector_a + uint64_t{copy} * checkpoint_sectors;
    }
    [[nodiscard]] constexpr uint64_t log_first() const noexcept {
        return checkpoint_sector_a + 2 * uint64_t{checkpoint_sectors};
    }
    [[nodiscard]] constexpr uint64_t data_first() const noexcept {
        return log_first() + log_sectors;
    }
    [[nodiscard]] constexpr uint64_t data_sectors() const noexcept {
        return sector_count - data_first();
    }
    /// Where a group starts that follows one ending at `offset` in the ring: there, if the longest
    /// group would still fit before the end, else at 0. So the place of a group depends on nothing
    /// but the end of the one before, and no group wraps.
    [[nodiscard]] constexpr uint64_t group_offset_after(uint64_t offset) const noexcept {
        return offset + group_sectors_max > log_sectors ? 0 : offset;
    }
    /// Sectors of the ring that are given out. A lap wastes up to a longest group at the ring's
    /// end; twice that is left, since a trim can bring the next wrap near again (see reserve.hpp).
    [[nodiscard]] constexpr uint64_t log_capacity() const noexcept {
        return log_sectors - 2 * uint64_t{group_sectors_max};
    }

    friend constexpr bool operator==(const DiskLayout&, const DiskLayout&) = default;
};

/// What a new disk is laid out for.
struct LayoutOptions {
    uint32_t log_percent = 25;          ///< of the disk, for the ring; 1 … 90
    uint32_t group_bytes_max = 0;       ///< whole sectors; cut to what the device transfers at once
    size_t checkpoint_bytes_max = 0;    ///< the largest snapshot
    size_t checkpoint_buffer_bytes = 0; ///< what a copy is read into
};

/// Lays out a new disk. Failures: invalid_argument (amount: log_percent; length: group_bytes_max),
/// capacity_exceeded (geometry: sectors there are, sectors needed). Context: any.
[[nodiscard]] Result<DiskLayout> plan_layout(const hal::BlockGeometry& geometry,
                                             const LayoutOptions& options) noexcept;

/// Whether four numbers read from a disk make a layout at all. Failures: corrupt (geometry).
[[nodiscard]] Result<> check_layout(const DiskLayout& layout) noexcept;

/// Whether this build and this device can serve a layout: the disk is not shorter than it says, a
/// group goes out in one write and fits `group_bytes_max`, and a snapshot of `checkpoint_bytes_max`
/// fits. Failures: invalid_argument (geometry, length, checkpoint), each with found and needed.
[[nodiscard]] Result<> check_fit(const DiskLayout& layout, const hal::BlockGeometry& geometry,
                                 const LayoutOptions& options) noexcept;

/// Sectors a snapshot of this size takes with its header, whole pages.
[[nodiscard]] uint64_t checkpoint_sectors_for(size_t snapshot_bytes) noexcept;

} // namespace grafos::lease
