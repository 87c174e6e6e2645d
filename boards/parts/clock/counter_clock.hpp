// SPDX-License-Identifier: Apache-2.0
/// A CPU counter of known rate as the machine's clock.
#pragma once

#include "hal/clock.hpp"

namespace grafos::board {

class CounterClock final : public hal::Clock {
public:
    using Read = uint64_t (*)() noexcept;

    constexpr explicit CounterClock(Read read) noexcept : read_{read} {}
    CounterClock(const CounterClock&) = delete;
    CounterClock& operator=(const CounterClock&) = delete;

    /// The clock shows `origin` now and runs at `hz` (≥ 1000) from here. Context: boot, once.
    void start(uint64_t hz, Instant origin) noexcept;

    /// Shows `origin` from here on, at the same rate. Context: boot, before anybody took the time.
    void restart_at(Instant origin) noexcept;

    /// Stops short of `Instant::never()`: at the end of time it stands still.
    [[nodiscard]] Instant now() noexcept override;

    /// Counter value at which `now()` will first show `at`; the last value there is if it never
    /// will.
    [[nodiscard]] uint64_t ticks_at(Instant at) const noexcept;
    [[nodiscard]] uint64_t ticks_now() const noexcept { return read_(); }
    [[nodiscard]] uint64_t ticks_per_ms() const noexcept { return ticks_per_ms_; }

private:
    Read read_;
    uint64_t start_ticks_ = 0;
    uint64_t ticks_per_ms_ = 1;
    Instant origin_{};
};

/// The wall clock of a machine without one: what a boot argument said.
class ArgumentWallClock final : public hal::WallClock {
public:
    constexpr ArgumentWallClock() noexcept = default;
    ArgumentWallClock(const ArgumentWallClock&) = delete;
    ArgumentWallClock& operator=(const ArgumentWallClock&) = delete;

    /// `unix_now` is the Unix time while the machine's clock shows `now`; earlier than 1970 at
    /// Instant{0} is cut to 0. Context: boot, once.
    void start(UnixMillis unix_now, Instant now, hal::WallClockSource source) noexcept {
        base_.ms = unix_now.ms >= now.ms ? unix_now.ms - now.ms : 0;
        source_ = source;
    }
    [[nodiscard]] UnixMillis base() noexcept override { return base_; }
    [[nodiscard]] hal::WallClockSource source() noexcept override { return source_; }

private:
    UnixMillis base_{};
    hal::WallClockSource source_ = hal::WallClockSource::none;
};

} // namespace grafos::board
