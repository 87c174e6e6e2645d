// SPDX-License-Identifier: Apache-2.0
/// What goes into a lease table and what comes out of it.
#pragma once

#include <optional>

#include "core/base/ids.hpp"
#include "core/base/limits.hpp"
#include "core/lease/audit/event.hpp"
#include "core/lease/resource.hpp"
#include "core/lease/table/revoke_state.hpp"

namespace grafos::lease {

/// A grant, decided: everything is already taken and checked but the slot.
struct GrantSpec {
    LeaseId id{};   ///< its slot part is `next_free()`; 96 bits of fresh entropy behind it
    LeaseRef ref{}; ///< of `id`
    TenantId tenant{};
    Bytes identity{};     ///< ≤ limits::identity_bytes_max; copied
    uint8_t resource = 0; ///< below resources_max
    Extent extent{};      ///< unit numbers fit 32 bits
    uint64_t amount_bytes = 0;
    Epoch epoch{};
    Duration ttl{};
    AllocKey alloc_key{};  ///< zero: none
    uint8_t rights = 0xFF; ///< of its first token (`lease::right`); kept for later ones
};

/// What a renewal will do; made by `plan_renew`, so that its record can be sealed first.
struct RenewPlan {
    bool is_repeat = false;  ///< RENEW with g−1: extends nothing, makes no record, answers g
    Generation generation{}; ///< after it
    Instant expires_at{};    ///< after it
};

/// Why a lease leaves its last live phase.
struct LeaseEnd {
    ErrorCode code = ErrorCode::lease_expired; ///< lease_expired, released or revoked
    Reason reason = Reason::none;
};

/// One slot as lists and records show it.
struct LeaseInfo {
    SlotIndex slot{};
    LeaseRef ref{};
    Phase phase = Phase::free;
    std::optional<RevokeState> revoke_state{};
    TenantId tenant{};
    Bytes identity{}; ///< into the table
    uint8_t resource = 0;
    Extent extent{};
    uint64_t amount_bytes = 0;
    Epoch epoch{};
    Generation generation{};
    Duration ttl{}; ///< the one first granted
    uint8_t rights = 0;
    Instant granted_at{};
    Instant expires_at{};           ///< the lease's end by its TTL
    Instant grace_ends_at{};        ///< only from grace_running on; else never
    Instant ended_at{};             ///< only after the end; else never
    Instant teardown_deadline{};    ///< only in tearing_down; else never
    std::optional<ErrorCode> end{}; ///< latched by what first left `active`
    Reason reason = Reason::none;
    bool has_pending_record = false;
};

} // namespace grafos::lease
