// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/recovery.hpp"

#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

using lease::DegradedReason;
using lease::LogPhase;

TEST_F(BadDisk, Undamaged_it_boots_with_every_record) {
    EXPECT_TRUE(boot().is_ready(record_count));
}

TEST_F(BadDisk, Any_flipped_byte_in_one_identity_copy_is_survived_or_refused_as_newer) {
    for (const uint64_t sector : {lease::identity_sector_a, lease::identity_sector_b}) {
        for (size_t at = 0; at < hal::sector_bytes; ++at) {
            for (const uint8_t flip : {uint8_t{1}, uint8_t{0xff}}) {
                sectors(sector)[at] ^= flip;
                const Outcome outcome = boot();
                EXPECT_TRUE(outcome.is_ready(record_count) ||
                            (at / 2 == 4 && outcome.is(DegradedReason::newer_version)))
                    << at;
                restore();
            }
        }
    }
}

TEST_F(BadDisk, Any_flipped_byte_in_both_identity_copies_degrades_and_is_never_blank) {
    for (size_t at = 0; at < hal::sector_bytes; ++at) {
        sectors(lease::identity_sector_a)[at] ^= 0x20;
        sectors(lease::identity_sector_b)[at] ^= 0x20;
        const Outcome outcome = boot();
        const DegradedReason expected = at < 8        ? DegradedReason::foreign_disk
                                        : at / 2 == 4 ? DegradedReason::newer_version
                                                      : DegradedReason::corrupt;
        EXPECT_TRUE(outcome.is(expected)) << at;
        EXPECT_TRUE(outcome.cause.field == (at < 8        ? Field::magic
                                            : at / 2 == 4 ? Field::version
                                                          : Field::checksum))
            << at;
        restore();
    }
}

TEST_F(BadDisk, Any_flipped_byte_in_one_checkpoint_copy_is_survived_or_refused_as_newer) {
    for (uint32_t copy = 0; copy < 2; ++copy) {
        for (size_t at = 0; at < hal::sector_bytes; ++at) {
            sectors(layout_.checkpoint_first(copy))[at] ^= 1;
            const Outcome outcome = boot();
            EXPECT_TRUE(outcome.is_ready(record_count) ||
                        (at / 2 == 4 && outcome.is(DegradedReason::newer_version)))
                << at;
            restore();
        }
    }
}

TEST_F(BadDisk, Any_flipped_byte_in_both_checkpoint_copies_leaves_no_durable_state) {
    for (size_t at = 0; at < hal::sector_bytes; ++at) {
        sectors(layout_.checkpoint_first(0))[at] ^= 0x80;
        sectors(layout_.checkpoint_first(1))[at] ^= 0x80;
        const Outcome outcome = boot();
        EXPECT_TRUE(outcome.is(at / 2 == 4 ? DegradedReason::newer_version
                                           : DegradedReason::no_durable_state))
            << at;
        restore();
    }
}

TEST_F(BadDisk, Any_flipped_byte_in_a_group_with_another_behind_it_is_corrupt) {
    for (uint64_t index = 0; index + 1 < group_count; ++index) {
        for (size_t at = 0; at < group(index).size(); ++at) {
            group(index)[at] ^= 0x40;
            const Outcome outcome = boot();
            EXPECT_TRUE(
                outcome.is(at / 2 == 4 ? DegradedReason::newer_version : DegradedReason::corrupt))
                << index << " " << at;
            restore();
        }
    }
}

TEST_F(BadDisk, Any_flipped_byte_in_the_last_group_drops_it_like_a_torn_one) {
    for (size_t at = 0; at < group(group_count - 1).size(); ++at) {
        group(group_count - 1)[at] ^= 2;
        const Outcome outcome = boot();
        EXPECT_TRUE(outcome.is_ready(record_count - group_count) ||
                    (at / 2 == 4 && outcome.is(DegradedReason::newer_version)))
            << at;
        restore();
    }
}

TEST_F(BadDisk, A_log_that_ends_before_the_checkpoint_is_corrupt_not_truncated) {
    // Everything behind the first group is gone; the checkpoint covers the second.
    zero_bytes(sectors(group_sector(1), layout_.log_sectors - groups_[1]));
    const Outcome outcome = boot();
    EXPECT_TRUE(outcome.is(DegradedReason::corrupt, Field::log));
    EXPECT_EQ(1u, outcome.cause.value);
    EXPECT_EQ(3u, outcome.cause.expected);
    restore();
    // Up to the checkpoint, losing groups only loses them.
    zero_bytes(sectors(group_sector(2), layout_.log_sectors - groups_[2]));
    EXPECT_TRUE(boot().is_ready(3));
}

