// SPDX-License-Identifier: Apache-2.0
// The golden handshake: every packet of a session, byte for byte what another implementation
// writes.
#include "core/wire/message.hpp"
#include "core/wire/session/channel.hpp"
#include "core/wire/session/handshake.hpp"
#include "tests/conformance/golden/wire/v1/handshake.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::wire {
namespace {

namespace golden = test::golden_handshake;
using test::Hex;

template <typename Array>
[[nodiscard]] Array array_of(std::string_view text) noexcept {
    Array array{};
    const Hex hex{text};
    copy_bytes(array, hex.bytes());
    return array;
}

class GoldenHandshake : public ::testing::Test {
protected:
    GoldenHandshake() noexcept {
        random.bytes = array_of<std::array<uint8_t, 16>>(golden::client_random);
        const auto secret = array_of<hal::X25519Key>(golden::client_secret);
        client.start({array_of<hal::Ed25519Seed>(golden::cookie_secret), secret});
        node.start({array_of<hal::Ed25519Seed>(golden::node_id),
                    array_of<hal::X25519Key>(golden::node_secret)});
        accept.session = {0xF0E1D2C3B4A50007};
        accept.boot = {9};
        accept.window = 16;
        accept.turn_max = Duration{10};
        accept.node_id.bytes = array_of<std::array<uint8_t, 32>>(golden::node_id);
    }
    static void expect(Bytes found, std::string_view wanted) noexcept {
        const Hex hex{wanted};
        ASSERT_EQ(found.size(), hex.bytes().size());
        for (size_t i = 0; i < found.size(); ++i) {
            ASSERT_EQ(found[i], hex.bytes()[i]) << i;
        }
    }
    /// Both ends of the handshake, from fixed ephemeral keys.
    void shake_hands() noexcept {
        initiator.start(
            client, node.exchange_key(), bytes_of(handshake_prologue),
            encode_init_payload({{0x1122334455660002}}),
            crypto::EphemeralSecret{array_of<hal::X25519Key>(golden::client_ephemeral)});
        while (initiator.is_step_due()) {
            ASSERT_TRUE(initiator.step() != crypto::Step::refused);
        }
        ASSERT_TRUE(responder.start_read(node, bytes_of(handshake_prologue), initiator.message()));
        while (responder.is_step_due()) {
            ASSERT_TRUE(responder.step() != crypto::Step::refused);
        }
        responder.start_write(
            encode_accept_payload(accept),
            crypto::EphemeralSecret{array_of<hal::X25519Key>(golden::node_ephemeral)});
        while (responder.is_step_due()) {
            ASSERT_TRUE(responder.step() != crypto::Step::refused);
        }
        ASSERT_TRUE(initiator.start_read(responder.message()));
        while (initiator.is_step_due()) {
            ASSERT_TRUE(initiator.step() != crypto::Step::refused);
        }
    }
    /// One packet with at most one message.
    void expect_sealed(Channel& channel, const MessageView* message,
                       std::string_view wanted) noexcept {
        std::array<uint8_t, 256> packet{};
        MessageWriter writer{Channel::body_of(packet)};
        if (message != nullptr) {
            ASSERT_TRUE(writer.put(*message).is_ok());
        }
        const Result<size_t> size = channel.seal(packet, writer.size());
        ASSERT_TRUE(size.is_ok());
        expect(Bytes{packet}.first(size.value()), wanted);
    }

    ClientRandom random{};
    AcceptPayload accept{};
    crypto::Identity client;
    crypto::Identity node;
    crypto::NoiseInitiator initiator;
    crypto::NoiseResponder responder;
};

TEST_F(GoldenHandshake, Has_the_packets_that_open_a_session) {
    shake_hands();
    expect(encode_hello(random), golden::hello);
    crypto::HmacKey secret{Hex{golden::cookie_secret}.bytes()};
    std::array<uint8_t, 30> covered{};
    ByteWriter writer{covered};
    writer.put<uint32_t>(0x0A00020F);
    writer.put<uint16_t>(40'001);
    writer.put_bytes(random.view());
    writer.put<uint64_t>(5);
    const CookieBody body{random, secret.mac(covered)};
    expect(encode_cookie(body), golden::cookie);
    InitBody init{.proof = body, .noise = {}};
    copy_bytes(init.noise, initiator.message());
    expect(encode_init(init), golden::init);
    expect(encode_accept(mark_of(random), responder.message()), golden::accept);
    expect(initiator.hash().view(), golden::handshake_hash);
    expect(responder.hash().view(), golden::handshake_hash);
}

TEST_F(GoldenHandshake, Reads_the_packets_that_open_a_session) {
    const Hex init{golden::init};
    const auto header = decode_packet_header(init.bytes());
    ASSERT_TRUE(header.is_ok());
    const auto body = decode_init(header.value(), init.bytes());
    ASSERT_TRUE(body.is_ok());
    ASSERT_TRUE(responder.start_read(node, bytes_of(handshake_prologue), body.value().noise));
    while (responder.is_step_due()) {
        ASSERT_TRUE(responder.step() != crypto::Step::refused);
    }
    EXPECT_TRUE(responder.initiator() == client.exchange_key());
    const auto asked = decode_init_payload(responder.payload());
    ASSERT_TRUE(asked.is_ok());
    EXPECT_EQ(asked.value().old_session.value, 0x1122334455660002u);
}

TEST_F(GoldenHandshake, Has_the_first_packets_of_both_directions) {
    shake_hands();
    Channel up;
    Channel down;
    up.start(SessionSide::client, accept.session, true);
    initiator.split(up.sending_key(), up.receiving_key());
    down.start(SessionSide::node, accept.session, true);
    responder.split(down.sending_key(), down.receiving_key());
    const uint8_t echo[] = {0, 0, 0, 4, 'p', 'i', 'n', 'g'};
    const MessageView ping{
        .type = static_cast<uint16_t>(MessageType::ping), .request = {1}, .payload = echo};
    MessageView pong = ping;
    pong.flags = message_flags::reply;
    expect_sealed(up, nullptr, golden::probe);
    expect_sealed(up, &ping, golden::request);
    expect_sealed(down, nullptr, golden::sign);
    expect_sealed(down, &pong, golden::reply);
}

TEST_F(GoldenHandshake, Opens_the_first_packets_of_both_directions) {
    shake_hands();
    Channel down;
    down.start(SessionSide::node, accept.session, true);
    responder.split(down.sending_key(), down.receiving_key());
    auto packet = array_of<std::array<uint8_t, 64>>(golden::request);
    const Result<PacketHeader> header = decode_packet_header(packet);
    ASSERT_TRUE(header.is_ok());
    Bytes messages;
    ASSERT_TRUE(down.open(header.value(), packet, messages) == Opening::opened);
    const Result<MessageView> message = take_message(messages);
    ASSERT_TRUE(message.is_ok());
    EXPECT_EQ(message.value().request.value, 1u);
    EXPECT_EQ(message.value().payload.size(), 8u);
}

} // namespace
} // namespace grafos::wire
