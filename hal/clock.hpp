// SPDX-License-Identifier: Apache-2.0
/// Time sources of a machine. Only the board's main loop reads them; the core is handed `now`.
#pragma once

#include "core/base/time.hpp"

namespace grafos::hal {

/// Required. Monotonic, counts time asleep, within `limits::clock_drift_ppm` of true rate; never
/// set.
class Clock {
public:
    /// Context: turn. Never fails, never blocks.
    [[nodiscard]] virtual Instant now() noexcept = 0;

protected:
    ~Clock() = default;
};

/// Where a wall-clock base came from; it stands in the boot record.
enum class WallClockSource : uint8_t { none = 0, rtc = 1, boot_argument = 2, time_sync = 3 };

/// Optional (default: `none`, records are stamped with 0 + Instant). Stamps records; decides
/// nothing.
class WallClock {
public:
    /// The Unix time at `Instant{0}` of the machine's Clock. Context: turn, once at start.
    [[nodiscard]] virtual UnixMillis base() noexcept = 0;
    [[nodiscard]] virtual WallClockSource source() noexcept = 0;

protected:
    ~WallClock() = default;
};

} // namespace grafos::hal
