// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/log.hpp"

#include "tests/support/durable_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using hal::BlockOperation;
using lease::DegradedReason;
using lease::Draw;
using lease::EventKind;
using lease::LogPhase;
using Completion = RamBlockDevice::Completion;

constexpr size_t disk_sectors = 512;

/// A disk, and boots of a log on it, one after another.
class DurableLogTest : public ::testing::Test {
protected:
    /// Ends the current boot, if any, and starts another on the same disk.
    DurableRig& reboot(const lease::LogOptions& options = {}) {
        rig_.emplace(device_, options);
        phase_ = rig_->boot_or_format();
        return *rig_;
    }
    [[nodiscard]] Sequence add(DurableRig& rig, EventKind kind, Draw draw, uint64_t seed = 7) {
        const SampleEvent sample{kind, seed, rig.log.first_epoch()};
        return rig.append(sample.event, draw);
    }
    [[nodiscard]] Sequence add_boot_record(DurableRig& rig) {
        return add(rig, EventKind::boot, Draw::control);
    }

    std::array<uint8_t, disk_sectors * hal::sector_bytes> disk_{};
    RamBlockDevice device_{disk_};
    std::optional<DurableRig> rig_{};
    LogPhase phase_ = LogPhase::stopped;
};

TEST_F(DurableLogTest, A_blank_disk_is_formatted_and_is_ready_with_boot_1_and_epoch_1) {
    rig_.emplace(device_);
    EXPECT_TRUE(rig_->boot() == LogPhase::blank);
    EXPECT_FALSE(rig_->log.has_identity());
    EXPECT_TRUE(is_all_zero(disk_));
    const lease::IdentityCell cell = identity_of(3);
    ASSERT_TRUE(rig_->log.format(cell.node_id, cell.secrets).is_ok());
    EXPECT_TRUE(rig_->settle() == LogPhase::ready);
    EXPECT_EQ(1u, rig_->log.boot().value);
    EXPECT_EQ(1u, rig_->log.first_epoch().value);
    EXPECT_EQ(1u, rig_->log.epoch_limit().value);
    EXPECT_EQ(0u, rig_->log.appended_end().value);
    EXPECT_TRUE(rig_->log.identity().node_id == cell.node_id);
    EXPECT_EQ(0u, rig_->log.layout().data_first() % 8);
    EXPECT_EQ(disk_sectors, rig_->log.layout().data_first() + rig_->log.layout().data_sectors());
}

TEST_F(DurableLogTest, Format_and_adopt_are_denied_on_a_disk_that_is_somebodys) {
    DurableRig& rig = reboot();
    const lease::IdentityCell cell = identity_of(9);
    EXPECT_TRUE(rig.log.format(cell.node_id, cell.secrets).error().code == ErrorCode::denied);
    EXPECT_TRUE(rig.log.adopt({}).error().code == ErrorCode::denied);
    EXPECT_TRUE(rig.log.identity().node_id == identity_of(1).node_id);
}

TEST_F(DurableLogTest, Start_refuses_buffers_and_options_that_cannot_work) {
    CountingState state;
    std::array<uint8_t, 4096> a{}, b{}, c{}, d{};
    const auto start = [&](size_t group, size_t window, size_t checkpoint,
                           const lease::LogOptions& options) {
        lease::DurableLog log{{device_, state, MutableBytes{a}.first(group),
                               MutableBytes{b}.first(group), MutableBytes{c}.first(window),
                               MutableBytes{d}.first(checkpoint)},
                              options};
        const Result<> started = log.start();
        return started.is_ok() ? Field::none : started.error().field;
    };
    EXPECT_TRUE(start(2048, 2048, 4096, {}) == Field::none);
    EXPECT_TRUE(start(0, 2048, 4096, {}) == Field::length);
    EXPECT_TRUE(start(2000, 2048, 4096, {}) == Field::length);
    EXPECT_TRUE(start(2048, 1024, 4096, {}) == Field::length);
    EXPECT_TRUE(start(2048, 2048, 3584, {}) == Field::checkpoint);
    lease::LogOptions none;
    none.checkpoint_groups = 0;
    EXPECT_TRUE(start(2048, 2048, 4096, none) == Field::amount);
}

