// SPDX-License-Identifier: Apache-2.0
/// A machine's own clock beside the world's: it starts anywhere and runs a little fast or slow; it
/// can be set, forward or back, and stand still for a while.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace grafos::test {

struct SimClock {
    Instant start{};
    int64_t drift_ppm = 0; ///< −500,000 … 500,000

    int64_t stepped_ms = 0; ///< all settings together
    uint64_t lost_ms = 0;   ///< stood still for, before the present stall
    Instant stall_from{};   ///< the latest stall
    Duration stall_length{};

    [[nodiscard]] Instant local_of(Instant world) const noexcept {
        const uint64_t still = std::min(left_until(world, stall_from).ms, stall_length.ms);
        const auto elapsed = static_cast<int64_t>(world.ms - lost_ms - still);
        const int64_t local =
            static_cast<int64_t>(start.ms) + elapsed + elapsed * drift_ppm / 1'000'000 + stepped_ms;
        return Instant{local > 0 ? static_cast<uint64_t>(local) : 0};
    }

    /// The first moment of the world at which this clock shows `local` or later, if it is left
    /// alone.
    [[nodiscard]] Instant world_of(Instant local) const noexcept {
        if (local == Instant::never()) {
            return local;
        }
        const int64_t wanted =
            static_cast<int64_t>(local.ms) - static_cast<int64_t>(start.ms) - stepped_ms;
        const int64_t guess = wanted * 1'000'000 / (1'000'000 + drift_ppm);
        const uint64_t elapsed = static_cast<uint64_t>(guess > 2 ? guess - 2 : 0);
        Instant world{elapsed + lost_ms};
        if (world > stall_from) { // it stands still first
            world = saturating_add(world, stall_length);
        }
        while (local_of(world) < local) { // a handful: both roundings are below one
            world.ms += 1;
        }
        return world;
    }

    /// Set forward or back by so much, at once.
    void step(int64_t by_ms) noexcept { stepped_ms += by_ms; }
    /// Stands still from `world` on, for `length` of the world's time. Context: no other stall
    /// reaches to `world`.
    void stall(Instant world, Duration length) noexcept {
        GRAFOS_ASSERT(world >= saturating_add(stall_from, stall_length));
        lost_ms += stall_length.ms;
        stall_from = world;
        stall_length = length;
    }
};

} // namespace grafos::test
