// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/unit_snapshot.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] bool outlives_boot(ResourceKind kind) noexcept {
    return kind == ResourceKind::block;
}

[[nodiscard]] size_t bitmap_bytes(uint64_t unit_count) noexcept {
    return static_cast<size_t>((unit_count + 7) / 8);
}

[[nodiscard]] bool bit_of(Bytes bitmap, uint64_t unit) noexcept {
    return ((bitmap[static_cast<size_t>(unit / 8)] >> (7 - unit % 8)) & 1) != 0;
}

[[nodiscard]] uint64_t count_bits(Bytes bitmap, uint64_t unit_count) noexcept {
    uint64_t count = 0;
    for (uint64_t unit = 0; unit < unit_count; ++unit) {
        count += bit_of(bitmap, unit) ? 1u : 0u;
    }
    return count;
}

void write_bitmap(const Resource& resource, uint64_t unit_count, UnitState state,
                  ByteWriter& out) noexcept {
    for (uint64_t first = 0; first < unit_count; first += 8) {
        uint8_t byte = 0;
        for (uint64_t unit = first; unit < first + 8 && unit < unit_count; ++unit) {
            if (resource.state_of(unit) == state) {
                byte = static_cast<uint8_t>(byte | (0x80u >> (unit - first)));
            }
        }
        out.put<uint8_t>(byte);
    }
}

} // namespace

size_t unit_snapshot_bytes_max(const ResourceInfo& info) noexcept {
    const size_t bitmaps = outlives_boot(info.kind) ? 2 : 1;
    return 2 + 8 + 8 + bitmaps * bitmap_bytes(info.unit_count) +
           8 * static_cast<size_t>(info.unit_count);
}

void write_unit_snapshot(const Resource& resource, ByteWriter& out) noexcept {
    const ResourceInfo info = resource.info();
    const size_t before = out.size();
    out.put<uint16_t>(static_cast<uint16_t>(info.kind));
    out.put<uint64_t>(info.unit_bytes);
    out.put<uint64_t>(info.unit_count);
    write_bitmap(resource, info.unit_count, UnitState::fenced, out);
    if (outlives_boot(info.kind)) {
        write_bitmap(resource, info.unit_count, UnitState::free, out);
    }
    for (uint64_t unit = 0; unit < info.unit_count; ++unit) {
        if (resource.state_of(unit) == UnitState::fenced) {
            out.put<uint64_t>(resource.fence_of(unit).value);
        }
    }
    GRAFOS_ASSERT(out.size() - before <= unit_snapshot_bytes_max(info));
}

Result<bool> load_unit_snapshot(Resource& resource, ByteReader& in) noexcept {
    const ResourceInfo info = resource.info();
    GRAFOS_ASSERT(info.dirty == info.unit_count);
    const auto kind = in.take<uint16_t>();
    const auto unit_bytes = in.take<uint64_t>();
    const auto unit_count = in.take<uint64_t>();
    if (kind != static_cast<uint16_t>(info.kind)) {
        return Error{ErrorCode::corrupt, Field::kind, kind, static_cast<uint16_t>(info.kind)};
    }
    if (unit_count > 8 * in.left()) {
        return Error{ErrorCode::corrupt, Field::unit_count, unit_count, info.unit_count};
    }
    const Bytes fenced = in.take_bytes(bitmap_bytes(unit_count));
    const Bytes clean = outlives_boot(info.kind) ? in.take_bytes(bitmap_bytes(unit_count)) : Bytes{};
    const uint64_t fenced_count = in.is_ok() ? count_bits(fenced, unit_count) : 0;
    ByteReader fences{in.take_bytes(8 * static_cast<size_t>(fenced_count))};
    if (!in.is_ok()) {
        return Error{ErrorCode::corrupt, Field::length, in.offset(), unit_snapshot_bytes_max(info)};
    }
    // Memory that was added or taken out between two boots is dirty anyway; only a fence, or a disk,
    // must not be mapped onto other units by guessing.
    const bool is_bound = outlives_boot(info.kind) || fenced_count > 0;
    if (unit_count != info.unit_count || unit_bytes != info.unit_bytes) {
        if (!is_bound) {
            return false;
        }
        return unit_bytes != info.unit_bytes
                   ? Error{ErrorCode::corrupt, Field::unit_size, unit_bytes, info.unit_bytes}
                   : Error{ErrorCode::corrupt, Field::unit_count, unit_count, info.unit_count};
    }
    for (uint64_t unit = 0; unit < unit_count; ++unit) {
        if (bit_of(fenced, unit)) {
            const Sequence fence{fences.take<uint64_t>()};
            resource.move_units({unit, 1}, UnitState::dirty, UnitState::fenced, fence);
        } else if (!clean.empty() && bit_of(clean, unit)) {
            resource.move_units({unit, 1}, UnitState::dirty, UnitState::free);
        }
    }
    return true;
}

Result<> force_units(Resource& resource, Extent extent, UnitState to, Sequence fence) noexcept {
    const uint64_t unit_count = resource.info().unit_count;
    if (extent.unit_count == 0 || extent.first_unit >= unit_count ||
        extent.unit_count > unit_count - extent.first_unit) {
        return Error{ErrorCode::corrupt, Field::unit_count, extent.first_unit, unit_count};
    }
    for (uint64_t unit = extent.first_unit; unit < extent.first_unit + extent.unit_count; ++unit) {
        const UnitState from = resource.state_of(unit);
        if (from == UnitState::fenced && to == UnitState::fenced) {
            // A clear failed and fenced it anew: the later fence is the one to name.
            resource.move_units({unit, 1}, from, UnitState::dirty);
            resource.move_units({unit, 1}, UnitState::dirty, to, fence);
        } else if (from != to) {
            resource.move_units({unit, 1}, from, to, fence);
        }
    }
    return ok();
}

} // namespace grafos::lease
