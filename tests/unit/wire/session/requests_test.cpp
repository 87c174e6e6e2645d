// SPDX-License-Identifier: Apache-2.0
// What a holder of a valid session can do, and what a node makes of it.
#include "tests/support/raw_client.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using test::RawClient;
using test::rig_read;
using test::rig_write;
using test::SessionRig;
using test::stranger_address;

class SessionRequests : public ::testing::Test {
protected:
    [[nodiscard]] SessionServer& node() noexcept { return rig.node.server(); }
    [[nodiscard]] uint64_t dropped(SessionDrop why) noexcept { return node().figures().of(why); }
    [[nodiscard]] uint64_t executed() noexcept { return rig.node.sink.executed; }
    [[nodiscard]] uint64_t answered_number() noexcept {
        return load_big_endian<uint64_t>(alice.last_payload.data());
    }
    /// Appends a request to the body under way.
    void put(const MessageView& message) noexcept {
        MessageWriter writer{MutableBytes{body}.subspan(body_bytes)};
        ASSERT_TRUE(writer.put(message).is_ok());
        body_bytes += writer.size();
    }
    void put(uint64_t request, uint64_t floor, MessageType type = rig_write) noexcept {
        put({.type = static_cast<uint16_t>(type),
             .request = {request},
             .open = static_cast<uint16_t>(request - floor)});
    }
    void send_body() noexcept {
        alice.send_sealed(Bytes{body}.first(body_bytes));
        body_bytes = 0;
    }

    SessionRig rig{1, Instant{test::start_time().ms + 1'000}};
    RawClient alice{rig, stranger_address(1), rig.alice.identity, 11};
    std::array<uint8_t, packet_body_bytes_max> body{};
    size_t body_bytes = 0;
};

TEST_F(SessionRequests, Get_the_kept_answer_again_and_are_not_executed_again) {
    ASSERT_TRUE(alice.open());
    alice.ask(1, 1, rig_write);
    alice.run(2);
    ASSERT_EQ(alice.replies, 1u);
    const uint64_t first = answered_number();
    for (int i = 0; i < 5; ++i) {
        alice.ask(1, 1, rig_write);
        alice.run(2);
        EXPECT_EQ(answered_number(), first);
    }
    EXPECT_EQ(alice.replies, 6u);
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(node().figures().replies_repeated, 5u);
}

TEST_F(SessionRequests, Are_executed_again_where_they_only_read) {
    ASSERT_TRUE(alice.open());
    alice.ask(1, 1, rig_read);
    alice.run(2);
    alice.ask(1, 1, rig_read);
    alice.run(2);
    EXPECT_EQ(executed(), 2u);
    EXPECT_EQ(answered_number(), 2u);
    EXPECT_EQ(node().figures().reads_repeated, 1u);
}

TEST_F(SessionRequests, Are_heard_and_nothing_more_while_they_execute) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.holds = true;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    const uint64_t signs = alice.signs;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(alice.replies, 0u);
    EXPECT_EQ(alice.signs, signs + 1);
    EXPECT_EQ(dropped(SessionDrop::request_executing), 1u);
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now));
    alice.run(2);
    EXPECT_EQ(alice.replies, 1u);
}

TEST_F(SessionRequests, Of_one_turn_are_answered_in_one_packet) {
    ASSERT_TRUE(alice.open());
    const uint64_t packets = alice.packets;
    put(1, 1);
    put(2, 1, rig_read);
    put(3, 1);
    put(4, 1, rig_read);
    send_body();
    alice.run(2);
    EXPECT_EQ(alice.replies, 4u);
    EXPECT_EQ(alice.packets, packets + 1);
}

TEST_F(SessionRequests, Beyond_the_window_and_below_the_floor_are_not_executed) {
    ASSERT_TRUE(alice.open());
    put(4, 1);
    put(5, 1); // open = 4 = the window
    put(6, 6);
    put(5, 5);
    put(4, 4);
    send_body();
    alice.run(2);
    EXPECT_EQ(executed(), 2u);
    EXPECT_EQ(dropped(SessionDrop::request_beyond_window), 1u);
    EXPECT_EQ(dropped(SessionDrop::request_below_floor), 2u);
}

