// SPDX-License-Identifier: Apache-2.0
// Each fault of a disk: that it happens, that it is all that happens, and that its seed is all of
// it.
#include "tests/support/ram_block_device.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr size_t sectors = 32;
constexpr size_t disk_bytes = sectors * hal::sector_bytes;
using Sector = std::array<uint8_t, hal::sector_bytes>;

class DiskFaultsTest : public ::testing::Test, public DiskFaultListener {
protected:
    DiskFaultsTest() {
        disk_.lend_cache(cache_);
        disk_.listen(this);
    }
    void on_disk_fault(DiskFault fault, uint64_t sector) noexcept override {
        heard_ += 1;
        last_ = fault;
        last_sector_ = sector;
    }
    [[nodiscard]] static Sector filled(uint8_t with) noexcept {
        Sector sector;
        for (uint8_t& byte : sector) {
            byte = with;
        }
        return sector;
    }
    [[nodiscard]] bool finish(const Result<hal::BlockTicket>& ticket) noexcept {
        return ticket.is_ok() && disk_.poll(ticket.value()).is_ok();
    }
    bool write(uint64_t sector, uint8_t with) noexcept {
        const Sector bytes = filled(with);
        return finish(disk_.start_write(sector, bytes));
    }
    bool flush() noexcept { return finish(disk_.start_flush()); }
    [[nodiscard]] bool is(uint64_t sector, uint8_t with) noexcept {
        const MutableBytes at = disk_.disk().subspan(
            static_cast<size_t>(sector) * hal::sector_bytes, hal::sector_bytes);
        return is_equal(at, filled(with));
    }
    /// How many sectors are not as they were when all was zero.
    [[nodiscard]] size_t changed() noexcept {
        size_t count = 0;
        for (uint64_t i = 0; i < sectors; ++i) {
            count += is(i, 0) ? 0u : 1u;
        }
        return count;
    }
    [[nodiscard]] uint64_t all_faults() const noexcept {
        uint64_t sum = 0;
        for (size_t i = 0; i < disk_fault_count; ++i) {
            sum += disk_.fault_count(static_cast<DiskFault>(i));
        }
        return sum;
    }

    std::array<uint8_t, disk_bytes> bytes_{};
    std::array<CachedSector, 8> cache_{};
    RamBlockDevice disk_{bytes_};
    uint64_t heard_ = 0;
    DiskFault last_{};
    uint64_t last_sector_ = 0;
};

TEST_F(DiskFaultsTest, Switched_off_nothing_is_drawn_or_heard) {
    disk_.set_faults({}, 1);
    for (uint64_t i = 0; i < sectors; ++i) {
        EXPECT_TRUE(write(i, 7) && flush() && is(i, 7)) << i;
    }
    EXPECT_EQ(all_faults(), 0u);
    EXPECT_EQ(heard_, 0u);
}

TEST_F(DiskFaultsTest, The_nth_read_or_write_fails_and_no_other) {
    disk_.write_fails_at(2);
    EXPECT_TRUE(write(1, 1));
    EXPECT_FALSE(write(2, 1));
    EXPECT_TRUE(last_ == DiskFault::write_error);
    EXPECT_EQ(last_sector_, 2u);
    EXPECT_TRUE(write(3, 1));
    EXPECT_EQ(changed(), 2u);
    disk_.read_fails_at(1);
    Sector to{};
    EXPECT_FALSE(finish(disk_.start_read(1, to)));
    EXPECT_TRUE(is_equal(to, filled(0)));
    EXPECT_TRUE(finish(disk_.start_read(1, to)));
    EXPECT_TRUE(is_equal(to, filled(1)));
    EXPECT_EQ(disk_.fault_count(DiskFault::read_error), 1u);
    EXPECT_EQ(all_faults(), 2u);
    EXPECT_EQ(heard_, 2u);
}

