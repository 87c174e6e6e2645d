// SPDX-License-Identifier: Apache-2.0
/// The life of a lease over the wire: grant, renewal, and finding it again.
///
/// Every Duration in an answer is what was left when the node executed, and travels as the same
/// bytes however often the answer is repeated (protocol §1).
#pragma once

#include "core/wire/messages_token.hpp"

namespace grafos::wire {

/// u16-tagged parameters of LEASE_ALLOC (parameters.hpp).
inline constexpr size_t parameters_bytes_max = 128;

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
inline constexpr Layout layout_of<LeaseAllocRequest> =
    layout<LeaseAllocRequest>(lease_alloc_request_fields);

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
    GRAFOS_WIRE_FIELD(LeaseAllocReply, token, token,
                      counted(lease::token_bytes_min, minted_token_bytes_max))};
template <>
inline constexpr Layout layout_of<LeaseAllocReply> =
    layout<LeaseAllocReply>(lease_alloc_reply_fields);

struct LeaseRenewRequest {
    Bytes token{};
    Duration ttl{}; ///< zero: the one first granted
};
inline constexpr FieldLayout lease_renew_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseRenewRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(LeaseRenewRequest, ttl, ttl, with(ttl_limit(), Rule::zero_or_range))};
template <>
inline constexpr Layout layout_of<LeaseRenewRequest> =
    layout<LeaseRenewRequest>(lease_renew_request_fields);

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
inline constexpr Layout layout_of<LeaseRenewReply> =
    layout<LeaseRenewReply>(lease_renew_reply_fields);

/// For a holder that was restarted and knows its lease by its id.
struct LeaseAttachRequest {
    LeaseId lease{};
};
inline constexpr FieldLayout lease_attach_request_fields[] = {
    GRAFOS_WIRE_FIELD(LeaseAttachRequest, lease, lease, ruled(Rule::not_zero))};
template <>
inline constexpr Layout layout_of<LeaseAttachRequest> =
    layout<LeaseAttachRequest>(lease_attach_request_fields);

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
inline constexpr Layout layout_of<LeaseAttachReply> =
    layout<LeaseAttachReply>(lease_attach_reply_fields);

} // namespace grafos::wire
