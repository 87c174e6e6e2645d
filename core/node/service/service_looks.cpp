// SPDX-License-Identifier: Apache-2.0
/// What is only read: answered while packets are read, within the turn's budget of questions.
#include "core/node/service/reply.hpp"

namespace grafos::node {
namespace {

/// Slots that one LIST looks at, so that a tenant with few leases in a big table costs no more.
constexpr uint32_t list_slots_max = 1'024;

/// A cursor over runs of units: which resource, and from which unit on.
[[nodiscard]] wire::Cursor cursor_of(size_t resource, uint64_t unit) noexcept {
    return {(static_cast<uint64_t>(resource) << 48) + unit};
}

[[nodiscard]] wire::LeaseStatus status_of(const std::optional<ErrorCode>& end) noexcept {
    if (!end.has_value()) {
        return wire::LeaseStatus::active;
    }
    return *end == ErrorCode::lease_expired ? wire::LeaseStatus::expired
                                            : wire::LeaseStatus::revoked;
}

} // namespace

Result<> FabricService::on_ping(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request, wire::decode<wire::PingRequest>(call.message.payload));
    return reply(call, wire::PingReply{request.echo});
}

Result<> FabricService::on_get_identity(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::GetIdentityRequest>(call.message.payload));
    static_cast<void>(request);
    const Node& node = parts_.node;
    wire::GetIdentityReply answer;
    answer.node_id = node.identity().node_id();
    answer.exchange_key = node.identity().exchange_key();
    answer.boot = node.boot();
    answer.version = wire::wire_version;
    answer.is_sealed = options_.seals;
    answer.peers = parts_.peers.digest();
    answer.turn_max = node.node_limits().turn_max;
    const Bytes name = bytes_of(options_.name);
    answer.name = name.first(name.size() < wire::peer_name_bytes_max ? name.size()
                                                                     : wire::peer_name_bytes_max);
    return reply(call, answer);
}

Result<> FabricService::on_get_inventory(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::GetInventoryRequest>(call.message.payload));
    static_cast<void>(request);
    wire::ListBuilder<wire::InventoryEntry> entries{list_};
    const bool is_degraded = parts_.node.readiness() == Readiness::degraded;
    for (const lease::Resource* const resource : parts_.node.lessor().resources()) {
        const lease::ResourceInfo info = resource->info();
        wire::InventoryEntry entry;
        entry.resource = info.id;
        entry.kind = info.kind;
        entry.flags = static_cast<uint16_t>((info.fenced > 0 ? wire::inventory_flags::fenced : 0) |
                                            (is_degraded ? wire::inventory_flags::degraded : 0));
        entry.capacity = info.unit_count * info.unit_bytes;
        entry.available = info.free * info.unit_bytes;
        GRAFOS_TRY(entries.put(entry));
    }
    return reply(call, wire::GetInventoryReply{entries.list()});
}

Result<> FabricService::on_get_readiness(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::GetReadinessRequest>(call.message.payload));
    static_cast<void>(request);
    const Node& node = parts_.node;
    wire::GetReadinessReply answer;
    answer.state = static_cast<wire::ReadinessCode>(node.readiness());
    answer.reason = node.degraded_reason();
    const Epoch next = node.lessor().next_epoch();
    answer.epoch = {next.value > 0 ? next.value - 1 : 0};
    answer.up = left_until(call.now, Instant{0});
    answer.leases = node.lessor().table().live_count();
    answer.leases_max = node.lessor().table().capacity();
    answer.sessions = static_cast<uint32_t>(parts_.sessions.open_count());
    return reply(call, answer);
}

Result<> FabricService::on_lease_query(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseQueryRequest>(call.message.payload));
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    const lease::LeaseTable& table = parts_.node.lessor().table();
    LeaseRef ref{request.name};
    if (request.is_by_ref) {
        constexpr wire::Roles needed = wire::Roles{} | wire::Role::observe;
        if (!call.principal.roles.has_all(needed)) {
            return Error{ErrorCode::denied, Field::role, call.principal.roles.bits, needed.bits};
        }
    } else {
        ref = lease::ref_of(LeaseId{request.name});
    }
    const std::optional<SlotIndex> slot = table.slot_of_ref(ref);
    if (!slot.has_value()) {
        return Error{ErrorCode::not_found, request.is_by_ref ? Field::lease_ref : Field::lease};
    }
    const lease::LeaseInfo info = table.info(*slot);
    GRAFOS_TRY(check_tenant(call, info.tenant));
    const Result<> live = table.check_live(*slot, call.now);
    const lease::ResourceInfo resource = parts_.node.lessor().resources()[info.resource]->info();
    call.is_warned = is_warned(*slot);
    wire::LeaseQueryReply answer;
    answer.lease_ref = info.ref;
    answer.kind = resource.kind;
    answer.resource = resource.id;
    answer.tenant = info.tenant;
    answer.phase = info.phase;
    answer.revoke_state = info.revoke_state.value_or(lease::RevokeState::active);
    const std::optional<ErrorCode> end =
        live.is_ok() ? std::nullopt : std::optional{live.error().code};
    answer.status = status_of(end);
    answer.end = end.has_value() ? static_cast<uint16_t>(*end) : uint16_t{0};
    answer.reason = info.reason;
    answer.is_warned = call.is_warned;
    answer.epoch = info.epoch;
    answer.generation = info.generation;
    answer.left =
        live.is_ok() ? left_until(parts_.node.lessor().access_end(*slot), call.now) : Duration{};
    answer.size_bytes = info.amount_bytes;
    return reply(call, answer);
}

