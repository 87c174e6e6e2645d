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

} // namespace
} // namespace grafos::test
