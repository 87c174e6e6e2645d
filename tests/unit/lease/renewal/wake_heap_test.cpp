// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/wake_heap.hpp"

#include <array>

#include "core/lease/renewal/policy.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint32_t item_count = 40;

struct Heap {
    std::array<WakeHeap::Entry, item_count> entries{};
    std::array<uint32_t, item_count> places{};
    WakeHeap heap{entries, places};
};

TEST(WakeHeap, Items_leave_by_instant_and_then_by_number) {
    Heap h;
    for (uint32_t item = 0; item < item_count; ++item) {
        h.heap.insert(item, {(item * 7) % 5});
    }
    EXPECT_EQ(h.heap.size(), item_count);
    WakeHeap::Entry last{{0}, 0};
    for (uint32_t i = 0; i < item_count; ++i) {
        const WakeHeap::Entry top = h.heap.top();
        if (i > 0) {
            EXPECT_TRUE(last.wake < top.wake || (last.wake == top.wake && last.item < top.item));
        }
        last = top;
        h.heap.erase(top.item);
        ASSERT_TRUE(h.heap.is_consistent());
    }
    EXPECT_TRUE(h.heap.is_empty());
}

/// Against a plain table that is searched from end to end.
TEST(WakeHeap, Whatever_is_inserted_moved_and_erased_the_earliest_is_on_top) {
    Heap h;
    std::array<bool, item_count> is_in{};
    std::array<uint64_t, item_count> wakes{};
    uint64_t random = 1;
    for (uint32_t step = 0; step < 50'000; ++step) {
        random = mix(random);
        const auto item = static_cast<uint32_t>(random % item_count);
        const uint64_t wake = (random >> 32) % 64;
        if (!is_in[item]) {
            h.heap.insert(item, {wake});
            is_in[item] = true;
            wakes[item] = wake;
        } else if ((random >> 20) % 3 == 0) {
            h.heap.erase(item);
            is_in[item] = false;
        } else {
            h.heap.move(item, {wake});
            wakes[item] = wake;
        }
        uint32_t first = WakeHeap::nowhere;
        uint32_t count = 0;
        for (uint32_t i = 0; i < item_count; ++i) {
            count += is_in[i] ? 1u : 0u;
            if (is_in[i] && (first == WakeHeap::nowhere || wakes[i] < wakes[first])) {
                first = i;
            }
        }
        ASSERT_EQ(h.heap.size(), count);
        ASSERT_EQ(h.heap.is_empty(), count == 0);
        if (count > 0) {
            ASSERT_EQ(h.heap.top().item, first) << step;
            ASSERT_EQ(h.heap.top().wake.ms, wakes[first]);
        }
        if (step % 64 == 0) {
            ASSERT_TRUE(h.heap.is_consistent());
        }
    }
}

TEST(WakeHeap, Misuse_is_a_broken_program) {
    Heap h;
    EXPECT_ASSERTION(h.heap.top());
    EXPECT_ASSERTION(h.heap.erase(0));
    EXPECT_ASSERTION(h.heap.move(0, {1}));
    EXPECT_ASSERTION(h.heap.insert(item_count, {1}));
}

} // namespace
} // namespace grafos::lease
