// SPDX-License-Identifier: Apache-2.0
// A capture, played again: in this boot and the next, whole and in part, from anywhere.
#include "tests/support/raw_client.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::node_address;
using test::RawClient;
using test::rig_read;
using test::rig_write;
using test::SessionRig;
using test::stranger_address;

class SessionReplay : public ::testing::Test {
protected:
    SessionReplay() noexcept { rig.net.listen(&to_node); }

    [[nodiscard]] SessionServer& node() noexcept { return rig.node.server(); }
    /// What may not move, whatever is played again.
    struct Effects {
        uint64_t executed;
        uint64_t ended;
        uint64_t open;
        uint64_t opened;
        friend bool operator==(const Effects&, const Effects&) = default;
    };
    [[nodiscard]] Effects effects() noexcept {
        return {rig.node.sink.executed, rig.node.sink.ended, node().open_count(),
                node().figures().opened};
    }
    [[nodiscard]] uint64_t drop_count() noexcept {
        uint64_t count = 0;
        for (const uint64_t drops : node().figures().drops) {
            count += drops;
        }
        return count;
    }
    /// Plays what was heard so far again, forwards and backwards, one datagram a turn.
    void play_all(const hal::DatagramAddress* from) noexcept {
        const size_t count = to_node.count;
        for (size_t i = 0; i < 2 * count; ++i) {
            const test::Datagram& heard = to_node.heard[i < count ? i : 2 * count - 1 - i];
            rig.net.inject(from != nullptr ? *from : heard.from, node_address, heard.view());
            rig.turn();
        }
    }
    void check_replay() noexcept {
        const Effects before = effects();
        play_all(nullptr);
        const hal::DatagramAddress elsewhere = stranger_address(9);
        play_all(&elsewhere);
        EXPECT_TRUE(effects() == before);
    }

    SessionRig rig{1, Instant{test::start_time().ms / 30'000 * 30'000 + 30'000}};
    test::Recorder<64> to_node{node_address};
    RawClient alice{rig, stranger_address(1), rig.alice.identity, 11};
    RawClient again{rig, stranger_address(2), rig.alice.identity, 12};
};

TEST_F(SessionReplay, Changes_nothing_after_each_step_of_a_session) {
    ASSERT_TRUE(alice.fetch_cookie());
    check_replay();
    ASSERT_TRUE(alice.open());
    check_replay();
    for (uint64_t request = 1; request <= 3; ++request) {
        alice.ask(request, request, request == 2 ? rig_read : rig_write);
        alice.run(2);
        ASSERT_EQ(rig.node.sink.executed, request);
        check_replay();
    }
    ASSERT_EQ(alice.replies, 3u);
    alice.ask(4, 4, rig_write); // and the session goes on
    alice.run(2);
    EXPECT_EQ(alice.replies, 4u);
    ASSERT_TRUE(again.open(alice.number()));
    check_replay();
    again.ask(1, 1, rig_write);
    again.run(2);
    EXPECT_EQ(again.replies, 1u);
    check_replay();
    EXPECT_EQ(rig.node.sink.executed, 5u);
}

TEST_F(SessionReplay, Changes_nothing_in_the_next_boot) {
    ASSERT_TRUE(alice.open());
    alice.ask(1, 1, rig_write);
    alice.run(2);
    ASSERT_TRUE(again.open(alice.number()));
    again.ask(1, 1, rig_write);
    again.run(2);
    rig.node.start();
    const uint64_t executed = rig.node.sink.executed;
    const uint64_t hellos_heard = 2;
    check_replay();
    EXPECT_EQ(rig.node.sink.executed, executed);
    EXPECT_EQ(node().open_count(), 0u);
    EXPECT_EQ(node().figures().public_key_steps, 0u);
    EXPECT_EQ(node().figures().accepts, 0u);
    EXPECT_EQ(node().figures().packets, 0u);
    // Every datagram moved one figure: hellos are answered, the rest dropped.
    EXPECT_EQ(node().figures().hellos, 4 * hellos_heard);
    EXPECT_EQ(node().figures().hellos + drop_count(), 4 * to_node.count);
}

TEST_F(SessionReplay, Of_an_init_makes_a_pending_session_and_ends_nothing) {
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(again.open(alice.number())); // its init names the first
    ASSERT_EQ(rig.node.sink.ended, 1u);
    RawClient third{rig, stranger_address(3), rig.alice.identity, 13};
    ASSERT_TRUE(third.open(again.number()));
    ASSERT_EQ(rig.node.sink.ended, 2u);
    // Both ephemeral keys are forgotten now: their inits are worked on again.
    rig.skip(Duration{2'000});
    play_all(nullptr);
    EXPECT_EQ(rig.node.sink.ended, 2u);
    EXPECT_EQ(node().open_count(), 1u);
    third.ask(1, 1, rig_write);
    third.run(2);
    EXPECT_EQ(third.replies, 1u);
}

TEST_F(SessionReplay, Of_what_a_node_said_changes_nothing_in_a_client) {
    test::Recorder<64> to_alice{rig.alice.link.local_address()};
    rig.net.listen(&to_alice);
    ASSERT_TRUE(rig.open(rig.alice));
    ClientSession& session = rig.alice.session;
    for (uint64_t i = 1; i <= 5; ++i) {
        const auto request = session.start(rig_write, {}, Duration{5'000}, rig.now);
        ASSERT_TRUE(request.is_ok());
        ASSERT_TRUE(rig.wait_for(rig.alice, request.value()));
        for (size_t j = 0; j < to_alice.count; ++j) {
            rig.net.inject(node_address, rig.alice.link.local_address(), to_alice.heard[j].view());
            rig.turn();
        }
        const auto reply = session.poll(request.value());
        ASSERT_TRUE(reply.is_ok());
        EXPECT_EQ(load_big_endian<uint64_t>(reply.value().payload.data()), i);
        session.release(request.value());
    }
    EXPECT_EQ(session.session_count(), 1u);
    EXPECT_EQ(session.figures().replies, 5u);
    EXPECT_EQ(session.figures().replies_unwanted, 0u); // not even opened again
    EXPECT_GE(session.figures().packets_dropped, 15u);
}

TEST_F(SessionReplay, Of_a_thousand_packets_is_dropped_before_and_after_the_window) {
    ASSERT_TRUE(alice.open());
    static test::Recorder<2> first{node_address};
    first.count = 0;
    rig.net.listen(&first);
    alice.ask(1, 1, rig_write);
    alice.run(2);
    ASSERT_EQ(first.count, 1u);
    for (uint32_t i = 0; i < ReplayWindow::size + 8; ++i) {
        alice.send_sealed({});
        alice.turn();
        if (i % 64 == 0) {
            rig.net.inject(stranger_address(1), node_address, first.heard[0].view());
            alice.turn();
        }
    }
    EXPECT_EQ(rig.node.sink.executed, 1u);
    rig.net.inject(stranger_address(1), node_address, first.heard[0].view());
    alice.turn();
    EXPECT_GE(node().figures().of(SessionDrop::counter_repeated), 16u);
    EXPECT_EQ(node().figures().of(SessionDrop::counter_old), 2u);
    EXPECT_EQ(rig.node.sink.executed, 1u);
}

} // namespace
} // namespace grafos::wire
