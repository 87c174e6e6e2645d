// SPDX-License-Identifier: Apache-2.0
/// Raw clock readings → the turn's `now`.
///
/// A machine's clock may be put back, or stand still over a suspend that nobody reports. The core's
/// time is the sum of the steps forward: `max(0, raw − last raw)` each turn (protocol §1). A step
/// back is counted and lost; time goes on, no deadline moves, nothing fails.
#pragma once

#include "core/base/time.hpp"

namespace grafos::node {

class TimeKeeper {
public:
    /// `start` is the first `now`; the first raw reading only sets the base.
    constexpr explicit TimeKeeper(Instant start) noexcept : now_{start} {}

    /// The time of this turn. Context: turn, once, before anything else.
    Instant advance(Instant raw) noexcept {
        if (has_raw_) {
            if (raw >= last_raw_) {
                now_ = saturating_add(now_, raw - last_raw_);
            } else {
                steps_back_ += 1;
            }
        }
        has_raw_ = true;
        last_raw_ = raw;
        return now_;
    }

    /// The raw reading at which `at` will be reached, for setting a timer.
    [[nodiscard]] Instant raw_of(Instant at) const noexcept {
        if (at == Instant::never()) {
            return at;
        }
        return saturating_add(last_raw_, left_until(at, now_));
    }

    [[nodiscard]] Instant now() const noexcept { return now_; }
    [[nodiscard]] uint64_t steps_back() const noexcept { return steps_back_; }

private:
    Instant now_;
    Instant last_raw_{};
    uint64_t steps_back_ = 0;
    bool has_raw_ = false;
};

} // namespace grafos::node
