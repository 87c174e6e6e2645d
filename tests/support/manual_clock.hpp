// SPDX-License-Identifier: Apache-2.0
/// Time that moves when the test says so.
#pragma once

#include "hal/clock.hpp"

namespace grafos::test {

class ManualClock final : public hal::Clock {
public:
    explicit ManualClock(Instant start) noexcept : now_{start} {}
    [[nodiscard]] Instant now() noexcept override { return now_; }

    void advance(Duration by) noexcept { now_.ms += by.ms; }
    /// Anywhere, backwards too: a clock that a machine sets.
    void jump(Instant to) noexcept { now_ = to; }

private:
    Instant now_;
};

class FixedWallClock final : public hal::WallClock {
public:
    FixedWallClock(UnixMillis base, hal::WallClockSource source) noexcept
        : base_{base}, source_{source} {}
    [[nodiscard]] UnixMillis base() noexcept override { return base_; }
    [[nodiscard]] hal::WallClockSource source() noexcept override { return source_; }

private:
    UnixMillis base_;
    hal::WallClockSource source_;
};

} // namespace grafos::test
