// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/clock/counter_clock.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

uint64_t ticks = 0;
uint64_t read_ticks() noexcept {
    return ticks;
}

class CounterClockTest : public ::testing::Test {
protected:
    board::CounterClock clock{read_ticks};
};

TEST_F(CounterClockTest, Counts_milliseconds_from_its_origin) {
    ticks = 1'000'000;
    clock.start(62'500'000, Instant{100});
    EXPECT_EQ(clock.now().ms, 100u);
    ticks += 62'499;
    EXPECT_EQ(clock.now().ms, 100u);
    ticks += 1;
    EXPECT_EQ(clock.now().ms, 101u);
    ticks += 62'500ull * 1'000'000'000;
    EXPECT_EQ(clock.now().ms, 1'000'000'101u);
}

TEST_F(CounterClockTest, Shows_a_deadline_exactly_at_its_ticks) {
    ticks = 77;
    clock.start(2'600'123'456, Instant{4'294'967'000});
    for (uint64_t ms = 0; ms < 2'000; ++ms) {
        const Instant at{4'294'967'000 + ms};
        ticks = clock.ticks_at(at);
        EXPECT_EQ(clock.now().ms, at.ms);
        if (ms > 0) {
            ticks -= 1;
            EXPECT_EQ(clock.now().ms, at.ms - 1);
        }
    }
}

TEST_F(CounterClockTest, Deadlines_in_the_past_or_beyond_all_time_have_a_place) {
    ticks = 5'000;
    clock.start(1'000'000, Instant{50});
    EXPECT_EQ(clock.ticks_at(Instant{0}), 5'000u);
    EXPECT_EQ(clock.ticks_at(Instant::never()), UINT64_MAX);
    EXPECT_EQ(clock.ticks_at(Instant{UINT64_MAX - 1}), UINT64_MAX);
}

TEST_F(CounterClockTest, Stands_still_at_the_end_of_time) {
    ticks = 0;
    clock.start(1'000, Instant{UINT64_MAX - 3});
    EXPECT_EQ(clock.now().ms, UINT64_MAX - 3);
    ticks = 1;
    EXPECT_EQ(clock.now().ms, UINT64_MAX - 2);
    ticks = 2;
    EXPECT_EQ(clock.now().ms, UINT64_MAX - 1);
    ticks = 1'000;
    EXPECT_EQ(clock.now().ms, UINT64_MAX - 1);
    EXPECT_LT(clock.now(), Instant::never());
    clock.restart_at(Instant::never());
    EXPECT_EQ(clock.now().ms, UINT64_MAX - 1);
}

TEST(ArgumentWallClock, Counts_its_base_back_to_the_first_instant) {
    board::ArgumentWallClock wall;
    EXPECT_EQ(wall.base().ms, 0u);
    EXPECT_TRUE(wall.source() == hal::WallClockSource::none);
    wall.start(UnixMillis{1'700'000'000'000}, Instant{400}, hal::WallClockSource::boot_argument);
    EXPECT_EQ(wall.base().ms, 1'699'999'999'600u);
    EXPECT_TRUE(wall.source() == hal::WallClockSource::boot_argument);
    wall.start(UnixMillis{5}, Instant{400}, hal::WallClockSource::rtc);
    EXPECT_EQ(wall.base().ms, 0u);
}

} // namespace
} // namespace grafos::test
