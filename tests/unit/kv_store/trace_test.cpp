// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/test.hpp"
#include "tests/unit/kv_store/rig.hpp"

namespace grafos::test::kv {
namespace {

constexpr size_t many = host_clients_max;
using LargePlay = Play<many>;
alignas(64) constinit std::array<uint8_t, sizeof(LargePlay)> large_area{};

} // namespace

TEST(KvTrace, A_small_run_line_by_line) {
    SmallPlay& play = small_play({.clients = 2, .seed = 1});
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.recorder.text(), "Started KV server\n"
                                    "Started client 1\n"
                                    "Started client 2\n"
                                    "All 2 clients started\n"
                                    "[client] Starting — will send 10 requests\n"
                                    "[client] Starting — will send 10 requests\n"
                                    "[server] GET \"a\" -> NOT FOUND\n"
                                    "[server] GET \"e\" -> NOT FOUND\n"
                                    "[client] GET \"a\" -> key not found: a\n"
                                    "[client] GET \"e\" -> key not found: e\n"
                                    "[server] GET \"c\" -> NOT FOUND\n"
                                    "[server] GET \"a\" -> NOT FOUND\n"
                                    "[client] GET \"c\" -> key not found: c\n"
                                    "[client] GET \"a\" -> key not found: a\n"
                                    "[server] GET \"c\" -> NOT FOUND\n"
                                    "[server] PUT \"c\" = \"val_32\" -> OK\n"
                                    "[client] GET \"c\" -> key not found: c\n"
                                    "[client] PUT \"c\" = \"val_32\" -> OK\n"
                                    "[server] GET \"d\" -> NOT FOUND\n"
                                    "[server] GET \"b\" -> NOT FOUND\n"
                                    "[client] GET \"d\" -> key not found: d\n"
                                    "[client] GET \"b\" -> key not found: b\n"
                                    "[server] PUT \"d\" = \"val_2\" -> OK\n"
                                    "[server] PUT \"a\" = \"val_38\" -> OK\n"
                                    "[client] PUT \"d\" = \"val_2\" -> OK\n"
                                    "[client] PUT \"a\" = \"val_38\" -> OK\n"
                                    "[server] GET \"b\" -> NOT FOUND\n"
                                    "[server] GET \"b\" -> NOT FOUND\n"
                                    "[client] GET \"b\" -> key not found: b\n"
                                    "[client] GET \"b\" -> key not found: b\n"
                                    "[server] PUT \"c\" -> REJECTED (key exists)\n"
                                    "[server] PUT \"b\" = \"val_7\" -> OK\n"
                                    "[client] PUT \"c\" = \"val_97\" -> key already exists: c\n"
                                    "[client] PUT \"b\" = \"val_7\" -> OK\n"
                                    "[server] GET \"e\" -> NOT FOUND\n"
                                    "[server] GET \"e\" -> NOT FOUND\n"
                                    "[client] GET \"e\" -> key not found: e\n"
                                    "[client] GET \"e\" -> key not found: e\n"
                                    "[server] PUT \"d\" -> REJECTED (key exists)\n"
                                    "[server] GET \"e\" -> NOT FOUND\n"
                                    "[client] PUT \"d\" = \"val_98\" -> key already exists: d\n"
                                    "[client] GET \"e\" -> key not found: e\n"
                                    "[server] GET \"a\" -> \"val_38\"\n"
                                    "[server] PUT \"a\" -> REJECTED (key exists)\n"
                                    "[client] GET \"a\" -> \"val_38\"\n"
                                    "[client] PUT \"a\" = \"val_95\" -> key already exists: a\n"
                                    "[client] Finished all 10 requests\n"
                                    "[client] Finished all 10 requests\n"
                                    "Done\n");
}

TEST(KvTrace, The_same_seed_prints_the_same_and_another_does_not) {
    const uint64_t first = [] {
        SmallPlay& play = small_play({.seed = 7});
        return play.play() ? play.recorder.hash() : 0;
    }();
    SmallPlay& same = small_play({.seed = 7});
    ASSERT_TRUE(same.play());
    EXPECT_EQ(same.recorder.hash(), first);
    SmallPlay& other = small_play({.seed = 8});
    ASSERT_TRUE(other.play());
    EXPECT_NE(other.recorder.hash(), first);
}

TEST(KvTrace, One_client_and_the_most_make_ten_requests_each) {
    for (const uint64_t clients : {uint64_t{1}, uint64_t{2}, uint64_t{image_clients_max}}) {
        SmallPlay& play = small_play({.clients = clients});
        ASSERT_TRUE(play.play());
        EXPECT_TRUE(play.run.judge().is_kept());
        const auto figures = play.run.judge().figures();
        EXPECT_EQ(figures.requests, 10 * clients);
        EXPECT_EQ(figures.unfinished, uint64_t{0});
        EXPECT_EQ(play.recorder.count(rules::started_client), clients);
        EXPECT_EQ(play.recorder.count(rules::finished), clients);
        EXPECT_LE(play.run.key_count(), client_keys.size());
        EXPECT_EQ(play.recorder.last_at().ms, uint64_t{2'000}); // Done
    }
}

TEST(KvTrace, A_thousand_clients_and_a_net_that_doubles_everything) {
    const Settings settings{.clients = many,
                            .network = {.jitter = Duration{20}, .duplicate_permille = 1'000}};
    auto& play = *new (large_area.data()) LargePlay{settings};
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.run.judge().is_kept());
    EXPECT_EQ(play.run.judge().figures().requests, uint64_t{10 * many});
    EXPECT_EQ(play.run.judge().figures().unfinished, uint64_t{0});
    EXPECT_EQ(play.recorder.count(rules::finished), uint64_t{many});
    EXPECT_EQ(play.recorder.count(rules::timed_out), uint64_t{0}); // nor found a mailbox full
    EXPECT_EQ(play.run.system().figures().letters, uint32_t{0});
}

TEST(KvTrace, No_client_and_one_too_many_are_refused_and_nothing_starts) {
    SmallPlay& none = small_play({.clients = 0});
    const auto no_client = none.run.start();
    ASSERT_FALSE(no_client.is_ok());
    EXPECT_TRUE((no_client.error() == Error{ErrorCode::invalid_argument, Field::amount, 0, 1}));
    EXPECT_EQ(none.run.system().actor_count(), size_t{0});
    SmallPlay& more = small_play({.clients = image_clients_max + 1});
    const auto too_many = more.run.start();
    ASSERT_FALSE(too_many.is_ok());
    EXPECT_TRUE((too_many.error() == Error{ErrorCode::capacity_exceeded, Field::amount,
                                           image_clients_max + 1, image_clients_max}));
    EXPECT_EQ(more.run.system().actor_count(), size_t{0});
    EXPECT_EQ(more.recorder.text(), "");
}

TEST(KvTrace, A_request_that_is_lost_times_out_is_counted_and_the_client_goes_on) {
    Settings settings{.clients = 1};
    settings.network.drops[0] = Get::name;
    settings.network.drop_count = 1;
    SmallPlay& play = small_play(settings);
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.run.judge().is_kept());
    EXPECT_TRUE(play.recorder.has("-> timed out\n"));
    EXPECT_GE(play.run.judge().figures().timed_out, uint64_t{1});
    EXPECT_EQ(play.recorder.count(rules::timed_out), play.run.judge().figures().timed_out);
    EXPECT_EQ(play.recorder.count(rules::get_found), uint64_t{0});
    EXPECT_EQ(play.recorder.count(rules::done), uint64_t{1});
}

} // namespace grafos::test::kv
