// SPDX-License-Identifier: Apache-2.0
/// The ends of a lease over the wire, and what is seen of leases: free, revoke, checkpoint, query,
/// list.
#pragma once

#include "core/lease/audit/event.hpp"
#include "core/lease/table/revoke_state.hpp"
#include "core/wire/messages_token.hpp"

namespace grafos::wire {

/// Knowing the id is the authority; no token, so that cleaning up works with expired ones.
struct LeaseFreeRequest {
    LeaseId lease{};
};
inline constexpr FieldLayout lease_free_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseFreeRequest, lease, lease, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseFreeRequest> =
    layout<LeaseFreeRequest>(lease_free_request_fields);

struct LeaseFreeReply {
    LeaseRef lease_ref{};
    Sequence record{};
};
inline constexpr FieldLayout lease_free_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseFreeReply, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseFreeReply, record, record, any())};
template <>
inline constexpr Layout layout_of<LeaseFreeReply> = layout<LeaseFreeReply>(lease_free_reply_fields);

/// "I have saved what I need": a holder in its grace.
struct LeaseCheckpointRequest {
    LeaseId lease{};
};
inline constexpr FieldLayout lease_checkpoint_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseCheckpointRequest, lease, lease, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseCheckpointRequest> =
    layout<LeaseCheckpointRequest>(lease_checkpoint_request_fields);

struct LeaseCheckpointReply {
    LeaseRef lease_ref{};
};
inline constexpr FieldLayout lease_checkpoint_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseCheckpointReply, lease_ref, lease_ref, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseCheckpointReply> =
    layout<LeaseCheckpointReply>(lease_checkpoint_reply_fields);

struct LeaseRevokeRequest {
    LeaseRef lease_ref{};
    Duration grace{}; ///< 0: at once
    lease::Reason reason = lease::Reason::none;
};
inline constexpr FieldLayout lease_revoke_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseRevokeRequest, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseRevokeRequest, grace, grace,
                      between(Duration{0}, limits::revoke_grace_max)),
    GRAFOS_WIRE_FIELD(LeaseRevokeRequest, reason, reason, ruled(Rule::reason))};
template <>
inline constexpr Layout layout_of<LeaseRevokeRequest> =
    layout<LeaseRevokeRequest>(lease_revoke_request_fields);

/// The first three are the reference's numbers.
enum class RevokeOutcome : uint8_t {
    torn_down = 0, ///< access is over, the teardown has begun, the record is anchored
    fenced = 1,    ///< the teardown failed at once: its units are quarantined
    not_found = 2, ///< no live lease with this ref
    grace_running = 3,
};

struct LeaseRevokeReply {
    RevokeOutcome outcome{};
    Duration left{};   ///< of the grace
    Sequence record{}; ///< 0 where there is none yet
};
inline constexpr FieldLayout lease_revoke_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseRevokeReply, outcome, kind,
                      closed(RevokeOutcome::torn_down, RevokeOutcome::grace_running)),
    GRAFOS_WIRE_FIELD(LeaseRevokeReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseRevokeReply, record, record, any())};
template <>
inline constexpr Layout layout_of<LeaseRevokeReply> =
    layout<LeaseRevokeReply>(lease_revoke_reply_fields);

/// A lease by its id (its holder) or by its ref (a principal that may observe).
struct LeaseQueryRequest {
    bool is_by_ref = false;
    std::array<uint8_t, 16> name{}; ///< id or ref
};
inline constexpr FieldLayout lease_query_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseQueryRequest, is_by_ref, kind, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryRequest, name, lease, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseQueryRequest> =
    layout<LeaseQueryRequest>(lease_query_request_fields);

/// LEASE_STATUS of the reference; what is neither active nor expired counts as revoked.
enum class LeaseStatus : uint8_t { active = 0, expired = 1, revoked = 2 };

struct LeaseQueryReply {
    LeaseRef lease_ref{};
    lease::ResourceKind kind{};
    ResourceId resource{};
    TenantId tenant{};
    lease::Phase phase{};
    lease::RevokeState revoke_state{};
    LeaseStatus status{};
    uint16_t end = 0;                           ///< ErrorCode latched by its end; 0: none
    lease::Reason reason = lease::Reason::none; ///< of its end
    bool is_warned = false;
    Epoch epoch{};
    Generation generation{};
    Duration left{};
    uint64_t size_bytes = 0;
};
inline constexpr FieldLayout lease_query_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseQueryReply, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, tenant, tenant, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, phase, kind,
                      closed(lease::Phase::free, lease::Phase::fenced)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, revoke_state, kind,
                      closed(lease::RevokeState::active, lease::RevokeState::failed_closed)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, status, kind,
                      closed(LeaseStatus::active, LeaseStatus::revoked)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, end, reason_code, between(0, error_code_count)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, reason, reason, ruled(Rule::reason)),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, is_warned, flags, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, epoch, epoch, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, generation, generation, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseQueryReply, size_bytes, amount, any())};
template <>
inline constexpr Layout layout_of<LeaseQueryReply> =
    layout<LeaseQueryReply>(lease_query_reply_fields);

struct LeaseListActiveRequest {
    Cursor cursor{};
};
inline constexpr FieldLayout lease_list_active_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseListActiveRequest, cursor, cursor, any())};
template <>
inline constexpr Layout layout_of<LeaseListActiveRequest> =
    layout<LeaseListActiveRequest>(lease_list_active_request_fields);

/// Refs, never ids: a list gives nobody power over a lease.
struct LeaseEntry {
    LeaseRef lease_ref{};
    lease::ResourceKind kind{};
    TenantId tenant{};
    lease::Phase phase{};
    Epoch epoch{};
    Generation generation{};
    Duration left{};
    uint64_t size_bytes = 0;
};
inline constexpr FieldLayout lease_entry_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseEntry, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseEntry, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(LeaseEntry, tenant, tenant, any()),
    GRAFOS_WIRE_FIELD(LeaseEntry, phase, kind, closed(lease::Phase::free, lease::Phase::fenced)),
    GRAFOS_WIRE_FIELD(LeaseEntry, epoch, epoch, any()),
    GRAFOS_WIRE_FIELD(LeaseEntry, generation, generation, any()),
    GRAFOS_WIRE_FIELD(LeaseEntry, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseEntry, size_bytes, amount, any())};
template <>
inline constexpr Layout layout_of<LeaseEntry> = layout<LeaseEntry>(lease_entry_fields);

struct LeaseListActiveReply {
    Cursor next{};
    List<LeaseEntry> leases{};
};
inline constexpr FieldLayout lease_list_active_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseListActiveReply, next, cursor, any()),
    GRAFOS_WIRE_FIELD(LeaseListActiveReply, leases, record_count, listed(128, list_bytes_max))};
template <>
inline constexpr Layout layout_of<LeaseListActiveReply> =
    layout<LeaseListActiveReply>(lease_list_active_reply_fields);

} // namespace grafos::wire
