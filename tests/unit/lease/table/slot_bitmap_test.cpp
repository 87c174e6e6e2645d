// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/slot_bitmap.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint32_t word_count_most = SlotBitmap::words_for(300'000);
std::array<uint64_t, word_count_most> words;

/// Members at `a` and `b` only; what `next` must say for every start.
void expect_pair(uint32_t count, uint32_t a, uint32_t b) {
    SlotBitmap set;
    set.start(words, count);
    set.set(a);
    set.set(b);
    for (uint32_t from = 0; from <= count; ++from) {
        const uint32_t expected = from <= a ? a : from <= b ? b : SlotBitmap::none;
        ASSERT_EQ(set.next(from), expected);
        ASSERT_EQ(set.next_circular(from), expected == SlotBitmap::none ? a : expected);
    }
}

TEST(SlotBitmap, Finds_the_next_member_from_every_place_for_every_pair_in_small_sets) {
    for (const uint32_t count : {1u, 2u, 63u, 64u, 65u, 130u}) {
        for (uint32_t a = 0; a < count; ++a) {
            for (uint32_t b = a; b < count; ++b) {
                expect_pair(count, a, b);
            }
        }
    }
}

TEST(SlotBitmap, Finds_the_next_member_across_all_tiers) {
    for (const uint32_t count : {4096u, 4097u, 8191u, 262'144u, 262'145u, 300'000u}) {
        SlotBitmap set;
        set.start(words, count);
        for (const uint32_t member : {0u, 1u, 63u, 64u, 4000u, 4095u, count - 1, count / 2}) {
            SCOPED_TRACE(count);
            SCOPED_TRACE(member);
            EXPECT_EQ(set.next(0), SlotBitmap::none);
            set.set(member);
            EXPECT_TRUE(set.contains(member));
            EXPECT_EQ(set.next(0), member);
            EXPECT_EQ(set.next(member), member);
            EXPECT_EQ(set.next(member + 1), SlotBitmap::none);
            EXPECT_EQ(set.next_circular(member + 1), member);
            set.clear(member);
            EXPECT_FALSE(set.contains(member));
        }
    }
}

TEST(SlotBitmap, Agrees_with_a_plain_list_over_random_changes) {
    constexpr uint32_t count = 5000;
    static std::array<bool, count> model;
    model.fill(false);
    SlotBitmap set;
    set.start(words, count);
    uint64_t seed = 7;
    for (int step = 0; step < 20'000; ++step) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto slot = static_cast<uint32_t>((seed >> 33) % count);
        const bool is_in = ((seed >> 20) & 7u) == 0; // mostly empty, so that searches climb
        model[slot] = is_in;
        if (is_in) {
            set.set(slot);
        } else {
            set.clear(slot);
        }
        uint32_t expected = slot;
        while (expected < count && !model[expected]) {
            ++expected;
        }
        ASSERT_EQ(set.next(slot), expected == count ? SlotBitmap::none : expected);
    }
}

TEST(SlotBitmap, Slots_outside_the_set_and_storage_too_small_are_broken_programs) {
    SlotBitmap set;
    set.start(words, 100);
    EXPECT_ASSERTION(set.set(100));
    EXPECT_ASSERTION(set.clear(100));
    EXPECT_ASSERTION(set.contains(100));
    EXPECT_ASSERTION(set.start(words, 0));
    EXPECT_ASSERTION(set.start(std::span<uint64_t>{words}.first(2), 129));
    EXPECT_ASSERTION(set.start(words, SlotBitmap::slot_count_max + 1));
}

} // namespace
} // namespace grafos::lease
