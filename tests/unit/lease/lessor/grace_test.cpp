// SPDX-License-Identifier: Apache-2.0
/// Revocation with a grace: warned, running, reported, over.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorGrace : public LessorFixture {
protected:
    [[nodiscard]] EndData end_data() const {
        return decode_data<EndData>(journal.last().data()).value();
    }
};

TEST_F(LessorGrace, Protocol_6_access_goes_on_until_the_grace_is_over) {
    const Answer lease = grant();
    const Answer warned = lessor.revoke(revocation_of(lease, 100_ms), now).value();
    EXPECT_EQ(warned.left.ms, 100u);
    EXPECT_EQ(warned.record.value, lease.record.value); // no record of its own
    EXPECT_EQ(phase_of(lease), Phase::revoke_warning);
    EXPECT_EQ(journal.end(), 1u);
    EXPECT_LE(lessor.next_deadline().ms, now.ms);
    EXPECT_FALSE(tick());
    EXPECT_EQ(phase_of(lease), Phase::grace_running);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + 100);
    EXPECT_GT(lessor.next_deadline().ms, now.ms); // and until then the machine may rest
    pass(99);
    EXPECT_FALSE(tick());
    EXPECT_EQ(try_read(lease), no_error);
    pass(1);
    EXPECT_EQ(try_read(lease), ErrorCode::revoked); // before any sweep
    tick();
    EXPECT_EQ(phase_of(lease), Phase::free);
    EXPECT_EQ(journal.last().kind, EventKind::lease_revoked);
    EXPECT_EQ(journal.last().reason, Reason::operator_request);
    EXPECT_EQ(text_of(journal.last().identity()), "operator");
    EXPECT_TRUE(
        end_data() ==
        (EndData{Generation{0}, {0, 1}, 100_ms, static_cast<uint8_t>(RevokeState::grace_running)}));
    EXPECT_EQ(count(observe::Counter::revocations), 1u);
    check_books();
}

