// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/lwip/lwip_link.hpp"

#include <algorithm>

#include "tests/support/frame_peer.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using namespace grafos::board;

constexpr hal::DatagramAddress own{0x0a00020f, 7000};
constexpr hal::DatagramAddress neighbour{0x0a000207, 9000};
constexpr hal::DatagramAddress far_away{0x08080808, 53};

constinit FramePeer peer;
constinit LwipLink link_;

class LwipLinkTest : public ::testing::Test {
protected:
    void SetUp() override {
        peer.reset();
        ASSERT_TRUE(link_.start(peer, clock, {}).is_ok());
        peer.drop_sent(); // the greeting to its network
    }
    void TearDown() override { link_.stop(); }

    void expect_busy() noexcept {
        const auto got = link_.receive(buffer);
        ASSERT_FALSE(got.is_ok());
        EXPECT_EQ(got.error().code, ErrorCode::busy);
    }
    void learn_neighbour() noexcept {
        peer.deliver_arp(2, neighbour.ipv4, own.ipv4);
        expect_busy();
        peer.drop_sent();
    }

    ManualClock clock{start_time()};
    std::array<uint8_t, hal::datagram_bytes_max> buffer{};
};

TEST_F(LwipLinkTest, Says_where_it_is) {
    EXPECT_TRUE(link_.local_address() == own);
    expect_busy();
}

TEST_F(LwipLinkTest, Every_size_arrives_as_it_was_sent_and_says_from_whom) {
    std::array<uint8_t, hal::datagram_bytes_max> payload;
    for (size_t size = 1; size <= payload.size(); ++size) {
        payload[size - 1] = static_cast<uint8_t>(size * 31);
        peer.deliver_udp(neighbour, own, Bytes{payload}.first(size));
        const auto got = link_.receive(buffer);
        ASSERT_TRUE(got.is_ok()) << size;
        ASSERT_EQ(got.value().size, size);
        EXPECT_TRUE(got.value().from == neighbour);
        ASSERT_TRUE(is_equal(Bytes{buffer}.first(size), Bytes{payload}.first(size)));
    }
    expect_busy();
}

TEST_F(LwipLinkTest, Too_long_empty_and_nobodys_datagrams_are_dropped_and_counted) {
    const std::array<uint8_t, hal::datagram_bytes_max + 1> payload{};
    peer.deliver_udp(neighbour, own, payload);
    peer.deliver_udp(neighbour, own, {});
    peer.deliver_udp({neighbour.ipv4, 0}, own, Bytes{payload}.first(1));
    expect_busy();
    EXPECT_EQ(link_.counters().malformed, 3u);
}

TEST_F(LwipLinkTest, Datagrams_for_another_port_or_machine_are_met_with_silence) {
    peer.deliver_udp(neighbour, {own.ipv4, 7001}, Bytes{buffer}.first(8));
    peer.deliver_udp(neighbour, {own.ipv4 + 1, 7000}, Bytes{buffer}.first(8));
    expect_busy();
    link_.flush();
    EXPECT_EQ(peer.sent_count(), 0u);
}

