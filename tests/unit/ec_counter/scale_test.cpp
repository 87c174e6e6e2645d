// SPDX-License-Identifier: Apache-2.0
/// From one server and nobody to a hundred servers and a thousand clients.
#include "tests/testkit/test.hpp"
#include "tests/unit/ec_counter/rig.hpp"

namespace grafos::test::ec {

namespace {

using LargePlay = Play<large>;
alignas(LargePlay) constinit std::array<uint8_t, sizeof(LargePlay)> large_area{};

} // namespace

TEST(EcCounterScale, One_server_has_no_peers_and_converges_at_once) {
    SmallPlay& play = small_play({.num_servers = 1, .num_clients = 2, .requests = 5});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_TRUE(play.recorder.has("Starting ec-counter with 1 servers and 2 clients\n"));
    EXPECT_TRUE(play.recorder.has("[server-1] Registered 0 peers\n"));
    EXPECT_EQ(play.recorder.count(rules::sync_updated), 0u);
    EXPECT_EQ(play.properties.figures().syncs, 0u);
}

TEST(EcCounterScale, Without_clients_all_servers_converge_to_0) {
    SmallPlay& play = small_play({.num_servers = 3, .num_clients = 0});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_TRUE(play.recorder.has("\nAll servers converged to 0\n"));
    EXPECT_TRUE(play.recorder.has("Started server-3\nAll clients started\n"));
}

TEST(EcCounterScale, With_fewer_clients_than_servers_the_others_take_over_their_largest) {
    SmallPlay& play = small_play({.num_servers = 5, .num_clients = 1, .requests = 20});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_EQ(play.recorder.count(rules::sync_updated), 4u); // once each, of the final value alone
}

TEST(EcCounterScale, A_request_count_of_7_is_printed_as_7) {
    SmallPlay& play = small_play({.num_clients = 1, .requests = 7});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_TRUE(play.recorder.has("[client-1] Starting — will send 7 requests\n"));
    EXPECT_TRUE(play.recorder.has("[client-1] Finished all 7 requests\n"));
    EXPECT_EQ(play.recorder.count(rules::get_done) + play.recorder.count(rules::set_done), 7u);
}

TEST(EcCounterScale, No_requests_are_finished_at_once) {
    SmallPlay& play = small_play({.num_clients = 1, .requests = 0});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_TRUE(play.recorder.has("will send 0 requests\n[client-1] Finished all 0 requests\n"));
}

TEST(EcCounterScale, Requests_of_one_value_alone_are_accepted_once_by_each_server) {
    SmallPlay& play = small_play(
        {.num_servers = 1, .num_clients = 2, .requests = 30, .value_least = 5, .value_most = 5});
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_EQ(play.recorder.count(rules::set_accepted), 1u);
    EXPECT_TRUE(play.recorder.has("SET 5 -> rejected (current 5)\n"));
}

TEST(EcCounterScale, More_than_there_is_room_for_is_refused_and_nothing_is_started) {
    SmallPlay& servers = small_play({.num_servers = 6});
    const Result<> too_many_servers = servers.run.start();
    ASSERT_FALSE(too_many_servers.is_ok());
    EXPECT_EQ(too_many_servers.error().code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(too_many_servers.error().value, 6u);
    EXPECT_EQ(too_many_servers.error().expected, 5u);
    EXPECT_EQ(servers.run.system().actor_count(), 0u);
    SmallPlay& clients = small_play({.num_clients = 21});
    EXPECT_FALSE(clients.run.start().is_ok());
    EXPECT_EQ(clients.run.system().actor_count(), 0u);
}

TEST(EcCounterScale, The_loops_that_stop_one_short_start_one_node_less_of_each_kind) {
    SmallPlay& play = small_play({.num_servers = 3, .num_clients = 5}, Break::exclusive_range);
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.run.servers().size(), 2u);
    EXPECT_EQ(play.run.clients().size(), 4u);
    EXPECT_TRUE(play.recorder.has("[server-2] Registered 1 peers\n"));
    // Its place in the list is that of a server which was never started.
    EXPECT_TRUE(play.recorder.has("[client-3] Starting"));
    EXPECT_FALSE(play.recorder.has("[client-3] GET"));
    EXPECT_FALSE(play.recorder.has("[client-3] SET"));
}

TEST(EcCounterScale, One_asked_for_and_a_loop_that_stops_short_leaves_nobody_and_no_verdict) {
    SmallPlay& play = small_play({.num_servers = 1, .num_clients = 1}, Break::exclusive_range);
    ASSERT_TRUE(play.play());
    EXPECT_EQ(play.run.servers().size(), 0u);
    EXPECT_EQ(play.recorder.count(rules::converged) + play.recorder.count(rules::not_converged),
              0u);
    EXPECT_FALSE(play.properties.is_good());
}

TEST(EcCounterScale, A_server_that_stops_is_missed_by_its_clients_and_by_main) {
    SmallPlay& play = small_play({.num_servers = 3, .num_clients = 3, .requests = 4});
    ASSERT_TRUE(play.begin());
    play.go_until(Instant{3});
    play.run.system().stop(em::System::number_of(play.run.servers()[1]), Error{ErrorCode::revoked});
    ASSERT_TRUE(play.go_on());
    EXPECT_TRUE(play.recorder.has("[client-2] Finished all 4 requests\n"));
    EXPECT_GT(play.properties.figures().timed_out, 0u);
    EXPECT_EQ(play.recorder.count(rules::server_silent), 2u);
    EXPECT_TRUE(play.recorder.has("\nserver-2: timed out\n"));
    EXPECT_EQ(play.recorder.count(rules::not_converged), 1u);
    EXPECT_TRUE(play.properties.is_kept()) << play.fallen();
    EXPECT_FALSE(play.properties.is_good());
}

TEST(EcCounterScale, A_hundred_servers_and_a_thousand_clients_converge) {
    Settings settings{.num_servers = 100, .num_clients = 1'000, .requests = 10};
    settings.first_wait_ms = 1'000;
    settings.second_wait_ms = 300;
    auto& play = *new (large_area.data()) LargePlay{settings};
    ASSERT_TRUE(play.play());
    EXPECT_TRUE(play.properties.is_good()) << play.fallen();
    EXPECT_EQ(play.properties.figures().gets + play.properties.figures().sets, 10'000u);
    EXPECT_EQ(play.recorder.count(rules::client_finished), 1'000u);
    EXPECT_EQ(play.recorder.count(rules::registered), 100u);
    EXPECT_TRUE(play.recorder.has("[server-100] Registered 99 peers\n") ||
                play.recorder.text().size() == Recorder::text_bytes_max);
    EXPECT_EQ(play.run.system().figures().lost, 0u);
}

} // namespace grafos::test::ec