TEST_F(LessorGrace, Protocol_6_a_grace_longer_than_the_lease_ends_with_the_lease) {
    const Answer lease = grant();
    pass(400);
    const Answer warned = lessor.revoke(revocation_of(lease, 5_s), now).value();
    EXPECT_EQ(warned.left.ms, ttl.ms - 400);
    tick();
    pass(ttl.ms - 401);
    tick();
    EXPECT_EQ(try_read(lease), no_error);
    pass(1);
    EXPECT_EQ(try_read(lease), ErrorCode::revoked); // what first left active, not the deadline
    tick();
    EXPECT_EQ(journal.last().kind, EventKind::lease_revoked);
    EXPECT_EQ(end_data().grace.ms, 5'000u);
    // It ran to the end its holder knew: not touched before the longest turn has passed.
    EXPECT_EQ(memory.info().tearing, 1u);
    pass(test_limits.turn_max.ms);
    tick();
    EXPECT_EQ(memory.info().tearing, 0u);
}

TEST_F(LessorGrace, Protocol_6_a_lease_that_runs_out_while_warned_was_revoked) {
    const Answer lease = grant();
    pass(ttl.ms - 1);
    static_cast<void>(
        lessor.revoke(revocation_of(lease, 100_ms, Reason::budget_exhausted), now).value());
    pass(1); // no turn in between
    tick();
    EXPECT_EQ(journal.last().kind, EventKind::lease_preempted);
    EXPECT_EQ(journal.last().reason, Reason::budget_exhausted);
    EXPECT_EQ(text_of(journal.last().identity()), "operator");
    EXPECT_EQ(end_data().revoke_state, static_cast<uint8_t>(RevokeState::revoke_warning));
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
}

TEST_F(LessorGrace, A_grace_that_is_over_before_its_first_turn_ends_in_that_turn) {
    const Answer lease = grant();
    static_cast<void>(lessor.revoke(revocation_of(lease, 10_ms), now).value());
    pass(200);
    tick();
    EXPECT_EQ(journal.last().kind, EventKind::lease_revoked);
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
}

TEST_F(LessorGrace, A_second_grace_changes_nothing_and_grace_zero_ends_it_now) {
    const Answer lease = grant();
    static_cast<void>(lessor.revoke(revocation_of(lease, 300_ms), now).value());
    for (const bool is_running : {false, true}) {
        if (is_running) {
            tick();
        }
        for (const Duration grace : {1_ms, 900_ms}) {
            const Figures before = figures();
            Request request = revocation_of(lease, grace, Reason::quota_pressure);
            request.caller.identity = bytes_of("other");
            EXPECT_EQ(lessor.revoke(request, now).value().left.ms, 300u);
            EXPECT_TRUE(figures() == before);
        }
    }
    Request now_request = revocation_of(lease, {}, Reason::quota_pressure);
    now_request.caller.identity = bytes_of("other");
    static_cast<void>(lessor.revoke(now_request, now).value());
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
    // How it ended is what first left active: the first reason, by whom it was given.
    EXPECT_EQ(journal.last().kind, EventKind::lease_revoked);
    EXPECT_EQ(journal.last().reason, Reason::operator_request);
    EXPECT_EQ(text_of(journal.last().identity()), "operator");
    EXPECT_EQ(journal.count(EventKind::lease_preempted), 0u);
}

TEST_F(LessorGrace, A_report_ends_the_lease_in_the_next_turn) {
    const Answer lease = grant();
    EXPECT_EQ(code_of(lessor.report_checkpoint(report_of(lease), now)), ErrorCode::denied);
    static_cast<void>(lessor.revoke(revocation_of(lease, 500_ms), now).value());
    EXPECT_EQ(code_of(lessor.report_checkpoint(report_of(lease), now)), ErrorCode::denied);
    tick();
    const Answer reported = lessor.report_checkpoint(report_of(lease), now).value();
    EXPECT_EQ(reported.left.ms, 500u);
    EXPECT_EQ(phase_of(lease), Phase::checkpoint_reported);
    EXPECT_EQ(try_read(lease), no_error);                                 // until tearing_down
    EXPECT_TRUE(lessor.report_checkpoint(report_of(lease), now).is_ok()); // idempotent
    EXPECT_LE(lessor.next_deadline().ms, now.ms);
    tick();
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
    EXPECT_EQ(code_of(lessor.report_checkpoint(report_of(lease), now)), ErrorCode::revoked);
    EXPECT_EQ(end_data().revoke_state, static_cast<uint8_t>(RevokeState::checkpoint_reported));
    EXPECT_TRUE(lessor.is_idle());
    Answer unknown = lease;
    unknown.lease.bytes[9] ^= 1;
    EXPECT_EQ(code_of(lessor.report_checkpoint(report_of(unknown), now)), ErrorCode::not_found);
}

TEST_F(LessorGrace, A_report_waits_for_room_in_the_group_and_access_goes_on) {
    const Answer lease = grant();
    static_cast<void>(lessor.revoke(revocation_of(lease, 500_ms), now).value());
    tick();
    static_cast<void>(lessor.report_checkpoint(report_of(lease), now).value());
    journal.set_room(0);
    EXPECT_FALSE(tick());
    EXPECT_EQ(try_read(lease), no_error);
    EXPECT_GT(lessor.next_deadline().ms, now.ms);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
    journal.accept_all();
    tick();
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
}

TEST_F(LessorGrace, A_release_in_grace_ends_it_as_revoked) {
    const Answer lease = grant();
    static_cast<void>(lessor.revoke(revocation_of(lease, 500_ms), now).value());
    tick();
    static_cast<void>(lessor.release(release_of(lease), now).value());
    EXPECT_EQ(journal.last().kind, EventKind::lease_revoked);
    EXPECT_EQ(text_of(journal.last().identity()), "operator");
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
    EXPECT_EQ(count(observe::Counter::releases), 0u);
}

TEST_F(LessorGrace, A_grace_needs_no_room_in_the_log) {
    const Answer lease = grant();
    journal.set_room(0);
    EXPECT_TRUE(lessor.revoke(revocation_of(lease, 100_ms), now).is_ok());
}

/// A table with more slots than graces, all of them granted.
class LessorGraces : public ::testing::Test {
protected:
    static constexpr uint32_t lease_count = graces_max + 8;

    Instant now = grafos::test::start_time();
    RamJournalOf<256> journal{};
    FakeResource memory{ResourceKind::memory, resource_id_of(ResourceKind::memory, 0)};
    LeaseTableOf<lease_count> table{};
    crypto::Drbg drbg{};
    observe::Counters counters{};
    observe::EventRingOf<16> events{};
    std::array<Resource*, 1> resources{&memory};
    Lessor lessor{{table, resources, journal, drbg, counters, events}, test_limits};
    std::array<LeaseRef, lease_count> refs{};

    LessorGraces() {
        table.start(now, {1, 2});
        drbg.seed(bytes_of("seed"));
        lessor.start(unix_base, Epoch{1});
        Request request;
        request.operation = Operation::grant;
        request.resource = memory.info().id;
        request.amount_bytes = unit;
        request.ttl = ttl;
        for (LeaseRef& ref : refs) {
            ref = lessor.grant(request, now).value().lease_ref;
        }
    }
    [[nodiscard]] Result<Answer> revoke(size_t index) {
        Request request;
        request.operation = Operation::revoke;
        request.reason = Reason::operator_request;
        request.grace = 100_ms;
        request.lease_ref = refs[index];
        return lessor.revoke(request, now);
    }
};

TEST_F(LessorGraces, One_more_than_there_is_room_for_is_busy_and_changes_nothing) {
    for (size_t i = 0; i < graces_max; ++i) {
        EXPECT_TRUE(revoke(i).is_ok());
    }
    const Result<Answer> one_more = revoke(graces_max);
    EXPECT_EQ(code_of(one_more), ErrorCode::busy);
    EXPECT_EQ(field_of(one_more), Field::grace);
    EXPECT_EQ(table.count_in(Phase::active), lease_count - graces_max);
    // Every grace ends, and then there is room for it.
    EXPECT_FALSE(lessor.tick(now, ample));
    now.ms += 100;
    lessor.tick(now, ample);
    EXPECT_EQ(journal.count(EventKind::lease_revoked), graces_max);
    EXPECT_TRUE(revoke(graces_max).is_ok());
}

TEST_F(LessorGraces, Protocol_5_records_that_wait_for_ever_do_not_use_up_the_graces) {
    for (size_t i = 0; i < graces_max; ++i) {
        EXPECT_TRUE(revoke(i).is_ok());
    }
    lessor.tick(now, ample);
    journal.degrade();
    journal.set_room(0);
    now.ms += 100;
    lessor.tick(now, ample);
    EXPECT_EQ(table.count_in(Phase::tearing_down), graces_max);
    for (size_t i = graces_max; i < lease_count; ++i) {
        EXPECT_TRUE(revoke(i).is_ok());
    }
    lessor.tick(now, ample);
    EXPECT_EQ(table.count_in(Phase::grace_running), lease_count - graces_max);
    now.ms += 100;
    lessor.tick(now, ample);
    EXPECT_EQ(table.live_count(), 0u);
    EXPECT_EQ(lessor.next_deadline().ms, Instant::never().ms);
    journal.accept_all();
    lessor.tick(now, ample);
    EXPECT_EQ(journal.count(EventKind::lease_revoked), lease_count);
    EXPECT_TRUE(lessor.is_idle());
}

TEST_F(LessorGraces, Protocol_5_expiries_that_wait_do_not_push_out_who_released) {
    journal.degrade();
    journal.set_room(0);
    Request release;
    release.operation = Operation::release;
    release.caller.identity = bytes_of("bob");
    release.lease = table.id(SlotIndex{0});
    EXPECT_EQ(code_of(lessor.release(release, now)), ErrorCode::degraded);
    now.ms += ttl.ms + 100;
    lessor.tick(now, ample);
    EXPECT_EQ(table.count_in(Phase::tearing_down), lease_count);
    journal.accept_all();
    lessor.tick(now, ample);
    EXPECT_EQ(journal.count(EventKind::lease_expired), lease_count - 1);
    for (uint64_t i = lease_count; i < journal.end(); ++i) {
        const bool is_release = journal.at(i).kind == EventKind::lease_released;
        EXPECT_EQ(text_of(journal.at(i).identity()), is_release ? "bob" : "");
    }
}

} // namespace
} // namespace grafos::lease::test