TEST_F(SessionRequests, Answered_late_reach_nobody_when_given_up) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.holds = true;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    alice.ask(2, 2, rig_write);
    alice.run(2);
    EXPECT_EQ(node().reply_bytes_max(rig.node.sink.held[0]), 0u);
    EXPECT_EQ(node().reply_bytes_max(rig.node.sink.held[1]), kept_reply_bytes_max);
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now)); // of 1
    EXPECT_EQ(node().figures().answers_unwanted, 1u);
    ASSERT_TRUE(rig.node.sink.answer_one(rig.now));
    alice.run(2);
    EXPECT_EQ(alice.replies, 1u);
    EXPECT_EQ(alice.last_reply.request.value, 2u);
}

TEST_F(SessionRequests, Are_answered_once_and_not_after_their_session) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.holds = true;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    const RequestOrigin origin = rig.node.sink.held[0];
    EXPECT_TRUE(node().answer(origin, {}, rig.now).is_ok());
    EXPECT_EQ(node().answer(origin, {}, rig.now).error().code, ErrorCode::not_found);
    RequestOrigin other = origin;
    other.session.number.value += 0x10000;
    EXPECT_EQ(node().answer(other, {}, rig.now).error().code, ErrorCode::not_found);
    other.session.number.value = 0xFFFF;
    EXPECT_EQ(node().answer(other, {}, rig.now).error().code, ErrorCode::not_found);
    EXPECT_EQ(node().reply_bytes_max(other), 0u);
    node().close_all(rig.now);
    EXPECT_EQ(node().answer(origin, {}, rig.now).error().code, ErrorCode::not_found);
    EXPECT_EQ(node().figures().answers_unwanted, 4u);
}

TEST_F(SessionRequests, Say_how_long_an_answer_may_be_and_refuse_longer_ones) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.holds = true;
    put(1, 1);
    put(2, 1, rig_read);
    MessageView offers{.type = static_cast<uint16_t>(rig_read),
                       .flags = message_flags::final,
                       .request = {3},
                       .open = 2,
                       .fragment = Fragment{0, 0}};
    put(offers);
    send_body();
    alice.run(2);
    ASSERT_EQ(rig.node.sink.held_count, 3u);
    constexpr size_t most[] = {kept_reply_bytes_max, whole_payload_bytes_max, payload_bytes_max};
    static std::array<uint8_t, payload_bytes_max + 1> bytes{};
    for (size_t i = 0; i < 3; ++i) {
        const RequestOrigin origin = rig.node.sink.held[i];
        EXPECT_EQ(node().reply_bytes_max(origin), most[i]);
        const Result<> refused =
            node().answer(origin, {.payload = Bytes{bytes}.first(most[i] + 1)}, rig.now);
        ASSERT_FALSE(refused.is_ok());
        EXPECT_EQ(refused.error().code, ErrorCode::capacity_exceeded);
        EXPECT_EQ(refused.error().expected, most[i]);
        EXPECT_TRUE(
            node().answer(origin, {.payload = Bytes{bytes}.first(most[i])}, rig.now).is_ok());
    }
    alice.run(2);
    EXPECT_EQ(alice.replies, 2u + 4u); // the third in four pieces
}

TEST_F(SessionRequests, Refused_carry_their_typed_error_and_are_kept_like_others) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.refusal = Error{ErrorCode::denied, Field::role, 7, 9};
    for (int i = 0; i < 2; ++i) {
        alice.ask(1, 1, rig_write);
        alice.run(2);
        EXPECT_EQ(alice.last_reply.status, static_cast<uint16_t>(ErrorCode::denied));
        constexpr auto role = static_cast<uint8_t>(Field::role);
        const uint8_t expected[] = {0, 11, 0, role, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9};
        EXPECT_TRUE(is_equal(alice.last_reply.payload, expected));
    }
    EXPECT_EQ(executed(), 1u);
}

