// SPDX-License-Identifier: Apache-2.0
#include "core/observe/histogram.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::observe {
namespace {

TEST(Histogram, Buckets_are_powers_of_two) {
    EXPECT_EQ(Histogram::bucket_of(0), 0u);
    for (size_t bucket = 1; bucket < Histogram::bucket_count - 1; ++bucket) {
        const uint64_t first = uint64_t{1} << (bucket - 1);
        EXPECT_EQ(Histogram::bucket_of(first), bucket);
        EXPECT_EQ(Histogram::bucket_of(2 * first - 1), bucket);
    }
    EXPECT_EQ(Histogram::bucket_of(uint64_t{1} << 30), 31u);
    EXPECT_EQ(Histogram::bucket_of(~uint64_t{0}), 31u);
}

TEST(Histogram, Counts_each_value_in_its_bucket_and_keeps_the_largest) {
    Histogram histogram;
    for (const uint64_t value : {0u, 1u, 2u, 3u, 4u, 1000u, 3u}) {
        histogram.add(value);
    }
    EXPECT_EQ(histogram.count(), 7u);
    EXPECT_EQ(histogram.largest(), 1000u);
    EXPECT_EQ(histogram.in_bucket(0), 1u);
    EXPECT_EQ(histogram.in_bucket(1), 1u);
    EXPECT_EQ(histogram.in_bucket(2), 3u);
    EXPECT_EQ(histogram.in_bucket(3), 1u);
    EXPECT_EQ(histogram.in_bucket(10), 1u);
    EXPECT_ASSERTION(histogram.in_bucket(Histogram::bucket_count));
}

TEST(Histogram, A_bound_holds_for_every_share_of_every_run_of_values) {
    // Values 1 … n: the true value of rank r is r, so the bound must reach it and may not pass it
    // by a factor of two.
    for (uint64_t n = 1; n <= 200; ++n) {
        Histogram histogram;
        for (uint64_t value = 1; value <= n; ++value) {
            histogram.add(value);
        }
        for (const uint32_t per_mille : {1u, 10u, 500u, 900u, 990u, 999u, 1000u}) {
            const uint64_t rank = (n * per_mille + 999) / 1000;
            const uint64_t bound = histogram.bound_of(per_mille);
            EXPECT_GE(bound, rank) << n << " " << per_mille;
            EXPECT_LE(bound, n) << n << " " << per_mille;
            EXPECT_LT(bound, 2 * rank) << n << " " << per_mille;
        }
    }
}

TEST(Histogram, A_bound_in_the_last_bucket_is_the_largest_value) {
    Histogram histogram;
    histogram.add(~uint64_t{0});
    EXPECT_EQ(histogram.bound_of(1), ~uint64_t{0});
    histogram.add(0);
    EXPECT_EQ(histogram.bound_of(500), 0u);
    EXPECT_EQ(histogram.bound_of(501), ~uint64_t{0});
}

TEST(Histogram, Without_values_every_bound_is_zero_and_shares_are_checked) {
    Histogram histogram;
    EXPECT_EQ(histogram.bound_of(500), 0u);
    EXPECT_ASSERTION(histogram.bound_of(0));
    EXPECT_ASSERTION(histogram.bound_of(1001));
}

} // namespace
} // namespace grafos::observe
