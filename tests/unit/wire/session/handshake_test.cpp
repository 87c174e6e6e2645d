// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/handshake.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

class HandshakeTest : public ::testing::Test {
protected:
    HandshakeTest() noexcept {
        for (size_t i = 0; i < random.bytes.size(); ++i) {
            random.bytes[i] = static_cast<uint8_t>(0x80 + i);
        }
        cookie.bytes.fill(0xC0);
        noise.fill(0x11);
    }
    ClientRandom random;
    Cookie cookie;
    std::array<uint8_t, init_noise_bytes> noise;
};

[[nodiscard]] PacketHeader header_of(Bytes packet) noexcept {
    const Result<PacketHeader> header = decode_packet_header(packet);
    EXPECT_TRUE(header.is_ok());
    return header.is_ok() ? header.value() : PacketHeader{};
}

TEST_F(HandshakeTest, Has_answers_that_are_no_longer_than_their_questions) {
    EXPECT_EQ(hello_packet_bytes, 88u);
    EXPECT_EQ(cookie_packet_bytes, 72u);
    EXPECT_EQ(init_packet_bytes, 180u);
    EXPECT_EQ(accept_packet_bytes, 128u);
}

TEST_F(HandshakeTest, Reads_what_it_writes) {
    const HelloPacket hello = encode_hello(random);
    ASSERT_TRUE(decode_hello(header_of(hello), hello).is_ok());
    EXPECT_TRUE(decode_hello(header_of(hello), hello).value() == random);

    const CookiePacket answer = encode_cookie({random, cookie});
    const auto body = decode_cookie(header_of(answer), answer);
    ASSERT_TRUE(body.is_ok());
    EXPECT_TRUE(body.value().random == random && body.value().cookie == cookie);

    const InitPacket init = encode_init({{random, cookie}, noise});
    const auto init_body = decode_init(header_of(init), init);
    ASSERT_TRUE(init_body.is_ok());
    EXPECT_TRUE(init_body.value().noise == noise);
    EXPECT_TRUE(init_body.value().proof.cookie == cookie);
    EXPECT_EQ(header_of(init).session.value, 0x8081828384858687u);

    std::array<uint8_t, accept_body_bytes> message;
    message.fill(7);
    const AcceptPacket accept = encode_accept(mark_of(random), message);
    const auto accept_body = decode_accept(header_of(accept), accept);
    ASSERT_TRUE(accept_body.is_ok());
    EXPECT_TRUE(is_equal(accept_body.value(), message));
    EXPECT_TRUE(header_of(accept).is_to_client);
}

TEST_F(HandshakeTest, Refuses_a_hello_whose_padding_says_something) {
    for (size_t at = packet_header_bytes + 16; at < hello_packet_bytes; ++at) {
        HelloPacket hello = encode_hello(random);
        hello[at] = 1;
        EXPECT_FALSE(decode_hello(header_of(hello), hello).is_ok());
    }
}

TEST_F(HandshakeTest, Refuses_other_lengths_sessions_counters_and_directions) {
    const HelloPacket hello = encode_hello(random);
    const InitPacket init = encode_init({{random, cookie}, noise});
    PacketHeader header = header_of(hello);
    EXPECT_FALSE(decode_hello(header, Bytes{hello}.first(hello.size() - 1)).is_ok());
    EXPECT_FALSE(decode_hello(header, init).is_ok());
    header.session.value = 1;
    EXPECT_FALSE(decode_hello(header, hello).is_ok());
    header = header_of(hello);
    header.counter = 1;
    EXPECT_FALSE(decode_hello(header, hello).is_ok());
    header = header_of(hello);
    header.is_to_client = true;
    EXPECT_FALSE(decode_hello(header, hello).is_ok());
    header = header_of(init);
    header.session.value += 1;
    EXPECT_FALSE(decode_init(header, init).is_ok());
    EXPECT_FALSE(decode_cookie(header_of(init), init).is_ok());
    EXPECT_FALSE(decode_accept(header_of(init), init).is_ok());
}

TEST_F(HandshakeTest, Refuses_payloads_that_it_does_not_know) {
    auto init = encode_init_payload({{77}});
    ASSERT_TRUE(decode_init_payload(init).is_ok());
    EXPECT_EQ(decode_init_payload(init).value().old_session.value, 77u);
    init[0] = 2;
    EXPECT_EQ(decode_init_payload(init).error().code, ErrorCode::unsupported_version);
    for (size_t at = 1; at < 4; ++at) {
        init = encode_init_payload({{77}});
        init[at] = 1;
        EXPECT_EQ(decode_init_payload(init).error().field, Field::padding);
    }
    EXPECT_EQ(decode_init_payload(Bytes{init}.first(11)).error().field, Field::length);
}

TEST_F(HandshakeTest, Refuses_accepts_that_make_no_session) {
    AcceptPayload good{
        .session = {5}, .boot = {6}, .window = 16, .turn_max = Duration{10}, .node_id = {}};
    good.node_id.bytes.fill(9);
    const auto bytes = encode_accept_payload(good);
    const auto read = decode_accept_payload(bytes);
    ASSERT_TRUE(read.is_ok());
    EXPECT_EQ(read.value().session.value, 5u);
    EXPECT_EQ(read.value().boot.value, 6u);
    EXPECT_EQ(read.value().window, 16u);
    EXPECT_EQ(read.value().turn_max.ms, 10u);
    EXPECT_TRUE(read.value().node_id == good.node_id);
    for (uint32_t window = 0; window <= UINT16_MAX; ++window) {
        AcceptPayload other = good;
        other.window = static_cast<uint16_t>(window);
        const bool is_good = window == 1 || window == 2 || window == 4 || window == 8 ||
                             window == 16 || window == 32 || window == 64;
        ASSERT_EQ(decode_accept_payload(encode_accept_payload(other)).is_ok(), is_good);
    }
    AcceptPayload nobody = good;
    nobody.session = {};
    EXPECT_FALSE(decode_accept_payload(encode_accept_payload(nobody)).is_ok());
    EXPECT_TRUE(read.value().seals);
    for (uint32_t flags = 1; flags <= UINT16_MAX; ++flags) { // only one is known
        auto changed = bytes;
        store_big_endian<uint16_t>(changed.data() + 18, static_cast<uint16_t>(flags));
        const auto other = decode_accept_payload(changed);
        ASSERT_EQ(other.is_ok(), flags == accept_is_plain);
        ASSERT_TRUE(other.is_ok() ? !other.value().seals : other.error().field == Field::flags);
    }
    good.seals = false;
    EXPECT_FALSE(decode_accept_payload(encode_accept_payload(good)).value().seals);
    EXPECT_FALSE(decode_accept_payload(Bytes{bytes}.first(55)).is_ok());
}

} // namespace
} // namespace grafos::wire
