// SPDX-License-Identifier: Apache-2.0
/// A machine's own clock beside the world's: it starts anywhere and runs a little fast or slow.
#pragma once

#include "core/base/time.hpp"

namespace grafos::test {

struct SimClock {
    Instant start{};
    int64_t drift_ppm = 0; ///< −500,000 … 500,000

    [[nodiscard]] Instant local_of(Instant world) const noexcept {
        const auto elapsed = static_cast<int64_t>(world.ms);
        const int64_t local = elapsed + elapsed * drift_ppm / 1'000'000;
        return saturating_add(start, Duration{static_cast<uint64_t>(local)});
    }

    /// The first moment of the world at which this clock shows `local` or later.
    [[nodiscard]] Instant world_of(Instant local) const noexcept {
        if (local == Instant::never()) {
            return local;
        }
        const auto wanted = static_cast<int64_t>(left_until(local, start).ms);
        const int64_t guess = wanted * 1'000'000 / (1'000'000 + drift_ppm);
        Instant world{static_cast<uint64_t>(guess > 2 ? guess - 2 : 0)};
        while (local_of(world) < local) { // a handful: both roundings are below one
            world.ms += 1;
        }
        return world;
    }
};

} // namespace grafos::test
