// SPDX-License-Identifier: Apache-2.0
/// Time as the core knows it: handed in, counted in milliseconds, never read.
///
/// `Instant` is a point on this machine's monotonic clock since boot; `Duration` a length;
/// `UnixMillis` a wall-clock stamp for people and records. They do not convert into one another,
/// and no operation takes two clock frames: what crosses a machine is a `Duration` left, never an
/// `Instant` (protocol §1).
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "core/base/assert.hpp"
#include "core/base/result.hpp"

namespace grafos {

struct Duration {
    uint64_t ms = 0;
    friend constexpr auto operator<=>(Duration, Duration) = default;
};

struct Instant {
    uint64_t ms = 0;

    /// The far end of the clock: what `next_deadline()` answers for "never".
    [[nodiscard]] static constexpr Instant never() noexcept {
        return {std::numeric_limits<uint64_t>::max()};
    }
    friend constexpr auto operator<=>(Instant, Instant) = default;
};

struct UnixMillis {
    uint64_t ms = 0;
    friend constexpr auto operator<=>(UnixMillis, UnixMillis) = default;
};

/// Turns of the main loop since start.
struct TickCount {
    uint64_t count = 0;
    friend constexpr auto operator<=>(TickCount, TickCount) = default;
};

inline namespace literals {
constexpr Duration operator""_ms(unsigned long long ms) noexcept {
    return {static_cast<uint64_t>(ms)};
}
constexpr Duration operator""_s(unsigned long long s) noexcept {
    return {static_cast<uint64_t>(s) * 1000};
}
} // namespace literals

/// Checked: a sum at or past the end of time is refused (`exhausted`), never wrapped, never
/// clamped. `Instant::never()` is not a point in time and is refused as a sum. Context: any.
[[nodiscard]] inline Result<Instant> checked_add(Instant at, Duration by) noexcept {
    const uint64_t room = std::numeric_limits<uint64_t>::max() - at.ms;
    if (by.ms >= room) {
        return Error{ErrorCode::exhausted, Field::ttl, by.ms, room};
    }
    return Instant{at.ms + by.ms};
}

/// For wake-up times only, where "later than everything" is a fine answer.
[[nodiscard]] constexpr Instant saturating_add(Instant at, Duration by) noexcept {
    const uint64_t room = std::numeric_limits<uint64_t>::max() - at.ms;
    return by.ms >= room ? Instant::never() : Instant{at.ms + by.ms};
}

[[nodiscard]] constexpr Duration saturating_add(Duration a, Duration b) noexcept {
    const uint64_t room = std::numeric_limits<uint64_t>::max() - a.ms;
    return b.ms >= room ? Duration{std::numeric_limits<uint64_t>::max()} : Duration{a.ms + b.ms};
}

/// The time from `earlier` to `later`; the wrong order is a broken program.
[[nodiscard]] constexpr Duration operator-(Instant later, Instant earlier) noexcept {
    GRAFOS_ASSERT(later >= earlier);
    return {later.ms - earlier.ms};
}

/// What is left until `deadline`; zero once it is reached.
[[nodiscard]] constexpr Duration left_until(Instant deadline, Instant now) noexcept {
    return deadline > now ? Duration{deadline.ms - now.ms} : Duration{0};
}

[[nodiscard]] constexpr Instant earlier_of(Instant a, Instant b) noexcept {
    return a < b ? a : b;
}

/// The one definition of being alive (protocol §1): strict, so at the deadline it is over.
[[nodiscard]] constexpr bool is_before_deadline(Instant now, Instant expires_at) noexcept {
    return now < expires_at;
}

} // namespace grafos
