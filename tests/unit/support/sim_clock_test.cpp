// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sim_clock.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

TEST(SimClock, The_first_moment_that_shows_a_time_is_found) {
    for (const int64_t drift : {-500'000, -10'000, -1, 0, 1, 9'999, 10'000, 500'000}) {
        const SimClock clock{start_time(), drift};
        for (uint64_t ms = 0; ms < 3'000; ++ms) {
            const Instant local{start_time().ms + ms};
            const Instant world = clock.world_of(local);
            ASSERT_GE(clock.local_of(world).ms, local.ms) << drift << " " << ms;
            if (world.ms > 0) {
                ASSERT_LT(clock.local_of({world.ms - 1}).ms, local.ms) << drift << " " << ms;
            }
        }
    }
}

TEST(SimClock, It_drifts_as_told_and_never_steps_back) {
    const SimClock fast{Instant{500}, 10'000};
    const SimClock slow{Instant{500}, -10'000};
    EXPECT_EQ(fast.local_of(Instant{0}).ms, 500u);
    EXPECT_EQ(fast.local_of(Instant{100'000}).ms, 500u + 101'000);
    EXPECT_EQ(slow.local_of(Instant{100'000}).ms, 500u + 99'000);
    for (uint64_t ms = 1; ms < 2'000; ++ms) {
        EXPECT_GE(slow.local_of({ms}).ms, slow.local_of({ms - 1}).ms) << ms;
    }
}

TEST(SimClock, What_is_past_was_at_the_beginning_and_never_stays_never) {
    const SimClock clock{Instant{1'000}, -3};
    EXPECT_EQ(clock.world_of(Instant{1}).ms, 0u);
    EXPECT_EQ(clock.world_of(Instant{1'000}).ms, 0u);
    EXPECT_TRUE(clock.world_of(Instant::never()) == Instant::never());
}

TEST(SimClock, A_step_moves_what_it_shows_and_nothing_else) {
    SimClock clock{Instant{100'000}, 0};
    clock.step(2'500);
    EXPECT_EQ(clock.local_of(Instant{1'000}).ms, 103'500u);
    EXPECT_EQ(clock.world_of(Instant{103'500}).ms, 1'000u);
    clock.step(-3'000);
    EXPECT_EQ(clock.local_of(Instant{1'000}).ms, 100'500u);
    EXPECT_EQ(clock.local_of(Instant{1'001}).ms, 100'501u);
    EXPECT_EQ(clock.world_of(Instant{100'500}).ms, 1'000u);
    clock.step(-1'000'000);
    EXPECT_EQ(clock.local_of(Instant{1'000}).ms, 0u) << "no clock shows less";
}

TEST(SimClock, A_stalled_clock_stands_still_and_has_lost_that_time_for_good) {
    for (const int64_t drift : {-10'000, 0, 10'000}) {
        const SimClock well{start_time(), drift};
        SimClock clock = well;
        clock.stall(Instant{1'000}, Duration{300});
        clock.stall(Instant{2'000}, Duration{50});
        for (uint64_t ms = 1'300; ms < 3'000; ++ms) {
            const uint64_t lost = 300 + (ms <= 2'000 ? 0 : ms < 2'050 ? ms - 2'000 : 50);
            ASSERT_EQ(clock.local_of({ms}).ms, well.local_of({ms - lost}).ms) << drift << " " << ms;
        }
        SimClock once = well;
        once.stall(Instant{1'000}, Duration{300});
        for (uint64_t ms = 1'000; ms <= 1'300; ++ms) {
            EXPECT_EQ(once.local_of({ms}).ms, well.local_of({1'000}).ms) << ms;
        }
        for (uint64_t ms = 1; ms < 2'000; ++ms) {
            const Instant local = saturating_add(start_time(), Duration{ms});
            const Instant world = once.world_of(local);
            ASSERT_GE(once.local_of(world).ms, local.ms) << drift << " " << ms;
            ASSERT_LT(once.local_of({world.ms - 1}).ms, local.ms) << drift << " " << ms;
        }
    }
}

} // namespace
} // namespace grafos::test
