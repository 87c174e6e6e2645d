// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/reserve.hpp"

#include "tests/support/durable_rig.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using lease::Draw;
using lease::EventKind;
using lease::LogPhase;

lease::DiskLayout layout_of(uint64_t log_sectors) {
    lease::DiskLayout layout;
    layout.sector_count = 100'000;
    layout.log_sectors = log_sectors;
    layout.checkpoint_sectors = 8;
    layout.group_sectors_max = 8;
    return layout;
}

TEST(SpaceLedger, Grants_stop_at_three_quarters_renewals_at_all_notes_at_half) {
    lease::SpaceLedger ledger;
    ledger.start(layout_of(1000), 0);
    const uint64_t rest = ledger.capacity() - lease::control_sectors_max;
    while (ledger.check(Draw::note).is_ok()) {
        ledger.draw(Draw::note);
    }
    EXPECT_EQ(rest / 2, ledger.taken());
    while (ledger.check(Draw::grant).is_ok()) {
        ledger.draw(Draw::grant);
    }
    EXPECT_LE(ledger.taken(), rest / 4 * 3);
    EXPECT_GT(ledger.taken() + 1 + lease::promise_per_grant, rest / 4 * 3);
    EXPECT_TRUE(ledger.check(Draw::grant).error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(ledger.check(Draw::grant).error().field == Field::log);
    while (ledger.check(Draw::renewal).is_ok()) {
        ledger.draw(Draw::renewal);
    }
    EXPECT_EQ(rest, ledger.taken());
    uint64_t control = 0;
    while (ledger.check(Draw::control).is_ok()) {
        ledger.draw(Draw::control);
        control += 1;
    }
    EXPECT_EQ(lease::control_sectors_max, control);
}

TEST(SpaceLedger, Ends_fences_clears_and_one_refence_of_every_lease_fit_in_a_full_log) {
    for (uint64_t sectors = 64; sectors <= 512; sectors += 8) {
        lease::SpaceLedger ledger;
        ledger.start(layout_of(sectors), 0);
        uint64_t leases = 0;
        while (ledger.check(Draw::grant).is_ok()) {
            ledger.draw(Draw::grant);
            leases += 1;
        }
        while (ledger.check(Draw::renewal).is_ok()) {
            ledger.draw(Draw::renewal);
        }
        while (ledger.check(Draw::control).is_ok()) {
            ledger.draw(Draw::control);
        }
        for (uint64_t i = 0; i < leases; ++i) {
            ASSERT_TRUE(ledger.check(Draw::lease_end).is_ok());
            ledger.draw(Draw::lease_end);
        }
        for (uint64_t i = 0; i < leases; ++i) {
            ASSERT_TRUE(ledger.check(Draw::fence).is_ok());
            ledger.draw(Draw::fence);
        }
        for (uint64_t i = 0; i < leases; ++i) {
            ASSERT_TRUE(ledger.check(i % 2 == 0 ? Draw::clear : Draw::fence, true).is_ok());
            ledger.draw(i % 2 == 0 ? Draw::clear : Draw::fence, true);
        }
        EXPECT_LE(ledger.taken(), ledger.capacity());
    }
}

TEST(SpaceLedger, A_lease_that_is_wiped_gives_its_fences_back) {
    lease::SpaceLedger ledger;
    ledger.start(layout_of(100), 0);
    for (uint64_t i = 0; i < 3; ++i) {
        ledger.draw(Draw::grant);
        EXPECT_EQ(lease::promise_per_grant, ledger.promised());
        ledger.draw(Draw::lease_end);
        EXPECT_EQ(lease::promise_per_teardown, ledger.promised());
        ledger.return_teardown();
        EXPECT_EQ(0u, ledger.promised());
        ledger.return_teardown(); // once too often changes nothing
        EXPECT_EQ(0u, ledger.promised());
    }
    EXPECT_EQ(6u, ledger.taken());
}

TEST(SpaceLedger, A_fence_of_a_dirty_unit_is_refused_like_a_note_and_promises_like_a_fence) {
    lease::SpaceLedger ledger;
    ledger.start(layout_of(116), 0);
    ledger.draw(Draw::dirty_fence);
    EXPECT_EQ(lease::promise_per_fence, ledger.promised());
    while (ledger.check(Draw::note).is_ok()) {
        ledger.draw(Draw::note);
    }
    EXPECT_TRUE(ledger.check(Draw::dirty_fence).error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(ledger.check(Draw::clear).is_ok());
    ledger.draw(Draw::clear);
    EXPECT_EQ(0u, ledger.promised());
}

TEST(SpaceLedger, Fences_that_stand_at_boot_keep_their_clears) {
    lease::SpaceLedger ledger;
    ledger.start(layout_of(116), 60);
    ledger.restore_fences(10);
    EXPECT_EQ(10 * lease::promise_per_fence, ledger.promised());
    ledger.restore_fences(1'000'000); // a count that cannot be kept is cut to what there is
    EXPECT_LE(ledger.taken(), ledger.capacity());
}

TEST(SpaceLedger, What_the_rings_end_may_waste_twice_is_never_given_out) {
    lease::SpaceLedger ledger;
    ledger.start(layout_of(1000), 0);
    EXPECT_EQ(1000u - 2 * 8, ledger.capacity());
}

/// Restarts for ever on a log that nobody collects: typed, readable, and mended by a trim.
TEST(DurableLogSpace, A_log_without_room_for_a_boot_record_says_so_and_goes_on_after_a_trim) {
    static std::array<uint8_t, 320 * hal::sector_bytes> disk;
    zero_bytes(disk);
    RamBlockDevice device{disk};
    std::optional<DurableRig> rig;
    uint64_t boots = 0;
    LogPhase phase = LogPhase::ready;
    while (phase == LogPhase::ready && boots < 1000) {
        rig.emplace(device);
        phase = rig->boot_or_format();
        if (phase == LogPhase::ready) {
            rig->log.restore_fences(1'000'000);
            ASSERT_TRUE(
                rig->append(SampleEvent{EventKind::boot, boots++}.event, Draw::control).value !=
                UINT64_MAX);
            rig->log.request_checkpoint();
            ASSERT_TRUE(rig->drain());
        }
    }
    EXPECT_GT(boots, 50u);
    EXPECT_TRUE(rig->log.state().reason == lease::DegradedReason::log_full);
    EXPECT_TRUE(rig->log.check_append(Draw::grant).error().code == ErrorCode::degraded);
    EXPECT_TRUE(rig->log.check_append(Draw::control).error().code == ErrorCode::capacity_exceeded);
    ASSERT_TRUE(rig->log.start_trim({boots - 1}, rig->log.anchor().hash).is_ok());
    bool is_trimmed = false;
    for (int i = 0; i < 1000 && !is_trimmed; ++i) {
        (void)rig->log.tick(1);
        is_trimmed = rig->log.poll_trim().is_ok();
    }
    EXPECT_TRUE(is_trimmed);
    (void)rig->log.tick(1);
    EXPECT_TRUE(rig->log.state().phase == LogPhase::ready);
    EXPECT_TRUE(rig->append(SampleEvent{EventKind::boot, boots}.event, Draw::control).value ==
                boots);
    EXPECT_TRUE(rig->drain());
}

/// protocol §5: release, expiry, revoke, fence, clear and boot are never refused.
TEST(DurableLogSpace, A_full_log_still_takes_every_end_fence_clear_and_boot) {
    static std::array<uint8_t, 700 * hal::sector_bytes> disk;
    zero_bytes(disk);
    RamBlockDevice device{disk};
    lease::LogOptions options;
    options.log_percent = 50;
    std::optional<DurableRig> rig;
    rig.emplace(device, options);
    ASSERT_TRUE(rig->boot_or_format() == LogPhase::ready);
    uint64_t next = 0;
    // Each record alone in its group: the worst there is.
    const auto append = [&](EventKind kind, Draw draw) {
        const bool is_sealed =
            rig->append(SampleEvent{kind, next++}.event, draw).value != UINT64_MAX;
        return is_sealed && rig->drain();
    };
    ASSERT_TRUE(append(EventKind::boot, Draw::control));
    uint64_t leases = 0;
    while (append(EventKind::lease_allocated, Draw::grant)) {
        leases += 1;
    }
    EXPECT_GT(leases, 10u);
    EXPECT_TRUE(rig->last_error.code == ErrorCode::capacity_exceeded);
    while (append(EventKind::lease_renewed, Draw::renewal)) {}
    EXPECT_TRUE(rig->last_error.code == ErrorCode::capacity_exceeded);
    for (uint64_t i = 0; i < leases; ++i) {
        ASSERT_TRUE(append(EventKind::lease_expired, Draw::lease_end));
    }
    for (uint64_t i = 0; i < leases; ++i) {
        ASSERT_TRUE(append(EventKind::resource_fenced, Draw::fence));
    }
    // Restarts in between, with all the fences standing.
    for (int boots = 0; boots < 5; ++boots) {
        rig.emplace(device, options);
        ASSERT_TRUE(rig->boot() == LogPhase::ready);
        rig->log.restore_fences(leases);
        ASSERT_TRUE(append(EventKind::boot, Draw::control));
    }
    for (uint64_t i = 0; i < leases; ++i) {
        ASSERT_TRUE(append(EventKind::fence_cleared, Draw::clear));
    }
    for (int boots = 0; boots < 5; ++boots) {
        rig.emplace(device, options);
        ASSERT_TRUE(rig->boot() == LogPhase::ready);
        ASSERT_TRUE(append(EventKind::boot, Draw::control));
    }
}

} // namespace
} // namespace grafos::test
