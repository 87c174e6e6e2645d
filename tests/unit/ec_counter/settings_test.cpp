// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/settings.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test::ec {

using namespace grafos::ec_counter;

namespace {

/// What is said about these words; empty: they are sound.
struct Said {
    explicit Said(std::string_view words) noexcept {
        const auto problem = read_words(settings, words);
        if (problem.has_value()) {
            put_problem(text, *problem);
        }
    }
    Settings settings{};
    std::array<char, 500> buffer;
    TextWriter text{buffer};
};

} // namespace

TEST(EcCounterSettings, Have_the_defaults_of_the_requirement) {
    const Settings settings{};
    EXPECT_FALSE(check(settings).has_value());
    EXPECT_EQ(settings.num_servers, 3u);
    EXPECT_EQ(settings.num_clients, 3u);
    EXPECT_EQ(settings.requests, 100u);
    EXPECT_EQ(settings.sync_period_ms, 100u);
    EXPECT_EQ(settings.value_least, 0u);
    EXPECT_EQ(settings.value_most, 999u);
    EXPECT_EQ(settings.call_timeout_ms, 1'000u);
    EXPECT_EQ(settings.first_wait_ms, 5'000u);
    EXPECT_EQ(settings.second_wait_ms, 1'000u);
}

TEST(EcCounterSettings, Take_each_end_of_each_range_and_nothing_beyond) {
    for (const SettingRow& row : setting_rows()) {
        for (const uint64_t value : {row.least, row.most}) {
            Settings settings{};
            EXPECT_FALSE(set_number(settings, row.name, static_cast<int64_t>(value)).has_value());
            EXPECT_EQ(settings.*row.member, value) << row.name;
        }
        Settings settings{};
        const auto below = set_number(settings, row.name, static_cast<int64_t>(row.least) - 1);
        ASSERT_TRUE(below.has_value()) << row.name;
        EXPECT_EQ(below->setting, row.name);
        EXPECT_EQ(below->found, static_cast<int64_t>(row.least) - 1);
        EXPECT_EQ(below->least, row.least);
        EXPECT_EQ(below->most, row.most);
        if (row.most < INT64_MAX) {
            EXPECT_TRUE(
                set_number(settings, row.name, static_cast<int64_t>(row.most) + 1).has_value());
            settings.*row.member = row.most + 1;
            EXPECT_TRUE(check(settings).has_value()) << row.name;
        }
    }
}

TEST(EcCounterSettings, Say_which_setting_is_wrong_what_was_found_and_what_is_accepted) {
    EXPECT_EQ(Said{"num_servers=0"}.text.text(), "num_servers: found 0, accepted: 1 to 100");
    EXPECT_EQ(Said{"num_clients=-1"}.text.text(), "num_clients: found -1, accepted: 0 to 1000");
    EXPECT_EQ(Said{"num_clients=1001"}.text.text(), "num_clients: found 1001, accepted: 0 to 1000");
    EXPECT_EQ(Said{"requests=many"}.text.text(), "requests: found \"many\", accepted: 0 to 100000");
    EXPECT_EQ(Said{"value_least=5,value_most=4"}.text.text(),
              "value_most: found 4, accepted: 5 to 1000000000");
    EXPECT_EQ(Said{"drop=Start"}.text.text(), "drop: found \"Start\", accepted: Get Set SyncValue");
    EXPECT_EQ(Said{"cut=9"}.text.text(), "cut: found \"9\", accepted: FROM-UNTIL:NODE+NODE, as "
                                         "900-1500:server-1+client-1");
    EXPECT_EQ(Said{"cut=0-9:server-4"}.text.text(), "cut: found server-4, accepted: 1 to 3");
    EXPECT_EQ(Said{"colour=3"}.text.text(),
              "colour: no such setting, accepted: num_servers num_clients seed requests "
              "sync_period_ms value_least value_most call_timeout_ms first_wait_ms second_wait_ms "
              "latency_ms jitter_ms loss_permille duplicate_permille drop cut");
}

TEST(EcCounterSettings, Refuse_every_malformed_word_and_take_the_sound_ones) {
    for (const std::string_view words :
         {"=", ",", "seed", "seed=", "seed=-", "seed=1,", "requests=9999999999999999999999",
          "cut=", "cut=1-2", "cut=1-2:", "cut=2-1:server-1", "cut=1-2:server-", "cut=1-2:server-0",
          "cut=1-2:server-99999999", "cut=1-2:server-1+", "cut=a-2:server-1", "drop="}) {
        EXPECT_FALSE(Said{words}.text.text().empty()) << words;
    }
    for (const std::string_view words :
         {"", "seed=7", "num_servers=1,cut=1-1:server-1", "drop=Set,drop=Get",
          "cut=5-90:server-2+client-3+server-1"}) {
        EXPECT_TRUE(Said{words}.text.text().empty()) << words;
    }
}

TEST(EcCounterSettings, Hold_a_bounded_number_of_cuts_and_drops) {
    Settings settings{};
    for (size_t i = 0; i < settings.cuts.size(); ++i) {
        EXPECT_FALSE(add_cut(settings, "1-2:server-1").has_value());
    }
    ASSERT_TRUE(add_cut(settings, "1-2:server-1").has_value());
    for (size_t i = 0; i < settings.drops.size(); ++i) {
        EXPECT_FALSE(add_drop(settings, "Get").has_value());
    }
    ASSERT_TRUE(add_drop(settings, "Get").has_value());
    EXPECT_FALSE(check(settings).has_value());
}

} // namespace grafos::test::ec
