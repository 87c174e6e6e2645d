// SPDX-License-Identifier: Apache-2.0
#include "core/base/time.hpp"

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

constexpr uint64_t end_ms = UINT64_MAX;

TEST(Time, A_sum_is_exact_up_to_the_last_point_before_never) {
    const Instant start = test::start_time();
    EXPECT_EQ(checked_add(start, 250_ms).value().ms, start.ms + 250);
    EXPECT_EQ(checked_add(start, 0_ms).value().ms, start.ms);
    EXPECT_EQ(checked_add({end_ms - 10}, 9_ms).value().ms, end_ms - 1);
    EXPECT_EQ(checked_add({0}, {end_ms - 1}).value().ms, end_ms - 1);
}

TEST(Time, A_sum_at_or_past_never_is_refused_with_what_there_was_room_for) {
    for (const uint64_t by : {uint64_t{10}, uint64_t{11}, end_ms}) {
        const Error error = checked_add({end_ms - 10}, {by}).error();
        EXPECT_EQ(error.code, ErrorCode::exhausted);
        EXPECT_EQ(error.field, Field::ttl);
        EXPECT_EQ(error.value, by);
        EXPECT_EQ(error.expected, 10u);
    }
    EXPECT_FALSE(checked_add(Instant::never(), 0_ms).is_ok());
    EXPECT_FALSE(checked_add({0}, {end_ms}).is_ok());
}

TEST(Time, A_wake_up_past_the_end_saturates_at_never) {
    EXPECT_EQ(saturating_add(Instant{5}, 7_ms).ms, 12u);
    EXPECT_EQ(saturating_add(Instant{end_ms - 2}, 1_ms).ms, end_ms - 1);
    EXPECT_EQ(saturating_add(Instant{end_ms - 2}, 2_ms), Instant::never());
    EXPECT_EQ(saturating_add(Instant{end_ms - 2}, {end_ms}), Instant::never());
    EXPECT_EQ(saturating_add(Instant::never(), 0_ms), Instant::never());
}

TEST(Time, Lengths_saturate_at_the_longest_length) {
    EXPECT_EQ(saturating_add(2_ms, 3_ms).ms, 5u);
    EXPECT_EQ(saturating_add(Duration{end_ms - 1}, 1_ms).ms, end_ms);
    EXPECT_EQ(saturating_add(Duration{end_ms - 1}, 2_ms).ms, end_ms);
    EXPECT_EQ(saturating_add(Duration{end_ms}, Duration{end_ms}).ms, end_ms);
}

TEST(Time, A_difference_needs_the_later_instant_first) {
    const Instant start = test::start_time();
    EXPECT_EQ((saturating_add(start, 5_ms) - start).ms, 5u);
    EXPECT_EQ((start - start).ms, 0u);
    EXPECT_ASSERTION(start - saturating_add(start, 1_ms));
}

TEST(Time, What_is_left_is_zero_from_the_deadline_on) {
    const Instant deadline = saturating_add(test::start_time(), 100_ms);
    EXPECT_EQ(left_until(deadline, test::start_time()).ms, 100u);
    EXPECT_EQ(left_until(deadline, {deadline.ms - 1}).ms, 1u);
    EXPECT_EQ(left_until(deadline, deadline).ms, 0u);
    EXPECT_EQ(left_until(deadline, {deadline.ms + 1}).ms, 0u);
}

TEST(Time, A_lease_is_over_at_its_deadline_not_after_it) {
    const Instant deadline = saturating_add(test::start_time(), 100_ms);
    EXPECT_TRUE(is_before_deadline({deadline.ms - 1}, deadline));
    EXPECT_FALSE(is_before_deadline(deadline, deadline));
    EXPECT_FALSE(is_before_deadline({deadline.ms + 1}, deadline));
}

TEST(Time, The_earlier_of_two_is_found_either_way_round) {
    EXPECT_EQ(earlier_of({1}, {2}).ms, 1u);
    EXPECT_EQ(earlier_of({2}, {1}).ms, 1u);
    EXPECT_EQ(earlier_of({3}, Instant::never()).ms, 3u);
}

TEST(Time, Instants_order_across_the_border_of_32_bits) {
    const Instant before{0xffffffffu};
    const Instant after = saturating_add(before, 1_ms);
    EXPECT_EQ(after.ms, 0x100000000u);
    EXPECT_LT(before, after);
    EXPECT_EQ((after - before).ms, 1u);
}

TEST(Time, Literals_count_milliseconds) {
    EXPECT_EQ((5_ms).ms, 5u);
    EXPECT_EQ((5_s).ms, 5000u);
}

} // namespace
} // namespace grafos
