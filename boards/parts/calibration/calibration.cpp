// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/calibration/calibration.hpp"

namespace grafos::board {

namespace {

/// Reads until the window is over; far more than any window takes, far less than for ever.
constexpr uint32_t wait_reads_max = 10'000'000;

BracketedRead narrowest_read(const CalibrationSource& source) noexcept {
    BracketedRead best = source.read();
    for (uint32_t i = 1; i < calibration_reads; ++i) {
        const BracketedRead read = source.read();
        if (read.after - read.before < best.after - best.before) {
            best = read;
        }
    }
    return best;
}

uint16_t counts_between(const BracketedRead& from, const BracketedRead& to) noexcept {
    return static_cast<uint16_t>(from.reference - to.reference);
}

uint64_t middle_of(const BracketedRead& read) noexcept {
    return read.before + (read.after - read.before) / 2;
}

void wait_for_window(const CalibrationSource& source, const BracketedRead& from) noexcept {
    const uint32_t counts = source.reference_hz * calibration_window_ms / 1000;
    for (uint32_t i = 0; i < wait_reads_max; ++i) {
        if (counts_between(from, source.read()) >= counts) {
            return;
        }
    }
}

/// 0 if the slow counter does not move.
uint64_t measure(const CalibrationSource& source, BracketedRead& from) noexcept {
    const BracketedRead begin = from;
    wait_for_window(source, begin);
    const BracketedRead end = narrowest_read(source);
    from = end;
    const uint16_t counts = counts_between(begin, end);
    return counts == 0 ? 0 : (middle_of(end) - middle_of(begin)) * source.reference_hz / counts;
}

bool agree(uint64_t a, uint64_t b) noexcept {
    const uint64_t larger = a > b ? a : b;
    const uint64_t difference = a > b ? a - b : b - a;
    // Below 1 MHz it is no clock for milliseconds; above 2^40 the products would overflow.
    return a > 1'000'000 && b > 1'000'000 && larger < (1ull << 40) &&
           difference * 1'000'000 <= larger * calibration_difference_ppm_max;
}

} // namespace

Calibration calibrate(const CalibrationSource& source) noexcept {
    Calibration result;
    while (result.attempts < calibration_attempts_max && !result.is_good) {
        BracketedRead from = narrowest_read(source);
        result.first_hz = measure(source, from);
        result.second_hz = measure(source, from);
        result.hz = result.first_hz / 2 + result.second_hz / 2;
        result.attempts += 1;
        result.is_good = agree(result.first_hz, result.second_hz);
    }
    return result;
}

} // namespace grafos::board
