// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/policy.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

using test::start_time;

constexpr RenewalPolicy standard{};

[[nodiscard]] Instant at(uint64_t ms) {
    return {start_time().ms + ms};
}

TEST(RenewalPolicy, The_standard_one_renews_at_three_quarters_give_or_take_a_tenth) {
    EXPECT_EQ(standard.renew_at_permille, 750u);
    EXPECT_EQ(standard.jitter_permille, 100u);
    EXPECT_EQ(standard.ttl_min.ms, 0u);
    EXPECT_EQ(standard.backoff_start.ms, 1'000u);
    EXPECT_EQ(standard.backoff_max.ms, 5'000u);
    EXPECT_TRUE(check_policy(standard).is_ok());
}

TEST(RenewalPolicy, Exactly_those_whose_window_lies_inside_the_life_are_accepted) {
    for (uint32_t renew_at = 0; renew_at <= 1010; renew_at += 5) {
        for (uint32_t jitter = 0; jitter <= 1010; jitter += 5) {
            RenewalPolicy policy;
            policy.renew_at_permille = renew_at;
            policy.jitter_permille = jitter;
            const bool is_good = renew_at > 0 && jitter <= renew_at && renew_at + jitter < 1000;
            const Result<> checked = check_policy(policy);
            ASSERT_EQ(checked.is_ok(), is_good) << renew_at << ", " << jitter;
            if (!is_good) {
                EXPECT_TRUE(checked.error().code == ErrorCode::invalid_argument);
                EXPECT_TRUE(checked.error().field == Field::argument);
            }
        }
    }
    RenewalPolicy policy;
    policy.renew_at_permille = UINT32_MAX;
    policy.jitter_permille = UINT32_MAX;
    EXPECT_FALSE(check_policy(policy).is_ok()) << "a sum that would wrap";
    policy = {};
    policy.backoff_start = {};
    EXPECT_FALSE(check_policy(policy).is_ok());
    policy.backoff_start = {5'001};
    EXPECT_FALSE(check_policy(policy).is_ok());
    policy.backoff_start = {5'000};
    EXPECT_TRUE(check_policy(policy).is_ok());
}

TEST(RenewalPolicy, A_share_is_the_floor_of_the_exact_quotient) {
    for (uint64_t value = 0; value < 3000; ++value) {
        for (uint32_t permille = 0; permille <= 1000; permille += 7) {
            ASSERT_EQ(share_of({value}, permille).ms, value * permille / 1000);
        }
    }
    EXPECT_EQ(share_of({UINT64_MAX}, 1000).ms, UINT64_MAX) << "no overflow on the way";
    EXPECT_EQ(share_of({UINT64_MAX}, 500).ms, UINT64_MAX / 2);
}

TEST(RenewalDeadline, The_mixing_is_splitmix64) {
    // The reference generator's first three outputs from state 0 (its state rises by the golden
    // gamma).
    EXPECT_EQ(mix(0), 0xe220a8397b1dcdafu);
    EXPECT_EQ(mix(0x9e3779b97f4a7c15u), 0x6e789e6aa1b965f4u);
    EXPECT_EQ(mix(0x9e3779b97f4a7c15u * 2), 0x06c45d188009454fu);
}

TEST(RenewalDeadline, Stays_inside_the_window_and_reaches_both_of_its_ends) {
    const uint64_t lives[] = {100, 101, 999, 1'000, 10'000, 300'000};
    for (const uint64_t life : lives) {
        const uint64_t middle = life * 750 / 1000;
        const uint64_t spread = life * 100 / 1000;
        bool is_first_seen = false;
        bool is_last_seen = false;
        for (uint64_t seed = 0; seed < 200'000 && !(is_first_seen && is_last_seen); ++seed) {
            const Instant due = renewal_deadline(at(0), at(life), seed, standard);
            ASSERT_GE(due.ms, at(middle - spread).ms);
            ASSERT_LE(due.ms, at(middle + spread).ms);
            is_first_seen = is_first_seen || due == at(middle - spread);
            is_last_seen = is_last_seen || due == at(middle + spread);
        }
        if (life <= 10'000) {
            EXPECT_TRUE(is_first_seen && is_last_seen) << life;
        }
    }
}

TEST(RenewalDeadline, Follows_the_documented_formula_to_the_millisecond) {
    for (uint64_t life = 1; life < 2'000; life += 13) {
        for (uint64_t seed = 0; seed < 50; ++seed) {
            const uint64_t spread = life * 100 / 1000;
            const uint64_t expected = life * 750 / 1000 - spread + mix(seed) % (2 * spread + 1);
            ASSERT_EQ(renewal_deadline(at(0), at(life), seed, standard).ms, at(expected).ms);
        }
    }
}

TEST(RenewalDeadline, The_seed_is_the_end_of_the_lease_id) {
    LeaseId id;
    for (size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<uint8_t>(i);
    }
    EXPECT_EQ(jitter_seed(id), 0x08090a0b0c0d0e0fu);
}

TEST(RenewalDeadline, Without_a_life_it_is_due_at_once_and_no_life_is_too_long) {
    EXPECT_TRUE(renewal_deadline(at(5), at(5), 1, standard) == at(5));
    EXPECT_TRUE(renewal_deadline(at(5), at(4), 1, standard) == at(5));
    EXPECT_TRUE(renewal_deadline(at(5), at(6), 1, standard) == at(5));
    const Instant end{UINT64_MAX - 1};
    const Instant due = renewal_deadline({0}, end, 7, standard);
    EXPECT_GE(due.ms, end.ms / 100 * 64);
    EXPECT_LE(due.ms, end.ms / 100 * 86);
    const Instant late = renewal_deadline({end.ms - 100}, end, 7, standard);
    EXPECT_GE(late.ms, end.ms - 35);
    EXPECT_LE(late.ms, end.ms - 15);
}

TEST(RenewalBackoff, Starts_at_a_second_or_an_eighth_and_doubles_to_five_seconds) {
    const uint64_t expected[] = {1'000, 2'000, 4'000, 5'000, 5'000};
    Duration wait{};
    for (uint32_t failure = 1; failure <= 5; ++failure) {
        wait = backoff_after(failure, wait, {300'000}, standard);
        EXPECT_EQ(wait.ms, expected[failure - 1]);
    }
    EXPECT_EQ(backoff_after(1, {}, {8'000}, standard).ms, 1'000u);
    EXPECT_EQ(backoff_after(1, {}, {7'992}, standard).ms, 999u);
    EXPECT_EQ(backoff_after(1, {}, {25}, standard).ms, 3u);
}

TEST(RenewalBackoff, Whatever_is_left_three_tries_still_fit) {
    for (uint64_t left = 4; left < 100'000; left += left < 2'000 ? 1 : 97) {
        uint64_t rest = left;
        uint32_t failures = 1;
        Duration wait{};
        uint32_t tries = 0;
        while (rest > 0 && tries < 3) {
            wait = backoff_after(failures, wait, {rest}, standard);
            ASSERT_GE(wait.ms, 1u);
            ASSERT_LE(wait.ms, 5'000u);
            if (wait.ms >= rest) {
                break;
            }
            rest -= wait.ms;
            ++tries;
            ++failures;
        }
        ASSERT_EQ(tries, 3u) << left;
    }
}

TEST(RenewalBackoff, Tries_that_fail_slowly_still_leave_room) {
    // Each try takes as long as the wait before it: half the time is lost, and three still fit.
    for (uint64_t left = 64; left < 100'000; left += 61) {
        uint64_t rest = left;
        Duration wait{};
        uint32_t tries = 0;
        for (uint32_t failures = 1; failures <= 3; ++failures) {
            wait = backoff_after(failures, wait, {rest}, standard);
            if (wait.ms < rest) {
                ++tries;
            }
            rest = rest > 2 * wait.ms ? rest - 2 * wait.ms : 0;
        }
        ASSERT_EQ(tries, 3u) << left;
    }
}

TEST(RenewalBackoff, With_nothing_left_it_is_one_millisecond) {
    EXPECT_EQ(backoff_after(1, {}, {0}, standard).ms, 1u);
    EXPECT_EQ(backoff_after(9, {UINT64_MAX}, {0}, standard).ms, 1u);
    EXPECT_EQ(backoff_after(9, {UINT64_MAX}, {UINT64_MAX}, standard).ms, 5'000u);
    EXPECT_ASSERTION(backoff_after(0, {}, {1}, standard));
}

} // namespace
} // namespace grafos::lease
