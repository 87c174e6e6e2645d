// SPDX-License-Identifier: Apache-2.0
/// A disk with a few groups on it, to be damaged in every way and booted.
#pragma once

#include "tests/support/durable_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {

/// Makes both checksums of a frame right again after its bytes were changed.
inline void reseal(MutableBytes frame) {
    store_big_endian<uint32_t>(frame.data() + lease::frame_body_checksum_offset,
                               crc32c(frame.subspan(lease::frame_header_bytes)));
    store_big_endian<uint32_t>(frame.data() + lease::frame_header_checksum_offset,
                               crc32c(frame.first(lease::frame_header_checksum_offset)));
}

/// What a boot of a damaged disk came to.
struct Outcome {
    lease::LogPhase phase{};
    lease::DegradedReason reason{};
    Error cause{};
    uint64_t records = 0;

    [[nodiscard]] bool is_ready(uint64_t count) const {
        return phase == lease::LogPhase::ready && records == count;
    }
    [[nodiscard]] bool is(lease::DegradedReason expected) const {
        return phase == lease::LogPhase::degraded && reason == expected;
    }
    [[nodiscard]] bool is(lease::DegradedReason expected, Field field) const {
        return is(expected) && cause.field == field;
    }
};

/// Five groups of 1 … 5 records, a checkpoint behind the first two, both copies written.
class BadDisk : public ::testing::Test {
protected:
    static constexpr size_t disk_sectors = 320;
    static constexpr uint64_t group_count = 5;
    static constexpr uint64_t record_count = 15;

    void SetUp() override {
        RamBlockDevice device{good_};
        DurableRig rig{device};
        ASSERT_TRUE(rig.boot_or_format() == lease::LogPhase::ready);
        layout_ = rig.log.layout();
        uint64_t seed = 0;
        for (uint64_t group = 0; group < group_count; ++group) {
            groups_[group] = sector_of_next_;
            for (uint64_t i = 0; i <= group; ++i) {
                const SampleEvent sample{i + group == 0 ? lease::EventKind::boot
                                                        : lease::EventKind::request_refused,
                                         ++seed};
                ASSERT_TRUE(rig.append(sample.event, lease::Draw::control).value != UINT64_MAX);
            }
            ASSERT_TRUE(rig.drain());
            sector_of_next_ += rig.log.figures().group_sectors - written_;
            written_ = rig.log.figures().group_sectors;
            if (group == 0 || group == 1) {
                rig.log.request_checkpoint();
                ASSERT_TRUE(rig.drain());
            }
        }
        disk_ = good_;
    }

    [[nodiscard]] MutableBytes sectors(uint64_t first, uint64_t count = 1) {
        return MutableBytes{disk_}.subspan(static_cast<size_t>(first) * hal::sector_bytes,
                                           static_cast<size_t>(count) * hal::sector_bytes);
    }
    [[nodiscard]] uint64_t group_sector(uint64_t group) const {
        return layout_.log_first() + groups_[group];
    }
    [[nodiscard]] uint64_t group_sectors(uint64_t group) const {
        return (group + 1 < group_count ? groups_[group + 1] : sector_of_next_) - groups_[group];
    }
    [[nodiscard]] MutableBytes group(uint64_t index) {
        return sectors(group_sector(index), group_sectors(index));
    }
    void restore() { disk_ = good_; }

    /// Boots the disk, cut to `size` sectors. Nothing may be written, whatever is found.
    Outcome boot(uint64_t size = disk_sectors) {
        RamBlockDevice device{
            MutableBytes{disk_}.first(static_cast<size_t>(size) * hal::sector_bytes)};
        DurableRig rig{device};
        Outcome outcome;
        outcome.phase = rig.boot();
        outcome.reason = rig.log.state().reason;
        outcome.cause = rig.log.state().cause;
        outcome.records = rig.log.anchored_end().value;
        EXPECT_EQ(0u, device.count(hal::BlockOperation::write));
        if (outcome.phase != lease::LogPhase::ready) {
            EXPECT_TRUE(rig.log.check_append(lease::Draw::grant).error().code ==
                        ErrorCode::degraded);
        }
        return outcome;
    }

    std::array<uint8_t, disk_sectors * hal::sector_bytes> good_{};
    std::array<uint8_t, disk_sectors * hal::sector_bytes> disk_{};
    lease::DiskLayout layout_{};
    std::array<uint64_t, group_count> groups_{}; ///< offsets in the ring
    uint64_t sector_of_next_ = 0;
    uint64_t written_ = 0;
};

} // namespace grafos::test
