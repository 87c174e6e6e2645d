// SPDX-License-Identifier: Apache-2.0
/// How big one node is: the user's choice, fixed at build time. Everything else is sized from it.
#pragma once

#include <cstdint>

#include "core/base/limits.hpp"

namespace grafos::lease {

struct NodeLimits {
    uint32_t lease_count_max;  ///< leases alive or being torn down; full: capacity_exceeded
    uint32_t memory_units_max; ///< units of the memory resource; the unit grows with the span
    uint32_t block_units_max;  ///< units of the block resource; the unit grows with the disk
    uint32_t group_bytes_max;  ///< one commit of the log, whole sectors; two buffers of it are kept
    uint32_t outbox_slots_max; ///< requests started and not yet answered
    uint32_t block_accesses_max;    ///< holders' block operations in flight
    uint32_t events_max;            ///< entries of the event ring
    uint32_t renewals_max;          ///< leases this node's own programs keep alive
    Duration turn_max;              ///< a longer turn is counted and audited
    Duration teardown_deadline;     ///< not drained by then: fenced
    uint32_t expiries_per_turn_max; ///< leases whose end is recorded in one turn
    uint32_t requests_per_turn_max; ///< requests executed in one turn, each kind
    uint32_t wipe_bytes_per_turn;   ///< memory zeroed in one turn
    // Of a node that serves others; one that does not pays for none of it.
    uint16_t sessions_max = 4;       ///< open at once, of all principals
    uint16_t session_window = 4;     ///< requests open in one session: a power of two ≤ 64
    uint16_t session_tokens_max = 2; ///< tokens of one session whose proof is remembered
    uint16_t data_queue_max = 4;     ///< accesses that wait for a later turn, memory and block each
    uint32_t packets_per_turn_max = 16; ///< packets read from the link in one turn
    uint32_t data_per_turn_max = 16;    ///< accesses executed in one turn
    uint32_t looks_per_turn_max = 16;   ///< questions answered and tokens made in one turn
    uint32_t calls_per_turn_max = 16;   ///< calls handed to the node's program in one turn
};

/// Everything in 64 KiB of RAM, leasable memory apart.
inline constexpr NodeLimits small_node{
    .lease_count_max = 64,
    .memory_units_max = 256,
    .block_units_max = 128,
    .group_bytes_max = 4096,
    .outbox_slots_max = 20,
    .block_accesses_max = 4,
    .events_max = 64,
    .renewals_max = 16,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = 16,
    .requests_per_turn_max = 8,
    .wipe_bytes_per_turn = 64 * 1024,
};

/// A machine with memory to lend.
inline constexpr NodeLimits large_node{
    .lease_count_max = 65'536,
    .memory_units_max = 16'384,
    .block_units_max = 4'096,
    .group_bytes_max = 64 * 1024,
    .outbox_slots_max = 64 * 64 + 64,
    .block_accesses_max = 16,
    .events_max = 1'024,
    .renewals_max = 1'024,
    .turn_max = Duration{10},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = 128,
    .requests_per_turn_max = 64,
    .wipe_bytes_per_turn = 256 * 1024,
    .sessions_max = 64,
    .session_window = 64,
    .session_tokens_max = 8,
    .data_queue_max = 128,
    .packets_per_turn_max = 128,
    .data_per_turn_max = 512,
    .looks_per_turn_max = 256,
    .calls_per_turn_max = 256,
};

/// The margin a holder keeps (protocol §1): ceil(2·rho·ttl) + 2 ms + the longest turn.
[[nodiscard]] constexpr Duration holder_margin(Duration ttl, Duration turn_max) noexcept {
    const uint64_t drift = (2 * limits::clock_drift_ppm * ttl.ms + 999'999) / 1'000'000;
    return {drift + 2 + turn_max.ms};
}

[[nodiscard]] constexpr bool is_consistent(const NodeLimits& limits) noexcept {
    return limits.lease_count_max > 0 && limits.memory_units_max > 0 &&
           limits.block_units_max > 0 && limits.group_bytes_max % 512 == 0 &&
           limits.group_bytes_max >= 4096 && limits.outbox_slots_max > 0 &&
           limits.expiries_per_turn_max > 0 && limits.requests_per_turn_max > 0 &&
           limits.wipe_bytes_per_turn >= 512 && limits.sessions_max > 0 &&
           limits.session_window > 0 && limits.session_tokens_max > 0 &&
           limits.data_queue_max > 0 && limits.packets_per_turn_max > 0 &&
           limits.data_per_turn_max > 0 && limits.looks_per_turn_max > 0 &&
           limits.calls_per_turn_max > 0 &&
           4 * holder_margin(limits::lease_ttl_min, limits.turn_max).ms < limits::lease_ttl_min.ms;
}

static_assert(is_consistent(small_node));
static_assert(is_consistent(large_node));

} // namespace grafos::lease
