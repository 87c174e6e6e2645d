// SPDX-License-Identifier: Apache-2.0
/// What the node of one machine takes for `now`, worked out from outside: the sum of its raw
/// clock's steps forward, turn by turn (protocol §1).
#pragma once

#include "tests/support/sim_clock.hpp"

namespace grafos::test {

class HomeClock {
public:
    void power_on(uint64_t boot) noexcept {
        boot_ = boot;
        is_on_ = true;
        has_raw_ = false;
        now_ = {};
    }
    void power_off() noexcept { is_on_ = false; }
    void turn(Instant raw) noexcept {
        now_ = now_after(raw);
        raw_ = raw;
        has_raw_ = true;
        turns_ += 1;
    }
    /// How many turns it has taken, over all boots.
    [[nodiscard]] uint64_t turns() const noexcept { return turns_; }

    /// Of the latest turn.
    [[nodiscard]] Instant now() const noexcept { return now_; }
    [[nodiscard]] uint64_t boot() const noexcept { return boot_; }
    [[nodiscard]] bool is_on() const noexcept { return is_on_; }
    /// What `now` would be in a turn in which the raw clock shows this.
    [[nodiscard]] Instant now_after(Instant raw) const noexcept {
        return has_raw_ ? saturating_add(now_, left_until(raw, raw_)) : now_;
    }
    /// When, in the world's time, it will be `at`, if nobody sets the clock.
    [[nodiscard]] Instant world_of(Instant at, const SimClock& clock) const noexcept {
        return clock.world_of(saturating_add(raw_, left_until(at, now_)));
    }

private:
    Instant now_{};
    Instant raw_{};
    uint64_t boot_ = 0;
    uint64_t turns_ = 0;
    bool has_raw_ = false;
    bool is_on_ = false;
};

} // namespace grafos::test
