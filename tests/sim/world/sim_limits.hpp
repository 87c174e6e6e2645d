// SPDX-License-Identifier: Apache-2.0
/// How big a simulated machine is: small, so that tables fill and five of them fit everywhere. A
/// build that wants a hundred leases a machine (the benchmark) says GRAFOS_SIM_LARGE.
#pragma once

#include "core/fabric/limits.hpp"
#include "core/lease/node_limits.hpp"

namespace grafos::test {

#ifdef GRAFOS_SIM_LARGE
inline constexpr uint32_t sim_leases = 128;
inline constexpr uint32_t sim_units = 128;
inline constexpr uint32_t sim_holdings = 104;
inline constexpr size_t sim_disk_bytes = 64 * 1024 * 1024;
#else
inline constexpr uint32_t sim_leases = 32;
inline constexpr uint32_t sim_units = 64;
inline constexpr uint32_t sim_holdings = 16;
inline constexpr size_t sim_disk_bytes = 1024 * 1024;
#endif
inline constexpr size_t sim_memory_bytes = sim_units * 4096;

inline constexpr lease::NodeLimits sim_node{
    .lease_count_max = sim_leases,
    .memory_units_max = sim_units,
    .block_units_max = 64,
    .group_bytes_max = 16 * 1024,
    .outbox_slots_max = 8 * 16 + 8,
    .block_accesses_max = 4,
    .events_max = 32,
    .renewals_max = 16,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{1'000},
    .expiries_per_turn_max = 16,
    .requests_per_turn_max = 8,
    .wipe_bytes_per_turn = 64 * 1024,
    .sessions_max = 8, // of four other machines, and of guests
    .session_window = 16,
    .session_tokens_max = 2,
    .data_queue_max = 4,
    .packets_per_turn_max = 8,
    .data_per_turn_max = 8,
    .looks_per_turn_max = 8,
};
inline constexpr fabric::FabricLimits sim_programs{
    .leases_max = sim_holdings,
    .peers_max = 4,
    .window = 8,
    .turn_max = Duration{5},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 8,
};

} // namespace grafos::test
