// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/log.hpp"

#include "tests/support/durable_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using hal::BlockOperation;
using lease::Draw;
using lease::EventKind;
using lease::LogPhase;

constexpr size_t disk_sectors = 512;
constexpr size_t records_max = 4096;

/// A log that is filled, read back and trimmed, and what its records should be.
class DurableTrim : public ::testing::Test {
protected:
    void SetUp() override { restart(); }

    void restart() {
        reader_.reset();
        rig_.emplace(device_);
        ASSERT_TRUE(rig_->boot_or_format() == LogPhase::ready);
        reader_.emplace(rig_->log, device_, rig_->reader_window);
    }
    /// One record in a group of its own if `is_alone`.
    [[nodiscard]] bool add(bool is_alone) {
        const SampleEvent sample{EventKind::lease_renewed, count_};
        if (rig_->append(sample.event, Draw::renewal).value == UINT64_MAX) {
            return false;
        }
        count_ += 1;
        return !is_alone || rig_->drain();
    }
    /// Reads everything from `from` on and remembers the hashes; how many records that were.
    uint64_t read_from(uint64_t from) {
        if (!reader_->seek({from}).is_ok()) {
            return 0;
        }
        uint64_t read = 0;
        for (int i = 0; i < 100'000 && !reader_->is_at_end(); ++i) {
            const Result<lease::GroupRecord> record = reader_->next();
            if (!record.is_ok()) {
                EXPECT_TRUE(record.error().code == ErrorCode::busy);
                continue;
            }
            const uint64_t sequence = record.value().view.place.sequence.value;
            EXPECT_EQ(from + read, sequence);
            EXPECT_TRUE(hashes_[sequence].is_zero() || hashes_[sequence] == record.value().hash);
            hashes_[sequence] = record.value().hash;
            read += 1;
        }
        return read;
    }
    Result<> trim(uint64_t last, const Digest& hash) {
        const Result<> started = rig_->log.start_trim({last}, hash);
        if (!started.is_ok()) {
            return started;
        }
        for (int i = 0; i < 10'000; ++i) {
            (void)rig_->log.tick(1);
            const Result<> polled = rig_->log.poll_trim();
            if (polled.is_ok() || polled.error().code != ErrorCode::busy) {
                return polled;
            }
        }
        return Error{ErrorCode::busy};
    }
    void checkpoint() {
        rig_->log.request_checkpoint();
        ASSERT_TRUE(rig_->drain());
    }

    std::array<uint8_t, disk_sectors * hal::sector_bytes> disk_{};
    RamBlockDevice device_{disk_};
    std::optional<DurableRig> rig_{};
    std::optional<lease::LogReader> reader_{};
    uint64_t count_ = 0;
    std::array<Digest, records_max> hashes_{};
};

TEST_F(DurableTrim, A_reader_yields_every_anchored_record_and_follows_the_log) {
    EXPECT_TRUE(reader_->seek({1}).error().code == ErrorCode::not_found);
    ASSERT_TRUE(reader_->seek({0}).is_ok());
    EXPECT_TRUE(reader_->is_at_end());
    EXPECT_TRUE(reader_->next().error().code == ErrorCode::busy);
    for (uint64_t round = 1; round <= 6; ++round) {
        for (uint64_t i = 0; i < round; ++i) {
            ASSERT_TRUE(add(false));
        }
        EXPECT_TRUE(reader_->is_at_end()); // sealed is not anchored
        ASSERT_TRUE(rig_->drain());
        uint64_t read = 0;
        for (int i = 0; i < 1000 && !reader_->is_at_end(); ++i) {
            read += reader_->next().is_ok() ? 1u : 0u;
        }
        EXPECT_EQ(round, read);
    }
    for (uint64_t from = 0; from <= count_; ++from) {
        EXPECT_EQ(count_ - from, read_from(from));
    }
}

