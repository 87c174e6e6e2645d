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
    for (const Resource* const resource : resources()) {
        ResourceInfo info = resource->info();
        info.unit_count = info.kind == ResourceKind::block ? context_.limits.block_units_max
                                                           : context_.limits.memory_units_max;
        bytes += unit_snapshot_bytes_max(info);
    }
    return bytes;
}

size_t Lessor::write_checkpoint(MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() >= checkpoint_bytes_max());
    ByteWriter out{to};
    out.put<uint8_t>(checkpoint_version);
    out.put<uint8_t>(static_cast<uint8_t>(resources().size()));
    for (uint8_t index = 0; index < resources().size(); ++index) {
        write_unit_snapshot(*resources()[index], teardown_.clearing(index), out);
    }
    return out.size();
}

/// All of it is checked before anything is changed.
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
    if (version != checkpoint_version || count != resources().size()) {
        return Error{ErrorCode::corrupt, Field::checkpoint, count, resources().size()};
    }
    std::array<UnitSnapshot, resources_max> snapshots{};
    for (size_t index = 0; index < resources().size(); ++index) {
        GRAFOS_TRY_ASSIGN(snapshots[index], read_unit_snapshot(*resources()[index], in));
    }
    if (!in.is_ok() || in.left() != 0) {
        return Error{ErrorCode::corrupt, Field::length, in.left(), 0};
    }
    for (size_t index = 0; index < resources().size(); ++index) {
        apply_unit_snapshot(*resources()[index], snapshots[index]);
        has_new_shape_[index] = !snapshots[index].has_same_shape;
    }
    return ok();
}

/// What one record says of units. Memory is dirty after every boot, whatever happened to it, so
/// only its fences matter; memory of another size than then cannot have them placed.
Result<> Lessor::replay_units(const ResourceId& id, const UnitsReplay& units) noexcept {
    const Result<uint8_t> index = resource_index(id);
    if (!index.is_ok()) {
        return Error{ErrorCode::corrupt, Field::resource_id, units.fence.value, 0};
    }
    Resource& resource = *resources()[index.value()];
    const bool is_durable = resource.info().kind == ResourceKind::block;
    if (has_new_shape_[index.value()]) {
        return units.to == UnitState::fenced
                   ? Result<>{Error{ErrorCode::corrupt, Field::unit_size, units.fence.value, 0}}
                   : Result<>{ok()};
    }
    if (units.to == UnitState::free) {
        GRAFOS_TRY(check_fenced(resource, units.extent, units.fence));
        return force_units(resource, units.extent, is_durable ? UnitState::free : UnitState::dirty);
    }
    if (units.to == UnitState::dirty && !is_durable) {
        return ok();
    }
    if (units.to == UnitState::dirty) {
        GRAFOS_TRY(check_not_fenced(resource, units.extent)); // what is fenced is not granted
    }
    return force_units(resource, units.extent, units.to, units.fence);
}

Result<> Lessor::replay(const AuditEvent& event, Sequence sequence) noexcept {
    switch (event.kind) {
    case EventKind::lease_allocated: {
        GRAFOS_TRY_ASSIGN(const AllocatedData data, decode_data<AllocatedData>(event.event_data));
        return replay_units(event.resource_id, {data.extent, UnitState::dirty, {}});
    }
    case EventKind::resource_fenced: {
        GRAFOS_TRY_ASSIGN(const FencedData data, decode_data<FencedData>(event.event_data));
        return replay_units(event.resource_id, {data.extent, UnitState::fenced, sequence});
    }
    case EventKind::fence_cleared: {
        GRAFOS_TRY_ASSIGN(const ClearedData data, decode_data<ClearedData>(event.event_data));
        return replay_units(event.resource_id, {data.extent, UnitState::free, data.fence});
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