TEST_F(SessionRequests, Repeat_the_warning_with_the_kept_answer) {
    ASSERT_TRUE(alice.open());
    rig.node.sink.holds = true;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    ASSERT_TRUE(node().answer(rig.node.sink.held[0], {.is_warned = true}, rig.now).is_ok());
    alice.run(2);
    EXPECT_TRUE(alice.last_reply.is_warned());
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_TRUE(alice.last_reply.is_warned());
    EXPECT_EQ(alice.replies, 2u);
}

TEST_F(SessionRequests, Are_put_together_in_any_order_and_executed_once) {
    ASSERT_TRUE(alice.open());
    std::array<uint8_t, 1'000> payload{};
    for (size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<uint8_t>(i * 7);
    }
    const MessageView whole{
        .type = static_cast<uint16_t>(MessageType::mem_write), .request = {1}, .payload = payload};
    constexpr size_t room = message_header_bytes + fragment_header_bytes + 334; // three pieces
    constexpr uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                      {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (uint64_t request = 1; request <= 6; ++request) {
        for (int copies = 0; copies < 2; ++copies) {
            for (const uint8_t piece : orders[request - 1]) {
                MessageView numbered = whole;
                numbered.request = {request};
                const auto part = piece_of(numbered, piece * 334u, room);
                ASSERT_TRUE(part.is_ok());
                put(part.value());
                send_body();
                alice.turn();
            }
            alice.run(2);
        }
        EXPECT_EQ(executed(), request);
        EXPECT_EQ(rig.node.sink.last_size, payload.size());
        EXPECT_EQ(rig.node.sink.last_checksum, crc32c(payload));
        EXPECT_EQ(alice.replies, 2 * request);
    }
}

TEST_F(SessionRequests, In_pieces_that_contradict_are_dropped) {
    ASSERT_TRUE(alice.open());
    const std::array<uint8_t, 100> payload{};
    const auto piece = [&](uint32_t offset, uint32_t total, size_t size) {
        const bool is_final = offset + size == total;
        put({.type = static_cast<uint16_t>(MessageType::mem_write),
             .flags = is_final ? message_flags::final : message_flags::continued,
             .request = {1},
             .fragment = Fragment{offset, total},
             .payload = Bytes{payload}.first(size)});
        send_body();
        alice.run(2);
    };
    piece(0, 200, 100);
    piece(50, 200, 100); // overlaps
    EXPECT_EQ(dropped(SessionDrop::fragment_refused), 1u);
    piece(0, 200, 100);
    piece(100, 300, 100); // of another whole
    EXPECT_EQ(dropped(SessionDrop::fragment_refused), 2u);
    piece(0, 5'000, 100); // longer than anything may be
    EXPECT_EQ(dropped(SessionDrop::fragment_refused), 3u);
    EXPECT_EQ(executed(), 0u);
    piece(0, 200, 100);
    rig.skip(Duration{2'100}); // given up
    piece(100, 200, 100);
    EXPECT_EQ(executed(), 0u);
    piece(0, 200, 100);
    EXPECT_EQ(executed(), 1u);
}

TEST_F(SessionRequests, In_pieces_leave_their_places_when_their_session_ends) {
    const auto first_piece = [&](RawClient& client, uint64_t request) {
        const std::array<uint8_t, 100> payload{};
        std::array<uint8_t, 256> bytes;
        MessageWriter writer{bytes};
        ASSERT_TRUE(writer
                        .put({.type = static_cast<uint16_t>(MessageType::mem_write),
                              .flags = message_flags::continued,
                              .request = {request},
                              .open = static_cast<uint16_t>(request - 1),
                              .fragment = Fragment{0, 200},
                              .payload = payload})
                        .is_ok());
        client.send_sealed(Bytes{bytes}.first(writer.size()));
        client.turn();
    };
    RawClient again{rig, stranger_address(2), rig.alice.identity, 12};
    ASSERT_TRUE(alice.open());
    first_piece(alice, 1);
    first_piece(alice, 2); // all the places there are
    ASSERT_TRUE(again.open(alice.number()));
    first_piece(again, 1);
    first_piece(again, 2);
    EXPECT_EQ(dropped(SessionDrop::fragment_refused), 0u);
    first_piece(again, 3);
    EXPECT_EQ(dropped(SessionDrop::fragment_refused), 1u);
}

TEST_F(SessionRequests, Malformed_end_their_packet_and_not_what_came_before) {
    ASSERT_TRUE(alice.open());
    put(1, 1);
    const size_t good = body_bytes;
    put(2, 1);
    body[good + 3] = 1; // reserved
    put(3, 1);
    send_body();
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(dropped(SessionDrop::message_malformed), 1u);
    put({.type = 1, .flags = message_flags::reply, .request = {2}});
    put(2, 2);
    send_body();
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
    EXPECT_EQ(dropped(SessionDrop::message_malformed), 2u);
    alice.ask(1, 1, MessageType::mem_write); // a number used for something else
    alice.run(2);
    EXPECT_EQ(dropped(SessionDrop::message_malformed), 3u);
}

TEST_F(SessionRequests, Of_unknown_number_reach_the_sink_which_says_so) {
    ASSERT_TRUE(alice.open());
    alice.ask(1, 1, static_cast<MessageType>(0x7777));
    alice.run(2);
    EXPECT_EQ(rig.node.sink.last_type, 0x7777u);
    EXPECT_EQ(alice.replies, 1u);
}

TEST_F(SessionRequests, Of_one_session_have_a_budget_a_turn_and_starve_nobody) {
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(bob.open());
    for (int packet = 0; packet < 4; ++packet) {
        for (int i = 0; i < 80; ++i) {
            put(1, 1, rig_read);
        }
        send_body();
    }
    bob.ask(1, 1, rig_write);
    rig.turn();
    EXPECT_EQ(executed(), 8u + 1u); // requests_per_turn_max of one, all of the other
    EXPECT_EQ(dropped(SessionDrop::request_over_budget), 4u * 80u - 8u);
    alice.ask(2, 1, rig_read);
    rig.turn();
    EXPECT_EQ(executed(), 10u);
}

TEST_F(SessionRequests, Kept_answers_count_against_the_budget_too) {
    ASSERT_TRUE(alice.open());
    alice.ask(1, 1, rig_write);
    alice.run(2);
    for (int i = 0; i < 80; ++i) {
        put(1, 1);
    }
    send_body();
    alice.run(2);
    EXPECT_EQ(node().figures().replies_repeated, 8u);
    EXPECT_EQ(dropped(SessionDrop::request_over_budget), 72u);
}

TEST_F(SessionRequests, From_another_address_are_dropped) {
    ASSERT_TRUE(alice.open());
    test::Recorder<4> recorder{test::node_address};
    rig.net.listen(&recorder);
    alice.ask(1, 1, rig_write);
    rig.net.lose_all();
    rig.net.inject(stranger_address(9), test::node_address, recorder.heard[0].view());
    alice.run(2);
    EXPECT_EQ(executed(), 0u);
    EXPECT_EQ(dropped(SessionDrop::address_foreign), 1u);
    rig.net.inject(stranger_address(1), test::node_address, recorder.heard[0].view());
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
}

TEST_F(SessionRequests, Plain_are_dropped_by_a_node_that_seals) {
    ASSERT_TRUE(alice.open());
    std::array<uint8_t, packet_header_bytes + message_header_bytes> packet{};
    encode_packet_header({.kind = PacketKind::plain,
                          .body_bytes = message_header_bytes,
                          .session = alice.number(),
                          .counter = 50},
                         std::span{packet}.first<packet_header_bytes>());
    alice.send(packet);
    alice.run(2);
    EXPECT_EQ(dropped(SessionDrop::kind_refused), 1u);
    EXPECT_EQ(executed(), 0u);
}

TEST_F(SessionRequests, End_with_the_counter) {
    ASSERT_TRUE(alice.open());
    alice.channel.skip_to(UINT64_MAX - 1);
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
    alice.ask(2, 2, rig_write); // cannot be sealed any more
    alice.run(2);
    EXPECT_EQ(executed(), 1u);
}

TEST_F(SessionRequests, End_with_the_counter_of_the_node) {
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(bob.open());
    const uint64_t slot = alice.number().value & 0xFFFF;
    rig.node.entries()[slot].channel.skip_to(UINT64_MAX - 1);
    for (uint64_t request = 1; request <= 3; ++request) {
        alice.ask(request, request, rig_write);
        alice.run(2);
    }
    EXPECT_EQ(executed(), 2u); // the answer to the second could not be sealed
    EXPECT_EQ(alice.replies, 1u);
    EXPECT_EQ(rig.node.sink.ended, 1u);
    EXPECT_EQ(node().figures().of(SessionEnd::exhausted), 1u);
    EXPECT_EQ(dropped(SessionDrop::session_unknown), 1u);
    bob.ask(1, 1, rig_write);
    bob.run(2);
    EXPECT_EQ(bob.replies, 1u);
    EXPECT_TRUE(alice.open());
}

TEST_F(SessionRequests, Long_answers_end_with_the_counter_in_the_middle) {
    ASSERT_TRUE(alice.open());
    rig.node.entries()[alice.number().value & 0xFFFF].channel.skip_to(UINT64_MAX - 1);
    rig.node.sink.reply_bytes = payload_bytes_max;
    put({.type = static_cast<uint16_t>(rig_read),
         .flags = message_flags::final,
         .request = {1},
         .fragment = Fragment{0, 0}});
    send_body();
    alice.run(3);
    EXPECT_EQ(alice.replies, 1u); // one piece of four
    EXPECT_EQ(node().open_count(), 0u);
    EXPECT_EQ(rig.node.sink.ended, 1u);
}

TEST_F(SessionRequests, Of_many_sessions_share_few_packets_under_way) {
    // Two packets are filled at once; the third session's answer makes the oldest leave early.
    RawClient bob{rig, stranger_address(2), rig.bob.identity, 12};
    RawClient carol{rig, stranger_address(3), rig.bob.identity, 13};
    ASSERT_TRUE(alice.open());
    ASSERT_TRUE(bob.open());
    ASSERT_TRUE(carol.open());
    for (uint64_t round = 1; round <= 4; ++round) {
        alice.ask(round, round, rig_write);
        bob.ask(round, round, rig_write);
        carol.ask(round, round, rig_write);
        alice.turn();
        bob.turn();
        carol.turn();
        EXPECT_EQ(alice.replies + bob.replies + carol.replies, 3 * round);
    }
}

TEST_F(SessionRequests, Answered_while_the_link_is_full_are_answered_when_asked_again) {
    ASSERT_TRUE(alice.open());
    rig.node.link.is_full = true;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(alice.replies, 0u);
    EXPECT_EQ(rig.node.port().figures().send_refused, 1u);
    rig.node.link.is_full = false;
    alice.ask(1, 1, rig_write);
    alice.run(2);
    EXPECT_EQ(alice.replies, 1u);
    EXPECT_EQ(executed(), 1u);
}

TEST_F(SessionRequests, Show_the_trace_they_carry) {
    ASSERT_TRUE(alice.open());
    TraceParent trace;
    trace.trace_id.fill(3);
    trace.flags = 1;
    put({.type = static_cast<uint16_t>(rig_write), .request = {1}, .trace = trace});
    send_body();
    alice.run(2);
    ASSERT_TRUE(rig.node.sink.last_trace.has_value());
    EXPECT_TRUE(*rig.node.sink.last_trace == trace);
}

} // namespace
} // namespace grafos::wire
