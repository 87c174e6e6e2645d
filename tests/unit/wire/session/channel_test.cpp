// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/channel.hpp"

#include "core/wire/session/trusted_fabric.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

constexpr SessionNumber number{0x1122334455660003};

class ChannelTest : public ::testing::Test {
protected:
    ChannelTest() noexcept {
        client.start(SessionSide::client, number, true);
        node.start(SessionSide::node, number, true);
        set(client.sending_key(), 1);
        set(node.receiving_key(), 1);
        set(node.sending_key(), 2);
        set(client.receiving_key(), 2);
    }
    static void set(crypto::AeadKey& key, uint8_t value) noexcept {
        std::array<uint8_t, 32> bytes;
        bytes.fill(value);
        key.set(bytes);
    }
    /// A packet of `from` with this text; its size in `size`.
    void seal(Channel& from, std::string_view text) noexcept {
        packet = {};
        copy_bytes(Channel::body_of(packet), bytes_of(text));
        const Result<size_t> sealed = from.seal(packet, text.size());
        ASSERT_TRUE(sealed.is_ok());
        size = sealed.value();
    }
    /// What `at` says of the first `bytes` of the packet; as a port would, header first.
    Opening open(Channel& at, MutableBytes bytes) noexcept {
        const Result<PacketHeader> header = decode_packet_header(bytes);
        if (!header.is_ok()) {
            has_header = false;
            return Opening::kind_refused;
        }
        has_header = true;
        return at.open(header.value(), bytes, messages);
    }
    [[nodiscard]] MutableBytes whole() noexcept { return MutableBytes{packet}.first(size); }

    Channel client;
    Channel node;
    std::array<uint8_t, packet_bytes_max> packet{};
    size_t size = 0;
    bool has_header = false;
    Bytes messages;
};

TEST_F(ChannelTest, Opens_what_the_other_end_sealed_once) {
    seal(client, "twelve bytes");
    const auto copy = packet;
    ASSERT_EQ(open(node, whole()), Opening::opened);
    EXPECT_TRUE(is_equal(messages, bytes_of("twelve bytes")));
    packet = copy;
    EXPECT_EQ(open(node, whole()), Opening::counter_repeated);
    seal(node, "");
    ASSERT_EQ(open(client, whole()), Opening::opened);
    EXPECT_TRUE(messages.empty());
}

TEST_F(ChannelTest, Counts_each_direction_from_zero) {
    for (uint64_t i = 0; i < 3; ++i) {
        seal(client, "x");
        EXPECT_EQ(decode_packet_header(whole()).value().counter, i);
    }
    seal(node, "x");
    EXPECT_EQ(decode_packet_header(whole()).value().counter, 0u);
    EXPECT_EQ(client.sent_count(), 3u);
}

TEST_F(ChannelTest, Refuses_each_changed_bit_and_takes_the_true_packet_after) {
    seal(client, "some message that matters");
    const auto copy = packet;
    for (size_t bit = 0; bit < 8 * size; ++bit) {
        packet = copy;
        packet[bit / 8] = static_cast<uint8_t>(packet[bit / 8] ^ (1u << (bit % 8)));
        const Opening opening = open(node, whole());
        ASSERT_NE(opening, Opening::opened) << bit;
    }
    packet = copy;
    EXPECT_EQ(open(node, whole()), Opening::opened);
}

TEST_F(ChannelTest, Refuses_each_shorter_length) {
    seal(client, "some message that matters");
    const auto copy = packet;
    for (size_t length = 0; length < size; ++length) {
        packet = copy;
        EXPECT_NE(open(node, MutableBytes{packet}.first(length)), Opening::opened);
        EXPECT_FALSE(has_header) << length; // body_bytes is not what is there
        if (length < packet_header_bytes) {
            continue;
        }
        // Even with a header that says so.
        store_big_endian<uint16_t>(packet.data() + 6,
                                   static_cast<uint16_t>(length - packet_header_bytes));
        EXPECT_NE(open(node, MutableBytes{packet}.first(length)), Opening::opened);
    }
}

TEST_F(ChannelTest, Refuses_its_own_packets_and_other_directions) {
    seal(client, "mirror");
    EXPECT_EQ(open(client, whole()), Opening::tag_wrong);
    seal(client, "mirror");
    packet[5] = static_cast<uint8_t>(packet[5] ^ packet_to_client);
    EXPECT_EQ(open(node, whole()), Opening::tag_wrong);
}

TEST_F(ChannelTest, Refuses_plain_packets_while_it_seals) {
    seal(client, "plain");
    packet[3] = static_cast<uint8_t>(PacketKind::plain);
    EXPECT_EQ(open(node, whole()), Opening::kind_refused);
}

TEST_F(ChannelTest, Leaves_nothing_unsealed_but_in_a_build_for_a_trusted_fabric) {
    if (is_trusted_fabric_build) {
        client.start(SessionSide::client, number, false);
        return;
    }
    EXPECT_ASSERTION(client.start(SessionSide::client, number, false));
}

TEST_F(ChannelTest, Ends_before_the_last_counter) {
    client.skip_to(UINT64_MAX - 2);
    seal(client, "the last but one");
    ASSERT_EQ(open(node, whole()), Opening::opened);
    seal(client, "the last");
    ASSERT_EQ(open(node, whole()), Opening::opened);
    packet = {};
    for (int i = 0; i < 3; ++i) {
        const Result<size_t> sealed = client.seal(packet, 0);
        ASSERT_FALSE(sealed.is_ok());
        EXPECT_EQ(sealed.error().code, ErrorCode::exhausted);
    }
    EXPECT_EQ(client.sent_count(), UINT64_MAX);
}

TEST_F(ChannelTest, Opens_no_packet_that_says_the_counter_nobody_uses) {
    seal(client, "x");
    const PacketHeader header{.kind = PacketKind::sealed,
                              .body_bytes = static_cast<uint16_t>(size - packet_header_bytes),
                              .session = number,
                              .counter = UINT64_MAX};
    EXPECT_EQ(node.open(header, whole(), messages), Opening::tag_wrong);
}

TEST_F(ChannelTest, Forgets_what_was_heard_when_it_begins_anew) {
    seal(client, "x");
    const auto copy = packet;
    ASSERT_EQ(open(node, whole()), Opening::opened);
    node.start(SessionSide::node, number, true);
    set(node.receiving_key(), 3); // a new session has a new key
    packet = copy;
    EXPECT_EQ(open(node, whole()), Opening::tag_wrong);
    node.erase();
    EXPECT_ASSERTION(open(node, whole()));
}

TEST_F(ChannelTest, Leaves_packets_unsealed_in_a_trusted_fabric_only) {
    if (!is_trusted_fabric_build) {
        EXPECT_ASSERTION(client.start(SessionSide::client, number, false));
        return;
    }
    client.start(SessionSide::client, number, false);
    node.start(SessionSide::node, number, false);
    seal(client, "readable");
    EXPECT_EQ(size, packet_header_bytes + 8);
    EXPECT_EQ(packet[3], static_cast<uint8_t>(PacketKind::plain));
    EXPECT_EQ(open(node, whole()), Opening::opened);
    EXPECT_TRUE(is_equal(messages, bytes_of("readable")));
    EXPECT_EQ(open(node, whole()), Opening::counter_repeated);
}

} // namespace
} // namespace grafos::wire
