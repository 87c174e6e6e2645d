// SPDX-License-Identifier: Apache-2.0
// A program's side: what it does when packets, sessions and nodes are lost.
#include "tests/support/session_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::node_address;
using test::rig_read;
using test::rig_write;
using test::SessionRig;

class ClientTest : public ::testing::Test {
protected:
    [[nodiscard]] ClientSession& session() noexcept { return rig.alice.session; }
    [[nodiscard]] uint64_t executed() noexcept { return rig.node.sink.executed; }
    RequestHandle start(MessageType type = rig_write,
                        Duration patience = Duration{5'000}) noexcept {
        const auto request = session().start(type, bytes_of("payload!"), patience, rig.now);
        EXPECT_TRUE(request.is_ok());
        return request.is_ok() ? request.value() : RequestHandle{};
    }
    [[nodiscard]] ErrorCode code_of(RequestHandle request) noexcept {
        const auto reply = session().poll(request);
        return reply.is_ok() ? ErrorCode{} : reply.error().code;
    }
    void cut_both() noexcept {
        rig.net.cut(address, node_address);
        rig.net.cut(node_address, address);
    }

    SessionRig rig{1, Instant{test::start_time().ms + 1'000}};
    hal::DatagramAddress address = rig.alice.link.local_address();
};

TEST_F(ClientTest, Keeps_requests_until_the_session_is_open) {
    ASSERT_TRUE(session().open(rig.node_entry(), rig.now).is_ok());
    const RequestHandle request = start();
    EXPECT_TRUE(session().first_sent(request).value() == Instant::never());
    ASSERT_TRUE(rig.wait_for(rig.alice, request));
    const auto reply = session().poll(request);
    ASSERT_TRUE(reply.is_ok());
    EXPECT_TRUE(reply.value().first_sent > Instant{test::start_time().ms + 1'000});
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(session().figures().public_key_steps, 5u);
}

TEST_F(ClientTest, Ends_a_session_that_another_program_left_behind) {
    EXPECT_EQ(session().number().value, 0u);
    ASSERT_TRUE(rig.open(rig.alice));
    const SessionNumber left = session().number();
    EXPECT_EQ(rig.node.server().info(0).session.number.value, left.value);
    session().close();
    ASSERT_TRUE(rig.open(rig.alice)); // as a program would that knows of none
    ASSERT_TRUE(rig.open(rig.bob));
    const SessionNumber bobs = rig.bob.session.number();
    EXPECT_EQ(rig.node.server().open_count(), 2u); // it names its own by itself
    session().close();
    rig.bob.session.close();
    ASSERT_TRUE(rig.bob.session.open(rig.node_entry(), rig.now, session().number()).is_ok());
    ASSERT_TRUE(rig.open(rig.bob)); // somebody else's is not his to end
    EXPECT_EQ(rig.node.server().open_count(), 3u);
    rig.bob.session.close();
    ASSERT_TRUE(rig.bob.session.open(rig.node_entry(), rig.now, bobs).is_ok());
    ASSERT_TRUE(rig.open(rig.bob));
    EXPECT_EQ(rig.node.server().open_count(), 3u);
    EXPECT_EQ(rig.node.server().figures().of(SessionEnd::replaced), 2u);
}

TEST_F(ClientTest, Refuses_what_it_cannot_open) {
    EXPECT_EQ(session().start(rig_write, {}, Duration{1}, rig.now).error().code, ErrorCode::busy);
    Principal nowhere = rig.node_entry();
    nowhere.address = {};
    EXPECT_EQ(session().open(nowhere, rig.now).error().field, Field::address);
    Principal keyless = rig.node_entry();
    keyless.exchange_key = {};
    EXPECT_EQ(session().open(keyless, rig.now).error().field, Field::key);
    ASSERT_TRUE(session().open(rig.node_entry(), rig.now).is_ok());
    EXPECT_EQ(session().open(rig.node_entry(), rig.now).error().code, ErrorCode::busy);
}

TEST_F(ClientTest, Sends_requests_of_a_turn_in_one_packet) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    const uint64_t packets = session().figures().packets_sent;
    RequestHandle requests[4];
    for (RequestHandle& request : requests) {
        request = start();
    }
    EXPECT_EQ(session().start(rig_write, {}, Duration{1}, rig.now).error().field, Field::slot);
    for (const RequestHandle& request : requests) {
        ASSERT_TRUE(rig.wait_for(rig.alice, request));
    }
    EXPECT_EQ(session().figures().packets_sent, packets + 1);
    EXPECT_EQ(executed(), 4u);
}

TEST_F(ClientTest, Asks_no_more_than_the_window_above_its_lowest_open_request) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.sink.holds = true;
    const RequestHandle first = start();
    rig.run(Duration{5});
    rig.node.sink.holds = false;
    for (int i = 0; i < 3; ++i) {
        const RequestHandle next = start();
        ASSERT_TRUE(rig.wait_for(rig.alice, next));
        session().release(next);
    }
    const RequestHandle fifth = start();
    rig.run(Duration{100});
    EXPECT_TRUE(session().first_sent(fifth).value() == Instant::never());
    EXPECT_EQ(rig.node.server().figures().of(SessionDrop::request_beyond_window), 0u);
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now));
    ASSERT_TRUE(rig.wait_for(rig.alice, fifth));
    EXPECT_TRUE(session().poll(first).is_ok());
    EXPECT_TRUE(session().poll(fifth).is_ok());
}

TEST_F(ClientTest, Repeats_with_growing_waits_and_the_same_number) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    rig.net.cut(node_address, address); // answers are lost, requests are not
    const RequestHandle request = start();
    rig.run(Duration{950});
    // 0, 60, 180, 420, 900 ms
    EXPECT_EQ(session().figures().retransmitted, 4u);
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(rig.node.server().figures().replies_repeated, 4u);
    rig.net.heal();
    ASSERT_TRUE(rig.wait_for(rig.alice, request));
    EXPECT_TRUE(session().poll(request).is_ok());
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(session().session_count(), 1u);
}

