// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/group.hpp"

#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

using lease::GroupHeader;
using lease::GroupRecords;

lease::DiskLayout group_layout() {
    lease::DiskLayout layout;
    layout.sector_count = 1'000;
    layout.log_sectors = 100;
    layout.checkpoint_sectors = 8;
    layout.group_sectors_max = 8;
    return layout;
}

/// A group of `count` records, sealed behind an anchor.
struct SampleGroup {
    explicit SampleGroup(uint32_t count, bool is_longest = false) {
        const lease::NullSigner signer{node};
        lease::Anchor before{Sequence{10}, {}};
        before.hash.bytes.fill(7);
        lease::ChainAssembler chain{before, BootNumber{3}, signer};
        header.number = 4;
        header.boot = BootNumber{3};
        header.epoch_mark = Epoch{50};
        header.first = Sequence{10};
        header.previous_head = before.hash;
        header.node_id = node;
        for (uint32_t i = 0; i < count; ++i) {
            SampleEvent sample{lease::EventKind::lease_renewed, i};
            if (is_longest) {
                sample.event.identity = sample.identity;
                sample.event.event_data = sample.data;
            }
            const size_t at = lease::frame_header_bytes + header.payload_bytes;
            const Result<lease::AuditRecord> record =
                chain.seal(sample.event, MutableBytes{bytes}.subspan(at));
            header.payload_bytes += static_cast<uint32_t>(record.value().canonical.size());
            header.record_count += 1;
        }
        header.head = chain.head().hash;
        sectors = lease::encode_group(header, address, bytes);
    }
    [[nodiscard]] Result<GroupHeader> decode() const {
        return lease::decode_group_header(group_layout(), node, address, bytes);
    }

    static constexpr uint64_t address = 48 + 20;
    NodeId node = identity_of(2).node_id;
    GroupHeader header{};
    std::array<uint8_t, 8 * hal::sector_bytes> bytes{};
    uint32_t sectors = 0;
};

TEST(Group, Comes_back_with_its_records_in_their_order) {
    for (uint32_t count = 1; count <= 12; ++count) {
        const SampleGroup group{count};
        const Result<GroupHeader> found = group.decode();
        ASSERT_TRUE(found.is_ok());
        EXPECT_EQ(group.sectors, found.value().frame.sector_count);
        EXPECT_EQ(50u, found.value().epoch_mark.value);
        EXPECT_TRUE(lease::check_frame_body(found.value().frame, group.bytes).is_ok());
        GroupRecords records{found.value(), group.bytes};
        for (uint32_t i = 0; i < count; ++i) {
            ASSERT_FALSE(records.is_at_end());
            const Result<lease::GroupRecord> record = records.next();
            ASSERT_TRUE(record.is_ok());
            EXPECT_EQ(10u + i, record.value().view.place.sequence.value);
        }
        EXPECT_TRUE(records.is_at_end());
        EXPECT_TRUE(records.check_end().is_ok());
    }
}

TEST(Group, The_longest_record_alone_takes_one_sector) {
    EXPECT_EQ(1u, SampleGroup(1, true).sectors);
    EXPECT_EQ(limits::record_bytes_max, SampleGroup(1, true).header.payload_bytes);
    // So a group of n records never takes more than n sectors.
    for (uint32_t count = 1; count <= 12; ++count) {
        EXPECT_LE(SampleGroup(count, true).sectors, count);
    }
}

TEST(Group, What_follows_it_starts_behind_it_or_at_the_start_of_the_ring) {
    const SampleGroup group{3};
    const GroupHeader header = group.decode().value();
    const lease::GroupPlace place{20, 4, Sequence{10}, header.previous_head};
    const lease::GroupPlace next = lease::place_after(group_layout(), place, header);
    EXPECT_EQ(20u + header.frame.sector_count, next.offset);
    EXPECT_EQ(5u, next.number);
    EXPECT_EQ(13u, next.first.value);
    EXPECT_TRUE(next.previous_head == header.head);
    const lease::GroupPlace late{92, 4, Sequence{10}, header.previous_head};
    EXPECT_EQ(0u, lease::place_after(group_layout(), late, header).offset);
}

TEST(Group, Links_are_checked_by_sequence_and_head) {
    const SampleGroup group{1};
    const GroupHeader header = group.decode().value();
    lease::GroupPlace place{20, 4, Sequence{10}, header.previous_head};
    EXPECT_TRUE(lease::check_group_link(header, place).is_ok());
    place.first = Sequence{11};
    EXPECT_TRUE(lease::check_group_link(header, place).error().field == Field::sequence);
    place.first = Sequence{10};
    place.previous_head.bytes[31] ^= 1;
    EXPECT_TRUE(lease::check_group_link(header, place).error().field == Field::previous_hash);
}

TEST(Group, Checksummed_nonsense_in_the_header_is_refused_by_field) {
    const auto with = [](size_t at, size_t width, uint64_t value) {
        SampleGroup group{5};
        if (width == 8) {
            store_big_endian<uint64_t>(group.bytes.data() + at, value);
        } else {
            store_big_endian<uint32_t>(group.bytes.data() + at, static_cast<uint32_t>(value));
        }
        reseal(MutableBytes{group.bytes}.first(group.sectors * hal::sector_bytes));
        const Result<GroupHeader> found = group.decode();
        return found.is_ok() ? Field::none : found.error().field;
    };
    EXPECT_TRUE(with(24, 8, 9) == Field::none);
    EXPECT_TRUE(with(24, 8, UINT64_MAX) == Field::log);
    EXPECT_TRUE(with(32, 8, UINT64_MAX) == Field::log);
    EXPECT_TRUE(with(48, 8, UINT64_MAX - 3) == Field::sequence);
    EXPECT_TRUE(with(120, 8, 0) == Field::node_id);
    EXPECT_TRUE(with(152, 4, 0) == Field::record_count);
    EXPECT_TRUE(with(152, 4, 1'000) == Field::record_count);
    EXPECT_TRUE(with(156, 4, 0) == Field::record_length);
    EXPECT_TRUE(with(156, 4, UINT32_MAX) == Field::record_length);
    EXPECT_TRUE(with(160, 4, 1) == Field::padding);
    EXPECT_TRUE(with(12, 4, 9) == Field::length);
}

TEST(Group, Nothing_behind_the_records_is_overlooked) {
    SampleGroup group{2};
    group.bytes[group.sectors * hal::sector_bytes - 1] = 1;
    reseal(MutableBytes{group.bytes}.first(group.sectors * hal::sector_bytes));
    const GroupHeader header = group.decode().value();
    GroupRecords records{header, group.bytes};
    ASSERT_TRUE(records.next().is_ok());
    ASSERT_TRUE(records.next().is_ok());
    EXPECT_TRUE(records.check_end().error().field == Field::padding);
    EXPECT_ASSERTION(records.next());
}

} // namespace
} // namespace grafos::test
