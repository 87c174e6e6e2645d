// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/test.hpp"
#include "tests/unit/ec_counter/rig.hpp"

namespace grafos::test::ec {

namespace {

constexpr Settings three_and_five{.num_servers = 3, .num_clients = 5};

/// The settings with a word of read_words on top.
[[nodiscard]] Settings with_words(std::string_view words, uint64_t seed) noexcept {
    Settings settings = three_and_five;
    EXPECT_FALSE(read_words(settings, words).has_value()) << words;
    settings.seed = seed;
    return settings;
}

/// What falls is named, and it is said how.
void expect_fallen(const Settings& settings, Break planted, Property property) noexcept {
    SmallPlay& play = small_play(settings, planted);
    ASSERT_TRUE(play.play());
    EXPECT_FALSE(play.properties.is_good());
    EXPECT_EQ(play.fallen(), name_of(property)) << play.what();
    EXPECT_FALSE(play.what().empty());
}

} // namespace

TEST(EcCounterProperties, Hold_in_a_plain_run_which_ends_with_the_largest_value_ever_held) {
    SmallPlay& play = small_play(three_and_five);
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    ASSERT_TRUE(play.run.director().value().has_value());
    EXPECT_EQ(*play.run.director().value(), play.properties.figures().most_held);
    EXPECT_EQ(play.properties.figures().gets + play.properties.figures().sets, 500u);
}

TEST(EcCounterProperties, Name_the_break_of_a_server_that_overwrites) {
    expect_fallen(three_and_five, Break::overwrite, Property::accepted_if_larger);
}

TEST(EcCounterProperties, Name_the_break_of_an_overwriting_sync) {
    // One client has no set that is not larger, so the first mistake is a sync's.
    Settings settings{.num_servers = 2, .num_clients = 1, .requests = 1};
    settings.sync_period_ms = 10;
    bool is_found = false;
    for (settings.seed = 1; settings.seed <= 20 && !is_found; ++settings.seed) {
        SmallPlay& play = small_play(settings, Break::overwrite);
        ASSERT_TRUE(play.play());
        is_found = play.fallen() == name_of(Property::never_decreases);
    }
    EXPECT_TRUE(is_found);
}

TEST(EcCounterProperties, Name_the_break_of_servers_that_never_sync) {
    expect_fallen(three_and_five, Break::no_sync, Property::equal_at_end);
}

TEST(EcCounterProperties, Name_the_break_of_loops_that_stop_one_short) {
    expect_fallen(three_and_five, Break::exclusive_range, Property::all_started);
}

TEST(EcCounterProperties, Hold_with_loss_copies_and_letters_that_overtake_one_another) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        SmallPlay& play = small_play(
            with_words("loss_permille=100,duplicate_permille=100,jitter_ms=20,first_wait_ms=20000,"
                       "second_wait_ms=2000,requests=20",
                       seed));
        ASSERT_TRUE(play.play());
        EXPECT_TRUE(play.properties.is_good()) << "seed " << seed << ": " << play.fallen();
        EXPECT_EQ(play.properties.figures().timed_out,
                  play.recorder.count(rules::request_timed_out));
    }
}

TEST(EcCounterProperties, Hold_through_cuts_that_heal) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        SmallPlay& play = small_play(with_words(
            "cut=50-1500:server-1+client-1,cut=1000-3000:server-2,first_wait_ms=20000", seed));
        ASSERT_TRUE(play.play());
        EXPECT_TRUE(play.properties.is_good()) << "seed " << seed << ": " << play.fallen();
        EXPECT_GT(play.properties.figures().timed_out, 0u);
    }
}

TEST(EcCounterProperties, Hold_with_all_of_it_at_once) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        SmallPlay& play = small_play(with_words(
            "loss_permille=200,duplicate_permille=200,jitter_ms=150,cut=500-4000:server-3+client-3,"
            "call_timeout_ms=400,first_wait_ms=25000,second_wait_ms=5000,requests=15",
            seed));
        ASSERT_TRUE(play.play());
        EXPECT_TRUE(play.properties.is_good()) << "seed " << seed << ": " << play.fallen();
        EXPECT_GT(play.run.system().figures().doubled, 0u);
    }
}

TEST(EcCounterProperties, Name_what_falls_when_every_SyncValue_is_dropped) {
    expect_fallen(with_words("drop=SyncValue", 1), Break::none, Property::equal_at_end);
    SmallPlay& play = small_play(with_words("drop=SyncValue", 1));
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.recorder.count(rules::not_converged), 1u);
    EXPECT_EQ(play.recorder.count(rules::converged), 0u);
    EXPECT_FALSE(play.run.director().value().has_value());
}

TEST(EcCounterProperties, Servers_that_main_could_not_hear_are_accused_of_nothing) {
    SmallPlay& play = small_play(with_words("call_timeout_ms=1,latency_ms=100", 1));
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.recorder.count(rules::server_silent), 6u); // three in each check
    EXPECT_EQ(play.recorder.count(rules::not_converged), 1u);
    EXPECT_TRUE(play.properties.is_kept()) << play.fallen();
    EXPECT_FALSE(play.properties.is_good());
}

TEST(EcCounterProperties, A_verdict_that_comes_too_early_breaks_nothing_and_is_not_good) {
    SmallPlay& play = small_play(with_words("first_wait_ms=5,second_wait_ms=0", 1));
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_kept()) << play.fallen();
    EXPECT_FALSE(play.properties.is_good());
}

} // namespace grafos::test::ec
