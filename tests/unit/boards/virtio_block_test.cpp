// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/block.hpp"

#include <array>

#include "tests/support/virtio_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::VirtioBlock;

constexpr uint32_t block_id = 2;
constexpr uint64_t lied = VirtioBlock::status_lied;

class VirtioBlockTest : public ::testing::Test {
protected:
    void SetUp() override {
        device.set(board::virtio_register::config, 1000); // sectors
        EXPECT_TRUE(disk.start(device.base()).is_ok());
    }
    MutableBytes sectors(size_t count) noexcept {
        return MutableBytes{buffer}.first(count * hal::sector_bytes);
    }
    hal::BlockTicket must_start_read(uint64_t sector, size_t count) noexcept {
        const auto started = disk.start_read(sector, sectors(count));
        EXPECT_TRUE(started.is_ok());
        return started.is_ok() ? started.value() : hal::BlockTicket{};
    }
    hal::BlockTicket must_flush() noexcept {
        const auto started = disk.start_flush();
        EXPECT_TRUE(started.is_ok());
        return started.is_ok() ? started.value() : hal::BlockTicket{};
    }
    void expect_io(hal::BlockTicket ticket, uint64_t status) noexcept {
        const Result<> polled = disk.poll(ticket);
        ASSERT_FALSE(polled.is_ok());
        EXPECT_EQ(polled.error().code, ErrorCode::io);
        EXPECT_EQ(polled.error().value, status);
    }
    void expect_code(hal::BlockTicket ticket, ErrorCode code) noexcept {
        const Result<> polled = disk.poll(ticket);
        ASSERT_FALSE(polled.is_ok());
        EXPECT_EQ(polled.error().code, code);
    }
    /// After a lie: the ticket failed, the device was stopped, nothing is started, a reset mends
    /// it.
    void expect_caught(hal::BlockTicket ticket) noexcept {
        expect_io(ticket, lied);
        EXPECT_EQ(device.get(board::virtio_register::status), 0u);
        const auto refused = disk.start_flush();
        ASSERT_FALSE(refused.is_ok());
        EXPECT_EQ(refused.error().code, ErrorCode::io);
        device.restart();
        EXPECT_TRUE(disk.reset().is_ok());
        const hal::BlockTicket next = must_flush();
        device.answer_disk(0);
        EXPECT_TRUE(disk.poll(next).is_ok());
    }

    VirtioDevice device{block_id};
    VirtioBlock disk;
    std::array<uint8_t, 8 * hal::sector_bytes> buffer{};
};

TEST_F(VirtioBlockTest, Says_what_the_device_has) {
    EXPECT_EQ(disk.geometry().sector_count, 1000u);
    EXPECT_EQ(disk.geometry().in_flight_max, 16u);
    EXPECT_EQ(disk.geometry().transfer_sectors_max, 2048u);
}

TEST_F(VirtioBlockTest, Hands_the_device_one_chain_of_header_data_and_status) {
    (void)must_start_read(5, 2);
    ASSERT_EQ(device.waiting_count(), 1);
    const uint16_t head = device.head_at(0);
    const Bytes header = device.buffer_of(head);
    ASSERT_EQ(header.size(), 16u);
    EXPECT_EQ(load_little_endian<uint32_t>(header.data()), 0u);     // read
    EXPECT_EQ(load_little_endian<uint64_t>(header.data() + 8), 5u); // sector
    EXPECT_EQ(device.descriptor(head).flags, board::virt_descriptor_next);
    const uint16_t data = device.descriptor(head).next;
    EXPECT_EQ(device.buffer_of(data).data(), buffer.data());
    EXPECT_EQ(device.buffer_of(data).size(), 1024u);
    EXPECT_EQ(device.descriptor(data).flags, 3);
    const uint16_t status = device.descriptor(data).next;
    EXPECT_EQ(device.descriptor(status).flags, board::virt_descriptor_device_writes);
    EXPECT_EQ(device.descriptor(status).length, 1u);
}

TEST_F(VirtioBlockTest, Lends_the_data_of_a_write_for_reading_only) {
    ASSERT_TRUE(disk.start_write(0, sectors(1)).is_ok());
    const uint16_t data = device.descriptor(device.head_at(0)).next;
    EXPECT_EQ(device.descriptor(data).flags, board::virt_descriptor_next);
}

