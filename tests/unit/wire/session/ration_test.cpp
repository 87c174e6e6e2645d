// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/ration.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

TEST(Ration, Gives_no_more_than_its_number_in_any_window) {
    Ration<20> ration{Duration{1'000}};
    std::array<uint64_t, 400> used{};
    size_t count = 0;
    for (uint64_t ms = 0; ms < 10'000; ++ms) {
        const Instant now{test::start_time().ms + ms};
        if (ms % 7 != 3 && count < used.size() && ration.has_one(now)) { // greedy, with holes
            ration.use(now, 0);
            used[count] = ms;
            count += 1;
        }
    }
    for (size_t i = 20; i < count; ++i) {
        ASSERT_GE(used[i] - used[i - 20], 1'000u);
    }
    EXPECT_GE(count, 190u);
}

TEST(Ration, Says_when_the_next_one_is_due) {
    Ration<2> ration{Duration{100}};
    const uint64_t start = test::start_time().ms;
    EXPECT_TRUE(ration.has_one({start}));
    ration.use({start + 10}, 1);
    ration.use({start + 30}, 2);
    EXPECT_EQ(ration.next_at().ms, start + 110);
    EXPECT_FALSE(ration.has_one({start + 109}));
    EXPECT_TRUE(ration.has_one({start + 110}));
    EXPECT_ASSERTION(ration.use({start + 109}, 3));
}

TEST(Ration, Gives_back_what_one_purpose_used_and_nothing_else) {
    Ration<4> ration{Duration{100}};
    const uint64_t start = test::start_time().ms;
    ration.use({start}, 1);
    ration.use({start + 1}, 2);
    ration.use({start + 2}, 1);
    ration.use({start + 3}, 3);
    EXPECT_FALSE(ration.has_one({start + 3}));
    ration.give_back(1);
    ration.use({start + 4}, 4);
    ration.use({start + 5}, 4);
    EXPECT_EQ(ration.next_at().ms, start + 101); // of 2, the oldest that counts
    ration.give_back(1);                         // nothing of it is left
    EXPECT_EQ(ration.next_at().ms, start + 101);
}

} // namespace
} // namespace grafos::wire
