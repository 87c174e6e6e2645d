// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/net_rings.hpp"

#include <array>
#include <new>

#include "boards/parts/virtio/net.hpp"
#include "tests/support/virtio_device.hpp"
#include "tests/support/virtio_ring.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using namespace grafos::board;

constexpr MacAddress own{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
constexpr size_t header = NetRings::header_bytes;

// Too large for a stack, so it stands here and is made anew for each test.
alignas(NetRings) std::array<uint8_t, sizeof(NetRings)> area;

class NetRingsTest : public ::testing::Test {
protected:
    void SetUp() override { begin(NetRings::receive_entries, NetRings::send_entries); }
    void begin(uint16_t receive_size, uint16_t send_size) noexcept {
        rings.receive_queue().restart(receive_size);
        rings.send_queue().restart(send_size);
        rings.begin(own);
        receiving = new (receiving_area.data()) VirtioRing{rings.receive_queue()};
        sending = new (sending_area.data()) VirtioRing{rings.send_queue()};
    }

    /// The device delivers a frame to `to`, whose other bytes count upward from `first`.
    void deliver(const MacAddress& to, size_t size, uint8_t first) noexcept {
        const uint16_t head = receiving->head();
        const MutableBytes buffer = receiving->buffer_of(head);
        for (size_t i = 0; i < size; ++i) {
            buffer[header + i] = i < to.size() ? to[i] : static_cast<uint8_t>(first + i);
        }
        receiving->push_used(head, static_cast<uint32_t>(header + size));
    }
    void expect_code(ErrorCode code) noexcept {
        const auto frame = rings.take();
        ASSERT_FALSE(frame.is_ok());
        EXPECT_EQ(frame.error().code, code);
    }

    NetRings& rings = *new (area.data()) NetRings;
    alignas(VirtioRing) std::array<uint8_t, sizeof(VirtioRing)> receiving_area{};
    alignas(VirtioRing) std::array<uint8_t, sizeof(VirtioRing)> sending_area{};
    VirtioRing* receiving = nullptr;
    VirtioRing* sending = nullptr;
};

TEST_F(NetRingsTest, Lends_every_receive_buffer_and_wants_no_interrupts_for_sending) {
    EXPECT_EQ(receiving->waiting_count(), NetRings::receive_entries);
    EXPECT_EQ(receiving->flags(), 0);
    EXPECT_EQ(sending->waiting_count(), 0);
    EXPECT_EQ(sending->flags(), 1);
    for (uint16_t i = 0; i < NetRings::receive_entries; ++i) {
        EXPECT_EQ(receiving->descriptor(i).flags, virt_descriptor_device_writes);
        EXPECT_EQ(receiving->descriptor(i).length, header + ethernet_frame_bytes_max);
    }
    EXPECT_TRUE(rings.settle_receive());
    EXPECT_FALSE(rings.settle_receive());
    expect_code(ErrorCode::busy);
}

TEST_F(NetRingsTest, Every_size_arrives_aligned_and_as_it_came) {
    for (size_t size = ethernet_header_bytes; size <= ethernet_frame_bytes_max; ++size) {
        deliver(own, size, static_cast<uint8_t>(size));
        const auto frame = rings.take();
        ASSERT_TRUE(frame.is_ok());
        ASSERT_EQ(frame.value().size(), size);
        EXPECT_EQ((reinterpret_cast<uintptr_t>(frame.value().data()) + 14) % 4, 0u);
        for (size_t i = own.size(); i < size; ++i) {
            ASSERT_EQ(frame.value()[i], static_cast<uint8_t>(size + i));
        }
        rings.give_back();
        EXPECT_EQ(receiving->waiting_count(), NetRings::receive_entries);
    }
}

TEST_F(NetRingsTest, Goes_round_both_rings_past_the_wrap_of_their_indexes) {
    for (uint32_t i = 0; i < 70'000; ++i) {
        deliver(own, 60, static_cast<uint8_t>(i));
        const auto frame = rings.take();
        ASSERT_TRUE(frame.is_ok());
        ASSERT_EQ(frame.value()[59], static_cast<uint8_t>(i + 59));
        rings.give_back();
        const auto room = rings.reserve();
        ASSERT_TRUE(room.is_ok());
        room.value()[13] = static_cast<uint8_t>(i);
        rings.submit(14);
        ASSERT_EQ(sending->waiting_count(), 1);
        ASSERT_EQ(sending->buffer_of(sending->head())[header + 13], static_cast<uint8_t>(i));
        sending->push_used(sending->head(), 0);
    }
}

TEST_F(NetRingsTest, Takes_frames_for_this_machine_and_for_all_and_no_others) {
    constexpr MacAddress group{0x01, 0x00, 0x5e, 0, 0, 1};
    for (size_t byte = 0; byte < own.size(); ++byte) {
        MacAddress other = own;
        other[byte] ^= 1;
        deliver(other, 60, 0);
    }
    deliver(group, 60, 0);
    deliver(mac_broadcast, 60, 0);
    deliver(own, 60, 0);
    for (const MacAddress& to : {mac_broadcast, own}) {
        const auto frame = rings.take();
        ASSERT_TRUE(frame.is_ok());
        EXPECT_TRUE(is_equal(frame.value().first(6), to));
        rings.give_back();
    }
    expect_code(ErrorCode::busy);
    EXPECT_EQ(rings.counters().foreign, 7u);
    EXPECT_EQ(rings.counters().received, 2u);
    EXPECT_EQ(receiving->waiting_count(), NetRings::receive_entries);
}

TEST_F(NetRingsTest, Drops_what_is_shorter_than_an_ethernet_header) {
    for (uint32_t length = 0; length < header + ethernet_header_bytes; ++length) {
        receiving->push_used(receiving->head(), length);
    }
    deliver(own, 60, 0);
    EXPECT_TRUE(rings.take().is_ok());
    EXPECT_EQ(rings.counters().runts, header + ethernet_header_bytes);
}

TEST_F(NetRingsTest, A_flood_of_foreign_frames_ends_a_look_but_not_the_machine) {
    constexpr MacAddress other{0x52, 0x54, 0, 0, 0, 1};
    for (uint32_t i = 0; i <= NetRings::drops_max; ++i) {
        deliver(other, 60, 0);
    }
    expect_code(ErrorCode::busy);
    EXPECT_TRUE(rings.has_leftover());
    expect_code(ErrorCode::busy);
    EXPECT_FALSE(rings.has_leftover());
    EXPECT_EQ(rings.counters().foreign, NetRings::drops_max + 1);
}

TEST_F(NetRingsTest, Knows_that_it_left_something_behind) {
    EXPECT_FALSE(rings.has_leftover());
    deliver(own, 60, 0);
    deliver(own, 60, 1);
    EXPECT_FALSE(rings.has_leftover()); // nobody looked: the interrupt says it
    EXPECT_TRUE(rings.take().is_ok());
    EXPECT_TRUE(rings.has_leftover());
    rings.give_back();
    EXPECT_TRUE(rings.take().is_ok());
    EXPECT_FALSE(rings.has_leftover());
}

TEST_F(NetRingsTest, A_length_beyond_the_buffer_is_a_lie) {
    for (const uint32_t length : {uint32_t{header + ethernet_frame_bytes_max + 1}, 0x10000u, ~0u}) {
        SetUp();
        receiving->push_used(receiving->head(), length);
        expect_code(ErrorCode::io);
    }
}

TEST_F(NetRingsTest, A_buffer_named_again_and_again_costs_frames_and_nothing_else) {
    for (int i = 0; i < 1'000; ++i) {
        receiving->push_used(5, static_cast<uint32_t>(header + 60));
        const auto frame = rings.take();
        if (frame.is_ok()) {
            rings.give_back();
        }
        EXPECT_EQ(receiving->waiting_count(), NetRings::receive_entries);
    }
}

TEST_F(NetRingsTest, A_head_or_an_index_out_of_range_is_a_lie) {
    receiving->push_used(NetRings::receive_entries, 60);
    expect_code(ErrorCode::io);
    SetUp();
    receiving->set_used_index(NetRings::receive_entries + 1);
    expect_code(ErrorCode::io);
}

TEST_F(NetRingsTest, Full_means_busy_until_the_device_answers_in_any_order) {
    for (uint16_t i = 0; i < NetRings::send_entries; ++i) {
        ASSERT_TRUE(rings.reserve().is_ok());
        rings.submit(60);
    }
    const auto full = rings.reserve();
    ASSERT_FALSE(full.is_ok());
    EXPECT_EQ(full.error().code, ErrorCode::busy);
    sending->push_used(37, 0);
    const auto room = rings.reserve();
    ASSERT_TRUE(room.is_ok());
    EXPECT_EQ(room.value().data(), sending->buffer_of(37).data() + header);
    EXPECT_EQ(room.value().size(), ethernet_frame_bytes_max);
}

TEST_F(NetRingsTest, An_answer_about_what_was_never_sent_is_a_lie) {
    ASSERT_TRUE(rings.reserve().is_ok());
    rings.submit(60);
    sending->push_used(static_cast<uint32_t>(sending->head() + 1), 0);
    const auto room = rings.reserve();
    ASSERT_FALSE(room.is_ok());
    EXPECT_EQ(room.error().code, ErrorCode::io);
}

TEST_F(NetRingsTest, Sends_an_empty_device_header_before_the_frame) {
    const auto room = rings.reserve();
    ASSERT_TRUE(room.is_ok());
    room.value()[0] = 0xaa;
    rings.submit(ethernet_frame_bytes_max);
    const Bytes sent = sending->buffer_of(sending->head());
    EXPECT_EQ(sent.size(), header + ethernet_frame_bytes_max);
    EXPECT_TRUE(is_all_zero(sent.first(header)));
    EXPECT_EQ(sent[header], 0xaa);
    EXPECT_EQ(sending->descriptor(sending->head()).flags, 0);
}

TEST_F(NetRingsTest, Notifies_once_for_many_and_only_a_device_that_asks) {
    EXPECT_FALSE(rings.settle_send());
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(rings.reserve().is_ok());
        rings.submit(60);
    }
    EXPECT_TRUE(rings.settle_send());
    EXPECT_FALSE(rings.settle_send());
    sending->set_notification(false);
    ASSERT_TRUE(rings.reserve().is_ok());
    rings.submit(60);
    EXPECT_FALSE(rings.settle_send());
}

TEST_F(NetRingsTest, Works_with_shorter_rings) {
    begin(4, 4);
    EXPECT_EQ(receiving->waiting_count(), 4);
    for (int i = 0; i < 20; ++i) {
        deliver(own, 60, 0);
        ASSERT_TRUE(rings.take().is_ok());
        rings.give_back();
    }
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(rings.reserve().is_ok());
        rings.submit(60);
    }
    EXPECT_FALSE(rings.reserve().is_ok());
}

alignas(VirtioNet) std::array<uint8_t, sizeof(VirtioNet)> card_area;

TEST(VirtioNet, Is_not_started_on_a_card_without_an_address_and_answers_io) {
    VirtioDevice device{1};
    device.set(virtio_register::device_features, 1); // version 1, no address
    VirtioNet& card = *new (card_area.data()) VirtioNet;
    const Result<> started = card.start(device.base());
    ASSERT_FALSE(started.is_ok());
    EXPECT_EQ(started.error().code, ErrorCode::unsupported);
    EXPECT_EQ(card.take_frame().error().code, ErrorCode::io);
    EXPECT_EQ(card.reserve_frame().error().code, ErrorCode::io);
    card.flush();
}

} // namespace
} // namespace grafos::test