TEST_F(DurableLogTest, A_record_is_anchored_only_after_its_write_and_its_flush) {
    DurableRig& rig = reboot();
    device_.set_completion(Completion::at_turn);
    const uint64_t writes = device_.count(BlockOperation::write);
    const uint64_t flushes = device_.count(BlockOperation::flush);
    ASSERT_EQ(0u, add_boot_record(rig).value);
    EXPECT_EQ(1u, rig.log.appended_end().value);
    (void)rig.log.tick(1); // closes the group and starts its write
    EXPECT_EQ(writes + 1, device_.count(BlockOperation::write));
    (void)rig.log.tick(1);
    EXPECT_EQ(flushes, device_.count(BlockOperation::flush));
    device_.turn();
    (void)rig.log.tick(1); // the write is done: now its flush
    EXPECT_EQ(flushes + 1, device_.count(BlockOperation::flush));
    EXPECT_EQ(0u, rig.log.anchored_end().value);
    EXPECT_EQ(1u, rig.log.epoch_limit().value);
    device_.turn();
    (void)rig.log.tick(1);
    EXPECT_EQ(1u, rig.log.anchored_end().value);
    EXPECT_EQ(1u + 4096u, rig.log.epoch_limit().value);
    EXPECT_EQ(writes + 1, device_.count(BlockOperation::write));
    EXPECT_EQ(0u, device_.buffer_violations());
}

TEST_F(DurableLogTest, A_device_that_is_done_at_once_anchors_within_one_tick_and_no_other_does) {
    constexpr uint32_t budget = 16;
    DurableRig& rig = reboot();
    for (const Completion completion : {Completion::at_poll, Completion::at_turn}) {
        device_.set_completion(completion);
        const Sequence record = add_boot_record(rig);
        const uint64_t writes = device_.count(BlockOperation::write);
        const uint64_t flushes = device_.count(BlockOperation::flush);
        const bool is_at_once = completion == Completion::at_poll;
        EXPECT_FALSE(rig.log.tick(budget));
        EXPECT_EQ(device_.count(BlockOperation::write), writes + 1);
        EXPECT_EQ(device_.count(BlockOperation::flush), flushes + (is_at_once ? 1 : 0));
        EXPECT_EQ(rig.log.anchored_end() > record, is_at_once);
        EXPECT_EQ(rig.log.is_idle(), is_at_once);
    }
    (void)rig.log.tick(budget); // the same turn of the device
    EXPECT_EQ(rig.log.anchored_end().value, 1u);
    device_.turn();
    (void)rig.log.tick(budget);
    EXPECT_EQ(rig.log.anchored_end().value, 1u); // written, not flushed
    device_.turn();
    (void)rig.log.tick(budget);
    EXPECT_EQ(rig.log.anchored_end().value, 2u);
}

TEST_F(DurableLogTest, A_second_group_fills_while_the_first_is_on_its_way_and_a_third_does_not) {
    DurableRig& rig = reboot();
    ASSERT_EQ(0u, add_boot_record(rig).value);
    ASSERT_TRUE(rig.drain());
    device_.set_completion(Completion::never);
    ASSERT_EQ(1u, add(rig, EventKind::lease_allocated, Draw::grant).value);
    (void)rig.log.tick(1);
    uint64_t sealed = 0;
    while (rig.log.check_append(Draw::renewal).is_ok()) {
        ASSERT_TRUE(add(rig, EventKind::lease_renewed, Draw::renewal).value != UINT64_MAX);
        sealed += 1;
        (void)rig.log.tick(1);
    }
    EXPECT_GT(sealed, 3u);
    EXPECT_TRUE(rig.log.check_append(Draw::renewal).error().code == ErrorCode::busy);
    EXPECT_TRUE(rig.log.append(SampleEvent{EventKind::lease_renewed, 1}.event, Draw::renewal)
                    .error()
                    .code == ErrorCode::busy);
    EXPECT_EQ(2 + sealed, rig.log.appended_end().value);
    EXPECT_EQ(1u, device_.in_flight());
    device_.set_completion(Completion::at_poll);
    EXPECT_TRUE(rig.drain());
    EXPECT_EQ(2 + sealed, rig.log.anchored_end().value);
    EXPECT_EQ(3u, rig.log.figures().groups);
}

