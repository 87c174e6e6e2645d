// SPDX-License-Identifier: Apache-2.0
/// What of the lessor outlives a boot: fences, and which disk units are clean. Leases do not.
///
/// Checkpoint: u8 version · u8 resource count · a unit snapshot for each (unit_snapshot.hpp).
#include "core/lease/lessor/lessor.hpp"
#include "core/lease/lessor/unit_snapshot.hpp"

namespace grafos::lease {
namespace {

constexpr uint8_t checkpoint_version = 1;

} // namespace

size_t Lessor::checkpoint_bytes_max() const noexcept {
    size_t bytes = 2;
    for (const Resource* const resource : parts_.resources) {
        ResourceInfo info = resource->info();
        info.unit_count = info.kind == ResourceKind::block ? limits_.block_units_max
                                                           : limits_.memory_units_max;
        bytes += unit_snapshot_bytes_max(info);
    }
    return bytes;
}

size_t Lessor::write_checkpoint(MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() >= checkpoint_bytes_max());
    ByteWriter out{to};
    out.put<uint8_t>(checkpoint_version);
    out.put<uint8_t>(static_cast<uint8_t>(parts_.resources.size()));
    for (const Resource* const resource : parts_.resources) {
        write_unit_snapshot(*resource, out);
    }
    return out.size();
}

Result<> Lessor::load_checkpoint(Bytes from) noexcept {
    if (from.empty()) {
        return ok();
    }
    ByteReader in{from};
    const auto version = in.take<uint8_t>();
    const auto count = in.take<uint8_t>();
    if (version > checkpoint_version) {
        return Error{ErrorCode::unsupported_version, Field::checkpoint, version,
                     checkpoint_version};
    }
    if (version != checkpoint_version || count != parts_.resources.size()) {
        return Error{ErrorCode::corrupt, Field::checkpoint, count, parts_.resources.size()};
    }
    for (size_t index = 0; index < parts_.resources.size(); ++index) {
        GRAFOS_TRY_ASSIGN(const bool has_same_shape,
                          load_unit_snapshot(*parts_.resources[index], in));
        has_new_shape_[index] = !has_same_shape;
    }
    if (!in.is_ok() || in.left() != 0) {
        return Error{ErrorCode::corrupt, Field::checkpoint, in.left(), 0};
    }
    return ok();
}

Result<> Lessor::replay_units(const AuditEvent& event, Extent extent, UnitState to,
                              Sequence fence) noexcept {
    const Result<uint8_t> index = resource_index(event.resource_id);
    if (!index.is_ok()) {
        return Error{ErrorCode::corrupt, Field::resource_id, fence.value, 0};
    }
    Resource& resource = *parts_.resources[index.value()];
    if (has_new_shape_[index.value()]) {
        // Memory of another size than then: all of it is dirty, but a fence cannot be placed.
        if (to == UnitState::fenced) {
            return Error{ErrorCode::corrupt, Field::unit_size, fence.value, 0};
        }
        return ok();
    }
    const bool is_durable = resource.info().kind == ResourceKind::block;
    return force_units(resource, extent,
                       to == UnitState::free && !is_durable ? UnitState::dirty : to, fence);
}

Result<> Lessor::replay(const AuditEvent& event, Sequence sequence) noexcept {
    switch (event.kind) {
    case EventKind::lease_allocated: {
        GRAFOS_TRY_ASSIGN(const AllocatedData data, decode_data<AllocatedData>(event.event_data));
        return replay_units(event, data.extent, UnitState::dirty, {});
    }
    case EventKind::resource_fenced: {
        GRAFOS_TRY_ASSIGN(const FencedData data, decode_data<FencedData>(event.event_data));
        return replay_units(event, data.extent, UnitState::fenced, sequence);
    }
    case EventKind::fence_cleared: {
        GRAFOS_TRY_ASSIGN(const ClearedData data, decode_data<ClearedData>(event.event_data));
        return replay_units(event, data.extent, UnitState::free, {});
    }
    case EventKind::boot:
    case EventKind::lease_renewed:
    case EventKind::lease_released:
    case EventKind::lease_expired:
    case EventKind::lease_revoked:
    case EventKind::lease_preempted:
    case EventKind::request_refused:
    case EventKind::edge_rewritten:
    case EventKind::turn_overrun:
    case EventKind::state_adopted:
    case EventKind::log_trimmed: return ok();
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::lease
