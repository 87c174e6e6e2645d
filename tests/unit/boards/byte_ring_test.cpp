// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/uart/ring/byte_ring.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

TEST(ByteRing, Keeps_order_and_refuses_when_full) {
    board::ByteRing<8> ring;
    uint8_t put = 0;
    uint8_t taken = 0;
    for (int round = 0; round < 100; ++round) {
        EXPECT_TRUE(ring.is_empty());
        for (int i = 0; i < 8; ++i) {
            EXPECT_FALSE(ring.is_full());
            EXPECT_TRUE(ring.put(put++));
        }
        EXPECT_TRUE(ring.is_full());
        EXPECT_FALSE(ring.put(0xee));
        for (int i = 0; i < 8; ++i) {
            uint8_t byte = 0;
            EXPECT_FALSE(ring.is_empty());
            EXPECT_TRUE(ring.take(byte));
            EXPECT_EQ(byte, taken++);
        }
        uint8_t byte = 0x77;
        EXPECT_FALSE(ring.take(byte));
        EXPECT_EQ(byte, 0x77);
    }
}

} // namespace
} // namespace grafos::test