TEST_F(DurableLogTest, A_restart_finds_every_anchored_record_and_counts_its_boot) {
    for (uint64_t boot = 1; boot <= 20; ++boot) {
        DurableRig& rig = reboot();
        ASSERT_TRUE(phase_ == LogPhase::ready);
        EXPECT_EQ(boot, rig.log.boot().value);
        EXPECT_EQ(boot - 1, rig.log.previous_boot().value);
        EXPECT_EQ((boot - 1) * 3, rig.log.anchored_end().value);
        EXPECT_EQ((boot - 1) * 3, rig.state.count());
        ASSERT_EQ((boot - 1) * 3, add_boot_record(rig).value);
        ASSERT_TRUE(rig.drain());
        (void)add(rig, EventKind::lease_allocated, Draw::grant, boot);
        (void)add(rig, EventKind::lease_released, Draw::lease_end, boot);
        ASSERT_TRUE(rig.drain());
    }
}

TEST_F(DurableLogTest, Epochs_start_above_every_mark_and_the_mark_runs_a_chunk_ahead) {
    lease::LogOptions options;
    options.epoch_chunk = 10;
    options.log_percent = 80;
    Epoch last{};
    for (uint64_t boot = 1; boot <= 5; ++boot) {
        DurableRig& rig = reboot(options);
        EXPECT_TRUE(rig.log.first_epoch() > last);
        EXPECT_TRUE(rig.log.epoch_limit() == rig.log.first_epoch());
        ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
        ASSERT_TRUE(rig.drain());
        Epoch next = rig.log.first_epoch();
        for (uint64_t i = 0; i < 25; ++i) {
            if (next >= rig.log.epoch_limit()) {
                ASSERT_TRUE(rig.drain());
            }
            ASSERT_TRUE(next < rig.log.epoch_limit());
            const SampleEvent sample{EventKind::lease_allocated, i, next};
            ASSERT_TRUE(rig.append(sample.event, Draw::grant).value != UINT64_MAX);
            (void)rig.append(SampleEvent{EventKind::lease_expired, i}.event, Draw::lease_end);
            rig.log.return_fence_reserve();
            last = next;
            next.value += 1;
            ASSERT_TRUE(rig.drain());
        }
    }
    EXPECT_LE(last.value, 5u * (25 + 10));
}

TEST_F(DurableLogTest, Epochs_end_at_the_end_of_their_range_instead_of_wrapping) {
    DurableRig& rig = reboot();
    ASSERT_EQ(0u, add_boot_record(rig).value);
    (void)rig.append(SampleEvent{EventKind::lease_allocated, 1, Epoch{UINT64_MAX - 5}}.event,
                     Draw::grant);
    ASSERT_TRUE(rig.drain());
    EXPECT_EQ(UINT64_MAX, rig.log.epoch_limit().value);
    DurableRig& next = reboot();
    EXPECT_EQ(UINT64_MAX, next.log.first_epoch().value);
    EXPECT_EQ(UINT64_MAX, next.log.epoch_limit().value);
}

