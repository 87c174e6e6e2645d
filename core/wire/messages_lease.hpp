// SPDX-License-Identifier: Apache-2.0
/// The life of a lease over the wire: asking for the right to ask, grant, renewal, end, and
/// looking.
///
/// Every Duration in an answer is what was left when the node executed, and travels as the same
/// bytes however often the answer is repeated (protocol §1).
#pragma once

#include "core/lease/grantor.hpp"
#include "core/lease/table/revoke_state.hpp"
#include "core/wire/messages_node.hpp"

namespace grafos::wire {

inline constexpr size_t token_bytes_most = 256;
/// Of a token as a node mints it into the answer to a grant, so that the answer can be kept.
inline constexpr size_t minted_token_bytes_max = 192;
/// u16-tagged parameters of LEASE_ALLOC (parameters.hpp).
inline constexpr size_t parameters_bytes_max = 128;

// --- the rows that many messages share ---

consteval Limit token_limit() {
    return counted(1, token_bytes_most);
}
consteval Limit ttl_limit() {
    return between(limits::lease_ttl_min, limits::lease_ttl_max);
}
consteval Limit kind_limit() {
    return closed(lease::ResourceKind::cpu, lease::ResourceKind::gpu);
}

// --- tokens ---

struct CapRequestRequest {
    TenantId tenant{};
    lease::ResourceKind kind{};
    ResourceId resource{}; ///< zero: any of this kind
    uint64_t bytes_max = 0;
    Duration ttl_max{};   ///< of a lease that the token gets
    Duration token_ttl{}; ///< of the token itself
};
inline constexpr FieldLayout cap_request_request_fields[] = {
    GRAFOS_WIRE_FIELD(CapRequestRequest, tenant, tenant, any()),
    GRAFOS_WIRE_FIELD(CapRequestRequest, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(CapRequestRequest, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(CapRequestRequest, bytes_max, amount, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(CapRequestRequest, ttl_max, ttl, ttl_limit()),
    GRAFOS_WIRE_FIELD(CapRequestRequest, token_ttl, ttl, ttl_limit())};
template <>
inline constexpr Layout layout_of<CapRequestRequest> = layout(cap_request_request_fields);

struct CapRequestReply {
    Duration token_left{};
    Bytes token{};
};
inline constexpr FieldLayout cap_request_reply_fields[] = {
    GRAFOS_WIRE_FIELD(CapRequestReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(CapRequestReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<CapRequestReply> = layout(cap_request_reply_fields);

struct TokenRefreshRequest {
    Bytes token{}; ///< of generation g or g − 1
};
inline constexpr FieldLayout token_refresh_request_fields[] = {
    GRAFOS_WIRE_FIELD(TokenRefreshRequest, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<TokenRefreshRequest> = layout(token_refresh_request_fields);

struct TokenRefreshReply {
    Duration token_left{};
    Bytes token{}; ///< of generation g, with the same caveats
};
inline constexpr FieldLayout token_refresh_reply_fields[] = {
    GRAFOS_WIRE_FIELD(TokenRefreshReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(TokenRefreshReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<TokenRefreshReply> = layout(token_refresh_reply_fields);

// --- grant and renewal ---

struct LeaseAllocRequest {
    Bytes token{};
    lease::ResourceKind kind{};
    ResourceId resource{}; ///< zero: the node's first of this kind
    uint64_t amount_bytes = 0;
    Duration ttl{};
    AllocKey alloc_key{}; ///< zero: none
    Bytes parameters{};
};
inline constexpr FieldLayout lease_alloc_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, amount_bytes, amount, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, ttl, ttl, ttl_limit()),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, alloc_key, alloc_key, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocRequest, parameters, parameter,
                      counted(0, parameters_bytes_max, Rule::parameters))};
template <>
inline constexpr Layout layout_of<LeaseAllocRequest> = layout(lease_alloc_request_fields);

struct LeaseAllocReply {
    LeaseId lease{}; ///< the only answer that carries it
    LeaseRef lease_ref{};
    Epoch epoch{};
    Generation generation{};
    Duration left{};
    uint64_t size_bytes = 0;
    lease::ResourceKind kind{};
    ResourceId resource{};
    uint64_t unit_bytes = 0;
    Sequence record{};
    Duration token_left{};
    Bytes token{};
};
inline constexpr FieldLayout lease_alloc_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseAllocReply, lease, lease, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, epoch, epoch, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, generation, generation, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, size_bytes, amount, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, unit_bytes, unit_size, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, record, record, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseAllocReply, token, token, counted(1, minted_token_bytes_max))};
template <>
inline constexpr Layout layout_of<LeaseAllocReply> = layout(lease_alloc_reply_fields);

struct LeaseRenewRequest {
    Bytes token{};
    Duration ttl{}; ///< zero: the one first granted
};
inline constexpr FieldLayout lease_renew_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseRenewRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(LeaseRenewRequest, ttl, ttl, with(ttl_limit(), Rule::zero_or_range))};
template <>
inline constexpr Layout layout_of<LeaseRenewRequest> = layout(lease_renew_request_fields);

struct LeaseRenewReply {
    Generation generation{};
    Duration left{};
    Sequence record{};
    Duration token_left{};
    Bytes token{};
};
inline constexpr FieldLayout lease_renew_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseRenewReply, generation, generation, any()),
    GRAFOS_WIRE_FIELD(LeaseRenewReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseRenewReply, record, record, any()),
    GRAFOS_WIRE_FIELD(LeaseRenewReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseRenewReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<LeaseRenewReply> = layout(lease_renew_reply_fields);

/// For a holder that was restarted and knows its lease by its id.
struct LeaseAttachRequest {
    LeaseId lease{};
};
inline constexpr FieldLayout lease_attach_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseAttachRequest, lease, lease, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseAttachRequest> = layout(lease_attach_request_fields);

struct LeaseAttachReply {
    LeaseRef lease_ref{};
    Epoch epoch{};
    Generation generation{};
    Duration left{};
    uint64_t size_bytes = 0;
    lease::ResourceKind kind{};
    ResourceId resource{};
    uint64_t unit_bytes = 0;
    Duration token_left{};
    Bytes token{};
};
inline constexpr FieldLayout lease_attach_reply_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseAttachReply, lease_ref, lease_ref, ruled(Rule::not_zero)),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, epoch, epoch, any()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, generation, generation, any()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, size_bytes, amount, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, kind, kind, kind_limit()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, resource, resource_id, any()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, unit_bytes, unit_size, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(LeaseAttachReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<LeaseAttachReply> = layout(lease_attach_reply_fields);

} // namespace grafos::wire
