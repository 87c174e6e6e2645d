// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/properties.hpp"

#include "tests/testkit/test.hpp"
#include "tests/unit/kv_store/rig.hpp"

namespace grafos::test::kv {
namespace {

/// Nets from still to foul.
constexpr std::array<em::NetworkPlan, 6> nets{{
    {},
    {.jitter = Duration{9}},
    {.jitter = Duration{40}, .duplicate_permille = 300},
    {.loss_permille = 50},
    {.jitter = Duration{1'500}, .loss_permille = 20, .duplicate_permille = 500},
    {.latency = Duration{0},
     .jitter = Duration{3},
     .loss_permille = 300,
     .duplicate_permille = 1'000},
}};
constexpr uint64_t seeds = 60; // for each net

} // namespace

TEST(KvProperties, Hold_whatever_the_net_does) {
    uint64_t doubled = 0;
    uint64_t timed_out = 0;
    uint64_t refused = 0;
    for (const em::NetworkPlan& net : nets) {
        for (uint64_t seed = 1; seed <= seeds; ++seed) {
            SCOPED_TRACE(seed);
            SmallPlay& play =
                small_play({.clients = 1 + seed % image_clients_max, .seed = seed, .network = net});
            ASSERT_TRUE(play.play());
            ASSERT_TRUE(play.run.judge().is_kept()) << play.run.judge().first().text;
            EXPECT_LE(play.run.judge().figures().requests, 10 * (1 + seed % image_clients_max));
            EXPECT_LE(play.run.key_count(), client_keys.size());
            doubled += play.run.system().figures().doubled;
            timed_out += play.run.judge().figures().timed_out;
            refused += play.recorder.count(rules::refused);
        }
    }
    EXPECT_GT(doubled, uint64_t{1'000}); // they were foul
    EXPECT_GT(timed_out, uint64_t{100});
    EXPECT_GT(refused, uint64_t{1'000});
}

TEST(KvProperties, Each_planted_break_makes_its_own_property_fall) {
    for (const BreakWord& word : break_words) {
        SCOPED_TRACE(word.name);
        uint64_t found = 0;
        for (uint64_t seed = 1; seed <= 20; ++seed) {
            SmallPlay& play = small_play({.seed = seed}, word.planted);
            ASSERT_TRUE(play.play());
            if (!play.run.judge().is_kept()) {
                found += 1;
                EXPECT_EQ(play.run.judge().first().property, word.property);
            }
        }
        EXPECT_GE(found, uint64_t{18});
        EXPECT_TRUE(break_named(word.name) == word.planted);
    }
    EXPECT_FALSE(break_named("none").has_value());
}

TEST(KvProperties, The_default_run_shows_each_break_with_its_place) {
    for (const BreakWord& word : break_words) {
        SCOPED_TRACE(word.name);
        SmallPlay& play = small_play({}, word.planted);
        ASSERT_TRUE(play.play());
        ASSERT_FALSE(play.run.judge().is_kept());
        EXPECT_FALSE(play.run.judge().first().text.empty());
    }
}

} // namespace grafos::test::kv
