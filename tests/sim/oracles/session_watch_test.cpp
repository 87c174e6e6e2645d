// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/session_watch.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

Datagram packet(uint8_t kind, bool is_to_client, uint64_t session, uint64_t number) {
    Datagram datagram;
    datagram.size = 40;
    datagram.bytes[3] = kind;
    datagram.bytes[5] = is_to_client ? 1 : 0;
    store_big_endian<uint64_t>(datagram.bytes.data() + 8, session);
    store_big_endian<uint64_t>(datagram.bytes.data() + 16, number);
    return datagram;
}

TEST(SessionWatch, Packets_that_are_numbered_upward_are_good_in_each_direction) {
    Findings findings;
    SessionWatch watch{findings};
    for (uint64_t number = 0; number < 100; ++number) {
        watch.on_sent(0, packet(5, false, 7 << 16, number));
        watch.on_sent(1, packet(5, true, 7 << 16, number));
        watch.on_sent(2, packet(5, false, (number + 8) << 16, 0));
        watch.on_sent(0, packet(3, false, 7 << 16, 0)); // of a handshake: has no number
    }
    EXPECT_TRUE(findings.verdict().is_good());
    EXPECT_EQ(findings.checks(), 300u);
}

TEST(SessionWatch, A_number_that_was_sent_before_is_found) {
    Findings findings;
    SessionWatch watch{findings};
    watch.on_sent(1, packet(5, true, 7 << 16, 0));
    watch.on_sent(1, packet(5, true, 7 << 16, 1));
    watch.on_sent(1, packet(5, true, 7 << 16, 0)); // another session of the same name
    EXPECT_FALSE(findings.verdict().is_good());
    EXPECT_TRUE(findings.verdict().oracle == "at-most-once");
}

TEST(SessionWatch, More_sessions_than_there_is_room_for_are_no_finding) {
    Findings findings;
    SessionWatch watch{findings};
    for (uint64_t session = 1; session < 4 * SessionWatch::sessions_max; ++session) {
        watch.on_sent(0, packet(6, false, session << 16, session % 3));
    }
    EXPECT_TRUE(findings.verdict().is_good());
}

} // namespace
} // namespace grafos::test
