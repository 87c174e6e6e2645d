// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/cell.hpp"

#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

using lease::Checkpoint;
using lease::IdentityCell;

lease::DiskLayout cell_layout() {
    lease::DiskLayout layout;
    layout.sector_count = 10'000;
    layout.log_sectors = 2'000;
    layout.checkpoint_sectors = 16;
    layout.group_sectors_max = 8;
    return layout;
}

TEST(IdentityCell, Comes_back_as_it_was_from_either_place) {
    IdentityCell cell = identity_of(5);
    cell.layout = cell_layout();
    for (const uint64_t address : {lease::identity_sector_a, lease::identity_sector_b}) {
        std::array<uint8_t, lease::cell_bytes> bytes{};
        lease::encode_identity(cell, address, bytes);
        const Result<IdentityCell> found = lease::decode_identity(address, bytes);
        ASSERT_TRUE(found.is_ok());
        EXPECT_TRUE(found.value().node_id == cell.node_id);
        EXPECT_TRUE(found.value().layout == cell.layout);
        EXPECT_TRUE(found.value().secrets.signing_seed == cell.secrets.signing_seed);
        EXPECT_TRUE(found.value().secrets.exchange_secret == cell.secrets.exchange_secret);
    }
}

TEST(IdentityCell, Checksummed_nonsense_is_refused_by_field) {
    IdentityCell cell = identity_of(5);
    cell.layout = cell_layout();
    const auto with = [&](size_t at, size_t count, uint8_t value) {
        std::array<uint8_t, lease::cell_bytes> bytes{};
        lease::encode_identity(cell, lease::identity_sector_a, bytes);
        for (size_t i = 0; i < count; ++i) {
            bytes[at + i] = value;
        }
        reseal(bytes);
        const Result<IdentityCell> found = lease::decode_identity(lease::identity_sector_a, bytes);
        return found.is_ok() ? Field::none : found.error().field;
    };
    EXPECT_TRUE(with(24, 0, 0) == Field::none);
    EXPECT_TRUE(with(48, 32, 0) == Field::node_id);
    EXPECT_TRUE(with(144, 1, 1) == Field::padding);
    EXPECT_TRUE(with(183, 1, 1) == Field::padding);
    EXPECT_TRUE(with(192, 1, 1) == Field::padding);
    EXPECT_TRUE(with(511, 1, 1) == Field::padding);
    EXPECT_TRUE(with(24, 8, 0) == Field::geometry);
    EXPECT_TRUE(with(24, 8, 0xff) == Field::geometry);
    EXPECT_TRUE(with(44, 4, 0xff) == Field::geometry);
}

TEST(IdentityCell, Nobody_is_not_encoded) {
    IdentityCell cell{};
    std::array<uint8_t, lease::cell_bytes> bytes{};
    EXPECT_ASSERTION(lease::encode_identity(cell, lease::identity_sector_a, bytes));
}

/// A checkpoint with every field set, around snapshots of any size.
class CheckpointCell : public ::testing::Test {
protected:
    CheckpointCell() {
        checkpoint_.number = 77;
        checkpoint_.boot = BootNumber{12};
        checkpoint_.epoch_mark = Epoch{99'999};
        checkpoint_.start = {1000, 55, Sequence{300}, {}};
        checkpoint_.start.previous_head.bytes.fill(0x11);
        checkpoint_.anchor.next = Sequence{400};
        checkpoint_.anchor.hash.bytes.fill(0x22);
        checkpoint_.is_adopted = true;
    }
    uint32_t encode(size_t snapshot) {
        checkpoint_.snapshot_bytes = static_cast<uint32_t>(snapshot);
        cell_.fill(0xee); // what lay there before
        for (size_t i = 0; i < snapshot; ++i) {
            cell_[lease::frame_header_bytes + i] = static_cast<uint8_t>(i + 1);
        }
        return lease::encode_checkpoint(checkpoint_, owner_, cell_layout().checkpoint_first(0),
                                        cell_);
    }
    Result<Checkpoint> decode() {
        return lease::decode_checkpoint(cell_layout(), owner_, cell_layout().checkpoint_first(0),
                                        cell_);
    }
    Field field_with(size_t at, uint64_t value) {
        (void)encode(100);
        store_big_endian<uint64_t>(cell_.data() + at, value);
        reseal(MutableBytes{cell_}.first(hal::sector_bytes));
        const Result<Checkpoint> found = decode();
        return found.is_ok() ? Field::none : found.error().field;
    }

    Checkpoint checkpoint_{};
    NodeId owner_ = identity_of(5).node_id;
    std::array<uint8_t, 16 * hal::sector_bytes> cell_{};
};

TEST_F(CheckpointCell, Comes_back_with_snapshots_of_every_size_that_fits) {
    for (size_t size = 0; size <= cell_.size() - lease::frame_header_bytes; size += 13) {
        const uint32_t sectors = encode(size);
        EXPECT_EQ((size + lease::frame_header_bytes + 511) / 512, sectors);
        const Result<Checkpoint> found = decode();
        ASSERT_TRUE(found.is_ok());
        const Checkpoint& same = found.value();
        EXPECT_EQ(77u, same.number);
        EXPECT_EQ(12u, same.boot.value);
        EXPECT_EQ(99'999u, same.epoch_mark.value);
        EXPECT_TRUE(same.start == checkpoint_.start);
        EXPECT_TRUE(same.anchor == checkpoint_.anchor);
        EXPECT_EQ(size, same.snapshot_bytes);
        EXPECT_TRUE(same.is_adopted);
    }
}

TEST_F(CheckpointCell, Checksummed_nonsense_is_refused_by_field) {
    EXPECT_TRUE(field_with(24, 77) == Field::none);
    EXPECT_TRUE(field_with(24, UINT64_MAX) == Field::boot);
    EXPECT_TRUE(field_with(32, UINT64_MAX) == Field::boot);
    EXPECT_TRUE(field_with(48, 2'000) == Field::log);
    EXPECT_TRUE(field_with(48, 1'993) == Field::log); // no group would start there
    EXPECT_TRUE(field_with(48, 1'992) == Field::none);
    EXPECT_TRUE(field_with(64, 401) == Field::sequence);
    EXPECT_TRUE(field_with(64, 0) == Field::previous_hash); // genesis has no previous hash
    EXPECT_TRUE(field_with(144, 1) == Field::node_id);
    EXPECT_TRUE(field_with(176, uint64_t{2000} << 32 | 1) == Field::length);
    EXPECT_TRUE(field_with(176, uint64_t{99} << 32 | 1) == Field::padding);
    EXPECT_TRUE(field_with(176, uint64_t{100} << 32 | 2) == Field::padding);
}

TEST_F(CheckpointCell, One_that_is_for_the_other_copy_does_not_pass) {
    (void)encode(10);
    const Result<Checkpoint> found =
        lease::decode_checkpoint(cell_layout(), owner_, cell_layout().checkpoint_first(1), cell_);
    EXPECT_TRUE(found.error().field == Field::address);
}

} // namespace
} // namespace grafos::test
