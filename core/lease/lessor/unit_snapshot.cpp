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

/// One bit a unit, set where `is_set(unit)`.
template <typename IsSet>
void write_bitmap(uint64_t unit_count, IsSet is_set, ByteWriter& out) noexcept {
    for (uint64_t first = 0; first < unit_count; first += 8) {
        uint8_t byte = 0;
        for (uint64_t unit = first; unit < first + 8 && unit < unit_count; ++unit) {
            byte = static_cast<uint8_t>(byte | (is_set(unit) ? 0x80u >> (unit - first) : 0u));
        }
        out.put<uint8_t>(byte);
    }
}

[[nodiscard]] bool contains(Extent extent, uint64_t unit) noexcept {
    return unit >= extent.first_unit && unit - extent.first_unit < extent.unit_count;
}

[[nodiscard]] bool is_inside(Extent extent, uint64_t unit_count) noexcept {
    return extent.unit_count > 0 && extent.first_unit < unit_count &&
           extent.unit_count <= unit_count - extent.first_unit;
}

/// Bits behind the last unit, and units in both bitmaps.
[[nodiscard]] bool is_contradictory(Bytes fenced, Bytes clean, uint64_t unit_count) noexcept {
    for (size_t i = 0; i < fenced.size(); ++i) {
        const uint64_t left = unit_count - 8 * uint64_t{i};
        const auto padding = static_cast<uint8_t>(left >= 8 ? 0 : 0xffu >> left);
        const auto both = static_cast<uint8_t>(clean.empty() ? 0 : fenced[i] & clean[i]);
        const auto either = static_cast<uint8_t>(clean.empty() ? fenced[i] : fenced[i] | clean[i]);
        if (both != 0 || (either & padding) != 0) {
            return true;
        }
    }
    return false;
}

} // namespace

size_t unit_snapshot_bytes_max(const ResourceInfo& info) noexcept {
    const size_t bitmaps = outlives_boot(info.kind) ? 2 : 1;
    return 2 + 8 + 8 + bitmaps * bitmap_bytes(info.unit_count) +
           8 * static_cast<size_t>(info.unit_count);
}

void write_unit_snapshot(const Resource& resource, const FencedRun& clearing,
                         ByteWriter& out) noexcept {
    const ResourceInfo info = resource.info();
    const size_t before = out.size();
    out.put<uint16_t>(static_cast<uint16_t>(info.kind));
    out.put<uint64_t>(info.unit_bytes);
    out.put<uint64_t>(info.unit_count);
    const bool has_fences =
        info.fenced > 0 || clearing.extent.unit_count > 0; // as a rule there are none
    const auto is_fenced = [&](uint64_t unit) noexcept {
        return has_fences &&
               (contains(clearing.extent, unit) || resource.state_of(unit) == UnitState::fenced);
    };
    write_bitmap(info.unit_count, is_fenced, out);
    if (outlives_boot(info.kind)) {
        write_bitmap(
            info.unit_count,
            [&](uint64_t unit) noexcept { return resource.state_of(unit) == UnitState::free; },
            out);
    }
    for (uint64_t unit = 0; has_fences && unit < info.unit_count; ++unit) {
        if (contains(clearing.extent, unit)) {
            GRAFOS_ASSERT(resource.state_of(unit) == UnitState::tearing);
            out.put<uint64_t>(clearing.fence.value);
        } else if (resource.state_of(unit) == UnitState::fenced) {
            out.put<uint64_t>(resource.fence_of(unit).value);
        }
    }
    GRAFOS_ASSERT(out.size() - before <= unit_snapshot_bytes_max(info));
}

