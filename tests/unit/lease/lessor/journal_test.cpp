// SPDX-License-Identifier: Apache-2.0
/// Under a journal that is busy, full or degraded (protocol §5), and what is only noted.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorJournal : public LessorFixture {
protected:
    [[nodiscard]] RefusedData refused_at(uint64_t sequence) const {
        return decode_data<RefusedData>(journal.at(sequence).data()).value();
    }
    [[nodiscard]] static Error error_of(ErrorCode code, uint64_t value = 0) {
        return {code, Field::ttl, value, 9};
    }
};

TEST_F(LessorJournal, Protocol_5_expiry_waits_for_room_without_a_busy_loop_and_access_is_over) {
    const Answer lease = grant();
    pass(ttl.ms);
    journal.set_room(0);
    for (int turn = 0; turn < 5; ++turn) {
        EXPECT_FALSE(tick());
        EXPECT_EQ(try_read(lease), ErrorCode::lease_expired);
        EXPECT_GT(lessor.next_deadline().ms, now.ms);
        EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
        now = lessor.next_deadline();
    }
    EXPECT_EQ(phase_of(lease), Phase::active);
    journal.set_room(1);
    EXPECT_TRUE(settle());
    EXPECT_EQ(journal.last().kind, EventKind::lease_expired);
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
}

TEST_F(LessorJournal, A_full_group_in_the_middle_of_a_mass_expiry_loses_nobody) {
    for (uint32_t i = 0; i < table.capacity(); ++i) {
        static_cast<void>(grant());
    }
    pass(ttl.ms + 100);
    uint32_t turns = 0;
    while (!lessor.is_idle()) {
        journal.set_room(3);
        tick();
        ASSERT_LE(++turns, 20u);
    }
    EXPECT_EQ(journal.count(EventKind::lease_expired), table.capacity());
    EXPECT_EQ(journal.end(), 2u * table.capacity());
    check_books();
}

TEST_F(LessorJournal, Protocol_5_a_degraded_journal_refuses_no_end_while_its_group_has_room) {
    const Answer released = grant();
    const Answer revoked = grant();
    const Answer expired = grant();
    journal.degrade();
    EXPECT_EQ(code_of(lessor.grant(grant_request(), now)), ErrorCode::degraded);
    EXPECT_EQ(code_of(lessor.renew(renewal_of(expired), now)), ErrorCode::degraded);
    const Answer answer = lessor.release(release_of(released), now).value();
    EXPECT_GE(answer.record.value, journal.anchored_end().value); // so it never leaves as a success
    EXPECT_TRUE(lessor.revoke(revocation_of(revoked), now).is_ok());
    pass(ttl.ms + 10);
    EXPECT_TRUE(settle());
    EXPECT_EQ(try_read(expired), ErrorCode::lease_expired);
    EXPECT_EQ(journal.end(), 6u);
}

TEST_F(LessorJournal, Protocol_5_where_no_record_can_be_sealed_ends_take_effect_and_stay_pending) {
    const Answer released = grant();
    const Answer revoked = grant();
    const Answer graced = grant();
    const Answer expired = grant();
    static_cast<void>(lessor.revoke(revocation_of(graced, 200_ms), now).value());
    tick();
    journal.degrade();
    journal.set_room(0); // and the open group will never be written
    EXPECT_EQ(code_of(lessor.release(release_of(released, "bob"), now)), ErrorCode::degraded);
    EXPECT_EQ(code_of(lessor.revoke(revocation_of(revoked), now)), ErrorCode::degraded);
    EXPECT_EQ(try_read(released), ErrorCode::released);
    EXPECT_EQ(try_read(revoked), ErrorCode::revoked);
    pass(ttl.ms + 100);
    EXPECT_TRUE(settle());
    EXPECT_EQ(try_read(graced), ErrorCode::revoked);
    EXPECT_EQ(try_read(expired), ErrorCode::lease_expired);
    EXPECT_EQ(table.count_in(Phase::tearing_down), 4u);
    EXPECT_EQ(memory.info().tearing, 4u);
    EXPECT_EQ(memory.wipes_begun(), 0u);
    EXPECT_EQ(count(observe::Counter::records_deferred), 4u);
    EXPECT_TRUE(table.info(slot_of(expired.lease)).has_pending_record);
    EXPECT_EQ(lessor.next_deadline().ms, Instant::never().ms); // nothing to wake up for
    EXPECT_EQ(code_of(lessor.release(release_of(released), now)), ErrorCode::released);

    // A journal that recovers gets every record as it should have been.
    const uint64_t from = journal.end();
    const Instant ended = table.info(slot_of(expired.lease)).ended_at;
    pass(50);
    journal.accept_all();
    EXPECT_TRUE(settle());
    EXPECT_EQ(journal.end() - from, 4u);
    EXPECT_TRUE(lessor.is_idle());
    for (uint64_t i = from; i < journal.end(); ++i) {
        const KeptRecord& record = journal.at(i);
        const EndData data = decode_data<EndData>(record.data()).value();
        if (record.lease_ref == released.lease_ref) {
            EXPECT_EQ(record.kind, EventKind::lease_released);
            EXPECT_EQ(text_of(record.identity()), "bob");
        } else if (record.lease_ref == revoked.lease_ref) {
            EXPECT_EQ(record.kind, EventKind::lease_revoked);
            EXPECT_EQ(text_of(record.identity()), "operator");
            EXPECT_EQ(data.grace.ms, 0u);
        } else if (record.lease_ref == graced.lease_ref) {
            EXPECT_EQ(record.kind, EventKind::lease_revoked);
            EXPECT_EQ(text_of(record.identity()), "operator");
            EXPECT_EQ(data.grace.ms, 200u);
            EXPECT_EQ(data.revoke_state, static_cast<uint8_t>(RevokeState::grace_running));
        } else {
            EXPECT_EQ(record.kind, EventKind::lease_expired);
            EXPECT_EQ(record.identity_size, 0u);
            EXPECT_EQ(record.timestamp.ms, unix_base.ms + ended.ms); // when it happened
        }
    }
    check_books();
}

