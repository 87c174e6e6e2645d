// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/clock/counter_clock.hpp"

namespace grafos::board {

namespace {
constexpr Instant last_instant{Instant::never().ms - 1};
} // namespace

void CounterClock::start(uint64_t hz, Instant origin) noexcept {
    GRAFOS_ASSERT(hz >= 1000);
    ticks_per_ms_ = hz / 1000;
    restart_at(origin);
}

void CounterClock::restart_at(Instant origin) noexcept {
    origin_ = origin < last_instant ? origin : last_instant;
    start_ticks_ = read_();
}

Instant CounterClock::now() noexcept {
    const Duration elapsed{(read_() - start_ticks_) / ticks_per_ms_};
    const Instant at = saturating_add(origin_, elapsed);
    return at < last_instant ? at : last_instant;
}

uint64_t CounterClock::ticks_at(Instant at) const noexcept {
    const uint64_t ms = left_until(at, origin_).ms;
    const uint64_t room = UINT64_MAX - start_ticks_;
    return ms > room / ticks_per_ms_ ? UINT64_MAX : start_ticks_ + ms * ticks_per_ms_;
}

} // namespace grafos::board
