// SPDX-License-Identifier: Apache-2.0
/// How big a node's table of sessions is, and the times both sides of a session agree on.
#pragma once

#include "core/base/time.hpp"

namespace grafos::wire {

/// A cookie proves an address for this bucket of time and the next.
inline constexpr Duration cookie_bucket{30'000};
/// A session nobody confirmed ends after this.
inline constexpr Duration pending_most{5'000};
/// Requests for a session that wait for a public-key operation.
inline constexpr size_t init_queue_max = 8;
/// Of them from one host, so that one cannot fill the queue for all.
inline constexpr size_t init_queue_per_host_max = 4;
/// Public-key operations within any second that led to no confirmed session, or not yet.
inline constexpr size_t handshake_steps_per_second = 20;
/// All of them, wherever they lead: this many within any stretch of `handshake_pace`, and at most
/// one a turn.
inline constexpr size_t handshake_steps_per_pace = 20;
inline constexpr Duration handshake_pace{100};
inline constexpr size_t pending_per_principal_max = 2;
inline constexpr size_t session_window_most = 64;

struct SessionLimits {
    uint16_t sessions_max;          ///< open at once
    uint16_t window;                ///< requests open in one session: a power of two ≤ 64
    uint16_t per_principal_max;     ///< beyond: the one heard longest ago ends
    uint16_t pending_max;           ///< accepted, not yet confirmed
    uint16_t outgoing_max;          ///< packets being filled with answers
    uint16_t reassemblies_max;      ///< requests being put together, of all sessions
    uint16_t requests_per_turn_max; ///< of one session
    Duration idle_max;              ///< nothing heard for so long: ended
};

inline constexpr SessionLimits small_sessions{
    .sessions_max = 8,
    .window = 8,
    .per_principal_max = 4,
    .pending_max = 4,
    .outgoing_max = 2,
    .reassemblies_max = 2,
    .requests_per_turn_max = 8,
    .idle_max = Duration{600'000},
};

inline constexpr SessionLimits large_sessions{
    .sessions_max = 64,
    .window = 32,
    .per_principal_max = 16,
    .pending_max = 16,
    .outgoing_max = 16,
    .reassemblies_max = 16,
    .requests_per_turn_max = 32,
    .idle_max = Duration{600'000},
};

[[nodiscard]] constexpr bool is_consistent(const SessionLimits& limits) noexcept {
    return limits.sessions_max > 0 && limits.sessions_max + limits.pending_max <= 0xFFFF &&
           limits.window > 0 && limits.window <= session_window_most &&
           (limits.window & (limits.window - 1)) == 0 && limits.per_principal_max > 0 &&
           limits.pending_max > 0 && limits.outgoing_max > 0 && limits.reassemblies_max > 0 &&
           limits.requests_per_turn_max > 0 && limits.idle_max > pending_most;
}

static_assert(is_consistent(small_sessions));
static_assert(is_consistent(large_sessions));

} // namespace grafos::wire
