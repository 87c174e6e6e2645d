// SPDX-License-Identifier: Apache-2.0
/// Deadlines: access ends at them, swept or not; units are touched after the longest turn; a tick
/// does no more than its budget, and says when it wants the next.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorExpiry : public LessorFixture {};

TEST_F(LessorExpiry, Protocol_1_live_is_strictly_before_the_deadline) {
    const Answer lease = grant();
    pass(ttl.ms - 1);
    EXPECT_EQ(try_read(lease), no_error);
    pass(1);
    EXPECT_EQ(try_read(lease), ErrorCode::lease_expired); // no tick has seen it
    EXPECT_EQ(phase_of(lease), Phase::active);
    tick();
    EXPECT_EQ(phase_of(lease), Phase::tearing_down);
    EXPECT_EQ(journal.last().kind, EventKind::lease_expired);
    EXPECT_EQ(journal.last().reason, Reason::ttl_elapsed);
    EXPECT_EQ(journal.last().timestamp.ms, unix_base.ms + now.ms);
}

TEST_F(LessorExpiry, Peers_row_1_is_swept_by_the_first_tick_at_the_deadline_and_not_before) {
    const Answer lease = grant();
    pass(ttl.ms - 1);
    tick();
    EXPECT_EQ(journal.end(), 1u);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + 1);
    pass(1);
    tick();
    EXPECT_EQ(journal.end(), 2u);
    EXPECT_EQ(phase_of(lease), Phase::tearing_down);
}

TEST_F(LessorExpiry, Protocol_1_units_are_not_reclaimed_before_the_end_plus_the_longest_turn) {
    const Answer lease = grant();
    fill(lease, 0xaa);
    const Extent extent = extent_of(lease);
    pass(ttl.ms);
    for (uint64_t ms = 0; ms < test_limits.turn_max.ms; ++ms) {
        EXPECT_FALSE(tick()) << ms;
        EXPECT_EQ(memory.info().tearing, 1u);
        EXPECT_EQ(memory.wipes_begun(), 0u);
        EXPECT_EQ(lessor.next_deadline().ms, now.ms + test_limits.turn_max.ms - ms);
        pass(1);
    }
    EXPECT_FALSE(is_all_zero(memory.bytes_of(extent)));
    tick();
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
    EXPECT_TRUE(is_all_zero(memory.bytes_of(extent)));
}