TEST_F(DurableTrim, What_is_read_back_is_what_was_sealed_byte_for_byte) {
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(add(i % 3 == 0));
    }
    ASSERT_TRUE(rig_->drain());
    restart();
    ASSERT_TRUE(reader_->seek({0}).is_ok());
    Digest previous{};
    uint64_t sequence = 0;
    while (!reader_->is_at_end()) {
        const Result<lease::GroupRecord> record = reader_->next();
        if (!record.is_ok()) {
            continue;
        }
        const SampleEvent sample{EventKind::lease_renewed, sequence};
        std::array<uint8_t, limits::record_bytes_max> expected{};
        const size_t size = lease::encode_record(
            sample.event, {previous, {sequence}, rig_->log.identity().node_id, BootNumber{1}},
            expected);
        EXPECT_TRUE(is_equal(Bytes{expected}.first(size), record.value().canonical));
        previous = record.value().hash;
        sequence += 1;
    }
    EXPECT_EQ(20u, sequence);
    EXPECT_TRUE(previous == rig_->log.anchor().hash);
}

TEST_F(DurableTrim, Trims_are_refused_above_the_checkpoint_and_with_another_hash) {
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(add(true));
    }
    EXPECT_EQ(10u, read_from(0));
    EXPECT_TRUE(trim(3, hashes_[3]).error().field == Field::checkpoint);
    checkpoint();
    EXPECT_TRUE(trim(10, hashes_[9]).error().field == Field::checkpoint);
    const Result<> denied = trim(3, hashes_[4]);
    EXPECT_TRUE(denied.error().code == ErrorCode::denied);
    EXPECT_TRUE(denied.error().field == Field::hash);
    EXPECT_EQ(0u, rig_->log.log_start().first.value);
    EXPECT_TRUE(trim(3, hashes_[3]).is_ok());
    EXPECT_EQ(4u, rig_->log.log_start().first.value);
    EXPECT_TRUE(trim(3, hashes_[3]).error().code == ErrorCode::not_found);
    EXPECT_TRUE(rig_->log.poll_trim().error().code == ErrorCode::not_found);
    ASSERT_TRUE(rig_->log.start_trim({5}, hashes_[5]).is_ok());
    EXPECT_TRUE(rig_->log.start_trim({5}, hashes_[5]).error().code == ErrorCode::busy);
    EXPECT_TRUE(reader_->seek({3}).error().code == ErrorCode::not_found);
}

TEST_F(DurableTrim, Only_whole_groups_are_freed_and_both_copies_know_before_space_is_used) {
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(add(i % 4 == 3)); // three groups of four
    }
    EXPECT_EQ(12u, read_from(0));
    checkpoint();
    const uint64_t kept = rig_->log.figures().kept_sectors;
    ASSERT_TRUE(trim(6, hashes_[6]).is_ok());
    EXPECT_EQ(4u, rig_->log.log_start().first.value);
    EXPECT_LT(rig_->log.figures().kept_sectors, kept);
    // Either copy alone brings the whole log back.
    for (uint32_t copy = 0; copy < 2; ++copy) {
        const auto at =
            static_cast<size_t>(rig_->log.layout().checkpoint_first(copy)) * hal::sector_bytes;
        std::array<uint8_t, hal::sector_bytes> saved{};
        copy_bytes(saved, Bytes{disk_}.subspan(at, saved.size()));
        zero_bytes(MutableBytes{disk_}.subspan(at, saved.size()));
        DurableRig other{device_};
        EXPECT_TRUE(other.boot() == LogPhase::ready);
        EXPECT_EQ(12u, other.log.anchored_end().value);
        EXPECT_EQ(4u, other.log.log_start().first.value);
        copy_bytes(MutableBytes{disk_}.subspan(at), saved);
    }
}

TEST_F(DurableTrim, A_collected_log_goes_round_its_ring_for_ever) {
    uint64_t collected = 0;
    const uint64_t ring = rig_->log.layout().log_sectors;
    uint64_t restarts = 0;
    while (count_ < 1500) {
        for (uint64_t i = 0; i < 7; ++i) {
            ASSERT_TRUE(add((count_ + i) % 3 == 0));
        }
        ASSERT_TRUE(rig_->drain());
        if (count_ % 5 == 0) {
            checkpoint();
            EXPECT_EQ(count_ - collected, read_from(collected));
            collected = count_;
            ASSERT_TRUE(trim(collected - 1, hashes_[collected - 1]).is_ok());
            EXPECT_EQ(collected, rig_->log.log_start().first.value);
            EXPECT_EQ(0u, rig_->log.figures().kept_sectors);
        }
        if (count_ % 11 == 0) {
            restart();
            restarts += 1;
            EXPECT_EQ(count_, rig_->log.anchored_end().value);
            EXPECT_EQ(count_, rig_->state.count());
        }
    }
    EXPECT_GT(restarts, 10u);
    EXPECT_GT(rig_->log.log_start().number, 2 * ring);
}