/// One request is lost three times, at 10 % loss no rarity among many; others get through.
TEST_F(ClientTest, Asks_soon_again_what_later_requests_have_overtaken) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    const Instant began = rig.now;
    const RequestHandle unlucky = start();
    for (int times = 0; times < 3; ++times) {
        rig.net.cut(address, node_address);
        rig.run(Duration{10}); // it leaves, and is lost
        rig.net.heal();
        const RequestHandle lucky = start();
        ASSERT_TRUE(rig.wait_for(rig.alice, lucky, Duration{20}));
        session().release(lucky);
        EXPECT_EQ(code_of(unlucky), ErrorCode::busy);
        while (rig.now < Instant{began.ms + 60 * (static_cast<uint64_t>(times) + 1)}) {
            rig.turn();
        }
    }
    ASSERT_TRUE(rig.wait_for(rig.alice, unlucky, Duration{20}));
    EXPECT_TRUE(session().poll(unlucky).is_ok());
    EXPECT_EQ(session().figures().retransmitted, 3u);
    EXPECT_EQ(executed(), 4u);
}

TEST_F(ClientTest, Lets_waits_grow_again_when_overtaken_requests_meet_silence) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    rig.net.cut(address, node_address);
    start();
    rig.run(Duration{10});
    rig.net.heal();
    const RequestHandle lucky = start();
    ASSERT_TRUE(rig.wait_for(rig.alice, lucky, Duration{20}));
    rig.net.cut(node_address, address);
    rig.run(Duration{930}); // 60, 180, 420, 900 ms
    EXPECT_EQ(session().figures().retransmitted, 4u);
}

TEST_F(ClientTest, Says_disconnected_when_its_patience_ends) {
    ASSERT_TRUE(rig.open(rig.alice));
    cut_both();
    const RequestHandle request = start(rig_write, Duration{300});
    rig.run(Duration{299});
    EXPECT_EQ(code_of(request), ErrorCode::busy);
    rig.run(Duration{3});
    EXPECT_EQ(code_of(request), ErrorCode::disconnected);
    EXPECT_EQ(session().poll(request).error().value, 1u); // it was sent: outcome unknown
    session().release(request);
    EXPECT_EQ(code_of(request), ErrorCode::not_found);
}

