// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/event.hpp"

namespace grafos::lease {
namespace {

using namespace std::string_view_literals; // a plain literal would be measured at run time

constexpr uint16_t refused_base = static_cast<uint16_t>(Reason::refused_base);

static_assert(static_cast<uint16_t>(ErrorCode::exhausted) == error_code_count);

[[nodiscard]] bool is_refusal(uint16_t code) noexcept {
    return code > refused_base && is_reason(code);
}

[[nodiscard]] std::string_view name_of_refusal(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::lease_expired: return "refused_lease_expired"sv;
    case ErrorCode::revoked: return "refused_revoked"sv;
    case ErrorCode::released: return "refused_released"sv;
    case ErrorCode::fenced: return "refused_fenced"sv;
    case ErrorCode::stale_epoch: return "refused_stale_epoch"sv;
    case ErrorCode::disconnected: return "refused_disconnected"sv;
    case ErrorCode::capacity_exceeded: return "refused_capacity_exceeded"sv;
    case ErrorCode::busy: return "refused_busy"sv;
    case ErrorCode::not_found: return "refused_not_found"sv;
    case ErrorCode::invalid_argument: return "refused_invalid_argument"sv;
    case ErrorCode::denied: return "refused_denied"sv;
    case ErrorCode::rate_limited: return "refused_rate_limited"sv;
    case ErrorCode::corrupt: return "refused_corrupt"sv;
    case ErrorCode::io: return "refused_io"sv;
    case ErrorCode::unsupported: return "refused_unsupported"sv;
    case ErrorCode::unsupported_version: return "refused_unsupported_version"sv;
    case ErrorCode::out_of_fuel: return "refused_out_of_fuel"sv;
    case ErrorCode::not_ready: return "refused_not_ready"sv;
    case ErrorCode::degraded: return "refused_degraded"sv;
    case ErrorCode::foreign: return "refused_foreign"sv;
    case ErrorCode::exhausted: return "refused_exhausted"sv;
    }
    GRAFOS_UNREACHABLE(); // the caller asked is_refusal() first
}

} // namespace

std::string_view name_of(EventKind kind) noexcept {
    switch (kind) {
    case EventKind::boot: return "boot"sv;
    case EventKind::lease_allocated: return "lease_allocated"sv;
    case EventKind::lease_renewed: return "lease_renewed"sv;
    case EventKind::lease_released: return "lease_released"sv;
    case EventKind::lease_expired: return "lease_expired"sv;
    case EventKind::lease_revoked: return "lease_revoked"sv;
    case EventKind::lease_preempted: return "lease_preempted"sv;
    case EventKind::resource_fenced: return "resource_fenced"sv;
    case EventKind::fence_cleared: return "fence_cleared"sv;
    case EventKind::request_refused: return "request_refused"sv;
    case EventKind::edge_rewritten: return "edge_rewritten"sv;
    case EventKind::turn_overrun: return "turn_overrun"sv;
    case EventKind::state_adopted: return "state_adopted"sv;
    case EventKind::log_trimmed: return "log_trimmed"sv;
    }
    return "unknown"sv;
}

std::string_view name_of(Reason reason) noexcept {
    const uint16_t code = static_cast<uint16_t>(reason);
    if (is_refusal(code)) {
        return name_of_refusal(static_cast<ErrorCode>(code - refused_base));
    }
    switch (reason) {
    case Reason::none: return "none"sv;
    case Reason::priority_preemption: return "priority_preemption"sv;
    case Reason::quota_rebalance: return "quota_rebalance"sv;
    case Reason::quota_pressure: return "quota_pressure"sv;
    case Reason::burst_credit_exhausted: return "burst_credit_exhausted"sv;
    case Reason::budget_exhausted: return "budget_exhausted"sv;
    case Reason::cost_cap_eviction: return "cost_cap_eviction"sv;
    case Reason::operator_drain: return "operator_drain"sv;
    case Reason::operator_mig_profile_change: return "operator_mig_profile_change"sv;
    case Reason::maintenance_window: return "maintenance_window"sv;
    case Reason::policy_violation_recovery: return "policy_violation_recovery"sv;
    case Reason::ttl_elapsed: return "ttl_elapsed"sv;
    case Reason::holder_request: return "holder_request"sv;
    case Reason::authority_request: return "authority_request"sv;
    case Reason::operator_request: return "operator_request"sv;
    case Reason::not_drained: return "not_drained"sv;
    case Reason::device_refused: return "device_refused"sv;
    case Reason::lane_held: return "lane_held"sv;
    case Reason::first_boot: return "first_boot"sv;
    case Reason::restart: return "restart"sv;
    case Reason::restart_after_epitaph: return "restart_after_epitaph"sv;
    case Reason::refused_base: break; // code 0 is nobody's
    }
    return "unknown"sv;
}

Result<EventKind> event_kind_of(uint16_t code) noexcept {
    if (!is_event_kind(code)) {
        return Error{ErrorCode::invalid_argument, Field::kind_code, code,
                     static_cast<uint64_t>(EventKind::log_trimmed)};
    }
    return static_cast<EventKind>(code);
}

Result<Reason> reason_of_code(uint16_t code) noexcept {
    if (!is_reason(code)) {
        return Error{ErrorCode::invalid_argument, Field::reason_code, code,
                     static_cast<uint64_t>(refused_base) + error_code_count};
    }
    return static_cast<Reason>(code);
}

} // namespace grafos::lease