TEST_F(DurableLogTest, A_failed_write_or_flush_degrades_and_never_anchors) {
    for (const BlockOperation operation : {BlockOperation::write, BlockOperation::flush}) {
        DurableRig& rig = reboot();
        ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
        ASSERT_TRUE(rig.drain());
        const Sequence before = rig.log.anchored_end();
        device_.fail_nth(operation, 1);
        ASSERT_TRUE(add(rig, EventKind::lease_allocated, Draw::grant).value != UINT64_MAX);
        EXPECT_FALSE(rig.drain());
        EXPECT_TRUE(rig.log.state().phase == LogPhase::degraded);
        EXPECT_TRUE(rig.log.state().reason == DegradedReason::durable_unknown);
        EXPECT_TRUE(rig.log.state().cause.code == ErrorCode::io);
        for (int i = 0; i < 10; ++i) {
            (void)rig.log.tick(1);
        }
        EXPECT_TRUE(rig.log.anchored_end() == before);
        for (const Draw draw : {Draw::grant, Draw::renewal, Draw::clear, Draw::note}) {
            EXPECT_TRUE(rig.log.check_append(draw).error().code == ErrorCode::degraded);
        }
        // Ends, fences and control records still go into the chain as long as the buffer lasts.
        uint64_t sealed = 0;
        while (add(rig, EventKind::lease_expired, Draw::lease_end, sealed).value != UINT64_MAX) {
            sealed += 1;
        }
        EXPECT_GT(sealed, 3u);
        EXPECT_TRUE(rig.last_error.code == ErrorCode::busy);
        EXPECT_TRUE(rig.log.anchored_end() == before);
        device_.heal();
    }
}

TEST_F(DurableLogTest, A_failed_checkpoint_degrades_too) {
    DurableRig& rig = reboot();
    ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
    ASSERT_TRUE(rig.drain());
    device_.fail_sectors(BlockOperation::write, 32, 16);
    rig.log.request_checkpoint();
    EXPECT_FALSE(rig.drain());
    EXPECT_TRUE(rig.log.state().reason == DegradedReason::durable_unknown);
}

TEST_F(DurableLogTest, A_device_that_cannot_be_read_or_reset_at_boot_is_lost_not_blank) {
    (void)reboot();
    ASSERT_TRUE(phase_ == LogPhase::ready);
    const uint64_t reads_of_a_boot = device_.count(BlockOperation::read);
    for (uint64_t nth = 1; nth <= 6 && nth <= reads_of_a_boot; ++nth) {
        device_.fail_nth(BlockOperation::read, nth);
        (void)reboot();
        EXPECT_TRUE(phase_ == LogPhase::degraded);
        EXPECT_TRUE(rig_->log.state().reason == DegradedReason::device_lost);
    }
    device_.heal();
    device_.fail_nth(BlockOperation::flush, 1);
    (void)reboot();
    EXPECT_TRUE(rig_->log.state().reason == DegradedReason::device_lost);
    device_.heal();
    device_.fail_reset(true);
    (void)reboot();
    EXPECT_TRUE(rig_->log.state().reason == DegradedReason::device_lost);
    device_.heal();
    (void)reboot();
    EXPECT_TRUE(phase_ == LogPhase::ready);
}

TEST_F(DurableLogTest, A_device_reset_submits_the_same_bytes_again_and_flushes_them) {
    DurableRig& rig = reboot();
    ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
    ASSERT_TRUE(rig.drain());
    for (const bool is_flushing : {false, true}) {
        const Sequence before = rig.log.anchored_end();
        device_.set_completion(Completion::at_turn);
        ASSERT_TRUE(add(rig, EventKind::lease_allocated, Draw::grant).value != UINT64_MAX);
        rig.log.request_checkpoint();
        (void)rig.log.tick(1);
        if (is_flushing) {
            device_.turn();
            (void)rig.log.tick(1);
        }
        EXPECT_EQ(1u, device_.in_flight());
        const uint64_t writes = device_.count(BlockOperation::write);
        ASSERT_TRUE(device_.reset().is_ok());
        rig.log.on_device_reset();
        device_.set_completion(Completion::at_poll);
        EXPECT_TRUE(rig.drain());
        EXPECT_EQ(before.value + 1, rig.log.anchored_end().value);
        EXPECT_EQ(writes + 2, device_.count(BlockOperation::write)); // the group, the checkpoint
    }
    EXPECT_EQ(0u, device_.buffer_violations());
    const uint64_t rolling = rig.state.rolling();
    EXPECT_EQ(rolling, reboot().state.rolling());
}