TEST_F(ClientTest, Says_that_a_request_never_left) {
    cut_both();
    ASSERT_TRUE(session().open(rig.node_entry(), rig.now).is_ok());
    const RequestHandle request = start(rig_write, Duration{300});
    rig.run(Duration{302});
    EXPECT_EQ(code_of(request), ErrorCode::disconnected);
    EXPECT_EQ(session().poll(request).error().value, 0u);
}

TEST_F(ClientTest, Outlasts_a_partition_in_the_same_session) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.run(Duration{5});
    cut_both();
    const RequestHandle request = start(rig_write, Duration{10'000});
    rig.run(Duration{4'000});
    EXPECT_EQ(code_of(request), ErrorCode::busy);
    rig.net.heal();
    ASSERT_TRUE(rig.wait_for(rig.alice, request, Duration{2'000}));
    EXPECT_TRUE(session().poll(request).is_ok());
    EXPECT_EQ(session().session_count(), 1u);
    EXPECT_EQ(session().figures().lost, 0u);
}

TEST_F(ClientTest, Outlasts_partitions_one_way) {
    ASSERT_TRUE(rig.open(rig.alice));
    for (int way = 0; way < 2; ++way) {
        if (way == 0) {
            rig.net.cut(address, node_address);
        } else {
            rig.net.cut(node_address, address);
        }
        const RequestHandle request = start(rig_write, Duration{10'000});
        rig.run(Duration{3'000});
        EXPECT_EQ(code_of(request), ErrorCode::busy);
        rig.net.heal();
        ASSERT_TRUE(rig.wait_for(rig.alice, request, Duration{2'000}));
        EXPECT_TRUE(session().poll(request).is_ok());
        session().release(request);
    }
    EXPECT_EQ(session().session_count(), 1u);
    EXPECT_EQ(executed(), 2u);
}

TEST_F(ClientTest, Opens_again_after_the_node_restarted_and_ends_what_was_sent) {
    ASSERT_TRUE(rig.open(rig.alice));
    EXPECT_EQ(session().boot().value, 1u);
    rig.node.start();
    const RequestHandle sent = start();
    rig.run(Duration{1'000});
    EXPECT_EQ(code_of(sent), ErrorCode::busy);
    ASSERT_TRUE(rig.wait_for(rig.alice, sent, Duration{2'000}));
    EXPECT_EQ(code_of(sent), ErrorCode::disconnected);
    const RequestHandle queued = start();
    ASSERT_TRUE(rig.wait_for(rig.alice, queued, Duration{2'000}));
    EXPECT_TRUE(session().poll(queued).is_ok());
    EXPECT_EQ(session().boot().value, 2u);
    EXPECT_EQ(session().session_count(), 2u);
    EXPECT_EQ(session().figures().lost, 1u);
    EXPECT_EQ(executed(), 1u);
}

TEST_F(ClientTest, Notices_a_lost_session_even_with_little_patience) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.start();
    for (int i = 0; i < 20; ++i) {
        const RequestHandle request = start(rig_write, Duration{100});
        rig.run(Duration{150});
        session().release(request);
    }
    EXPECT_EQ(session().boot().value, 2u);
}

TEST_F(ClientTest, Names_its_old_session_so_that_it_dies) {
    ASSERT_TRUE(rig.open(rig.alice));
    session().close();
    EXPECT_TRUE(session().state() == SessionState::closed);
    ASSERT_TRUE(rig.open(rig.alice));
    EXPECT_EQ(rig.node.server().figures().of(SessionEnd::replaced), 1u);
    EXPECT_EQ(rig.node.server().open_count(), 1u);
}

TEST_F(ClientTest, Ends_everything_as_disconnected_when_closed) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.sink.holds = true;
    const RequestHandle sent = start();
    rig.run(Duration{5});
    const RequestHandle queued = start();
    session().close();
    EXPECT_EQ(session().poll(sent).error().value, 1u);
    EXPECT_EQ(session().poll(queued).error().value, 0u);
    EXPECT_EQ(code_of(sent), ErrorCode::disconnected);
    EXPECT_TRUE(session().next_deadline() == Instant::never());
    const uint64_t packets = session().figures().packets_sent;
    rig.run(Duration{3'000});
    EXPECT_EQ(session().figures().packets_sent, packets);
}

TEST_F(ClientTest, Waits_patiently_while_a_node_executes) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.sink.holds = true;
    const RequestHandle request = start(rig_write, Duration{20'000});
    rig.run(Duration{8'000});
    EXPECT_EQ(code_of(request), ErrorCode::busy);
    EXPECT_EQ(session().session_count(), 1u);
    EXPECT_EQ(session().figures().lost, 0u);
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now));
    ASSERT_TRUE(rig.wait_for(rig.alice, request));
    EXPECT_TRUE(session().poll(request).is_ok());
    EXPECT_EQ(executed(), 1u);
}

TEST_F(ClientTest, Confirms_a_session_without_requests) {
    ASSERT_TRUE(rig.open(rig.alice));
    EXPECT_EQ(rig.node.server().figures().probes, 1u);
    rig.run(Duration{100});
    const uint64_t packets = session().figures().packets_sent;
    EXPECT_TRUE(session().next_deadline() == Instant::never());
    rig.run(Duration{3'000});
    EXPECT_EQ(session().figures().packets_sent, packets); // and is quiet then
}

TEST_F(ClientTest, Shows_the_nodes_typed_refusal) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.sink.refusal = Error{ErrorCode::rate_limited, Field::quota, 5, 4};
    const RequestHandle request = start();
    ASSERT_TRUE(rig.wait_for(rig.alice, request));
    EXPECT_TRUE(session().poll(request).error() ==
                (Error{ErrorCode::rate_limited, Field::quota, 5, 4}));
}

TEST_F(ClientTest, Takes_long_requests_and_replies_in_pieces) {
    ASSERT_TRUE(rig.open(rig.alice));
    static std::array<uint8_t, 4'096> payload{};
    for (size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<uint8_t>(i * 31);
    }
    rig.node.sink.reply_bytes = 4'000;
    const auto request = session().start(
        rig_read, payload, RequestOptions{.patience = Duration{5'000}, .takes_fragments = true},
        rig.now);
    ASSERT_TRUE(request.is_ok());
    ASSERT_TRUE(rig.wait_for(rig.alice, request.value()));
    const auto reply = session().poll(request.value());
    ASSERT_TRUE(reply.is_ok());
    EXPECT_EQ(reply.value().payload.size(), 4'000u);
    EXPECT_EQ(reply.value().payload[3'999], static_cast<uint8_t>(3'999));
    EXPECT_EQ(rig.node.sink.last_size, payload.size());
    EXPECT_EQ(rig.node.sink.last_checksum, crc32c(payload));
}

TEST_F(ClientTest, Forgets_a_request_that_is_released_before_its_answer) {
    ASSERT_TRUE(rig.open(rig.alice));
    rig.node.sink.holds = true;
    const RequestHandle request = start();
    rig.run(Duration{5});
    session().release(request);
    session().release(request); // a stale handle is nothing
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now));
    rig.run(Duration{5});
    EXPECT_EQ(session().figures().replies_unwanted, 1u);
    rig.node.sink.holds = false;
    const RequestHandle next = start();
    ASSERT_TRUE(rig.wait_for(rig.alice, next));
    EXPECT_EQ(code_of(request), ErrorCode::not_found);
    EXPECT_TRUE(session().poll(next).is_ok());
}

TEST_F(ClientTest, Does_not_take_a_node_that_calls_itself_something_else) {
    Principal entry = rig.node_entry();
    entry.node_id.bytes[0] = static_cast<uint8_t>(entry.node_id.bytes[0] ^ 1);
    ASSERT_TRUE(session().open(entry, rig.now).is_ok());
    rig.run(Duration{3'000});
    EXPECT_TRUE(session().state() == SessionState::opening);
    EXPECT_GE(session().figures().accepts_refused, 1u);
    session().close();
    entry.node_id = {}; // not told: whatever it says
    ASSERT_TRUE(session().open(entry, rig.now).is_ok());
    rig.run(Duration{3'000});
    EXPECT_TRUE(session().state() == SessionState::open);
    EXPECT_TRUE(session().node_id() == rig.node.identity.node_id());
}

TEST_F(ClientTest, Lives_through_forged_accepts_and_takes_the_true_one) {
    test::Recorder<8> recorder{address};
    rig.net.listen(&recorder);
    ASSERT_TRUE(session().open(rig.node_entry(), rig.now).is_ok());
    rig.net.cut(node_address, address);
    bool has_accept = false;
    for (int i = 0; i < 500 && !has_accept; ++i) {
        rig.turn();
        // The cookie is let through, the accept is held.
        for (size_t j = 0; j < recorder.count; ++j) {
            const PacketHeader header = decode_packet_header(recorder.heard[j].view()).value();
            if (header.kind == PacketKind::cookie && i < 5) {
                rig.net.inject(node_address, address, recorder.heard[j].view());
            }
            has_accept = has_accept || header.kind == PacketKind::accept;
        }
    }
    ASSERT_TRUE(has_accept);
    test::Datagram accept = recorder.heard[recorder.count - 1];
    for (size_t at = packet_header_bytes; at < accept.size; at += 20) {
        test::Datagram forged = accept;
        forged.bytes[at] = static_cast<uint8_t>(forged.bytes[at] ^ 1);
        rig.net.inject(node_address, address, forged.view());
        rig.run(Duration{60});
        EXPECT_TRUE(session().state() == SessionState::opening);
    }
    EXPECT_EQ(session().figures().accepts_refused, 6u);
    rig.net.inject(node_address, address, accept.view());
    rig.net.heal();
    rig.run(Duration{5});
    EXPECT_TRUE(session().state() == SessionState::open);
}

TEST_F(ClientTest, Counts_packets_of_nobody) {
    ASSERT_TRUE(rig.open(rig.alice));
    std::array<uint8_t, packet_header_bytes + packet_tag_bytes> packet{};
    encode_packet_header({.kind = PacketKind::sealed,
                          .is_to_client = true,
                          .body_bytes = packet_tag_bytes,
                          .session = {77}},
                         std::span{packet}.first<packet_header_bytes>());
    rig.net.inject(node_address, address, packet);
    rig.turn();
    EXPECT_EQ(rig.alice.sessions.dropped_nobody(), 1u);
    rig.net.inject({1, 1}, address, packet);
    rig.turn();
    EXPECT_EQ(rig.alice.sessions.dropped_nobody(), 2u);
}

TEST_F(ClientTest, Serves_several_sessions_one_step_a_turn) {
    ClientSessionOf<2> second{{rig.alice.port, rig.alice.identity, rig.alice.drbg}};
    ASSERT_TRUE(rig.alice.sessions.add(second).is_ok());
    ASSERT_TRUE(session().open(rig.node_entry(), rig.now).is_ok());
    ASSERT_TRUE(second.open(rig.node_entry(), rig.now).is_ok());
    uint64_t before = 0;
    for (int i = 0; i < 3'000 && second.state() != SessionState::open; ++i) {
        rig.turn();
        const uint64_t steps =
            session().figures().public_key_steps + second.figures().public_key_steps;
        ASSERT_LE(steps, before + 1);
        before = steps;
    }
    EXPECT_TRUE(second.state() == SessionState::open);
    EXPECT_TRUE(session().state() == SessionState::open);
    EXPECT_EQ(rig.node.server().open_count(), 2u);
    rig.alice.sessions.remove(second);
}

} // namespace
} // namespace grafos::wire