TEST_F(BadDisk, A_disk_cut_short_is_refused_with_what_it_should_be) {
    for (uint64_t size = 0; size < disk_sectors; ++size) {
        const Outcome outcome = boot(size);
        EXPECT_TRUE(outcome.is(DegradedReason::geometry, Field::geometry)) << size;
        EXPECT_EQ(size, outcome.cause.value);
        EXPECT_EQ(size < lease::checkpoint_sector_a ? lease::checkpoint_sector_a : disk_sectors,
                  outcome.cause.expected);
    }
}

TEST_F(BadDisk, Every_format_refuses_a_newer_version_of_itself) {
    const auto make_newer = [&](MutableBytes frame) {
        store_big_endian<uint16_t>(frame.data() + 8, 2);
        reseal(frame);
        const Outcome outcome = boot();
        EXPECT_TRUE(outcome.is(DegradedReason::newer_version, Field::version));
        EXPECT_EQ(2u, outcome.cause.value);
        EXPECT_EQ(1u, outcome.cause.expected);
        restore();
    };
    make_newer(sectors(lease::identity_sector_a));
    make_newer(sectors(lease::identity_sector_b));
    make_newer(sectors(layout_.checkpoint_first(0)));
    make_newer(sectors(layout_.checkpoint_first(1)));
    make_newer(group(0));
    make_newer(group(4));
    std::array<uint8_t, hal::sector_bytes> marker{};
    lease::encode_marker(layout_, marker);
    copy_bytes(sectors(lease::marker_sector), marker);
    make_newer(sectors(lease::marker_sector));
}

TEST_F(BadDisk, Copies_that_changed_places_do_not_pass) {
    const auto swap = [&](uint64_t first, uint64_t second, uint64_t count) {
        for (uint64_t i = 0; i < count * hal::sector_bytes; ++i) {
            std::swap(sectors(first, count)[i], sectors(second, count)[i]);
        }
    };
    swap(lease::identity_sector_a, lease::identity_sector_b, 1);
    EXPECT_TRUE(boot().is(DegradedReason::corrupt, Field::address));
    restore();
    swap(layout_.checkpoint_first(0), layout_.checkpoint_first(1), 8);
    EXPECT_TRUE(boot().is(DegradedReason::no_durable_state, Field::address));
    restore();
    swap(group_sector(0), group_sector(1), 1);
    EXPECT_TRUE(boot().is(DegradedReason::corrupt, Field::log));
}

TEST_F(BadDisk, A_group_in_a_wrong_place_is_not_that_groups_or_this_ones) {
    for (uint64_t from = 0; from < group_count; ++from) {
        for (uint64_t to = 0; to < group_count; ++to) {
            if (from == to) {
                continue;
            }
            const uint64_t count = std::min(group_sectors(from), group_sectors(to));
            copy_bytes(
                sectors(group_sector(to), count),
                Bytes{good_}.subspan(static_cast<size_t>(group_sector(from)) * hal::sector_bytes,
                                     static_cast<size_t>(count) * hal::sector_bytes));
            const Outcome outcome = boot();
            EXPECT_TRUE(to + 1 == group_count ? outcome.is_ready(record_count - group_count)
                                              : outcome.is(DegradedReason::corrupt));
            restore();
        }
        // A stray copy in the free part is nothing.
        copy_bytes(sectors(layout_.log_first() + 60, group_sectors(from)), group(from));
        EXPECT_TRUE(boot().is_ready(record_count));
        restore();
    }
}

TEST_F(BadDisk, An_older_group_at_the_right_address_is_a_write_that_was_lost) {
    // The same place a lap ago: a lower number, and the checksums of a good group.
    for (uint64_t index = 0; index < group_count; ++index) {
        const MutableBytes bytes = group(index);
        store_big_endian<uint64_t>(bytes.data() + 24, 0);
        if (index > 0) {
            reseal(bytes);
            const Outcome outcome = boot();
            EXPECT_TRUE(index + 1 == group_count ? outcome.is_ready(record_count - group_count)
                                                 : outcome.is(DegradedReason::corrupt));
        }
        restore();
    }
}

