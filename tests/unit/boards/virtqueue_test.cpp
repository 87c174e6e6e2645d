// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/virtqueue.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::UsedOutcome;
using board::VirtUsedElement;

class VirtqueueTest : public ::testing::Test {
protected:
    void SetUp() override { queue.restart(4); }

    void device_answers(uint32_t head, uint32_t length) noexcept {
        tables.used[tables.used_header[1] % 4] = {head, length};
        tables.used_header[1] = static_cast<uint16_t>(tables.used_header[1] + 1);
    }
    UsedOutcome take() noexcept { return queue.take_used(element); }

    board::VirtqueueTables<8> tables;
    board::Virtqueue queue{tables};
    VirtUsedElement element{};
};

TEST_F(VirtqueueTest, Lies_in_memory_as_the_specification_says) {
    EXPECT_EQ(queue.descriptors_address() % 4096, 0u);
    EXPECT_EQ(queue.available_address() % 2, 0u);
    EXPECT_EQ(queue.used_address() % 4, 0u);
    EXPECT_EQ(reinterpret_cast<uint64_t>(&tables.used[0]), queue.used_address() + 4);
    EXPECT_EQ(sizeof(VirtUsedElement), 8u);
}

TEST_F(VirtqueueTest, Goes_round_its_ring_for_ever) {
    for (uint32_t i = 0; i < 70'000; ++i) { // past the wrap of the 16-bit indexes
        queue.offer(static_cast<uint16_t>(i % 4));
        ASSERT_EQ(tables.available[1], static_cast<uint16_t>(i + 1));
        ASSERT_EQ(tables.available[2 + i % 4], i % 4);
        ASSERT_TRUE(take() == UsedOutcome::none);
        device_answers(i % 4, i);
        ASSERT_TRUE(take() == UsedOutcome::taken);
        ASSERT_EQ(element.head, i % 4);
        ASSERT_EQ(element.length, i);
    }
}

TEST_F(VirtqueueTest, An_answer_to_nothing_is_broken) {
    device_answers(0, 0);
    EXPECT_TRUE(take() == UsedOutcome::broken);
}

TEST_F(VirtqueueTest, A_head_outside_the_size_agreed_on_is_broken) {
    for (const uint32_t head : {4u, 7u, 8u, 0x10000u, 0xffffffffu}) {
        queue.restart(4);
        queue.offer(0);
        device_answers(head, 0);
        EXPECT_TRUE(take() == UsedOutcome::broken);
    }
}

TEST_F(VirtqueueTest, Sizes_and_indexes_of_its_driver_are_checked) {
    EXPECT_ASSERTION(queue.restart(0));
    EXPECT_ASSERTION(queue.restart(3));
    EXPECT_ASSERTION(queue.restart(16));
    EXPECT_ASSERTION(queue.offer(4));
    EXPECT_ASSERTION(queue.set_descriptor(4, {}));
}

} // namespace
} // namespace grafos::test