TEST_F(LessorJournal, Protocol_5_refusals_are_recorded_once_a_turn_by_tenant_and_reason) {
    for (uint64_t i = 1; i <= 5; ++i) {
        lessor.note_refusal({1}, Operation::grant, error_of(ErrorCode::busy, i));
    }
    lessor.note_refusal({2}, Operation::renew, error_of(ErrorCode::busy, 6));
    lessor.note_refusal({1}, Operation::revoke, error_of(ErrorCode::denied, 7));
    EXPECT_LE(lessor.next_deadline().ms, now.ms);
    tick();
    ASSERT_EQ(journal.end(), 3u);
    EXPECT_EQ(journal.at(0).kind, EventKind::request_refused);
    EXPECT_EQ(journal.at(0).draw, Draw::note);
    EXPECT_EQ(journal.at(0).tenant.value, 1u);
    EXPECT_EQ(journal.at(0).reason, reason_of(ErrorCode::busy));
    EXPECT_TRUE(refused_at(0) == (RefusedData{Operation::grant, Field::ttl, 5, 9, 5}));
    EXPECT_EQ(journal.at(1).tenant.value, 2u);
    EXPECT_TRUE(refused_at(1) == (RefusedData{Operation::renew, Field::ttl, 6, 9, 1}));
    EXPECT_EQ(journal.at(2).reason, reason_of(ErrorCode::denied));
    tick();
    EXPECT_EQ(journal.end(), 3u);
    EXPECT_EQ(bench.counters.refusals(ErrorCode::busy), 6u);
    EXPECT_EQ(bench.counters.refusals(ErrorCode::denied), 1u);
}

TEST_F(LessorJournal, More_kinds_of_refusal_than_are_told_apart_are_counted) {
    for (uint32_t tenant = 0; tenant < refusals_per_turn_max + 3; ++tenant) {
        lessor.note_refusal({tenant}, Operation::grant, error_of(ErrorCode::denied));
    }
    tick();
    EXPECT_EQ(journal.end(), refusals_per_turn_max);
    EXPECT_EQ(count(observe::Counter::refusals_unrecorded), 3u);
    EXPECT_EQ(bench.counters.refusals(ErrorCode::denied), refusals_per_turn_max + 3);
}

TEST_F(LessorJournal, Refusals_without_room_wait_with_their_counts_and_none_is_recorded_twice) {
    for (uint32_t tenant = 0; tenant < 4; ++tenant) {
        lessor.note_refusal({tenant}, Operation::grant, error_of(ErrorCode::denied));
    }
    journal.set_room(2);
    EXPECT_FALSE(tick());
    EXPECT_EQ(journal.end(), 2u);
    EXPECT_GT(lessor.next_deadline().ms, now.ms);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
    lessor.note_refusal({3}, Operation::grant, error_of(ErrorCode::denied));
    lessor.note_refusal({0}, Operation::grant, error_of(ErrorCode::denied));
    journal.accept_all();
    tick();
    ASSERT_EQ(journal.end(), 5u);
    for (uint64_t i = 0; i < 5; ++i) {
        EXPECT_EQ(journal.at(i).tenant.value, i < 4 ? i : 0);
        EXPECT_EQ(refused_at(i).count, i == 3 ? 2u : 1u);
    }
}

TEST_F(LessorJournal, A_full_log_is_not_worth_waking_up_for) {
    journal.refuse(Draw::note, ErrorCode::capacity_exceeded);
    lessor.note_refusal({1}, Operation::grant, error_of(ErrorCode::denied));
    lessor.note_overrun({9});
    EXPECT_FALSE(tick());
    EXPECT_EQ(lessor.next_deadline().ms, Instant::never().ms);
    EXPECT_EQ(journal.end(), 0u);
    journal.accept_all();
    tick();
    EXPECT_EQ(journal.end(), 2u);
}

TEST_F(LessorJournal, Protocol_1_the_longest_turn_since_the_last_record_is_audited) {
    lessor.note_overrun({8});
    lessor.note_overrun({30});
    lessor.note_overrun({12});
    tick();
    ASSERT_EQ(journal.end(), 1u);
    EXPECT_EQ(journal.last().kind, EventKind::turn_overrun);
    EXPECT_TRUE(decode_data<OverrunData>(journal.last().data()).value() ==
                (OverrunData{30_ms, test_limits.turn_max, 3}));
    EXPECT_EQ(count(observe::Counter::turn_overruns), 3u);
    tick();
    EXPECT_EQ(journal.end(), 1u);
}

TEST_F(LessorJournal, Long_turns_are_recorded_once_a_second_however_many_there_are) {
    lessor.note_overrun({8});
    tick();
    ASSERT_EQ(journal.end(), 1u);
    const Instant first = now;
    for (int i = 0; i < 50; ++i) {
        lessor.note_overrun({9});
        tick();
    }
    EXPECT_EQ(journal.end(), 1u);
    EXPECT_TRUE(lessor.next_deadline() == saturating_add(first, 1'000_ms));
    now = saturating_add(first, 1'000_ms);
    tick();
    ASSERT_EQ(journal.end(), 2u);
    EXPECT_TRUE(decode_data<OverrunData>(journal.last().data()).value() ==
                (OverrunData{9_ms, test_limits.turn_max, 50}));
}

} // namespace
} // namespace grafos::lease::test
