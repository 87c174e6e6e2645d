// SPDX-License-Identifier: Apache-2.0
/// How big one program's side of the fabric is: the user's choice, fixed at build time.
#pragma once

#include "core/lease/node_limits.hpp"
#include "core/wire/principal.hpp"

namespace grafos::fabric {

struct FabricLimits {
    uint32_t leases_max;       ///< held, being acquired, or not yet let go; full: capacity_exceeded
    uint16_t peers_max;        ///< nodes on other machines; each has a session of its own
    uint16_t window;           ///< requests open in one session: a power of two ≤ 64
    Duration turn_max;         ///< of this machine; a longer turn makes remote leases suspect
    Duration request_patience; ///< after this an unanswered request is `disconnected`
    uint32_t steps_per_turn_max; ///< renewals, and acquires and releases, moved on in one turn
};

/// A program with a handful of leases.
inline constexpr FabricLimits small_fabric{
    .leases_max = 8,
    .peers_max = 4,
    .window = 8,
    .turn_max = Duration{10},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 8,
};

/// A program that lives on leases.
inline constexpr FabricLimits large_fabric{
    .leases_max = 1'024,
    .peers_max = wire::peers_max,
    .window = 32,
    .turn_max = Duration{10},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 64,
};

[[nodiscard]] constexpr bool is_consistent(const FabricLimits& limits) noexcept {
    return limits.leases_max > 0 && limits.leases_max < 0x0100'0000 &&
           limits.peers_max <= wire::peers_max && limits.window >= 4 && limits.window <= 64 &&
           (limits.window & (limits.window - 1)) == 0 && limits.turn_max.ms > 0 &&
           limits.request_patience.ms > 0 && limits.steps_per_turn_max > 0;
}

static_assert(is_consistent(small_fabric));
static_assert(is_consistent(large_fabric));

} // namespace grafos::fabric