TEST_F(DurableLogTest, A_reset_nobody_told_of_only_starts_the_operation_again) {
    DurableRig& rig = reboot();
    device_.set_completion(Completion::never);
    ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
    (void)rig.log.tick(1);
    ASSERT_TRUE(device_.reset().is_ok());
    device_.set_completion(Completion::at_poll);
    EXPECT_TRUE(rig.drain());
    EXPECT_EQ(1u, rig.log.anchored_end().value);
}

TEST_F(DurableLogTest, A_busy_device_only_delays) {
    DurableRig& rig = reboot();
    ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
    device_.set_in_flight_max(0);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(rig.log.tick(1));
    }
    EXPECT_EQ(0u, rig.log.anchored_end().value);
    device_.set_in_flight_max(1);
    EXPECT_TRUE(rig.drain());
    EXPECT_EQ(1u, rig.log.anchored_end().value);
}

TEST_F(DurableLogTest, Checkpoints_take_turns_and_a_boot_replays_only_what_they_do_not_cover) {
    lease::LogOptions options;
    options.checkpoint_groups = 4;
    DurableRig& rig = reboot(options);
    for (uint64_t i = 0; i < 14; ++i) {
        const bool is_boot = i == 0;
        ASSERT_TRUE(add(rig, is_boot ? EventKind::boot : EventKind::request_refused,
                        is_boot ? Draw::control : Draw::note, i)
                        .value != UINT64_MAX);
        ASSERT_TRUE(rig.drain());
    }
    EXPECT_EQ(3u, rig.log.figures().checkpoints);
    DurableRig& next = reboot(options);
    EXPECT_EQ(14u, next.log.figures().replayed_records);
    EXPECT_EQ(14u, next.state.count());
    EXPECT_EQ(1u, next.state.loads);
    next.log.request_checkpoint();
    ASSERT_TRUE(next.drain());
    rig_.emplace(device_, options);
    rig_->state.refuses_replay = true; // nothing is left to replay
    EXPECT_TRUE(rig_->boot() == LogPhase::ready);
    EXPECT_EQ(14u, rig_->state.count());
}

TEST_F(DurableLogTest, A_snapshot_that_the_state_refuses_degrades_with_its_reason) {
    (void)reboot();
    rig_.emplace(device_);
    rig_->state.refuses_load = true;
    EXPECT_TRUE(rig_->boot() == LogPhase::degraded);
    EXPECT_TRUE(rig_->log.state().reason == DegradedReason::newer_version);
    DurableRig& rig = reboot();
    ASSERT_TRUE(add_boot_record(rig).value != UINT64_MAX);
    ASSERT_TRUE(rig.drain());
    rig_.emplace(device_);
    rig_->state.refuses_replay = true;
    EXPECT_TRUE(rig_->boot() == LogPhase::degraded);
    EXPECT_TRUE(rig_->log.state().reason == DegradedReason::corrupt);
    EXPECT_TRUE(rig_->log.state().cause.field == Field::sequence);
}

TEST_F(DurableLogTest, Boot_costs_no_more_than_its_budget_in_one_tick) {
    (void)reboot();
    rig_.emplace(device_);
    device_.set_completion(Completion::at_poll);
    ASSERT_TRUE(rig_->log.start().is_ok());
    uint32_t ticks = 0;
    while (rig_->log.state().phase == LogPhase::booting) {
        const uint64_t reads = device_.count(BlockOperation::read);
        (void)rig_->log.tick(1);
        EXPECT_LE(device_.count(BlockOperation::read) - reads, 1u);
        ticks += 1;
        ASSERT_LT(ticks, 10'000u);
    }
    EXPECT_GT(ticks, 10u);
}

} // namespace
} // namespace grafos::test
