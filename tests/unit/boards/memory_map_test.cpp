// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/memory_map/memory_map.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::largest_free_span;
using board::MemoryRange;

constexpr uint64_t page = board::memory_page_bytes;

TEST(MemoryMap, Nothing_in_nothing_out) {
    EXPECT_EQ(largest_free_span({}, {}).size(), 0u);
    const MemoryRange empty[] = {{5 * page, 5 * page}, {9 * page, page}};
    EXPECT_EQ(largest_free_span(empty, {}).size(), 0u);
}

TEST(MemoryMap, Takes_the_largest_range_and_aligns_it) {
    const MemoryRange ram[] = {
        {0, 10 * page}, {100 * page + 1, 200 * page - 1}, {300 * page, 310 * page}};
    const MemoryRange span = largest_free_span(ram, {});
    EXPECT_EQ(span.begin, 101 * page);
    EXPECT_EQ(span.end, 199 * page);
}

TEST(MemoryMap, A_range_smaller_than_a_page_is_none) {
    const MemoryRange ram[] = {{page + 1, 2 * page + page - 1}};
    EXPECT_EQ(largest_free_span(ram, {}).size(), 0u);
}

TEST(MemoryMap, Goes_around_what_is_reserved) {
    const MemoryRange ram[] = {{0, 100 * page}};
    const MemoryRange image[] = {
        {20 * page, 30 * page}, {25 * page, 40 * page}, {90 * page, 95 * page}};
    const MemoryRange span = largest_free_span(ram, image);
    EXPECT_EQ(span.begin, 40 * page);
    EXPECT_EQ(span.end, 90 * page);
}

TEST(MemoryMap, All_reserved_leaves_nothing) {
    const MemoryRange ram[] = {{page, 100 * page}};
    const MemoryRange all[] = {{0, 60 * page}, {50 * page, UINT64_MAX}};
    EXPECT_EQ(largest_free_span(ram, all).size(), 0u);
}

TEST(MemoryMap, The_end_of_the_address_space_does_not_wrap) {
    const MemoryRange ram[] = {{UINT64_MAX - 10, UINT64_MAX}, {UINT64_MAX - 3 * page, UINT64_MAX}};
    const MemoryRange span = largest_free_span(ram, {});
    EXPECT_GE(span.begin, UINT64_MAX - 3 * page);
    EXPECT_LE(span.size(), 3 * page);
}

/// Every map of two ranges and two reservations on a line of eight pages against a walk over the
/// pages.
TEST(MemoryMap, Agrees_with_counting_pages_on_every_small_map) {
    constexpr uint64_t line = 6;
    for (uint64_t code = 0; code < (1u << 18); ++code) {
        const auto cut = [&](uint64_t shift) { return (code >> shift) % (line + 1); };
        const MemoryRange ram[] = {{cut(0) * page, cut(3) * page}, {0, cut(15) * page}};
        const MemoryRange reserved[] = {{cut(6) * page, cut(9) * page},
                                        {cut(12) * page, (cut(12) + 1) * page}};
        uint64_t best = 0;
        for (const MemoryRange& range : ram) {
            uint64_t run = 0;
            for (uint64_t at = range.begin; at < range.end; at += page) {
                bool is_free = true;
                for (const MemoryRange& taken : reserved) {
                    is_free =
                        is_free && !(taken.size() != 0 && at >= taken.begin && at < taken.end);
                }
                run = is_free ? run + page : 0;
                best = best > run ? best : run;
            }
        }
        ASSERT_EQ(largest_free_span(ram, reserved).size(), best);
    }
}

} // namespace
} // namespace grafos::test
