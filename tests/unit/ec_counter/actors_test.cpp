// SPDX-License-Identifier: Apache-2.0
/// Servers and clients one by one, asked by somebody who is neither.
#include "tests/testkit/test.hpp"
#include "tests/unit/ec_counter/prober.hpp"

namespace grafos::test::ec {

using Set = ec_counter::Set;

TEST(EcCounterServer, Rejects_Set_0_when_it_is_fresh) {
    Bench bench;
    ASSERT_TRUE(bench.start({}));
    EXPECT_FALSE(bench.set(0));
    EXPECT_EQ(bench.get(), 0u);
    EXPECT_TRUE(bench.recorder.has("[server-1] SET 0 -> rejected (current 0)\n"));
}

TEST(EcCounterServer, Takes_a_value_if_and_only_if_it_is_larger) {
    Bench bench;
    ASSERT_TRUE(bench.start({}));
    EXPECT_TRUE(bench.set(7));
    EXPECT_FALSE(bench.set(7));
    EXPECT_FALSE(bench.set(6));
    EXPECT_TRUE(bench.set(8));
    EXPECT_EQ(bench.get(), 8u);
    EXPECT_TRUE(bench.recorder.has("[server-1] SET 7 -> accepted (was 0)\n"
                                   "[server-1] SET 7 -> rejected (current 7)\n"
                                   "[server-1] SET 6 -> rejected (current 7)\n"
                                   "[server-1] SET 8 -> accepted (was 7)\n"
                                   "[server-1] GET -> 8\n"));
}

TEST(EcCounterServer, Takes_a_larger_SyncValue_and_passes_over_the_rest_without_a_line) {
    Bench bench;
    ASSERT_TRUE(bench.start({}));
    bench.sync(5);
    bench.sync(5);
    bench.sync(4);
    EXPECT_EQ(bench.get(), 5u);
    EXPECT_EQ(bench.recorder.text(), "[server-1] SYNC received 5 -> updated (was 0)\n"
                                     "[server-1] GET -> 5\n");
}

TEST(EcCounterServer, Tells_every_peer_once_a_period_whether_it_changed_or_not) {
    Bench bench;
    ASSERT_TRUE(bench.start({}));
    EXPECT_TRUE(bench.set(3));
    bench.run_until(Instant{90});
    bench.introduce();
    bench.run_until(Instant{99});
    EXPECT_EQ(bench.prober.syncs(), 0u);
    bench.run_until(Instant{100});
    EXPECT_EQ(bench.prober.syncs(), 1u);
    bench.run_until(Instant{1'000});
    EXPECT_EQ(bench.prober.syncs(), 10u);
    EXPECT_EQ(bench.prober.last_sync(), 3u);
    EXPECT_TRUE(bench.recorder.has("[server-1] Registered 1 peers\n"));
}

TEST(EcCounterKeeper, Is_told_before_anybody_else_and_gives_back_what_it_kept) {
    Bench bench;
    ASSERT_TRUE(bench.start({.has_keeper = true, .kept = 40}));
    EXPECT_EQ(bench.get(), 40u);
    EXPECT_FALSE(bench.set(40));
    EXPECT_EQ(bench.keeper.value(), 40u);
    EXPECT_TRUE(bench.set(41));
    EXPECT_EQ(bench.keeper.value(), 41u);
    bench.sync(50);
    EXPECT_EQ(bench.get(), 50u);
    EXPECT_EQ(bench.keeper.value(), 50u);
    EXPECT_TRUE(bench.recorder.has("[server-1] Recovered 40\n"));
}

TEST(EcCounterKeeper, That_cannot_keep_just_now_has_the_set_refused_and_the_server_goes_on) {
    Bench bench;
    ASSERT_TRUE(bench.start({.has_keeper = true}));
    EXPECT_EQ(bench.get(), 0u);
    bench.keeper.refuse_all(Error{ErrorCode::busy});
    EXPECT_FALSE(bench.set(9));
    ASSERT_TRUE(bench.prober.refusal().has_value());
    EXPECT_EQ(bench.prober.refusal()->code, ErrorCode::busy);
    bench.sync(10);
    EXPECT_EQ(bench.get(), 0u);
    bench.keeper.refuse_all(std::nullopt);
    EXPECT_TRUE(bench.set(9));
    EXPECT_EQ(bench.get(), 9u);
}

TEST(EcCounterKeeper, Whose_lease_has_ended_stops_the_server_at_the_next_set) {
    Bench bench;
    ASSERT_TRUE(bench.start({.has_keeper = true}));
    EXPECT_TRUE(bench.set(9));
    bench.keeper.refuse_all(Error{ErrorCode::revoked});
    EXPECT_FALSE(bench.set(10));
    ASSERT_TRUE(bench.prober.refusal().has_value());
    EXPECT_EQ(bench.prober.refusal()->code, ErrorCode::revoked);
    EXPECT_TRUE(bench.is_server_stopped());
    EXPECT_TRUE(bench.recorder.has("[server-1] Stopped: revoked\n"));
    EXPECT_EQ(bench.keeper.value(), 9u);
}

TEST(EcCounterKeeper, Whose_lease_has_ended_stops_a_server_that_nobody_asks_within_a_period) {
    for (const ErrorCode code : {ErrorCode::lease_expired, ErrorCode::revoked, ErrorCode::fenced,
                                 ErrorCode::stale_epoch}) {
        Bench bench;
        ASSERT_TRUE(bench.start({.has_keeper = true}));
        bench.introduce();
        bench.run_until(Instant{250});
        EXPECT_EQ(bench.prober.syncs(), 2u);
        bench.keeper.refuse_all(Error{code});
        bench.run_until(Instant{350});
        const bool is_end = failure_of(code) != grafos::Failure::disconnected;
        EXPECT_EQ(bench.is_server_stopped(), is_end) << name_of(code);
        EXPECT_EQ(bench.prober.syncs(), is_end ? 2u : 3u) << name_of(code);
    }
}

TEST(EcCounterKeeper, That_cannot_say_what_it_kept_lets_no_server_begin) {
    Bench bench;
    bench.keeper.refuse_all(Error{ErrorCode::io});
    ASSERT_TRUE(bench.start({.has_keeper = true}));
    bench.run_until(Instant{10});
    EXPECT_TRUE(bench.is_server_stopped());
    EXPECT_TRUE(bench.recorder.has("[server-1] Stopped: io\n"));
}

TEST(EcCounterClient, Without_a_server_stops_and_says_why) {
    Bench bench;
    ASSERT_TRUE(bench.start({}));
    EXPECT_TRUE(bench.start_client({}));
    bench.run_until(Instant{10});
    EXPECT_TRUE(bench.is_client_stopped());
    EXPECT_EQ(bench.recorder.count(rules::client_finished), 0u);
}

TEST(EcCounterClient, Goes_on_after_a_request_that_nobody_answered) {
    Bench bench;
    ASSERT_TRUE(bench.start({.is_silent = true}));
    ASSERT_TRUE(bench.start_client({.server = bench.server(), .requests = 3}));
    bench.run_until(Instant{2'999});
    EXPECT_EQ(bench.recorder.count(rules::request_timed_out), 2u);
    bench.run_until(Instant{3'000});
    EXPECT_EQ(bench.recorder.count(rules::request_timed_out), 3u);
    EXPECT_EQ(bench.recorder.timed_out_shown(), 3u);
    EXPECT_TRUE(bench.recorder.has(" -> timed out\n"));
    EXPECT_TRUE(bench.recorder.has("[client-1] Finished all 3 requests\n"));
    EXPECT_TRUE(bench.is_client_stopped());
}

} // namespace grafos::test::ec