/// Leases of the principal's tenant, or of all. Refs only: a list gives nobody power over a lease.
Result<> FabricService::on_lease_list_active(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseListActiveRequest>(call.message.payload));
    const lease::Lessor& lessor = parts_.node.lessor();
    const lease::LeaseTable& table = lessor.table();
    wire::ListBuilder<wire::LeaseEntry> entries{
        MutableBytes{list_}.first(list_bytes_of(call.origin))};
    wire::LeaseListActiveReply answer;
    if (request.cursor.value >= table.capacity() || !parts_.node.is_serving()) {
        return reply(call, answer);
    }
    SlotIndex from{static_cast<uint32_t>(request.cursor.value)};
    for (uint32_t looked = 0; from.value < table.capacity(); ++looked) {
        const std::optional<SlotIndex> slot = table.next_in_use(from);
        if (!slot.has_value()) {
            answer.leases = entries.list();
            return reply(call, answer);
        }
        const lease::LeaseInfo info = table.info(*slot);
        const bool is_shown = lease::is_live(info.phase) && check_tenant(call, info.tenant).is_ok();
        wire::LeaseEntry entry;
        entry.lease_ref = info.ref;
        entry.kind = lessor.resources()[info.resource]->info().kind;
        entry.tenant = info.tenant;
        entry.phase = info.phase;
        entry.epoch = info.epoch;
        entry.generation = info.generation;
        entry.left = left_until(lessor.access_end(*slot), call.now);
        entry.size_bytes = info.amount_bytes;
        if (looked == list_slots_max || (is_shown && !entries.put(entry).is_ok())) {
            answer.next = {slot->value};
            break;
        }
        from.value = slot->value + 1;
    }
    answer.leases = entries.list();
    return reply(call, answer);
}

Result<> FabricService::on_fence_list(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::FenceListRequest>(call.message.payload));
    const auto resources = parts_.node.lessor().resources();
    wire::ListBuilder<wire::FenceEntry> entries{
        MutableBytes{list_}.first(list_bytes_of(call.origin))};
    wire::FenceListReply answer;
    uint64_t unit = request.cursor.value & ((uint64_t{1} << 48) - 1);
    for (size_t index = static_cast<size_t>(request.cursor.value >> 48); index < resources.size();
         ++index) {
        const lease::Resource& resource = *resources[index];
        for (lease::Extent run = resource.find_run(lease::UnitState::fenced, unit);
             run.unit_count > 0; run = resource.find_run(lease::UnitState::fenced, unit)) {
            wire::FenceEntry entry;
            entry.resource = resource.info().id;
            entry.kind = resource.info().kind;
            entry.fence = resource.fence_of(run.first_unit);
            entry.first_unit = run.first_unit;
            entry.unit_count = run.unit_count;
            if (!entries.put(entry).is_ok()) {
                answer.next = cursor_of(index, run.first_unit);
                answer.fences = entries.list();
                return reply(call, answer);
            }
            unit = run.first_unit + run.unit_count;
        }
        unit = 0;
    }
    answer.fences = entries.list();
    return reply(call, answer);
}

// --- counters ---

/// The value of the counter at `index`, whose name is put to `name`; no name: there are no more.
uint64_t FabricService::put_counter(uint64_t index, TextWriter& name) const noexcept {
    if (index < observe::Counters::size()) {
        observe::Counters::put_name(static_cast<size_t>(index), name);
        return parts_.node.counters().value_at(static_cast<size_t>(index));
    }
    index -= observe::Counters::size();
    const wire::SessionFigures& sessions = parts_.sessions.figures();
    if (index < wire::session_drop_count) {
        name.put("drop_").put(wire::name_of(static_cast<wire::SessionDrop>(index)));
        return sessions.drops[static_cast<size_t>(index)];
    }
    index -= wire::session_drop_count;
    if (index < wire::session_end_count) {
        name.put("session_").put(wire::name_of(static_cast<wire::SessionEnd>(index)));
        return sessions.ends[static_cast<size_t>(index)];
    }
    index -= wire::session_end_count;
    const wire::Port::Figures& port = parts_.port.figures();
    const struct {
        std::string_view name;
        uint64_t value;
    } others[] = {{"session_opened", sessions.opened},
                  {"session_packets", sessions.packets},
                  {"session_requests", sessions.requests},
                  {"session_replies_repeated", sessions.replies_repeated},
                  {"handshake_steps", sessions.public_key_steps},
                  {"requests", figures_.requests},
                  {"requests_refused", figures_.refused},
                  {"data_queued", figures_.data_queued},
                  {"data_forgotten", figures_.data_forgotten},
                  {"audit_reads", figures_.audit_reads},
                  {"heads_signed", figures_.heads_signed},
                  {"packets_received", port.received},
                  {"packets_sent", port.sent},
                  {"packets_refused", port.dropped_header},
                  {"packets_of_nobody", port.dropped_nobody},
                  {"bytes_received", port.bytes_received},
                  {"bytes_sent", port.bytes_sent}};
    if (index >= std::size(others)) {
        return 0;
    }
    name.put(others[index].name);
    return others[index].value;
}

Result<> FabricService::on_get_counters(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::GetCountersRequest>(call.message.payload));
    wire::ListBuilder<wire::CounterEntry> entries{
        MutableBytes{list_}.first(list_bytes_of(call.origin))};
    wire::GetCountersReply answer;
    for (uint64_t index = request.cursor.value;; ++index) { // put_counter knows a bounded number
        std::array<char, wire::counter_name_bytes_max> buffer;
        TextWriter name{buffer};
        const uint64_t value = put_counter(index, name);
        if (name.text().empty()) {
            break;
        }
        if (!entries.put({bytes_of(name.text()), value}).is_ok()) {
            answer.next = {index};
            break;
        }
    }
    answer.counters = entries.list();
    return reply(call, answer);
}

} // namespace grafos::node
