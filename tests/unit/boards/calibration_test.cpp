// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/calibration/calibration.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

/// A machine of its own: time passes with each read, sometimes much of it.
struct FakeMachine {
    uint64_t ns = 0;
    uint64_t reads = 0;
    uint64_t hz = 0;
    uint64_t stall_every = 0; ///< reads; 0: never
    uint64_t stall_ns = 0;
    uint64_t slower_after_ns = 0; ///< from here on the fast counter runs at half its rate
};
FakeMachine machine;
constexpr uint32_t pit_hz = 1'193'182;

uint64_t fast_counter() noexcept {
    const uint64_t turn = machine.slower_after_ns;
    const uint64_t full = turn == 0 || machine.ns < turn ? machine.ns : turn;
    return (full + (machine.ns - full) / 2) * (machine.hz / 1'000'000) / 1000;
}

board::BracketedRead read_fake() noexcept {
    board::BracketedRead read;
    read.before = fast_counter();
    machine.ns += 700;
    read.reference = static_cast<uint16_t>(0xffff - machine.ns * pit_hz / 1'000'000'000);
    machine.ns += 700;
    machine.reads += 1;
    if (machine.stall_every != 0 && machine.reads % machine.stall_every == 0) {
        machine.ns += machine.stall_ns;
    }
    read.after = fast_counter();
    return read;
}

board::Calibration calibrate_at(const FakeMachine& how) noexcept {
    machine = how;
    return board::calibrate({read_fake, pit_hz});
}

void expect_near(uint64_t found, uint64_t expected) noexcept {
    const uint64_t error = found > expected ? found - expected : expected - found;
    EXPECT_LE(error * 1000, expected * 2); // the reference itself is good for 0.3 per mille of 3 ms
}

TEST(Calibration, Finds_the_rate_of_a_quiet_machine_at_once) {
    for (const uint64_t hz : {10'000'000u, 1'000'000'000u, 2'600'000'000u}) {
        const board::Calibration found = calibrate_at({.hz = hz});
        EXPECT_TRUE(found.is_good);
        EXPECT_EQ(found.attempts, 1u);
        expect_near(found.hz, hz);
    }
}

TEST(Calibration, Stalls_between_and_inside_reads_do_not_move_it) {
    for (uint64_t every = 2; every < 40; ++every) {
        const board::Calibration found =
            calibrate_at({.hz = 2'000'000'000, .stall_every = every, .stall_ns = 400'000});
        EXPECT_TRUE(found.is_good);
        expect_near(found.hz, 2'000'000'000);
    }
}

TEST(Calibration, Wraps_of_the_slow_counter_do_not_matter) {
    for (uint64_t ns = 50'000'000; ns < 56'000'000; ns += 250'000) {
        const board::Calibration found = calibrate_at({.ns = ns, .hz = 2'000'000'000});
        EXPECT_TRUE(found.is_good);
        expect_near(found.hz, 2'000'000'000);
    }
}

TEST(Calibration, Tries_again_when_two_figures_differ) {
    // The rate halves after 4.5 ms: in the middle of the second window of the first attempt.
    const board::Calibration found =
        calibrate_at({.hz = 2'000'000'000, .slower_after_ns = 4'500'000});
    EXPECT_TRUE(found.is_good);
    EXPECT_EQ(found.attempts, 2u);
    expect_near(found.hz, 1'000'000'000);
}

TEST(Calibration, Refuses_with_its_figures_after_five_attempts) {
    machine = {};
    const auto stuck = []() noexcept { return board::BracketedRead{0, 1, 100}; };
    const board::Calibration none = board::calibrate({stuck, 1});
    EXPECT_FALSE(none.is_good);
    EXPECT_EQ(none.attempts, board::calibration_attempts_max);
    EXPECT_EQ(none.first_hz, 0u);

    const auto erratic = []() noexcept { // runs ever faster
        machine.ns += 1'000'000;
        machine.hz += 400'000;
        const uint64_t ticks = machine.hz * machine.hz;
        return board::BracketedRead{ticks, ticks + 10,
                                    static_cast<uint16_t>(0 - machine.ns / 1'000'000 * 1193)};
    };
    const board::Calibration wild = board::calibrate({erratic, pit_hz});
    EXPECT_FALSE(wild.is_good);
    EXPECT_EQ(wild.attempts, board::calibration_attempts_max);
    EXPECT_NE(wild.first_hz, wild.second_hz);
}

} // namespace
} // namespace grafos::test
