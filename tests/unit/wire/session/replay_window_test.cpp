// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/replay_window.hpp"

#include "tests/support/seeded_entropy.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using Verdict = ReplayWindow::Verdict;

TEST(ReplayWindow, Takes_each_counter_once_in_any_order_of_eight) {
    // All 40,320 orders of eight counters, twice each: by counting in the factorial system.
    for (uint32_t code = 0; code < 40'320; ++code) {
        uint8_t order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        uint32_t rest = code;
        for (uint32_t i = 8; i > 1; --i) {
            const uint32_t j = rest % i;
            rest /= i;
            const uint8_t swapped = order[i - 1];
            order[i - 1] = order[j];
            order[j] = swapped;
        }
        ReplayWindow window;
        for (const uint8_t counter : order) {
            ASSERT_EQ(window.look(counter), Verdict::fresh);
            window.note(counter);
            ASSERT_EQ(window.look(counter), Verdict::repeated);
        }
    }
}

TEST(ReplayWindow, Holds_exactly_its_size_behind_the_newest) {
    ReplayWindow window;
    window.note(5'000);
    EXPECT_EQ(window.look(5'000 - ReplayWindow::size + 1), Verdict::fresh);
    EXPECT_EQ(window.look(5'000 - ReplayWindow::size), Verdict::old);
    EXPECT_EQ(window.look(0), Verdict::old);
    EXPECT_EQ(window.look(5'001), Verdict::fresh);
    EXPECT_EQ(window.look(UINT64_MAX), Verdict::fresh);
}

TEST(ReplayWindow, Agrees_with_a_list_of_what_was_heard) {
    constexpr uint64_t counters = 6'000;
    static std::array<bool, counters> heard;
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        heard = {};
        test::SeededChoice choice{seed};
        ReplayWindow window;
        uint64_t next = 0;
        for (int i = 0; i < 12'000; ++i) {
            const uint64_t reach = choice.chance(20) ? 1'500 : 40;
            const uint64_t low = next > reach ? next - reach : 0;
            uint64_t counter = low + choice.below(reach + 8);
            counter = counter < counters ? counter : counters - 1;
            Verdict expected = heard[counter] ? Verdict::repeated : Verdict::fresh;
            expected =
                next - counter > ReplayWindow::size && counter < next ? Verdict::old : expected;
            ASSERT_EQ(window.look(counter), expected) << seed << " " << counter << " " << next;
            if (expected == Verdict::fresh) {
                window.note(counter);
                heard[counter] = true;
                next = counter >= next ? counter + 1 : next;
            }
        }
    }
}

TEST(ReplayWindow, Forgets_a_lap_when_the_newest_jumps) {
    for (uint64_t jump = 1; jump < 3 * ReplayWindow::size; ++jump) {
        ReplayWindow window;
        for (uint64_t counter = 0; counter < 70; ++counter) {
            window.note(counter);
        }
        const uint64_t newest = 69 + jump;
        window.note(newest);
        for (uint64_t counter = newest - 1; counter + ReplayWindow::size > newest && counter > 69;
             --counter) {
            ASSERT_EQ(window.look(counter), Verdict::fresh) << jump << " " << counter;
        }
        for (uint64_t counter = 0; counter < 70; ++counter) {
            const bool is_old = newest + 1 - counter > ReplayWindow::size;
            ASSERT_EQ(window.look(counter), is_old ? Verdict::old : Verdict::repeated);
        }
    }
}

TEST(ReplayWindow, Reaches_the_last_counter_but_one) {
    ReplayWindow window;
    window.note(UINT64_MAX - 1);
    EXPECT_EQ(window.look(UINT64_MAX - 1), Verdict::repeated);
    EXPECT_EQ(window.look(UINT64_MAX - ReplayWindow::size), Verdict::fresh);
    EXPECT_EQ(window.look(UINT64_MAX - ReplayWindow::size - 1), Verdict::old);
    EXPECT_ASSERTION(window.note(UINT64_MAX));
    EXPECT_ASSERTION(window.note(UINT64_MAX - 1));
}

} // namespace
} // namespace grafos::wire
