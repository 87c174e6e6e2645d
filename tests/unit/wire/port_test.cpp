// SPDX-License-Identifier: Apache-2.0
#include "core/wire/port.hpp"

#include "tests/support/simulated_net.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

constexpr hal::DatagramAddress here{1, 1};
constexpr hal::DatagramAddress there{2, 2};

class CountingPackets final : public PacketSink {
public:
    void on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                   MutableBytes packet, Instant now) noexcept override {
        count += 1;
        last_from = from;
        last = header;
        last_size = packet.size();
        last_now = now;
    }
    uint64_t count = 0;
    hal::DatagramAddress last_from{};
    PacketHeader last{};
    size_t last_size = 0;
    Instant last_now{};
};

class PortTest : public ::testing::Test {
protected:
    void inject(PacketKind kind, bool is_to_client) noexcept {
        std::array<uint8_t, packet_header_bytes + 20> packet{};
        encode_packet_header({.kind = kind, .is_to_client = is_to_client, .body_bytes = 20},
                             std::span{packet}.first<packet_header_bytes>());
        net.inject(there, here, packet);
    }
    test::SimulatedNet net{1};
    test::SimulatedLink link{net, here};
    CountingPackets server{};
    CountingPackets client{};
    Port port{link, &server, &client};
};

TEST_F(PortTest, Sorts_packets_by_their_direction) {
    inject(PacketKind::hello, false);
    inject(PacketKind::init, false);
    inject(PacketKind::sealed, false);
    inject(PacketKind::plain, false);
    inject(PacketKind::cookie, true);
    inject(PacketKind::accept, true);
    inject(PacketKind::sealed, true);
    EXPECT_FALSE(port.receive(100, {5}));
    EXPECT_EQ(server.count, 4u);
    EXPECT_EQ(client.count, 3u);
    EXPECT_EQ(port.figures().received, 7u);
    EXPECT_EQ(port.figures().bytes_received, 7u * 44u);
    EXPECT_TRUE(server.last_from == there);
    EXPECT_EQ(server.last_size, 44u);
    EXPECT_EQ(server.last_now.ms, 5u);
}

TEST_F(PortTest, Reads_no_more_than_its_budget) {
    for (int i = 0; i < 5; ++i) {
        inject(PacketKind::sealed, false);
    }
    EXPECT_TRUE(port.receive(3, {}));
    EXPECT_EQ(server.count, 3u);
    EXPECT_FALSE(port.receive(3, {}));
    EXPECT_EQ(server.count, 5u);
    EXPECT_TRUE(port.receive(0, {}));
}

TEST_F(PortTest, Counts_what_has_no_header_and_what_nobody_wants) {
    std::array<uint8_t, 30> rubbish{};
    net.inject(there, here, rubbish);
    inject(PacketKind::sealed, false);
    EXPECT_FALSE(port.receive(9, {}));
    EXPECT_EQ(port.figures().dropped_header, 1u);
    Port deaf{link, nullptr, nullptr};
    inject(PacketKind::sealed, false);
    inject(PacketKind::sealed, true);
    EXPECT_FALSE(deaf.receive(9, {}));
    EXPECT_EQ(deaf.figures().dropped_nobody, 2u);
}

TEST_F(PortTest, Counts_what_leaves_and_what_the_link_refuses) {
    const std::array<uint8_t, 30> bytes{};
    port.send(there, bytes);
    link.is_full = true;
    port.send(there, bytes);
    EXPECT_EQ(port.figures().sent, 1u);
    EXPECT_EQ(port.figures().bytes_sent, 30u);
    EXPECT_EQ(port.figures().send_refused, 1u);
    port.flush();
    EXPECT_EQ(link.flushes, 1u);
}

} // namespace
} // namespace grafos::wire
