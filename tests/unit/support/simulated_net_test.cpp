// SPDX-License-Identifier: Apache-2.0
#include "tests/support/simulated_net.hpp"

#include <new>

#include "tests/support/trace.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr hal::DatagramAddress east{1, 7'000};
constexpr hal::DatagramAddress west{2, 7'000};
constexpr hal::DatagramAddress north{3, 7'000};

alignas(SimulatedNet) std::array<uint8_t, sizeof(SimulatedNet)> net_area;

/// Whatever is heard goes into a trace.
class Hearing final : public Listener {
public:
    void on_sent(const Datagram& datagram) noexcept override {
        sent += 1;
        last_sent_size = datagram.size;
    }
    void on_delivered(const Datagram& datagram) noexcept override {
        trace.set_now(datagram.arrives);
        trace.add(Trace::Kind::delivery, datagram.to.ipv4, datagram.view());
    }
    Trace trace{};
    uint64_t sent = 0;
    size_t last_sent_size = 0;
};

class SimulatedNetTest : public ::testing::Test {
protected:
    SimulatedNetTest() { make(1); }
    void make(uint64_t seed) noexcept {
        net_ = new (net_area.data()) SimulatedNet{seed};
        net().set_now(start_time());
    }
    [[nodiscard]] SimulatedNet& net() noexcept { return *net_; }
    void advance(Duration by) noexcept { net().set_now(saturating_add(net().now(), by)); }
    /// A datagram that says its number.
    void send(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
              uint32_t number) noexcept {
        std::array<uint8_t, 4> bytes;
        store_big_endian<uint32_t>(bytes.data(), number);
        net().send(from, to, bytes);
    }
    /// The number of the next datagram at `at`; 0: none has arrived.
    [[nodiscard]] uint32_t receive(const hal::DatagramAddress& at) noexcept {
        std::array<uint8_t, hal::datagram_bytes_max> bytes;
        const Result<hal::ReceivedDatagram> received = net().receive(at, bytes);
        if (!received.is_ok()) {
            EXPECT_TRUE(received.error().code == ErrorCode::busy);
            return 0;
        }
        EXPECT_EQ(received.value().size, 4u);
        return load_big_endian<uint32_t>(bytes.data());
    }
    /// A thousand datagrams, received as they come, and what was heard of it.
    [[nodiscard]] Digest run_a_thousand(uint64_t seed, uint64_t changed = 0) noexcept {
        make(seed);
        Hearing hearing;
        net().listen(&hearing);
        net().faults = {.loss_permille = 100,
                        .duplicate_permille = 50,
                        .flip_permille = 20,
                        .delay_least = Duration{1},
                        .delay_most = Duration{20}};
        net().change_nth(changed);
        for (uint32_t number = 1; number <= 1'000; ++number) {
            send(east, west, number);
            advance(Duration{2});
            while (receive(west) != 0) {}
        }
        advance(Duration{20});
        while (receive(west) != 0) {}
        net().listen(nullptr);
        EXPECT_EQ(hearing.sent, 1'000u);
        EXPECT_EQ(hearing.trace.count(), net().received);
        return hearing.trace.head();
    }

private:
    SimulatedNet* net_ = nullptr;
};

TEST_F(SimulatedNetTest, A_calm_net_delivers_once_in_order_and_not_before_its_delay) {
    net().faults = {.delay_least = Duration{5}, .delay_most = Duration{5}};
    send(east, west, 1);
    send(east, west, 2);
    EXPECT_EQ(net().next_arrival().ms, start_time().ms + 5);
    advance(Duration{4});
    EXPECT_EQ(receive(west), 0u);
    advance(Duration{1});
    EXPECT_EQ(receive(east), 0u); // it went to the other
    EXPECT_EQ(receive(west), 1u);
    EXPECT_EQ(receive(west), 2u);
    EXPECT_EQ(receive(west), 0u);
    EXPECT_TRUE(net().next_arrival() == Instant::never());
    EXPECT_EQ(net().lost + net().duplicated + net().changed + net().overtaken, 0u);
}

TEST_F(SimulatedNetTest, Each_address_has_its_own_next_arrival) {
    net().faults = {.delay_least = Duration{7}, .delay_most = Duration{7}};
    send(east, west, 1);
    advance(Duration{3});
    send(east, north, 2);
    EXPECT_EQ(net().next_arrival(west).ms, start_time().ms + 7);
    EXPECT_EQ(net().next_arrival(north).ms, start_time().ms + 10);
    EXPECT_TRUE(net().next_arrival(east) == Instant::never());
}

TEST_F(SimulatedNetTest, One_seed_is_the_whole_story) {
    const Digest first = run_a_thousand(5);
    EXPECT_TRUE(run_a_thousand(5) == first);
    EXPECT_FALSE(run_a_thousand(6) == first);
}

TEST_F(SimulatedNetTest, One_bit_of_one_delivery_is_another_story) {
    const Digest first = run_a_thousand(5);
    const uint64_t changed = net().changed;
    for (const uint64_t nth : {1u, 500u, 900u}) {
        EXPECT_FALSE(run_a_thousand(5, nth) == first) << nth;
        EXPECT_EQ(net().changed, changed + 1);
    }
}

TEST_F(SimulatedNetTest, Faults_happen_about_as_often_as_told_and_are_counted) {
    static_cast<void>(run_a_thousand(9));
    EXPECT_GT(net().lost, 60u); // of 1,000: 100 expected, 9.5 the deviation
    EXPECT_LT(net().lost, 140u);
    EXPECT_GT(net().duplicated, 20u); // of 900: 45
    EXPECT_LT(net().duplicated, 75u);
    EXPECT_GT(net().changed, 4u); // of 945: 19
    EXPECT_LT(net().changed, 40u);
    EXPECT_GT(net().overtaken, 100u);
    EXPECT_EQ(net().received, 1'000 - net().lost + net().duplicated);
    EXPECT_EQ(net().cut_off + net().overflowed + net().picked_out + net().held_back, 0u);
}

TEST_F(SimulatedNetTest, A_cut_goes_one_way_and_loses) {
    net().cut(east, west);
    send(east, west, 1);
    send(west, east, 2);
    send(east, north, 3);
    EXPECT_EQ(receive(west), 0u);
    EXPECT_EQ(receive(east), 2u);
    EXPECT_EQ(receive(north), 3u);
    EXPECT_EQ(net().cut_off, 1u);
    EXPECT_EQ(net().lost, 1u);
    net().heal();
    EXPECT_EQ(receive(west), 0u); // what was lost is lost
    send(east, west, 4);
    EXPECT_EQ(receive(west), 4u);
}

TEST_F(SimulatedNetTest, A_held_direction_keeps_and_gives_in_order) {
    net().hold(east, west);
    send(east, west, 1);
    advance(Duration{60'000});
    send(east, west, 2);
    send(west, east, 3);
    EXPECT_EQ(receive(west), 0u);
    EXPECT_EQ(receive(east), 3u);
    EXPECT_TRUE(net().next_arrival(west) == Instant::never());
    EXPECT_EQ(net().held_back, 2u);
    net().heal();
    EXPECT_TRUE(net().next_arrival(west) == net().now());
    EXPECT_EQ(receive(west), 1u);
    EXPECT_EQ(receive(west), 2u);
    EXPECT_EQ(net().lost, 0u);
}

TEST_F(SimulatedNetTest, A_held_direction_leaves_room_for_the_other) {
    net().hold(east, west);
    for (uint32_t number = 1; number <= 1'000; ++number) {
        send(east, west, number);
    }
    EXPECT_EQ(net().held_back, SimulatedNet::held_max);
    EXPECT_EQ(net().overflowed, 1'000 - SimulatedNet::held_max);
    send(west, east, 7);
    EXPECT_EQ(receive(east), 7u);
    net().heal();
    for (uint32_t number = 1; number <= SimulatedNet::held_max; ++number) {
        EXPECT_EQ(receive(west), number);
    }
    EXPECT_EQ(receive(west), 0u);
}

TEST_F(SimulatedNetTest, One_direction_is_opened_and_the_other_stays_as_it_is) {
    net().hold(east, west);
    net().hold(west, east);
    net().cut(east, north);
    send(east, west, 1);
    send(west, east, 2);
    send(east, north, 3);
    net().open(east, west);
    EXPECT_EQ(receive(west), 1u);
    EXPECT_EQ(receive(east), 0u);
    send(east, west, 4);
    send(east, north, 5);
    EXPECT_EQ(receive(west), 4u);
    net().open(west, east);
    EXPECT_EQ(receive(east), 2u);
    net().open(east, north);
    send(east, north, 6);
    EXPECT_EQ(receive(north), 6u);
    EXPECT_EQ(net().cut_off, 2u);
}

TEST_F(SimulatedNetTest, What_is_picked_out_is_lost_and_nothing_else) {
    net().lose_next(east, west, 2);
    send(west, east, 1);
    for (uint32_t number = 2; number <= 5; ++number) {
        send(east, west, number);
    }
    EXPECT_EQ(receive(east), 1u);
    EXPECT_EQ(receive(west), 4u);
    EXPECT_EQ(receive(west), 5u);
    EXPECT_EQ(receive(west), 0u);
    EXPECT_EQ(net().picked_out, 2u);
    EXPECT_EQ(net().lost, 2u);
}

TEST_F(SimulatedNetTest, The_nth_delivery_is_changed_in_its_last_byte) {
    net().change_nth(2);
    for (uint32_t number = 16; number <= 48; number += 16) {
        send(east, west, number);
    }
    EXPECT_EQ(receive(west), 16u);
    EXPECT_EQ(receive(west), 33u);
    EXPECT_EQ(receive(west), 48u);
    EXPECT_EQ(net().changed, 1u);
}

TEST_F(SimulatedNetTest, Who_overtakes_is_counted_by_direction) {
    net().faults = {.delay_least = Duration{9}, .delay_most = Duration{9}};
    send(east, west, 1);
    net().faults = {};
    send(north, west, 2);
    EXPECT_EQ(receive(west), 2u); // from elsewhere: nobody is overtaken
    EXPECT_EQ(net().overtaken, 0u);
    send(east, west, 3);
    EXPECT_EQ(receive(west), 3u);
    EXPECT_EQ(net().overtaken, 1u);
    advance(Duration{9});
    EXPECT_EQ(receive(west), 1u);
    EXPECT_EQ(net().overtaken, 1u);
}

TEST_F(SimulatedNetTest, More_than_there_is_room_for_is_lost) {
    for (uint32_t number = 1; number <= SimulatedNet::in_flight_max + 3; ++number) {
        send(east, west, number);
    }
    EXPECT_EQ(net().overflowed, 3u);
    EXPECT_EQ(net().lost, 3u);
    net().lose_all();
    EXPECT_EQ(net().lost, SimulatedNet::in_flight_max + 3u);
    EXPECT_EQ(receive(west), 0u);
}

TEST_F(SimulatedNetTest, A_link_keeps_the_contract_of_its_door) {
    SimulatedLink link{net(), east};
    std::array<uint8_t, hal::datagram_bytes_max + 1> bytes{};
    EXPECT_TRUE(link.send(west, {}).error().field == Field::length);
    EXPECT_TRUE(link.send(west, bytes).error().field == Field::length);
    EXPECT_TRUE(link.send({}, Bytes{bytes}.first(1)).error().field == Field::address);
    link.is_full = true;
    EXPECT_TRUE(link.send(west, Bytes{bytes}.first(1)).error().code == ErrorCode::busy);
    link.is_full = false;
    EXPECT_EQ(net().sent, 0u);
    EXPECT_TRUE(link.send(east, Bytes{bytes}.first(hal::datagram_bytes_max)).is_ok());
    const Result<hal::ReceivedDatagram> received = link.receive(bytes);
    ASSERT_TRUE(received.is_ok());
    EXPECT_TRUE(received.value().from == east);
    EXPECT_EQ(received.value().size, hal::datagram_bytes_max);
    EXPECT_TRUE(link.receive(bytes).error().code == ErrorCode::busy);
}

} // namespace
} // namespace grafos::test
