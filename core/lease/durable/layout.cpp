// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/layout.hpp"

#include "core/lease/durable/frame.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] constexpr uint64_t round_up(uint64_t value, uint64_t to) noexcept {
    return (value + to - 1) / to * to;
}

} // namespace

uint64_t checkpoint_sectors_for(size_t snapshot_bytes) noexcept {
    const uint64_t bytes = frame_header_bytes + uint64_t{snapshot_bytes};
    const uint64_t sectors =
        round_up(round_up(bytes, hal::sector_bytes) / hal::sector_bytes, page_sectors);
    GRAFOS_ASSERT(sectors * hal::sector_bytes >= bytes);
    return sectors;
}

Result<DiskLayout> plan_layout(const hal::BlockGeometry& geometry,
                               const LayoutOptions& options) noexcept {
    if (options.log_percent < 1 || options.log_percent > 90) {
        return Error{ErrorCode::invalid_argument, Field::amount, options.log_percent, 90};
    }
    if (options.group_bytes_max == 0 || options.group_bytes_max % hal::sector_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::length, options.group_bytes_max,
                     hal::sector_bytes};
    }
    const uint64_t cell = checkpoint_sectors_for(options.checkpoint_bytes_max);
    if (cell > checkpoint_sectors_most) {
        return Error{ErrorCode::invalid_argument, Field::checkpoint, cell, checkpoint_sectors_most};
    }
    DiskLayout layout;
    layout.sector_count = geometry.sector_count;
    layout.checkpoint_sectors = static_cast<uint32_t>(cell);
    layout.group_sectors_max = options.group_bytes_max / hal::sector_bytes;
    layout.group_sectors_max = layout.group_sectors_max < geometry.transfer_sectors_max
                                   ? layout.group_sectors_max
                                   : geometry.transfer_sectors_max;
    layout.group_sectors_max = layout.group_sectors_max < group_sectors_most
                                   ? layout.group_sectors_max
                                   : group_sectors_most;
    const uint64_t share = geometry.sector_count / 100 * options.log_percent +
                           geometry.sector_count % 100 * options.log_percent / 100;
    layout.log_sectors = share / page_sectors * page_sectors;
    const uint64_t least = log_groups_min * layout.group_sectors_max;
    if (layout.log_sectors < least) {
        return Error{ErrorCode::capacity_exceeded, Field::geometry, geometry.sector_count,
                     least * 100 / options.log_percent + 100};
    }
    if (layout.data_first() > geometry.sector_count) {
        return Error{ErrorCode::capacity_exceeded, Field::geometry, geometry.sector_count,
                     layout.data_first()};
    }
    const Result<> checked = check_layout(layout);
    if (!checked.is_ok()) {
        return checked.error();
    }
    return layout;
}

Result<> check_layout(const DiskLayout& layout) noexcept {
    if (layout.group_sectors_max == 0 || layout.group_sectors_max > group_sectors_most) {
        return Error{ErrorCode::corrupt, Field::geometry, layout.group_sectors_max,
                     group_sectors_most};
    }
    if (layout.checkpoint_sectors == 0 || layout.checkpoint_sectors > checkpoint_sectors_most ||
        layout.checkpoint_sectors % page_sectors != 0) {
        return Error{ErrorCode::corrupt, Field::geometry, layout.checkpoint_sectors,
                     checkpoint_sectors_most};
    }
    if (layout.log_sectors < log_groups_min * layout.group_sectors_max ||
        layout.log_sectors > layout.sector_count) {
        return Error{ErrorCode::corrupt, Field::geometry, layout.log_sectors, layout.sector_count};
    }
    // No sum below can wrap: the ring is not longer than the disk, and the cells are bounded.
    if (layout.sector_count > UINT64_MAX / hal::sector_bytes ||
        layout.data_first() > layout.sector_count) {
        return Error{ErrorCode::corrupt, Field::geometry, layout.data_first(), layout.sector_count};
    }
    return ok();
}

Result<> check_fit(const DiskLayout& layout, const hal::BlockGeometry& geometry,
                   const LayoutOptions& options) noexcept {
    if (geometry.sector_count < layout.sector_count) {
        return Error{ErrorCode::invalid_argument, Field::geometry, geometry.sector_count,
                     layout.sector_count};
    }
    const uint64_t group_bytes = uint64_t{layout.group_sectors_max} * hal::sector_bytes;
    const uint64_t transfer_bytes = uint64_t{geometry.transfer_sectors_max} * hal::sector_bytes;
    const uint64_t most =
        options.group_bytes_max < transfer_bytes ? options.group_bytes_max : transfer_bytes;
    if (group_bytes > most) {
        return Error{ErrorCode::invalid_argument, Field::length, most, group_bytes};
    }
    const uint64_t needed = checkpoint_sectors_for(options.checkpoint_bytes_max);
    if (layout.checkpoint_sectors < needed) {
        return Error{ErrorCode::invalid_argument, Field::checkpoint, layout.checkpoint_sectors,
                     needed};
    }
    const uint64_t held = options.checkpoint_buffer_bytes / hal::sector_bytes;
    if (layout.checkpoint_sectors > held) {
        return Error{ErrorCode::invalid_argument, Field::checkpoint, held,
                     layout.checkpoint_sectors};
    }
    return ok();
}

} // namespace grafos::lease
