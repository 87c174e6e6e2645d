// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/entropy.hpp"

#include <array>

#include "tests/support/virtio_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::VirtioEntropy;

class VirtioEntropyTest : public ::testing::Test {
protected:
    void SetUp() override { EXPECT_TRUE(entropy.start(device.base()).is_ok()); }

    /// The device writes `count` bytes of `value` and says so.
    void deliver(uint32_t count, uint8_t value) noexcept {
        ASSERT_EQ(device.waiting_count(), 1);
        for (uint8_t& byte : device.buffer_of(0).first(count)) {
            byte = value;
        }
        device.push_used(0, count);
    }
    void expect_code(MutableBytes to, ErrorCode code) noexcept {
        const Result<> filled = entropy.fill(to);
        ASSERT_FALSE(filled.is_ok());
        EXPECT_EQ(filled.error().code, code);
    }

    VirtioDevice device{4};
    VirtioEntropy entropy;
    std::array<uint8_t, 65> drawn{};
    MutableBytes some{drawn.data(), 32};
};

TEST_F(VirtioEntropyTest, Is_busy_until_the_device_has_answered) {
    expect_code(some, ErrorCode::busy);
    expect_code(some, ErrorCode::busy);
    EXPECT_EQ(device.waiting_count(), 1);
    deliver(64, 0x11);
    EXPECT_TRUE(entropy.fill(some).is_ok());
    EXPECT_EQ(drawn[0], 0x11);
    EXPECT_EQ(drawn[31], 0x11);
}

TEST_F(VirtioEntropyTest, Gives_each_byte_once) {
    deliver(64, 0x22);
    const MutableBytes all{drawn.data(), 64};
    EXPECT_TRUE(entropy.fill(all).is_ok());
    expect_code(some, ErrorCode::busy); // all given out: the next ones are on their way
    deliver(64, 0x33);
    EXPECT_TRUE(entropy.fill(some).is_ok());
    EXPECT_EQ(drawn[0], 0x33);
}

TEST_F(VirtioEntropyTest, Collects_small_deliveries) {
    for (uint8_t i = 0; i < 4; ++i) {
        expect_code(some, ErrorCode::busy);
        deliver(8, i);
    }
    EXPECT_TRUE(entropy.fill(some).is_ok());
}

TEST_F(VirtioEntropyTest, Refuses_more_than_the_contract_allows) {
    deliver(64, 1);
    expect_code(drawn, ErrorCode::invalid_argument);
    EXPECT_TRUE(entropy.fill(some).is_ok());
}

TEST_F(VirtioEntropyTest, A_device_that_lies_is_stopped) {
    struct Case {
        uint32_t head;
        uint32_t length;
    };
    for (const Case& c : {Case{0, 0}, Case{0, 65}, Case{0, 0xffffffff}, Case{1, 8}, Case{9, 8}}) {
        VirtioDevice liar{4};
        VirtioEntropy source;
        ASSERT_TRUE(source.start(liar.base()).is_ok());
        liar.push_used(c.head, c.length);
        for (int i = 0; i < 2; ++i) {
            const Result<> filled = source.fill(some);
            ASSERT_FALSE(filled.is_ok());
            EXPECT_EQ(filled.error().code, ErrorCode::io);
        }
        EXPECT_EQ(liar.get(board::virtio_register::status), 0u);
    }
}

} // namespace
} // namespace grafos::test
