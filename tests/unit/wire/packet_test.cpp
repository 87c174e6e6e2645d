// SPDX-License-Identifier: Apache-2.0
#include "core/wire/packet.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using Packet = std::array<uint8_t, packet_header_bytes + 64>;

[[nodiscard]] Packet packet_of(const PacketHeader& header) {
    Packet packet{};
    encode_packet_header(header, std::span{packet}.first<packet_header_bytes>());
    return packet;
}

/// One valid header of each kind and direction, over a body of 64 bytes.
constexpr PacketHeader headers[] = {
    {PacketKind::hello, false, 64, {}, 0},
    {PacketKind::cookie, true, 64, {}, 0},
    {PacketKind::init, false, 64, {0x0102030405060708}, 0},
    {PacketKind::accept, true, 64, {0x0102030405060708}, 0},
    {PacketKind::sealed, false, 64, {0x0102030405060708}, 0x1112131415161718},
    {PacketKind::sealed, true, 64, {0x0102030405060708}, UINT64_MAX - 1},
    {PacketKind::plain, false, 64, {1}, 2},
    {PacketKind::plain, true, 64, {1}, 0},
};

[[nodiscard]] Error refusal_of(Bytes datagram) {
    const Result<PacketHeader> decoded = decode_packet_header(datagram);
    return decoded.is_ok() ? Error{} : decoded.error();
}

TEST(Packet, Every_kind_comes_back_as_it_went) {
    for (const PacketHeader& header : headers) {
        const Packet packet = packet_of(header);
        const Result<PacketHeader> decoded = decode_packet_header(packet);
        ASSERT_TRUE(decoded.is_ok()) << static_cast<uint32_t>(header.kind);
        EXPECT_TRUE(decoded.value() == header);
    }
}

TEST(Packet, Fields_stand_big_endian_in_their_places) {
    const Packet packet =
        packet_of({PacketKind::sealed, true, 64, {0x0102030405060708}, 0x1112131415161718});
    const uint8_t expected[packet_header_bytes] = {0x67, 0x46, 1,    5,    0,    1,    0,    64,
                                                   1,    2,    3,    4,    5,    6,    7,    8,
                                                   0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
    EXPECT_TRUE(is_equal(Bytes{packet}.first(packet_header_bytes), expected));
}

TEST(Packet, Every_length_but_its_own_is_refused) {
    const Packet packet = packet_of(headers[4]);
    for (size_t length = 0; length < packet.size(); ++length) {
        const Error error = refusal_of(Bytes{packet}.first(length));
        EXPECT_EQ(error.code, ErrorCode::corrupt) << length;
        EXPECT_EQ(error.field, Field::length);
        EXPECT_EQ(error.value, length < packet_header_bytes ? length : 64);
    }
    std::array<uint8_t, packet_bytes_max + 1> large{};
    encode_packet_header(
        {PacketKind::sealed, false, packet_bytes_max - packet_header_bytes, {1}, 0},
        std::span{large}.first<packet_header_bytes>());
    EXPECT_TRUE(decode_packet_header(Bytes{large}.first(packet_bytes_max)).is_ok());
    EXPECT_TRUE((refusal_of(large) == Error{ErrorCode::corrupt, Field::length, large.size(), 24}));
}

TEST(Packet, Every_other_magic_version_kind_and_flag_is_refused) {
    Packet packet = packet_of(headers[4]);
    for (uint32_t magic = 0; magic <= UINT16_MAX; ++magic) {
        store_big_endian<uint16_t>(packet.data(), static_cast<uint16_t>(magic));
        const Error expected{ErrorCode::corrupt, Field::magic, magic, packet_magic};
        EXPECT_TRUE(refusal_of(packet) == (magic == packet_magic ? Error{} : expected));
    }
    packet = packet_of(headers[4]);
    for (uint32_t version = 0; version <= UINT8_MAX; ++version) {
        packet[2] = static_cast<uint8_t>(version);
        const Error expected{ErrorCode::unsupported_version, Field::version, version, 1};
        EXPECT_TRUE(refusal_of(packet) == (version == 1 ? Error{} : expected));
    }
    packet = packet_of(headers[4]);
    for (uint32_t kind = 0; kind <= UINT8_MAX; ++kind) {
        if (kind == 0 || kind > 6) {
            packet[3] = static_cast<uint8_t>(kind);
            EXPECT_TRUE(
                (refusal_of(packet) == Error{ErrorCode::invalid_argument, Field::kind, kind, 6}));
        }
    }
    packet = packet_of(headers[4]);
    for (uint32_t flags = 0; flags <= UINT16_MAX; ++flags) {
        store_big_endian<uint16_t>(packet.data() + 4, static_cast<uint16_t>(flags));
        const Error expected{ErrorCode::invalid_argument, Field::flags, flags, packet_to_client};
        EXPECT_TRUE(refusal_of(packet) == (flags <= 1 ? Error{} : expected)) << flags;
    }
}

TEST(Packet, A_handshake_packet_goes_its_own_way_and_carries_no_counter) {
    for (size_t i = 0; i < 4; ++i) {
        Packet packet = packet_of(headers[i]);
        packet[5] ^= 1;
        EXPECT_EQ(refusal_of(packet).field, Field::flags) << i;
        packet = packet_of(headers[i]);
        packet[23] = 9;
        EXPECT_TRUE(
            (refusal_of(packet) == Error{ErrorCode::invalid_argument, Field::packet, 9, 0}));
        if (i < 2) {
            packet = packet_of(headers[i]);
            packet[15] = 7;
            EXPECT_TRUE(
                (refusal_of(packet) == Error{ErrorCode::invalid_argument, Field::session, 7, 0}));
        }
    }
}

TEST(Packet, A_sealed_packet_has_a_tag_and_never_the_last_counter) {
    std::array<uint8_t, packet_header_bytes + packet_tag_bytes> packet{};
    encode_packet_header({PacketKind::sealed, false, packet_tag_bytes, {1}, 0},
                         std::span{packet}.first<packet_header_bytes>());
    EXPECT_TRUE(decode_packet_header(packet).is_ok());
    packet[7] = packet_tag_bytes - 1;
    EXPECT_TRUE((refusal_of(Bytes{packet}.first(packet.size() - 1)) ==
                 Error{ErrorCode::corrupt, Field::length, packet_tag_bytes - 1, packet_tag_bytes}));
    packet[7] = packet_tag_bytes;
    for (size_t i = 16; i < packet_header_bytes; ++i) {
        packet[i] = 0xff;
    }
    EXPECT_EQ(refusal_of(packet).code, ErrorCode::exhausted);
    EXPECT_EQ(refusal_of(packet).field, Field::packet);
}

TEST(Packet, Writing_a_header_that_nobody_would_take_is_a_broken_program) {
    Packet packet{};
    const auto to = std::span{packet}.first<packet_header_bytes>();
    EXPECT_ASSERTION(encode_packet_header({PacketKind::hello, true, 64, {}, 0}, to));
    EXPECT_ASSERTION(encode_packet_header({PacketKind::hello, false, 64, {1}, 0}, to));
    EXPECT_ASSERTION(encode_packet_header({PacketKind::sealed, false, 64, {1}, UINT64_MAX}, to));
    EXPECT_ASSERTION(encode_packet_header({PacketKind::sealed, false, 15, {1}, 0}, to));
    EXPECT_ASSERTION(encode_packet_header({static_cast<PacketKind>(7), false, 64, {1}, 0}, to));
}

} // namespace
} // namespace grafos::wire