TEST_F(DurableTrim, A_reader_that_is_overtaken_says_so) {
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(add(true));
    }
    EXPECT_EQ(8u, read_from(0));
    ASSERT_TRUE(reader_->seek({2}).is_ok());
    checkpoint();
    ASSERT_TRUE(trim(5, hashes_[5]).is_ok());
    const Result<lease::GroupRecord> overtaken = reader_->next();
    EXPECT_TRUE(overtaken.error().code == ErrorCode::not_found);
    EXPECT_EQ(6u, overtaken.error().expected);
    EXPECT_EQ(2u, read_from(6));
}

TEST_F(DurableTrim, A_reader_on_its_way_is_led_to_the_new_start) {
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(add(true));
    }
    EXPECT_EQ(30u, read_from(0));
    ASSERT_TRUE(reader_->seek({28}).is_ok());
    EXPECT_TRUE(reader_->next().error().code == ErrorCode::busy); // reads from the old start
    checkpoint();
    ASSERT_TRUE(trim(25, hashes_[25]).is_ok());
    // The space is used again.
    const lease::DiskLayout layout = rig_->log.layout();
    zero_bytes(MutableBytes{disk_}.subspan(
        static_cast<size_t>(layout.log_first()) * hal::sector_bytes, 20 * hal::sector_bytes));
    uint64_t read = 0;
    for (int i = 0; i < 1000 && !reader_->is_at_end(); ++i) {
        const Result<lease::GroupRecord> record = reader_->next();
        if (record.is_ok()) {
            EXPECT_EQ(28 + read, record.value().view.place.sequence.value);
            read += 1;
        } else {
            EXPECT_TRUE(record.error().code == ErrorCode::busy);
        }
    }
    EXPECT_EQ(2u, read);
}

TEST_F(DurableTrim, A_reader_that_is_left_at_any_step_seeks_again) {
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(add(true));
    }
    EXPECT_EQ(12u, read_from(0));
    for (uint64_t steps = 0; steps < 40; ++steps) {
        const uint64_t from = steps % 12;
        ASSERT_TRUE(reader_->seek({from}).is_ok());
        for (uint64_t i = 0; i < steps; ++i) {
            (void)reader_->next().is_ok();
        }
        Result<> sought = reader_->seek({11 - from});
        for (int i = 0; i < 10 && !sought.is_ok(); ++i) {
            EXPECT_TRUE(sought.error().code == ErrorCode::busy);
            sought = reader_->seek({11 - from});
        }
        ASSERT_TRUE(sought.is_ok());
        EXPECT_EQ(1 + from, read_from(11 - from));
    }
}

TEST_F(DurableTrim, A_reader_finds_a_disk_that_no_longer_holds_what_it_held) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(add(true));
    }
    const auto at = static_cast<size_t>(rig_->log.layout().log_first() + 2) * hal::sector_bytes;
    disk_[at + 300] ^= 1;
    ASSERT_TRUE(reader_->seek({0}).is_ok());
    ErrorCode code{};
    uint64_t read = 0;
    for (int i = 0; i < 100 && code == ErrorCode{}; ++i) {
        const Result<lease::GroupRecord> record = reader_->next();
        if (record.is_ok()) {
            read += 1;
        } else if (record.error().code != ErrorCode::busy) {
            code = record.error().code;
        }
    }
    EXPECT_TRUE(code == ErrorCode::corrupt);
    EXPECT_EQ(2u, read);
    device_.fail_nth(BlockOperation::read, 1);
    ASSERT_TRUE(reader_->seek({0}).is_ok());
    EXPECT_TRUE(reader_->next().error().code == ErrorCode::busy);
    EXPECT_TRUE(reader_->next().error().code == ErrorCode::busy);
    EXPECT_TRUE(reader_->next().error().code == ErrorCode::io);
}

} // namespace
} // namespace grafos::test
