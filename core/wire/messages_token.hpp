// SPDX-License-Identifier: Apache-2.0
/// Tokens over the wire, and the rows that every message about leases shares.
#pragma once

#include "core/lease/token/token.hpp"
#include "core/wire/messages_node.hpp"

namespace grafos::wire {

/// Of a token as a node mints it into the answer to a grant, so that the answer can be kept.
inline constexpr size_t minted_token_bytes_max = 192;

consteval Limit token_limit() {
    return counted(lease::token_bytes_min, limits::token_bytes_max);
}
consteval Limit ttl_limit() {
    return between(limits::lease_ttl_min, limits::lease_ttl_max);
}
consteval Limit kind_limit() {
    return closed(lease::ResourceKind::cpu, lease::ResourceKind::gpu);
}

struct CapRequestRequest {
    TenantId tenant{}; ///< 0: the one the trusted list gives the caller, if it gives one
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
inline constexpr Layout layout_of<CapRequestRequest> =
    layout<CapRequestRequest>(cap_request_request_fields);

struct CapRequestReply {
    Duration token_left{};
    Bytes token{};
};
inline constexpr FieldLayout cap_request_reply_fields[] = {
    GRAFOS_WIRE_FIELD(CapRequestReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(CapRequestReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<CapRequestReply> =
    layout<CapRequestReply>(cap_request_reply_fields);

struct TokenRefreshRequest {
    Bytes token{}; ///< of generation g or g − 1
};
inline constexpr FieldLayout token_refresh_request_fields[] = {
    GRAFOS_WIRE_FIELD(TokenRefreshRequest, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<TokenRefreshRequest> =
    layout<TokenRefreshRequest>(token_refresh_request_fields);

struct TokenRefreshReply {
    Duration token_left{};
    Bytes token{}; ///< of generation g, with the same caveats
};
inline constexpr FieldLayout token_refresh_reply_fields[] = {
    GRAFOS_WIRE_FIELD(TokenRefreshReply, token_left, ttl, any()),
    GRAFOS_WIRE_FIELD(TokenRefreshReply, token, token, token_limit())};
template <>
inline constexpr Layout layout_of<TokenRefreshReply> =
    layout<TokenRefreshReply>(token_refresh_reply_fields);

} // namespace grafos::wire