Result<UnitSnapshot> read_unit_snapshot(const Resource& resource, ByteReader& in) noexcept {
    const ResourceInfo info = resource.info();
    const auto kind = in.take<uint16_t>();
    const auto unit_bytes = in.take<uint64_t>();
    const auto unit_count = in.take<uint64_t>();
    if (!in.is_ok()) {
        return Error{ErrorCode::corrupt, Field::length, in.offset(), unit_snapshot_bytes_max(info)};
    }
    if (kind != static_cast<uint16_t>(info.kind)) {
        return Error{ErrorCode::corrupt, Field::kind, kind, static_cast<uint16_t>(info.kind)};
    }
    if (unit_count / 8 > in.left()) {
        return Error{ErrorCode::corrupt, Field::unit_count, unit_count, info.unit_count};
    }
    UnitSnapshot snapshot;
    snapshot.fenced = in.take_bytes(bitmap_bytes(unit_count));
    snapshot.clean = outlives_boot(info.kind) ? in.take_bytes(bitmap_bytes(unit_count)) : Bytes{};
    const uint64_t fenced_count = in.is_ok() ? count_bits(snapshot.fenced, unit_count) : 0;
    snapshot.fences = in.take_bytes(8 * static_cast<size_t>(fenced_count));
    if (!in.is_ok()) {
        return Error{ErrorCode::corrupt, Field::length, in.offset(), unit_snapshot_bytes_max(info)};
    }
    if (is_contradictory(snapshot.fenced, snapshot.clean, unit_count)) {
        return Error{ErrorCode::corrupt, Field::padding};
    }
    // Memory that was added or taken out between two boots is dirty anyway; only a fence, or a
    // disk, must not be mapped onto other units by guessing.
    snapshot.has_same_shape = unit_count == info.unit_count && unit_bytes == info.unit_bytes;
    if (!snapshot.has_same_shape && (outlives_boot(info.kind) || fenced_count > 0)) {
        return unit_bytes != info.unit_bytes
                   ? Error{ErrorCode::corrupt, Field::unit_size, unit_bytes, info.unit_bytes}
                   : Error{ErrorCode::corrupt, Field::unit_count, unit_count, info.unit_count};
    }
    return snapshot;
}

void apply_unit_snapshot(Resource& resource, const UnitSnapshot& snapshot) noexcept {
    const ResourceInfo info = resource.info();
    GRAFOS_ASSERT(info.dirty == info.unit_count);
    if (!snapshot.has_same_shape) {
        return;
    }
    GRAFOS_ASSERT(snapshot.fenced.size() == bitmap_bytes(info.unit_count));
    ByteReader fences{snapshot.fences};
    for (uint64_t unit = 0; unit < info.unit_count; ++unit) {
        if (bit_of(snapshot.fenced, unit)) {
            const Sequence fence{fences.take<uint64_t>()};
            resource.move_units({unit, 1}, UnitState::dirty, UnitState::fenced, fence);
        } else if (!snapshot.clean.empty() && bit_of(snapshot.clean, unit)) {
            resource.move_units({unit, 1}, UnitState::dirty, UnitState::free);
        }
    }
}

Result<> force_units(Resource& resource, Extent extent, UnitState to, Sequence fence) noexcept {
    const uint64_t unit_count = resource.info().unit_count;
    if (!is_inside(extent, unit_count)) {
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

Result<> check_fenced(const Resource& resource, Extent extent, Sequence fence) noexcept {
    const uint64_t unit_count = resource.info().unit_count;
    if (!is_inside(extent, unit_count)) {
        return Error{ErrorCode::corrupt, Field::unit_count, extent.first_unit, unit_count};
    }
    for (uint64_t unit = extent.first_unit; unit < extent.first_unit + extent.unit_count; ++unit) {
        const bool is_fenced = resource.state_of(unit) == UnitState::fenced;
        if (!is_fenced || resource.fence_of(unit) != fence) {
            return Error{ErrorCode::corrupt, Field::fence_sequence, fence.value, unit};
        }
    }
    return ok();
}

Result<> check_not_fenced(const Resource& resource, Extent extent) noexcept {
    const ResourceInfo info = resource.info();
    if (!is_inside(extent, info.unit_count)) {
        return Error{ErrorCode::corrupt, Field::unit_count, extent.first_unit, info.unit_count};
    }
    for (uint64_t unit = extent.first_unit;
         info.fenced > 0 && unit < extent.first_unit + extent.unit_count; ++unit) {
        if (resource.state_of(unit) == UnitState::fenced) {
            return Error{ErrorCode::corrupt, Field::fence_sequence, unit, 0};
        }
    }
    return ok();
}

} // namespace grafos::lease
