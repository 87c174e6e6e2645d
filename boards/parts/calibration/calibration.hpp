// SPDX-License-Identifier: Apache-2.0
/// How fast does this CPU's counter run? Measured against a slow counter whose rate is known.
///
/// Problem: on an emulated or shared machine the program is stopped at any place, and a plain loop
/// was 40 % off. Idea: bracket each read of the slow counter between two of the fast one, and of
/// many such reads believe only the narrowest, where nobody came in between. Rule (protocol §1):
/// the narrowest of 24 at both ends of 3 ms, twice; if the two differ by more than half the drift
/// allowed, again, up to 5 times; then there is no clock.
#pragma once

#include "core/base/limits.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

/// One read of both counters.
struct BracketedRead {
    uint64_t before = 0; ///< fast counter
    uint64_t after = 0;
    uint16_t reference = 0; ///< slow counter: counts down, wraps at 2^16
};

struct CalibrationSource {
    BracketedRead (*read)() noexcept;
    uint32_t reference_hz; ///< rate of the slow counter
};

struct Calibration {
    uint64_t hz = 0;       ///< mean of the last pair
    uint64_t first_hz = 0; ///< the figures of the last pair, for the report of a refusal
    uint64_t second_hz = 0;
    uint32_t attempts = 0;
    bool is_good = false;
};

inline constexpr uint32_t calibration_reads = 24;
inline constexpr uint32_t calibration_window_ms = 3;
inline constexpr uint32_t calibration_attempts_max = 5;
inline constexpr uint64_t calibration_difference_ppm_max = limits::clock_drift_ppm / 2;

/// Takes about 6 ms an attempt. `is_good` false: refuse to boot. Context: boot.
[[nodiscard]] Calibration calibrate(const CalibrationSource& source) noexcept;

} // namespace grafos::board
