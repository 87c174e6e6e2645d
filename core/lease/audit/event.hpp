// SPDX-License-Identifier: Apache-2.0
/// What can happen to a lease, a fence or a node, as it is sealed into the audit chain.
///
/// Kinds and reasons are closed and numbered; the numbers are part of the format. `event_data` has
/// one fixed big-endian layout per kind, written and read only by `event_data.hpp`.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

namespace grafos::lease {

enum class EventKind : uint16_t {
    boot = 1,            ///< ends every lease of earlier boots
    lease_allocated = 2, ///< a grant
    lease_renewed = 3,
    lease_released = 4,   ///< one of the four ends
    lease_expired = 5,    ///< one of the four ends
    lease_revoked = 6,    ///< one of the four ends
    lease_preempted = 7,  ///< one of the four ends
    resource_fenced = 8,  ///< a teardown failed; its units are quarantined
    fence_cleared = 9,    ///< an operator's clear whose new teardown succeeded
    request_refused = 10, ///< at most once a turn per (tenant, reason), with a count
    edge_rewritten = 11,
    turn_overrun = 12,  ///< a turn was longer than turn_max
    state_adopted = 13, ///< an operator vouched for a node whose durable state was lost
    log_trimmed = 14,   ///< space freed up to a collected record
};

/// Why. 0 = none. 1 … 15: preemption (closed set of spec §12). 16 … 255: ends and fences.
/// 256 + ErrorCode: a refusal with that code.
enum class Reason : uint16_t {
    none = 0,
    priority_preemption = 1,
    quota_rebalance = 2,
    quota_pressure = 3,
    burst_credit_exhausted = 4,
    budget_exhausted = 5,
    cost_cap_eviction = 6,
    operator_drain = 7,
    operator_mig_profile_change = 8,
    maintenance_window = 9,
    policy_violation_recovery = 10,
    ttl_elapsed = 16,
    holder_request = 17,
    authority_request = 18, ///< revoked by a principal with the revoke role
    operator_request = 19,
    not_drained = 20,    ///< fence: operations still in flight at the teardown deadline
    device_refused = 21, ///< fence: the device failed the wipe
    lane_held = 22,      ///< fence: a lane did not let go
    first_boot = 23,
    restart = 24,
    restart_after_epitaph = 25,
    refused_base = 256,
};

/// The closed set of spec §12: taken for somebody else's sake.
[[nodiscard]] constexpr bool is_preemption(Reason reason) noexcept {
    return reason >= Reason::priority_preemption && reason <= Reason::policy_violation_recovery;
}

[[nodiscard]] constexpr Reason reason_of(ErrorCode code) noexcept {
    return static_cast<Reason>(static_cast<uint16_t>(Reason::refused_base) +
                               static_cast<uint16_t>(code));
}

/// Whether the number is in its closed set.
[[nodiscard]] constexpr bool is_event_kind(uint16_t code) noexcept {
    return code >= static_cast<uint16_t>(EventKind::boot) &&
           code <= static_cast<uint16_t>(EventKind::log_trimmed);
}
[[nodiscard]] constexpr bool is_reason(uint16_t code) noexcept {
    constexpr auto refused_base = static_cast<uint16_t>(Reason::refused_base);
    return code <= static_cast<uint16_t>(Reason::policy_violation_recovery) ||
           (code >= static_cast<uint16_t>(Reason::ttl_elapsed) &&
            code <= static_cast<uint16_t>(Reason::restart_after_epitaph)) ||
           (code > refused_base && code <= refused_base + error_code_count);
}

/// snake_case; refusals read `refused_<error code>`; nullptr-free: an unknown number answers
/// "unknown".
[[nodiscard]] std::string_view name_of(EventKind kind) noexcept;
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;
/// Failures: invalid_argument (kind_code, reason_code): no such number.
[[nodiscard]] Result<EventKind> event_kind_of(uint16_t code) noexcept;
[[nodiscard]] Result<Reason> reason_of_code(uint16_t code) noexcept;

/// One thing that happened, before it is sealed. The spans are the caller's and only read.
struct AuditEvent {
    EventKind kind{};
    UnixMillis timestamp{};
    Bytes identity{}; ///< who, ≤ limits::identity_bytes_max; empty: the node itself
    TenantId tenant{};
    LeaseRef lease_ref{}; ///< zero if none
    ResourceId resource_id{};
    Epoch epoch{};
    Reason reason = Reason::none;
    Bytes event_data{}; ///< ≤ limits::event_data_bytes_max
};

/// The head of a chain: what the next record links to.
struct Anchor {
    Sequence next{}; ///< sequence of the record to come = number of records so far
    Digest hash{};   ///< of the last record; zeroes before the first
    friend constexpr bool operator==(const Anchor&, const Anchor&) = default;
};

} // namespace grafos::lease