TEST_F(LessorExpiry, Peers_row_5_a_jump_forward_ends_exactly_what_is_due) {
    Request request = grant_request();
    std::array<Answer, 8> leases{};
    for (uint64_t i = 0; i < leases.size(); ++i) {
        request.ttl = {1'000 * (i + 1)};
        leases[i] = lessor.grant(request, now).value();
    }
    pass(4'500);
    EXPECT_TRUE(settle());
    for (uint64_t i = 0; i < leases.size(); ++i) {
        EXPECT_EQ(try_read(leases[i]), i < 4 ? ErrorCode::lease_expired : no_error);
    }
    EXPECT_EQ(journal.count(EventKind::lease_expired), 4u);
}

TEST_F(LessorExpiry, A_tick_ends_no_more_leases_than_its_budget_and_the_rest_is_dead_already) {
    std::array<Answer, 16> leases{};
    for (Answer& lease : leases) {
        lease = grant();
    }
    pass(ttl.ms);
    const LessorBudget small{.expiries = 3, .wipe_bytes = 4096};
    for (uint64_t turn = 1; turn <= 6; ++turn) {
        tick(small);
        const uint64_t ended = turn * 3 < 16 ? turn * 3 : 16;
        EXPECT_EQ(journal.count(EventKind::lease_expired), ended);
        for (const Answer& lease : leases) {
            EXPECT_EQ(try_read(lease), ErrorCode::lease_expired);
        }
        if (ended < 16) {
            EXPECT_LE(lessor.next_deadline().ms, now.ms);
        }
    }
}

TEST_F(LessorExpiry, A_tick_wipes_no_more_bytes_than_its_budget) {
    const Answer lease = grant(16 * unit);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    uint64_t before = 0;
    uint64_t turns = 0;
    while (tick({.expiries = 8, .wipe_bytes = 100})) {
        EXPECT_LE(memory.wiped_bytes() - before, 100u);
        before = memory.wiped_bytes();
        ++turns;
    }
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
    EXPECT_GE(turns, 16 * unit / 100);
    EXPECT_LE(turns, 16 * unit / 100 + 2);
}

TEST_F(LessorExpiry, A_tick_without_any_budget_changes_nothing) {
    const Answer lease = grant();
    pass(ttl.ms + 100);
    const Figures before = figures();
    EXPECT_TRUE(tick({}));
    EXPECT_TRUE(figures() == before);
    EXPECT_EQ(try_read(lease), ErrorCode::lease_expired);
}

TEST_F(LessorExpiry, More_in_the_teardown_queue_than_one_turn_looks_at_is_not_forgotten) {
    // Eight wait for the longest turn; one behind them could be wiped at once.
    for (int i = 0; i < 8; ++i) {
        static_cast<void>(grant());
    }
    Request request = grant_request();
    request.ttl = {2 * ttl.ms};
    const Answer last = lessor.grant(request, now).value();
    pass(ttl.ms);
    const LessorBudget small{.expiries = 2, .wipe_bytes = 4096};
    for (int turn = 0; turn < 4; ++turn) {
        tick(small);
    }
    EXPECT_EQ(memory.info().tearing, 8u);
    static_cast<void>(lessor.release(release_of(last), now).value());
    int turns = 0;
    while (memory.info().tearing == 9 && turns < 20) {
        EXPECT_LE(lessor.next_deadline().ms, now.ms); // somebody was not looked at
        tick(small);
        ++turns;
    }
    EXPECT_EQ(memory.info().tearing, 8u);
    // And when everybody was looked at, the machine rests until the first is ready.
    turns = 0;
    while (tick(small) && turns < 20) {
        ++turns;
    }
    EXPECT_LT(turns, 20);
    EXPECT_EQ(lessor.next_deadline().ms, now.ms + test_limits.turn_max.ms);
}

TEST_F(LessorExpiry, The_next_deadline_is_never_later_than_a_lease_and_early_at_most_per_level) {
    for (const uint64_t ms : {100u, 127u, 128u, 1'000u, 8'191u, 8'192u, 70'000u, 300'000u}) {
        Request request = grant_request();
        request.ttl = {ms};
        const Answer lease = lessor.grant(request, now).value();
        const Instant end{now.ms + ms};
        uint32_t wakes = 0;
        while (phase_of(lease) == Phase::active) {
            const Instant next = lessor.next_deadline();
            ASSERT_LE(next.ms, end.ms);
            ASSERT_GE(next.ms, now.ms);
            now = next;
            tick();
            ASSERT_LE(++wakes, small_wheel.level_count());
        }
        EXPECT_EQ(now.ms, end.ms);
        while (!lessor.is_idle()) {
            ASSERT_NE(lessor.next_deadline().ms, Instant::never().ms);
            now = lessor.next_deadline();
            tick();
        }
        EXPECT_EQ(now.ms, end.ms + test_limits.turn_max.ms);
    }
    EXPECT_EQ(lessor.next_deadline().ms, Instant::never().ms); // nothing is due any more
}

TEST_F(LessorExpiry, Mass_expiry_ends_and_frees_every_lease_once) {
    for (uint32_t round = 0; round < 20; ++round) {
        const uint64_t from = journal.end();
        for (uint32_t i = 0; i < table.capacity(); ++i) {
            static_cast<void>(
                grant(3 * unit, i % 2 == 0 ? ResourceKind::memory : ResourceKind::block));
        }
        pass(ttl.ms);
        uint32_t turns = 0;
        while (!lessor.is_idle()) {
            now = {lessor.next_deadline().ms > now.ms ? lessor.next_deadline().ms : now.ms};
            tick({.expiries = 4, .wipe_bytes = 256});
            ASSERT_LE(++turns, 100u);
        }
        EXPECT_EQ(journal.count(EventKind::lease_expired, from), table.capacity());
        EXPECT_EQ(journal.end() - from, 2u * table.capacity());
        check_books();
    }
}

TEST_F(LessorExpiry, Peers_row_6_a_lease_at_the_end_of_time_ends_and_nothing_wraps) {
    now = {Instant::never().ms - ttl.ms - 10};
    tick();
    const Answer lease = grant();
    EXPECT_EQ(lease.left.ms, ttl.ms);
    pass(ttl.ms - 1);
    EXPECT_EQ(try_read(lease), no_error);
    pass(1);
    tick();
    EXPECT_EQ(try_read(lease), ErrorCode::lease_expired);
    EXPECT_EQ(journal.last().kind, EventKind::lease_expired);
    now = {Instant::never().ms - 1};
    tick();
    EXPECT_TRUE(lessor.is_idle());
    check_books();
}

TEST_F(LessorExpiry, Peers_row_16_slots_do_not_leak_over_many_cycles) {
    for (uint64_t cycle = 0; cycle < 20'000; ++cycle) {
        const Answer lease = grant();
        static_cast<void>(lessor.release(release_of(lease), now).value());
        tick();
        pass(1);
    }
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.is_idle());
    EXPECT_EQ(table.count_in(Phase::free), table.capacity());
    EXPECT_EQ(journal.promised_ends() + journal.promised_fences(), 0u);
    check_books();
}

} // namespace
} // namespace grafos::lease::test