TEST_F(BadDisk, A_header_from_the_future_anywhere_in_the_free_ring_is_corrupt) {
    for (uint64_t offset = sector_of_next_ + 1; offset < layout_.log_sectors; ++offset) {
        const MutableBytes sector = sectors(layout_.log_first() + offset);
        copy_bytes(sector, group(0).first(hal::sector_bytes));
        store_big_endian<uint64_t>(sector.data() + 16, layout_.log_first() + offset);
        for (const uint64_t number : {uint64_t{4}, uint64_t{5}, uint64_t{6}, uint64_t{1'000}}) {
            store_big_endian<uint64_t>(sector.data() + 24, number);
            reseal(sector);
            sector[400] ^= 1; // its body is torn: the header alone says enough
            const Outcome outcome = boot();
            EXPECT_TRUE(number < 5 ? outcome.is_ready(record_count)
                                   : outcome.is(DegradedReason::corrupt, Field::log))
                << offset << " " << number;
        }
        restore();
    }
}

TEST_F(BadDisk, A_checksummed_group_that_contradicts_itself_is_corrupt_with_the_field) {
    struct Case {
        size_t at;
        size_t width;
        uint64_t value;
        Field field;
    };
    const Case cases[] = {
        {24, 8, 9, Field::log},            // number: a group is missing before it
        {48, 8, 11, Field::sequence},      // first sequence
        {56, 8, 1, Field::previous_hash},  // previous head
        {88, 8, 1, Field::hash},           // head
        {32, 8, 2, Field::boot},           // boot: its records say 1
        {152, 4, 4, Field::record_length}, // one record fewer than there are
        {152, 4, 6, Field::record_length}, // one more
    };
    for (const Case& one : cases) {
        const MutableBytes bytes = group(group_count - 1);
        if (one.width == 8) {
            store_big_endian<uint64_t>(bytes.data() + one.at, one.value);
        } else {
            store_big_endian<uint32_t>(bytes.data() + one.at, static_cast<uint32_t>(one.value));
        }
        reseal(bytes);
        const Outcome outcome = boot();
        EXPECT_TRUE(outcome.is(DegradedReason::corrupt, one.field))
            << one.at << " " << static_cast<int>(outcome.cause.field);
        restore();
    }
    // An edited record behind right checksums: the chain finds it.
    const MutableBytes bytes = group(2);
    bytes[lease::frame_header_bytes + 60] ^= 1;
    reseal(bytes);
    EXPECT_TRUE(boot().is(DegradedReason::corrupt));
}

/// Everything links and every sum is right, but boots only rise.
TEST_F(BadDisk, A_group_of_an_earlier_boot_behind_a_later_one_is_corrupt) {
    const NodeId node = identity_of(1).node_id;
    const lease::NullSigner signer{node};
    for (const uint64_t boot : {uint64_t{0}, uint64_t{1}, uint64_t{2}}) {
        const lease::GroupHeader last =
            lease::decode_group_header(layout_, node, group_sector(4), group(4)).value();
        const lease::Anchor end{Sequence{record_count}, last.head};
        lease::ChainAssembler chain{end, BootNumber{boot}, signer};
        const MutableBytes next = sectors(layout_.log_first() + sector_of_next_);
        const SampleEvent sample{lease::EventKind::turn_overrun, 1};
        lease::GroupHeader header;
        header.number = group_count;
        header.boot = BootNumber{boot};
        header.first = end.next;
        header.previous_head = end.hash;
        header.node_id = node;
        header.payload_bytes =
            static_cast<uint32_t>(chain.seal(sample.event, next.subspan(lease::frame_header_bytes))
                                      .value()
                                      .canonical.size());
        header.record_count = 1;
        header.head = chain.head().hash;
        (void)lease::encode_group(header, layout_.log_first() + sector_of_next_, next);
        const Outcome outcome = this->boot();
        EXPECT_TRUE(boot == 0 ? outcome.is(DegradedReason::corrupt, Field::boot)
                              : outcome.is_ready(record_count + 1));
        restore();
    }
}

TEST_F(BadDisk, A_checkpoint_that_disagrees_with_the_chain_is_corrupt) {
    for (uint32_t copy = 0; copy < 2; ++copy) {
        const MutableBytes sector = sectors(layout_.checkpoint_first(copy));
        sector[112] ^= 1; // the anchor's hash
        reseal(sector);
    }
    EXPECT_TRUE(boot().is(DegradedReason::corrupt, Field::checkpoint));
    restore();
    for (uint32_t copy = 0; copy < 2; ++copy) {
        const MutableBytes sector = sectors(layout_.checkpoint_first(copy));
        store_big_endian<uint64_t>(sector.data() + 24, 7); // both the same number
        reseal(sector);
    }
    EXPECT_TRUE(boot().is(DegradedReason::corrupt, Field::copy));
}

TEST_F(BadDisk, A_stale_checkpoint_copy_is_as_good_as_lost) {
    // Whichever copy is gone, the other brings everything back.
    for (uint32_t copy = 0; copy < 2; ++copy) {
        zero_bytes(sectors(layout_.checkpoint_first(copy), 8));
        EXPECT_TRUE(boot().is_ready(record_count));
        restore();
    }
}

TEST_F(BadDisk, Two_identities_on_one_disk_are_corrupt) {
    lease::IdentityCell cell = identity_of(99);
    cell.layout = layout_;
    lease::encode_identity(cell, lease::identity_sector_b, sectors(lease::identity_sector_b));
    EXPECT_TRUE(boot().is(DegradedReason::corrupt, Field::copy));
}

TEST_F(BadDisk, Groups_and_checkpoints_of_another_node_are_not_ours) {
    lease::IdentityCell cell = identity_of(99);
    cell.layout = layout_;
    lease::encode_identity(cell, lease::identity_sector_a, sectors(lease::identity_sector_a));
    lease::encode_identity(cell, lease::identity_sector_b, sectors(lease::identity_sector_b));
    EXPECT_TRUE(boot().is(DegradedReason::no_durable_state, Field::node_id));
}

TEST_F(BadDisk, A_layout_that_cannot_be_is_corrupt_and_one_that_does_not_fit_is_geometry) {
    const auto with = [&](const lease::DiskLayout& layout) {
        lease::IdentityCell cell = identity_of(1);
        cell.layout = layout;
        lease::encode_identity(cell, lease::identity_sector_a, sectors(lease::identity_sector_a));
        lease::encode_identity(cell, lease::identity_sector_b, sectors(lease::identity_sector_b));
        const Outcome outcome = boot();
        restore();
        return outcome;
    };
    lease::DiskLayout layout = layout_;
    layout.log_sectors = disk_sectors;
    EXPECT_TRUE(with(layout).is(DegradedReason::corrupt, Field::geometry));
    layout = layout_;
    layout.log_sectors = UINT64_MAX - 7;
    EXPECT_TRUE(with(layout).is(DegradedReason::corrupt, Field::geometry));
    layout = layout_;
    layout.checkpoint_sectors = 0;
    EXPECT_TRUE(with(layout).is(DegradedReason::corrupt, Field::geometry));
    layout = layout_;
    layout.group_sectors_max = 0;
    EXPECT_TRUE(with(layout).is(DegradedReason::corrupt, Field::geometry));
    layout = layout_;
    layout.sector_count = disk_sectors + 1;
    EXPECT_TRUE(with(layout).is(DegradedReason::geometry, Field::geometry));
    layout = layout_;
    layout.group_sectors_max += 1;
    EXPECT_TRUE(with(layout).is(DegradedReason::geometry, Field::length));
    layout = layout_;
    layout.checkpoint_sectors = 16;
    EXPECT_TRUE(with(layout).is(DegradedReason::geometry, Field::checkpoint));
}

TEST_F(BadDisk, Only_a_control_area_of_zeroes_is_blank) {
    disk_ = {};
    EXPECT_TRUE(boot().phase == LogPhase::blank);
    for (uint64_t at = 0; at < (layout_.log_first() + 8) * hal::sector_bytes; at += 97) {
        disk_[static_cast<size_t>(at)] = 0x55;
        const Outcome outcome = boot();
        const bool is_marker = at / hal::sector_bytes == lease::marker_sector;
        EXPECT_TRUE(is_marker ? outcome.phase == LogPhase::blank
                              : outcome.is(DegradedReason::foreign_disk))
            << at;
        disk_[static_cast<size_t>(at)] = 0;
    }
}

TEST_F(BadDisk, A_format_in_progress_starts_again_and_one_that_was_nearly_done_is_finished) {
    std::array<uint8_t, hal::sector_bytes> marker{};
    lease::encode_marker(layout_, marker);
    // Only the marker, and whatever the format left half done.
    copy_bytes(sectors(lease::marker_sector), marker);
    zero_bytes(sectors(lease::identity_sector_a));
    sectors(lease::identity_sector_b)[3] ^= 1;
    EXPECT_TRUE(boot().phase == LogPhase::blank);
    restore();
    // One identity stands: finished, with what it holds.
    copy_bytes(sectors(lease::marker_sector), marker);
    zero_bytes(sectors(lease::identity_sector_b));
    RamBlockDevice device{disk_};
    DurableRig rig{device};
    EXPECT_TRUE(rig.boot() == LogPhase::ready);
    EXPECT_EQ(record_count, rig.log.anchored_end().value);
    EXPECT_TRUE(is_all_zero(sectors(lease::marker_sector)));
    EXPECT_TRUE(is_equal(disk_, good_));
}

} // namespace
} // namespace grafos::test
