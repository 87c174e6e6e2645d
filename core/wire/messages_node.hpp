// SPDX-License-Identifier: Apache-2.0
/// What a node says about itself, to anybody it trusts: no token, most of it no role.
#pragma once

#include "core/crypto/identity.hpp"
#include "core/lease/durable/degraded.hpp"
#include "core/lease/resource.hpp"
#include "core/wire/list.hpp"
#include "core/wire/principal.hpp"

namespace grafos::wire {

/// A place in a list that takes several requests: 0 begins, then the `next` of the last answer; 0
/// there says that the list is over. What it means is the node's own affair.
using Cursor = StrongNumber<struct CursorTag, uint64_t>;

inline constexpr size_t ping_bytes_max = 64;

struct PingRequest {
    Bytes echo{};
};
inline constexpr FieldLayout ping_request_fields[] = {
    GRAFOS_WIRE_FIELD(PingRequest, echo, data, counted(0, ping_bytes_max))};
template <>
inline constexpr Layout layout_of<PingRequest> = layout<PingRequest>(ping_request_fields);

struct PingReply {
    Bytes echo{}; ///< as it came
};
inline constexpr FieldLayout ping_reply_fields[] = {
    GRAFOS_WIRE_FIELD(PingReply, echo, data, counted(0, ping_bytes_max))};
template <>
inline constexpr Layout layout_of<PingReply> = layout<PingReply>(ping_reply_fields);

struct GetIdentityRequest {};
template <>
inline constexpr Layout layout_of<GetIdentityRequest> = empty_layout;

struct GetIdentityReply {
    NodeId node_id{};
    crypto::ExchangeKey exchange_key{};
    BootNumber boot{};
    uint8_t version = 0;   ///< of the wire
    bool is_sealed = true; ///< false: a build for a trusted fabric
    Digest peers{};        ///< of the trusted list, as in the boot record
    Duration turn_max{};   ///< what a holder's margin counts with
    Bytes name{};
};
inline constexpr FieldLayout get_identity_reply_fields[] = {
    GRAFOS_WIRE_FIELD(GetIdentityReply, node_id, node_id, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(GetIdentityReply, exchange_key, key, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(GetIdentityReply, boot, boot, any()),
    GRAFOS_WIRE_FIELD(GetIdentityReply, version, version, between(1, UINT8_MAX)),
    GRAFOS_WIRE_FIELD(GetIdentityReply, is_sealed, flags, any()),
    GRAFOS_WIRE_FIELD(GetIdentityReply, peers, hash, any()),
    GRAFOS_WIRE_FIELD(GetIdentityReply, turn_max, clock, any()),
    GRAFOS_WIRE_FIELD(GetIdentityReply, name, name, counted(0, peer_name_bytes_max, Rule::text))};
template <>
inline constexpr Layout layout_of<GetIdentityReply> =
    layout<GetIdentityReply>(get_identity_reply_fields);

struct GetInventoryRequest {};
template <>
inline constexpr Layout layout_of<GetInventoryRequest> = empty_layout;

/// Bits of `InventoryEntry::flags`.
namespace inventory_flags {
inline constexpr uint16_t fenced = 1 << 0;   ///< some of its units are quarantined
inline constexpr uint16_t degraded = 1 << 1; ///< usable, with weaker guarantees
} // namespace inventory_flags

/// The flat entry of the inventory: 36 bytes.
struct InventoryEntry {
    ResourceId resource{};
    lease::ResourceKind kind{};
    uint16_t flags = 0;
    uint64_t capacity = 0;  ///< bytes
    uint64_t available = 0; ///< bytes that a grant could get now
};
inline constexpr FieldLayout inventory_entry_fields[] = {
    GRAFOS_WIRE_FIELD(InventoryEntry, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(InventoryEntry, kind, kind,
                      closed(lease::ResourceKind::cpu, lease::ResourceKind::gpu)),
    GRAFOS_WIRE_FIELD(InventoryEntry, flags, flags, between(0, 3)),
    GRAFOS_WIRE_FIELD(InventoryEntry, capacity, amount, any()),
    GRAFOS_WIRE_FIELD(InventoryEntry, available, amount, any())};
template <>
inline constexpr Layout layout_of<InventoryEntry> = layout<InventoryEntry>(inventory_entry_fields);
static_assert(layout_of<InventoryEntry>.bytes_max == 36);

struct GetInventoryReply {
    List<InventoryEntry> resources{};
};
inline constexpr FieldLayout get_inventory_reply_fields[] = {GRAFOS_WIRE_FIELD(
    GetInventoryReply, resources, resource,
    listed(lease::resources_max, lease::resources_max* layout_of<InventoryEntry>.bytes_max))};
template <>
inline constexpr Layout layout_of<GetInventoryReply> =
    layout<GetInventoryReply>(get_inventory_reply_fields);

struct GetReadinessRequest {};
template <>
inline constexpr Layout layout_of<GetReadinessRequest> = empty_layout;

/// The readiness of a node, as numbers that never change; node::Readiness has the same.
enum class ReadinessCode : uint8_t {
    booting = 0,
    loading_identity = 1,
    loading_persistence = 2,
    loading_replay_cache = 3,
    loading_revocations = 4,
    ready = 5,
    degraded = 6,
};

struct GetReadinessReply {
    ReadinessCode state{};
    lease::DegradedReason reason{};
    Epoch epoch{}; ///< highest the node has given away
    Duration up{}; ///< since its boot
    uint32_t leases = 0;
    uint32_t leases_max = 0;
    uint32_t sessions = 0;
};
inline constexpr FieldLayout get_readiness_reply_fields[] = {
    GRAFOS_WIRE_FIELD(GetReadinessReply, state, readiness,
                      closed(ReadinessCode::booting, ReadinessCode::degraded)),
    GRAFOS_WIRE_FIELD(GetReadinessReply, reason, reason,
                      closed(lease::DegradedReason::none, lease::DegradedReason::log_full)),
    GRAFOS_WIRE_FIELD(GetReadinessReply, epoch, epoch, any()),
    GRAFOS_WIRE_FIELD(GetReadinessReply, up, clock, any()),
    GRAFOS_WIRE_FIELD(GetReadinessReply, leases, lease_count, any()),
    GRAFOS_WIRE_FIELD(GetReadinessReply, leases_max, lease_count, any()),
    GRAFOS_WIRE_FIELD(GetReadinessReply, sessions, session, any())};
template <>
inline constexpr Layout layout_of<GetReadinessReply> =
    layout<GetReadinessReply>(get_readiness_reply_fields);

struct TimeSyncRequest {
    UnixMillis now{}; ///< as the sender believes
};
inline constexpr FieldLayout time_sync_request_fields[] = {
    GRAFOS_WIRE_FIELD(TimeSyncRequest, now, time_base, between(1, UINT32_MAX))};
template <>
inline constexpr Layout layout_of<TimeSyncRequest> =
    layout<TimeSyncRequest>(time_sync_request_fields);

struct TimeSyncReply {
    UnixMillis base{}; ///< the wall clock at the node's Instant 0, from now on
};
inline constexpr FieldLayout time_sync_reply_fields[] = {
    GRAFOS_WIRE_FIELD(TimeSyncReply, base, time_base, any())};
template <>
inline constexpr Layout layout_of<TimeSyncReply> = layout<TimeSyncReply>(time_sync_reply_fields);

inline constexpr size_t counter_name_bytes_max = 48;

struct GetCountersRequest {
    Cursor cursor{};
};
inline constexpr FieldLayout get_counters_request_fields[] = {
    GRAFOS_WIRE_FIELD(GetCountersRequest, cursor, cursor, any())};
template <>
inline constexpr Layout layout_of<GetCountersRequest> =
    layout<GetCountersRequest>(get_counters_request_fields);

struct CounterEntry {
    Bytes name{};
    uint64_t value = 0;
};
inline constexpr FieldLayout counter_entry_fields[] = {
    GRAFOS_WIRE_FIELD(CounterEntry, name, name, counted(1, counter_name_bytes_max, Rule::text)),
    GRAFOS_WIRE_FIELD(CounterEntry, value, amount, any())};
template <>
inline constexpr Layout layout_of<CounterEntry> = layout<CounterEntry>(counter_entry_fields);

struct GetCountersReply {
    Cursor next{};
    List<CounterEntry> counters{};
};
inline constexpr FieldLayout get_counters_reply_fields[] = {
    GRAFOS_WIRE_FIELD(GetCountersReply, next, cursor, any()),
    GRAFOS_WIRE_FIELD(GetCountersReply, counters, record_count, listed(256, list_bytes_max))};
template <>
inline constexpr Layout layout_of<GetCountersReply> =
    layout<GetCountersReply>(get_counters_reply_fields);

} // namespace grafos::wire