TEST_F(VirtioBlockTest, A_flush_has_no_data) {
    const hal::BlockTicket ticket = must_flush();
    const uint16_t status = device.descriptor(device.head_at(0)).next;
    EXPECT_EQ(device.descriptor(status).length, 1u);
    expect_code(ticket, ErrorCode::busy);
    device.answer_disk(0);
    EXPECT_TRUE(disk.poll(ticket).is_ok());
}

TEST_F(VirtioBlockTest, Answers_each_ticket_once) {
    const hal::BlockTicket ticket = must_start_read(0, 1);
    expect_code(ticket, ErrorCode::busy);
    device.answer_disk(0, 0x5a);
    EXPECT_TRUE(disk.poll(ticket).is_ok());
    EXPECT_EQ(buffer[511], 0x5a);
    expect_code(ticket, ErrorCode::not_found);
    expect_code({0}, ErrorCode::not_found);
}

TEST_F(VirtioBlockTest, Passes_on_the_status_of_the_device) {
    for (const uint8_t status : {uint8_t{1}, uint8_t{2}, uint8_t{77}, uint8_t{255}}) {
        const hal::BlockTicket ticket = must_start_read(0, 1);
        device.answer_disk(status);
        expect_io(ticket, status);
    }
    const hal::BlockTicket ticket = must_flush(); // and goes on
    device.answer_disk(0);
    EXPECT_TRUE(disk.poll(ticket).is_ok());
}

TEST_F(VirtioBlockTest, Keeps_sixteen_in_flight_and_takes_answers_in_any_order) {
    std::array<hal::BlockTicket, 16> tickets;
    for (hal::BlockTicket& ticket : tickets) {
        ticket = must_flush();
    }
    const auto one_more = disk.start_flush();
    ASSERT_FALSE(one_more.is_ok());
    EXPECT_EQ(one_more.error().code, ErrorCode::busy);
    for (uint16_t i = 16; i-- > 0;) { // the youngest first
        device.buffer_of(static_cast<uint16_t>(i * 3 + 2))[0] = 0;
        device.push_used(i * 3u, 1);
        EXPECT_TRUE(disk.poll(tickets[i]).is_ok());
    }
}

TEST_F(VirtioBlockTest, Never_uses_a_ticket_number_twice) {
    uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
        const hal::BlockTicket ticket = must_flush();
        EXPECT_GT(ticket.number, last);
        last = ticket.number;
        device.answer_disk(0);
        EXPECT_TRUE(disk.poll(ticket).is_ok());
    }
}

