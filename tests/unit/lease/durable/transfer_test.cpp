// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/transfer.hpp"

#include "tests/support/ram_block_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using hal::BlockOperation;
using lease::Progress;
using lease::Transfer;

class TransferTest : public ::testing::Test {
protected:
    Result<Progress> finish() {
        for (int i = 0; i < 1000; ++i) {
            Result<Progress> progress = transfer_.tick();
            if (!progress.is_ok() || progress.value() == Progress::done) {
                return progress;
            }
        }
        return Error{ErrorCode::busy};
    }
    std::array<uint8_t, 32 * hal::sector_bytes> disk_{};
    std::array<uint8_t, 20 * hal::sector_bytes> bytes_{};
    RamBlockDevice device_{disk_};
    Transfer transfer_{device_};
};

TEST_F(TransferTest, Jobs_longer_than_one_transfer_are_cut) {
    device_.set_transfer_sectors_max(3);
    for (size_t i = 0; i < bytes_.size(); ++i) {
        bytes_[i] = static_cast<uint8_t>(i / 7);
    }
    transfer_.set_write(5, bytes_);
    ASSERT_TRUE(finish().is_ok());
    EXPECT_EQ(7u, device_.count(BlockOperation::write));
    EXPECT_TRUE(is_equal(Bytes{disk_}.subspan(5 * hal::sector_bytes, bytes_.size()), bytes_));
    std::array<uint8_t, sizeof bytes_> back{};
    transfer_.set_read(5, back);
    ASSERT_TRUE(finish().is_ok());
    EXPECT_TRUE(is_equal(back, bytes_));
    EXPECT_TRUE(transfer_.is_idle());
}

TEST_F(TransferTest, A_reset_restarts_the_part_that_was_in_flight) {
    device_.set_transfer_sectors_max(10);
    device_.set_completion(RamBlockDevice::Completion::never);
    transfer_.set_write(0, bytes_);
    EXPECT_TRUE(transfer_.wants_turn());
    (void)transfer_.tick();
    EXPECT_TRUE(transfer_.is_in_flight());
    EXPECT_FALSE(transfer_.wants_turn());
    ASSERT_TRUE(device_.reset().is_ok());
    transfer_.on_device_reset();
    device_.set_completion(RamBlockDevice::Completion::at_poll);
    EXPECT_TRUE(finish().is_ok());
    EXPECT_EQ(3u, device_.count(BlockOperation::write));
}

TEST_F(TransferTest, A_failure_ends_the_job_with_the_devices_word) {
    device_.fail_nth(BlockOperation::write, 1);
    transfer_.set_write(0, bytes_);
    EXPECT_TRUE(finish().error().code == ErrorCode::io);
    EXPECT_TRUE(transfer_.is_idle());
    transfer_.set_read(31, bytes_); // beyond the end
    EXPECT_TRUE(finish().error().code == ErrorCode::invalid_argument);
    EXPECT_TRUE(transfer_.is_idle());
    transfer_.set_flush();
    EXPECT_TRUE(finish().is_ok());
}

TEST_F(TransferTest, One_job_at_a_time_in_whole_sectors) {
    EXPECT_ASSERTION(transfer_.set_read(0, MutableBytes{bytes_}.first(100)));
    EXPECT_ASSERTION(transfer_.set_write(0, Bytes{}));
    transfer_.set_flush();
    EXPECT_ASSERTION(transfer_.set_flush());
    (void)transfer_.tick();
    EXPECT_ASSERTION(transfer_.cancel());
}

} // namespace
} // namespace grafos::test
