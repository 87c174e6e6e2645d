// SPDX-License-Identifier: Apache-2.0
/// Reason × message: every code with which a node may refuse each message, and no other.
///
/// refusals_test.cpp reaches every cell of the first set and sees nothing outside both;
/// tools/checks/refusals.py holds core/node/service/refusals.md to these rows.
#pragma once

#include <span>

#include "core/wire/message.hpp"

namespace grafos::test {

struct RefusalRow {
    wire::MessageType type;
    uint32_t reached; ///< bit per code: a test provokes it
    uint32_t noted;   ///< refusals.md says why none does
};

namespace refusal_codes {
using enum ErrorCode;
template <typename... Codes>
consteval uint32_t of(Codes... codes) {
    return (0u | ... | (1u << static_cast<uint16_t>(codes)));
}
using enum wire::MessageType;

// clang-format off
inline constexpr RefusalRow rows[] = {
    {ping, of(corrupt, capacity_exceeded, rate_limited), of()},
    {get_identity, of(corrupt, capacity_exceeded, rate_limited), of()},
    {get_inventory, of(corrupt, capacity_exceeded, rate_limited), of()},
    {get_readiness, of(corrupt, capacity_exceeded, rate_limited), of()},
    {time_sync, of(denied, corrupt, capacity_exceeded, invalid_argument), of()},
    {get_counters, of(denied, corrupt, capacity_exceeded, rate_limited), of()},
    {cap_request,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, rate_limited,
        degraded),
     of(exhausted)},
    {token_refresh,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported_version, stale_epoch,
        not_found, lease_expired, revoked, released, rate_limited, degraded),
     of(foreign)},
    {lease_alloc,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported_version, stale_epoch,
        foreign, not_found, rate_limited, degraded),
     of(busy, exhausted)},
    {lease_renew,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported_version, stale_epoch,
        not_found, lease_expired, revoked, released, degraded),
     of(foreign, busy, exhausted)},
    {lease_free,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, lease_expired, revoked,
        released, degraded),
     of(busy)},
    {lease_query,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, rate_limited,
        degraded),
     of()},
    {lease_list_active, of(denied, corrupt, capacity_exceeded, rate_limited), of()},
    {lease_checkpoint,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, lease_expired, revoked,
        released, degraded),
     of(busy)},
    {lease_attach,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, lease_expired, revoked,
        released, rate_limited, degraded),
     of()},
    {lease_revoke,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, lease_expired, revoked,
        released, busy, degraded),
     of()},
    {mem_read,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign)},
    {mem_write,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign)},
    {mem_compare_exchange,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign)},
    {mem_fetch_add,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign)},
    {mem_lock,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign, exhausted)},
    {mem_commit,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, degraded),
     of(foreign, exhausted)},
    {block_read,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, io, degraded),
     of(foreign)},
    {block_write,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, io, degraded),
     of(foreign)},
    {block_flush,
     of(denied, corrupt, capacity_exceeded, invalid_argument, unsupported, unsupported_version,
        stale_epoch, not_found, lease_expired, revoked, released, busy, io, degraded),
     of(foreign)},
    {fence_list, of(denied, corrupt, capacity_exceeded, rate_limited), of()},
    {fence_clear,
     of(denied, corrupt, capacity_exceeded, not_found, busy, fenced, degraded),
     of(exhausted)},
    {audit_head, of(denied, corrupt, capacity_exceeded), of()},
    {audit_read,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, busy, io),
     of()},
    {audit_trim,
     of(denied, corrupt, capacity_exceeded, invalid_argument, not_found, busy, degraded),
     of(io)},
    {program_call, of(denied, corrupt, capacity_exceeded, not_found, rate_limited), of()},
};
// clang-format on

} // namespace refusal_codes
} // namespace grafos::test
