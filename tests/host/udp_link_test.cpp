// SPDX-License-Identifier: Apache-2.0
/// The Linux link against real sockets: two links, and one peer that breaks the rules.
#include "boards/linux/udp_link.hpp"

#include <cstdlib>

#include <arpa/inet.h>
#include <unistd.h>

#include "boards/parts/epitaph/last_words.hpp"
#include "tests/testkit/test.hpp"

/// The board's own comes with its assertion hook, which would meet the test frame's.
void grafos::board::emergency_power_off(hal::ExitStatus) noexcept {
    std::abort();
}

namespace grafos::test {
namespace {

using namespace grafos::board;

constexpr uint32_t loopback = 0x7f000001;

class UdpLinks : public ::testing::Test {
protected:
    void SetUp() override {
        clock_.start(1'000'000'000, Instant{0});
        ASSERT_TRUE(loop_.start());
        ASSERT_TRUE(other_loop_.start());
        ASSERT_TRUE(link_.start({loopback, 0}).is_ok());
        ASSERT_TRUE(other_.start({loopback, 0}).is_ok());
        ASSERT_NE(link_.local_address().port, 0);
    }

    /// The next datagram of `link`, which may need a moment to come.
    Result<hal::ReceivedDatagram> await(UdpLink& link) {
        for (int attempt = 0; attempt < 1'000; ++attempt) {
            const Result<hal::ReceivedDatagram> got = link.receive(buffer_);
            if (got.is_ok() || got.error().code != ErrorCode::busy) {
                return got.is_ok() ? Result<hal::ReceivedDatagram>{got.value()} : got.error();
            }
            usleep(1'000);
        }
        return Error{ErrorCode::io, Field::device};
    }

    /// How long a rest of at most `most` takes.
    Duration rest(Duration most) {
        const Instant before = clock_.now();
        loop_.idle_until(saturating_add(before, most));
        return clock_.now() - before;
    }

    CounterClock clock_{read_boot_time_ns};
    EventLoop loop_{clock_};
    EventLoop other_loop_{clock_};
    UdpLink link_{loop_};
    UdpLink other_{other_loop_};
    std::array<uint8_t, hal::datagram_bytes_max> buffer_{};
};

std::array<uint8_t, hal::datagram_bytes_max> pattern(uint8_t salt) {
    std::array<uint8_t, hal::datagram_bytes_max> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i * 7 + salt);
    }
    return bytes;
}

TEST_F(UdpLinks, Every_size_arrives_as_it_left_and_says_from_whom) {
    for (size_t size = 1; size <= hal::datagram_bytes_max; ++size) {
        const auto bytes = pattern(static_cast<uint8_t>(size));
        ASSERT_TRUE(other_.send(link_.local_address(), Bytes{bytes}.first(size)).is_ok());
        other_.flush();
        const auto got = await(link_);
        ASSERT_TRUE(got.is_ok());
        ASSERT_EQ(got.value().size, size);
        EXPECT_TRUE(got.value().from == other_.local_address());
        EXPECT_TRUE(is_equal(Bytes{buffer_}.first(size), Bytes{bytes}.first(size)));
    }
}

TEST_F(UdpLinks, Refuses_what_is_no_datagram) {
    const std::array<uint8_t, hal::datagram_bytes_max + 1> bytes{};
    EXPECT_TRUE(link_.send(other_.local_address(), bytes).error().field == Field::length);
    EXPECT_TRUE(link_.send(other_.local_address(), {}).error().field == Field::length);
    EXPECT_TRUE(link_.send({}, Bytes{bytes}.first(1)).error().field == Field::address);
    EXPECT_TRUE(link_.send({loopback, 0}, Bytes{bytes}.first(1)).error().field == Field::address);
    EXPECT_TRUE(link_.receive(buffer_).error().code == ErrorCode::busy);
}

TEST_F(UdpLinks, More_than_a_batch_leaves_and_comes_in_order) {
    constexpr size_t count = 3 * UdpLink::batch_max + 5;
    for (size_t i = 0; i < count; ++i) {
        const std::array<uint8_t, 2> bytes{static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
        ASSERT_TRUE(other_.send(link_.local_address(), bytes).is_ok());
    }
    other_.flush();
    for (size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(await(link_).is_ok());
        EXPECT_EQ(load_big_endian<uint16_t>(buffer_.data()), i);
    }
    EXPECT_EQ(link_.counters().received, count);
    EXPECT_EQ(other_.counters().sent, count);
}

/// What one peer is sent in a row may cross as one; nobody can tell from what arrives.
TEST_F(UdpLinks, Trains_arrive_as_the_datagrams_they_are_made_of) {
    constexpr size_t sizes[] = {1'400, 1'400, 1'400, 7, 7, 8, 8, 8, 1, 1'400, 1'399, 1'399};
    UdpLink third{other_loop_};
    ASSERT_TRUE(third.start({loopback, 0}).is_ok());
    for (const bool is_single : {false, true}) {
        if (is_single) {
            other_.send_singly();
        }
        uint8_t salt = 0;
        for (const size_t size : sizes) {
            const auto bytes = pattern(salt);
            salt += 1;
            ASSERT_TRUE(other_.send(link_.local_address(), Bytes{bytes}.first(size)).is_ok());
            if (salt == 2) { // another way ends a train
                ASSERT_TRUE(other_.send(third.local_address(), Bytes{bytes}.first(9)).is_ok());
            }
        }
        const uint64_t calls = other_.counters().calls;
        other_.flush();
        EXPECT_EQ(other_.counters().calls, calls + 1);
        salt = 0;
        for (const size_t size : sizes) {
            SCOPED_TRACE(size);
            const auto got = await(link_);
            ASSERT_TRUE(got.is_ok());
            ASSERT_EQ(got.value().size, size);
            EXPECT_TRUE(got.value().from == other_.local_address());
            const auto bytes = pattern(salt);
            salt += 1;
            EXPECT_TRUE(is_equal(Bytes{buffer_}.first(size), Bytes{bytes}.first(size)));
        }
        ASSERT_TRUE(await(third).is_ok());
        EXPECT_TRUE(link_.receive(buffer_).error().code == ErrorCode::busy);
    }
    EXPECT_FALSE(other_.sends_trains());
    EXPECT_EQ(other_.counters().unsent, 0u);
}

TEST_F(UdpLinks, A_full_queue_of_the_longest_arrives_whole) {
    for (uint8_t i = 0; i < UdpLink::batch_max; ++i) {
        ASSERT_TRUE(other_.send(link_.local_address(), pattern(i)).is_ok());
    }
    other_.flush();
    EXPECT_TRUE(other_.sends_trains());
    for (uint8_t i = 0; i < UdpLink::batch_max; ++i) {
        const auto got = await(link_);
        ASSERT_TRUE(got.is_ok());
        ASSERT_EQ(got.value().size, hal::datagram_bytes_max);
        EXPECT_TRUE(is_equal(buffer_, pattern(i)));
    }
}

/// One request at a time: the look that would find nothing is left to the rest.
TEST_F(UdpLinks, One_at_a_time_costs_one_call_each) {
    constexpr int count = 34; // one look for many, then 16 for one each
    for (int i = 0; i < count; ++i) {
        ASSERT_TRUE(other_.send(link_.local_address(), Bytes{buffer_}.first(1)).is_ok());
        other_.flush();
        EXPECT_LT(rest(Duration{1'000}).ms, 900u);
        EXPECT_TRUE(link_.receive(buffer_).is_ok());
        EXPECT_TRUE(link_.receive(buffer_).error().code == ErrorCode::busy);
    }
    EXPECT_EQ(link_.counters().calls, static_cast<uint64_t>(count));
    EXPECT_TRUE(link_.receive(buffer_).error().code == ErrorCode::busy); // looks again
    EXPECT_EQ(link_.counters().calls, static_cast<uint64_t>(count) + 1);
}

TEST_F(UdpLinks, What_comes_together_is_taken_together_before_long) {
    constexpr int count = 64;
    for (int round = 0; round < 2; ++round) {
        other_.send_singly();
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(other_.send(link_.local_address(), Bytes{buffer_}.first(1)).is_ok());
        }
        other_.flush();
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(await(link_).is_ok());
        }
    }
    EXPECT_LE(link_.counters().calls, 64u);
}

TEST_F(UdpLinks, Too_long_and_empty_ones_are_dropped_and_counted) {
    const int raw = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(loopback);
    to.sin_port = htons(link_.local_address().port);
    const std::array<uint8_t, 9'000> bytes{};
    for (const size_t size : {size_t{1401}, size_t{0}, size_t{9'000}, size_t{1400}}) {
        ASSERT_EQ(sendto(raw, bytes.data(), size, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)),
                  static_cast<ssize_t>(size));
    }
    const auto got = await(link_);
    ASSERT_TRUE(got.is_ok());
    EXPECT_EQ(got.value().size, 1400u);
    EXPECT_EQ(link_.counters().wrong_size, 3u);
    close(raw);
}

TEST_F(UdpLinks, A_peer_that_is_gone_is_no_failure) {
    const hal::DatagramAddress nobody{loopback, 1};
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(link_.send(nobody, Bytes{buffer_}.first(1)).is_ok());
        link_.flush();
        EXPECT_TRUE(link_.receive(buffer_).error().code == ErrorCode::busy);
    }
}

TEST_F(UdpLinks, Input_ends_a_rest_also_when_only_the_tray_still_has_some) {
    constexpr Duration most{300};
    EXPECT_GE(rest(most).ms, 290u);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(other_.send(link_.local_address(), Bytes{buffer_}.first(1)).is_ok());
    }
    other_.flush();
    for (int i = 0; i < 3; ++i) {
        EXPECT_LT(rest(most).ms, 250u);
        ASSERT_TRUE(await(link_).is_ok());
    }
    EXPECT_GE(rest(most).ms, 290u);
}

/// The timer is left as it is where it may be: no rest is cut short or drawn out by that.
TEST_F(UdpLinks, A_rest_ends_at_its_own_deadline_whatever_was_asked_before) {
    const auto ended_early = [&](Duration most) {
        ASSERT_TRUE(other_.send(link_.local_address(), Bytes{buffer_}.first(1)).is_ok());
        other_.flush();
        EXPECT_LT(rest(most).ms, most.ms / 2);
        ASSERT_TRUE(await(link_).is_ok());
    };
    ended_early(Duration{200});
    EXPECT_GE(rest(Duration{400}).ms, 395u); // the older, earlier deadline passes in it
    ended_early(Duration{60'000});
    const Duration took = rest(Duration{100});
    EXPECT_GE(took.ms, 95u);
    EXPECT_LT(took.ms, 5'000u);
    ended_early(Duration{300});
    loop_.idle_until(clock_.now()); // due already: no rest
    EXPECT_GE(rest(Duration{100}).ms, 95u);
}

TEST(UdpLinkAlone, An_address_in_use_is_told_with_the_errno) {
    CounterClock clock{read_boot_time_ns};
    clock.start(1'000'000'000, Instant{0});
    EventLoop loop{clock};
    ASSERT_TRUE(loop.start());
    UdpLink first{loop};
    ASSERT_TRUE(first.start({loopback, 0}).is_ok());
    UdpLink second{loop};
    const Result<> started = second.start(first.local_address());
    ASSERT_FALSE(started.is_ok());
    EXPECT_EQ(started.error().value, static_cast<uint64_t>(EADDRINUSE));
}

} // namespace
} // namespace grafos::test