TEST_F(DiskFaultsTest, Errors_are_drawn_at_their_rate_and_the_same_seed_draws_the_same) {
    std::array<uint64_t, 3> outcomes{};
    for (size_t run = 0; run < 3; ++run) {
        disk_.set_faults({.read_error_permille = 100, .write_error_permille = 300},
                         run == 2 ? 6 : 5);
        for (uint64_t i = 0; i < 1'000; ++i) {
            outcomes[run] = outcomes[run] * 31 + (write(i % sectors, 1) ? 1u : 0u);
        }
    }
    EXPECT_EQ(outcomes[0], outcomes[1]);
    EXPECT_NE(outcomes[0], outcomes[2]);
    EXPECT_GT(disk_.fault_count(DiskFault::write_error), 750u);
    EXPECT_LT(disk_.fault_count(DiskFault::write_error), 1'050u);
    EXPECT_EQ(all_faults(), disk_.fault_count(DiskFault::write_error));
    EXPECT_EQ(heard_, all_faults());
}

TEST_F(DiskFaultsTest, A_misdirected_write_says_ok_and_lands_on_one_other_place) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        zero_bytes(bytes_);
        disk_.set_faults({.misdirect_permille = 1'000}, seed);
        EXPECT_TRUE(write(seed % sectors, 9));
        EXPECT_TRUE(is(seed % sectors, 0)) << seed;
        EXPECT_EQ(changed(), 1u) << seed;
        EXPECT_TRUE(is(last_sector_, 9)) << seed;
    }
    disk_.heal();
    disk_.misdirect_nth_write(2);
    EXPECT_TRUE(write(3, 1) && is(3, 1));
    EXPECT_TRUE(write(4, 1) && !is(4, 1));
    EXPECT_EQ(all_faults(), disk_.fault_count(DiskFault::misdirected_write));
    EXPECT_EQ(all_faults(), 51u);
}

TEST_F(DiskFaultsTest, A_late_write_is_on_the_disk_only_when_it_completes) {
    disk_.delay_nth_write(1, 5);
    const Sector bytes = filled(3);
    const Result<hal::BlockTicket> ticket = disk_.start_write(1, bytes);
    ASSERT_TRUE(ticket.is_ok());
    for (int turn = 0; turn < 5; ++turn) {
        EXPECT_TRUE(disk_.poll(ticket.value()).error().code == ErrorCode::busy) << turn;
        EXPECT_TRUE(is(1, 0)) << turn;
        EXPECT_TRUE(write(2, 2)) << "others are not held up";
        disk_.turn();
    }
    EXPECT_TRUE(disk_.poll(ticket.value()).is_ok());
    EXPECT_TRUE(is(1, 3));
    EXPECT_EQ(disk_.fault_count(DiskFault::late_write), 1u);
    EXPECT_EQ(all_faults(), 1u);
}

TEST_F(DiskFaultsTest, A_late_write_that_a_reset_ended_never_comes) {
    disk_.set_faults({.late_permille = 1'000, .late_turns_most = 3}, 1);
    const Sector bytes = filled(3);
    const Result<hal::BlockTicket> ticket = disk_.start_write(1, bytes);
    EXPECT_TRUE(disk_.reset().is_ok());
    for (int turn = 0; turn < 5; ++turn) {
        disk_.turn();
        EXPECT_TRUE(disk_.poll(ticket.value()).error().code == ErrorCode::not_found);
    }
    EXPECT_EQ(changed(), 0u);
}

TEST_F(DiskFaultsTest, A_power_cut_keeps_what_was_flushed_and_any_subset_of_the_rest) {
    std::array<bool, 8> seen{};
    for (uint64_t seed = 0; seed < 100; ++seed) {
        zero_bytes(bytes_);
        EXPECT_TRUE(write(0, 1) && flush());
        EXPECT_TRUE(write(1, 1) && write(2, 1) && write(3, 1));
        disk_.cut_power(seed);
        EXPECT_TRUE(is(0, 1)) << seed;
        size_t kept = 0;
        for (uint64_t i = 0; i < 3; ++i) {
            EXPECT_TRUE(is(i + 1, 1) || is(i + 1, 0)) << seed;
            kept += is(i + 1, 1) ? size_t{1} << i : 0u;
        }
        seen[kept] = true;
        EXPECT_EQ(disk_.cached(), 0u);
    }
    for (size_t i = 0; i < seen.size(); ++i) {
        EXPECT_TRUE(seen[i]) << i;
    }
    EXPECT_EQ(all_faults(), disk_.fault_count(DiskFault::dropped_sector));
}

TEST_F(DiskFaultsTest, A_sector_written_twice_is_left_in_one_of_its_three_states) {
    std::array<bool, 3> seen{};
    for (uint64_t seed = 0; seed < 100; ++seed) {
        zero_bytes(bytes_);
        EXPECT_TRUE(write(1, 1) && write(1, 2));
        disk_.cut_power(seed);
        bool is_one = false;
        for (uint8_t i = 0; i < 3; ++i) {
            seen[i] = seen[i] || is(1, i);
            is_one = is_one || is(1, i);
        }
        EXPECT_TRUE(is_one) << seed;
        EXPECT_LE(changed(), 1u) << seed;
    }
    EXPECT_TRUE(seen[0] && seen[1] && seen[2]);
}

TEST_F(DiskFaultsTest, A_power_cut_tears_the_write_in_progress_at_a_byte) {
    std::array<uint8_t, 4 * hal::sector_bytes> bytes;
    for (uint8_t& byte : bytes) {
        byte = 5;
    }
    for (uint64_t seed = 0; seed < 50; ++seed) {
        zero_bytes(bytes_);
        ASSERT_TRUE(disk_.start_write(8, bytes).is_ok());
        disk_.cut_power(seed);
        EXPECT_EQ(disk_.in_flight(), 0u);
        size_t torn = 0;
        for (uint64_t i = 8; i < 12; ++i) {
            const size_t at = static_cast<size_t>(i) * hal::sector_bytes;
            const bool is_torn = bytes_[at] == 5 && bytes_[at + hal::sector_bytes - 1] == 0;
            torn += is_torn ? 1u : 0u;
            EXPECT_TRUE(is_torn || is(i, 0) || is(i, 5)) << seed;
        }
        EXPECT_EQ(torn, 1u) << seed;
    }
    EXPECT_EQ(disk_.fault_count(DiskFault::torn_sector), 50u);
}

TEST_F(DiskFaultsTest, After_a_lost_flush_a_power_cut_may_drop_what_it_covered) {
    const auto is_ever_lost = [&](bool is_flush_lost) {
        bool is_lost = false;
        for (uint64_t seed = 0; seed < 20; ++seed) {
            zero_bytes(bytes_);
            disk_.set_faults({.lost_flush_permille = is_flush_lost ? 1'000u : 0u}, seed);
            EXPECT_TRUE(write(1, 1) && flush());
            disk_.cut_power(seed);
            is_lost = is_lost || !is(1, 1);
        }
        return is_lost;
    };
    EXPECT_FALSE(is_ever_lost(false));
    EXPECT_TRUE(is_ever_lost(true));
    EXPECT_EQ(disk_.fault_count(DiskFault::lost_flush), 20u);
}

TEST_F(DiskFaultsTest, A_write_that_completes_after_a_flush_began_is_not_covered_by_it) {
    const Sector bytes = filled(1);
    const Result<hal::BlockTicket> early = disk_.start_write(1, bytes);
    const Result<hal::BlockTicket> flushing = disk_.start_flush();
    EXPECT_TRUE(finish(early) && finish(flushing));
    EXPECT_EQ(disk_.cached(), 1u);
    EXPECT_TRUE(flush());
    EXPECT_EQ(disk_.cached(), 0u);
}

TEST_F(DiskFaultsTest, More_than_the_cache_holds_becomes_durable_oldest_first) {
    std::array<uint8_t, disk_bytes> durable;
    for (uint64_t i = 0; i < 12; ++i) {
        EXPECT_TRUE(write(i, 1));
    }
    disk_.copy_durable(durable);
    for (size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(durable[i * hal::sector_bytes], i < 4 ? 1u : 0u) << i;
    }
}

TEST_F(DiskFaultsTest, An_earlier_disk_comes_back_as_it_was_durable_then_and_a_blank_one_is_blank) {
    std::array<uint8_t, disk_bytes> earlier;
    EXPECT_TRUE(write(1, 1) && flush() && write(2, 1));
    disk_.copy_durable(earlier);
    EXPECT_TRUE(write(1, 2) && write(3, 2) && flush());
    disk_.roll_back(earlier);
    EXPECT_TRUE(is(1, 1));
    EXPECT_EQ(changed(), 1u);
    EXPECT_TRUE(last_ == DiskFault::rolled_back);
    disk_.cut_power(1);
    EXPECT_TRUE(is(1, 1)) << "and all of it is durable";
    disk_.erase();
    EXPECT_EQ(changed(), 0u);
    EXPECT_TRUE(last_ == DiskFault::erased);
    EXPECT_EQ(all_faults(), 2u);
}

} // namespace
} // namespace grafos::test