TEST_F(LwipLinkTest, Answers_a_ping_of_any_size_that_fits_and_no_other_protocol) {
    learn_neighbour();
    for (const size_t size : {size_t{0}, size_t{1}, size_t{56}, size_t{1'399}}) {
        peer.deliver_ping(neighbour.ipv4, own.ipv4, size);
        expect_busy();
        ASSERT_EQ(peer.sent_count(), 1u);
        EXPECT_EQ(peer.sent(0).size(), 14 + 20 + 8 + size);
        EXPECT_EQ(peer.sent(0)[34], 0); // an answer
        peer.drop_sent();
    }
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
        peer.deliver_protocol(static_cast<uint8_t>(protocol), neighbour.ipv4, own.ipv4);
        expect_busy();
    }
    EXPECT_EQ(peer.sent_count(), 0u);
}

TEST_F(LwipLinkTest, A_damaged_datagram_is_dropped) {
    std::array<uint8_t, 8> payload{1, 2, 3, 4, 5, 6, 7, 8};
    for (size_t at = 14; at < 14 + 20 + 8 + payload.size(); ++at) {
        peer.deliver_udp(neighbour, own, payload);
        peer.last_delivered()[at] ^= 0x10;
        const auto got = link_.receive(buffer);
        // A changed source address or port is caught too: UDP's sum covers them.
        EXPECT_FALSE(got.is_ok()) << at;
    }
}

TEST_F(LwipLinkTest, Asks_who_has_an_address_and_sends_what_waited_when_it_is_told) {
    const std::array<uint8_t, 3> payload{7, 8, 9};
    ASSERT_TRUE(link_.send(neighbour, payload).is_ok());
    ASSERT_EQ(peer.sent_count(), 1u);
    EXPECT_TRUE(peer.is_arp_request_for(0, neighbour.ipv4));
    peer.drop_sent();
    peer.deliver_arp(2, neighbour.ipv4, own.ipv4);
    expect_busy();
    ASSERT_EQ(peer.sent_count(), 1u);
    const Bytes frame = peer.sent(0);
    EXPECT_EQ(frame.size(), 14u + 20 + 8 + payload.size());
    EXPECT_TRUE(is_equal(frame.first(6), peer_mac));
    EXPECT_TRUE(is_equal(frame.last(3), payload));
}

TEST_F(LwipLinkTest, Asks_the_gateway_for_everything_beyond_its_network) {
    ASSERT_TRUE(link_.send(far_away, Bytes{buffer}.first(1)).is_ok());
    ASSERT_EQ(peer.sent_count(), 1u);
    EXPECT_TRUE(peer.is_arp_request_for(0, 0x0a000202));
}

TEST_F(LwipLinkTest, Repeats_a_lost_question_as_seconds_go_by_without_being_woken) {
    ASSERT_TRUE(link_.send(neighbour, Bytes{buffer}.first(1)).is_ok());
    peer.drop_sent();
    link_.flush();
    EXPECT_EQ(peer.sent_count(), 0u);
    clock.advance(1'000_ms);
    link_.flush();
    ASSERT_EQ(peer.sent_count(), 1u);
    EXPECT_TRUE(peer.is_arp_request_for(0, neighbour.ipv4));
    clock.advance(Duration{100'000'000});
    link_.flush(); // a long rest is caught up with in bounded time
    EXPECT_LT(peer.sent_count(), 10u);
}

TEST_F(LwipLinkTest, A_known_address_is_asked_for_again_when_it_is_old) {
    learn_neighbour();
    ASSERT_TRUE(link_.send(neighbour, Bytes{buffer}.first(1)).is_ok());
    ASSERT_EQ(peer.sent_count(), 1u);
    EXPECT_FALSE(peer.is_arp_request_for(0, neighbour.ipv4));
    peer.drop_sent();
    for (int i = 0; i < 400; ++i) {
        clock.advance(1'000_ms);
        link_.flush();
    }
    peer.drop_sent();
    ASSERT_TRUE(link_.send(neighbour, Bytes{buffer}.first(1)).is_ok());
    EXPECT_TRUE(peer.is_arp_request_for(0, neighbour.ipv4));
}

TEST_F(LwipLinkTest, Answers_who_has_its_address) {
    peer.deliver_arp(1, neighbour.ipv4, own.ipv4);
    peer.deliver_arp(1, neighbour.ipv4, own.ipv4 + 1);
    expect_busy();
    ASSERT_EQ(peer.sent_count(), 1u);
    EXPECT_EQ(load_big_endian<uint16_t>(peer.sent(0).data() + 20), 2u); // an answer
}

TEST_F(LwipLinkTest, A_full_card_is_busy_and_nothing_is_lost_inside) {
    learn_neighbour();
    size_t taken = 0;
    while (taken < 1'000 && link_.send(neighbour, Bytes{buffer}.first(1'400)).is_ok()) {
        ++taken;
    }
    EXPECT_EQ(taken, FramePeer::sent_max);
    EXPECT_EQ(link_.send(neighbour, Bytes{buffer}.first(1)).error().code, ErrorCode::busy);
    peer.drop_sent();
    for (size_t i = 0; i < FramePeer::sent_max; ++i) { // every piece of memory is back
        EXPECT_TRUE(link_.send(neighbour, Bytes{buffer}.first(1'400)).is_ok());
    }
}

TEST_F(LwipLinkTest, Unreachable_machines_use_up_nothing) {
    for (uint32_t i = 0; i < 500; ++i) {
        const auto sent = link_.send({0x0a000210 + i % 200, 1}, Bytes{buffer}.first(100));
        EXPECT_TRUE(sent.is_ok() || sent.error().code == ErrorCode::busy);
        peer.drop_sent();
        clock.advance(1'000_ms);
        link_.flush();
    }
    learn_neighbour();
    EXPECT_TRUE(link_.send(neighbour, Bytes{buffer}.first(100)).is_ok());
    EXPECT_EQ(peer.sent_count(), 1u);
}

TEST_F(LwipLinkTest, Refuses_what_is_no_datagram) {
    const std::array<uint8_t, hal::datagram_bytes_max + 1> bytes{};
    EXPECT_EQ(link_.send(neighbour, bytes).error().field, Field::length);
    EXPECT_EQ(link_.send(neighbour, {}).error().field, Field::length);
    EXPECT_EQ(link_.send({}, Bytes{bytes}.first(1)).error().field, Field::address);
}

TEST_F(LwipLinkTest, A_broken_card_is_io) {
    learn_neighbour();
    peer.break_down();
    EXPECT_EQ(link_.receive(buffer).error().code, ErrorCode::io);
    EXPECT_EQ(link_.send(neighbour, Bytes{buffer}.first(1)).error().code, ErrorCode::io);
}

/// Frames of every kind with random changes and cuts: the link stays up, holds no frame and serves.
TEST_F(LwipLinkTest, Survives_a_hundred_thousand_broken_frames) {
    uint64_t state = 42;
    const auto random = [&state]() noexcept {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    };
    std::array<uint8_t, 64> payload{};
    for (uint32_t i = 0; i < 100'000; ++i) {
        switch (random() % 4) {
        case 0: peer.deliver_udp(neighbour, own, Bytes{payload}.first(random() % 64)); break;
        case 1:
            peer.deliver_arp(static_cast<uint16_t>(random() % 4), neighbour.ipv4, own.ipv4);
            break;
        case 2: peer.deliver_ping(neighbour.ipv4, own.ipv4, random() % 1'400); break;
        case 3: peer.deliver_noise(random() % 1'500 + 14, random()); break;
        }
        const MutableBytes frame = peer.last_delivered();
        for (uint64_t change = random() % 3; change > 0; --change) {
            frame[random() % std::min<size_t>(frame.size(), 60)] ^=
                static_cast<uint8_t>(1u << (random() % 8));
        }
        if (random() % 8 == 0) {
            peer.cut_last(random() % (frame.size() - 13) + 14);
        }
        const auto got = link_.receive(buffer);
        EXPECT_TRUE(got.is_ok() || got.error().code == ErrorCode::busy);
        peer.drop_sent();
        clock.advance(Duration{random() % 64});
        link_.flush();
    }
    peer.drop_sent();
    learn_neighbour();
    peer.deliver_udp(neighbour, own, Bytes{payload}.first(5));
    ASSERT_TRUE(link_.receive(buffer).is_ok());
    ASSERT_TRUE(link_.send(neighbour, Bytes{payload}.first(5)).is_ok());
    EXPECT_EQ(peer.sent_count(), 1u);
}

TEST(LwipLinkAlone, Refuses_addresses_that_cannot_be) {
    ManualClock clock{start_time()};
    peer.reset();
    constexpr LwipSettings wrong[] = {
        {{0, 7000}, 0xffffff00, 0},
        {{0x7f000001, 7000}, 0xff000000, 0},
        {{0xe0000001, 7000}, 0xffffff00, 0},
        {{0x0a000200, 7000}, 0xffffff00, 0},
        {{0x0a0002ff, 7000}, 0xffffff00, 0},
        {{0x0a00020f, 7000}, 0xffffff00, 0x0a000302},
        {{0x0a00020f, 7000}, 0xffffff00, 0x0a0002ff},
    };
    for (const LwipSettings& settings : wrong) {
        const Result<> started = link_.start(peer, clock, settings);
        ASSERT_FALSE(started.is_ok());
        EXPECT_EQ(started.error().field, Field::address);
    }
    ASSERT_TRUE(link_.start(peer, clock, {{0x0a00020f, 0}, 0xffffff00, 0}).is_ok());
    EXPECT_NE(link_.local_address().port, 0);
    EXPECT_TRUE(link_.send(far_away, bytes_of("x")).is_ok()); // no way there is no failure
    link_.stop();
}

} // namespace
} // namespace grafos::test