TEST_F(VirtioBlockTest, Refuses_places_outside_the_device) {
    struct Case {
        uint64_t sector;
        size_t bytes;
    };
    for (const Case& c : {Case{1000, 512}, Case{999, 1024}, Case{UINT64_MAX, 512}, Case{0, 0},
                          Case{0, 511}, Case{UINT64_MAX - 1, 1024}}) {
        const auto read = disk.start_read(c.sector, MutableBytes{buffer}.first(c.bytes));
        ASSERT_FALSE(read.is_ok());
        EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
        const auto write = disk.start_write(c.sector, Bytes{buffer}.first(c.bytes));
        ASSERT_FALSE(write.is_ok());
        EXPECT_EQ(write.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_EQ(device.waiting_count(), 0);
    EXPECT_TRUE(disk.start_read(999, sectors(1)).is_ok());
}

TEST_F(VirtioBlockTest, Catches_a_used_index_that_runs_ahead) {
    const hal::BlockTicket ticket = must_flush();
    device.set_used_index(2);
    expect_caught(ticket);
}

TEST_F(VirtioBlockTest, Catches_a_used_index_that_runs_back) {
    const hal::BlockTicket ticket = must_flush();
    device.set_used_index(0xffff);
    expect_caught(ticket);
}

TEST_F(VirtioBlockTest, Catches_every_head_that_is_not_in_flight) {
    for (uint32_t head = 0; head < 64; ++head) {
        const hal::BlockTicket ticket = must_flush();
        const uint16_t ours = device.head_at(0);
        if (head == ours) {
            device.answer_disk(0);
            EXPECT_TRUE(disk.poll(ticket).is_ok());
            continue;
        }
        device.push_used(head, 1);
        expect_caught(ticket);
    }
}

TEST_F(VirtioBlockTest, Catches_heads_that_are_no_descriptor) {
    for (const uint32_t head : {64u, 65u, 0x10000u, 0x7fffffffu, 0xffffffffu}) {
        const hal::BlockTicket ticket = must_flush();
        device.push_used(head, 1);
        expect_caught(ticket);
    }
}

TEST_F(VirtioBlockTest, Catches_the_same_head_twice) {
    const hal::BlockTicket first = must_flush();
    const hal::BlockTicket second = must_flush();
    const uint16_t head = device.head_at(0);
    device.answer_disk(0);
    device.push_used(head, 1);
    EXPECT_TRUE(disk.poll(first).is_ok());
    expect_caught(second);
}

TEST_F(VirtioBlockTest, Catches_a_length_beyond_what_was_lent) {
    const hal::BlockTicket ticket = must_start_read(0, 1);
    device.push_used(device.head_at(0), 514);
    expect_caught(ticket);
}

TEST_F(VirtioBlockTest, A_read_that_was_not_filled_is_io) {
    for (const uint32_t length : {0u, 1u, 512u}) {
        const hal::BlockTicket ticket = must_start_read(0, 1);
        const uint16_t head = device.head_at(0);
        device.buffer_of(static_cast<uint16_t>(head + 2))[0] = 0;
        device.push_used(head, length);
        expect_io(ticket, lied);
    }
    const hal::BlockTicket ticket = must_flush(); // no reason to stop the device
    device.answer_disk(0);
    EXPECT_TRUE(disk.poll(ticket).is_ok());
}

TEST_F(VirtioBlockTest, One_lie_fails_all_that_is_in_flight) {
    const hal::BlockTicket first = must_start_read(0, 1);
    const hal::BlockTicket second = must_flush();
    device.push_used(63, 1);
    expect_io(first, lied);
    expect_caught(second);
}

TEST_F(VirtioBlockTest, Reset_forgets_all_tickets) {
    const hal::BlockTicket ticket = must_start_read(0, 1);
    device.restart();
    EXPECT_TRUE(disk.reset().is_ok());
    expect_code(ticket, ErrorCode::not_found);
    EXPECT_EQ(device.waiting_count(), 0);
}

TEST_F(VirtioBlockTest, A_device_that_does_not_come_back_holds_no_tickets) {
    const hal::BlockTicket ticket = must_start_read(0, 1);
    device.restart();
    device.set(board::virtio_register::device_features, 0);
    EXPECT_FALSE(disk.reset().is_ok());
    expect_code(ticket, ErrorCode::not_found);
    EXPECT_FALSE(disk.start_flush().is_ok());
    device.set(board::virtio_register::device_features, VirtioDevice::features_of_disk);
    EXPECT_TRUE(disk.reset().is_ok()); // and may be asked again
}

TEST(VirtioBlock, Refuses_a_device_without_flush) {
    VirtioDevice device{block_id};
    device.set(board::virtio_register::config, 8);
    device.set(board::virtio_register::device_features, 1);
    VirtioBlock disk;
    const Result<> started = disk.start(device.base());
    ASSERT_FALSE(started.is_ok());
    EXPECT_EQ(started.error().code, ErrorCode::unsupported);
    const auto refused = disk.start_flush();
    EXPECT_FALSE(refused.is_ok());
}

TEST(VirtioBlock, Refuses_a_device_without_sectors) {
    VirtioDevice device{block_id};
    VirtioBlock disk;
    const Result<> started = disk.start(device.base());
    ASSERT_FALSE(started.is_ok());
    EXPECT_EQ(started.error().code, ErrorCode::corrupt);
}

TEST(VirtioBlock, Fits_itself_into_a_small_queue) {
    for (const uint32_t queue_size : {4u, 8u, 16u, 32u, 64u, 1024u}) {
        VirtioDevice device{block_id, queue_size};
        device.set(board::virtio_register::config, 8);
        VirtioBlock disk;
        ASSERT_TRUE(disk.start(device.base()).is_ok());
        const uint32_t expected = queue_size >= 64 ? 16 : queue_size / 3;
        EXPECT_EQ(disk.geometry().in_flight_max, expected);
    }
    for (const uint32_t queue_size : {0u, 1u, 2u}) {
        VirtioDevice device{block_id, queue_size};
        device.set(board::virtio_register::config, 8);
        VirtioBlock disk;
        EXPECT_FALSE(disk.start(device.base()).is_ok());
    }
}

} // namespace
} // namespace grafos::test
