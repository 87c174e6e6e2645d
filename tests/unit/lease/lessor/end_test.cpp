// SPDX-License-Identifier: Apache-2.0
/// Ends at once: by the holder, by an authority; their codes, records and refusals.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorEnd : public LessorFixture {
protected:
    void expect_release_refused(const Request& request, ErrorCode code, Field field) {
        const Figures before = figures();
        const Result<Answer> answer = lessor.release(request, now);
        EXPECT_EQ(code_of(answer), code);
        EXPECT_EQ(field_of(answer), field);
        EXPECT_TRUE(figures() == before);
    }
    void expect_revoke_refused(const Request& request, ErrorCode code, Field field) {
        const Figures before = figures();
        const Result<Answer> answer = lessor.revoke(request, now);
        EXPECT_EQ(code_of(answer), code);
        EXPECT_EQ(field_of(answer), field);
        EXPECT_TRUE(figures() == before);
    }
};

TEST_F(LessorEnd, Peers_row_14_a_release_ends_access_at_once_and_frees_in_the_next_turn) {
    const Answer lease = grant(2 * unit);
    pass(10);
    const Answer answer = lessor.release(release_of(lease, "bob"), now).value();
    EXPECT_EQ(answer.left.ms, 0u);
    EXPECT_TRUE(answer.lease_ref == lease.lease_ref);
    EXPECT_EQ(phase_of(lease), Phase::tearing_down);
    EXPECT_EQ(try_read(lease), ErrorCode::released);
    EXPECT_EQ(memory.info().tearing, 2u);
    EXPECT_LE(lessor.next_deadline().ms, now.ms); // work is waiting
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
    EXPECT_EQ(try_read(lease), ErrorCode::released);
    EXPECT_TRUE(lessor.is_idle());

    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.sequence.value, answer.record.value);
    EXPECT_EQ(record.kind, EventKind::lease_released);
    EXPECT_EQ(record.draw, Draw::lease_end);
    EXPECT_EQ(record.reason, Reason::holder_request);
    EXPECT_EQ(text_of(record.identity()), "bob"); // who gave it back
    EXPECT_TRUE(decode_data<EndData>(record.data()).value() ==
                (EndData{Generation{0}, {0, 2}, {}, 0}));
    EXPECT_EQ(count(observe::Counter::releases), 1u);
    EXPECT_EQ(count(observe::Counter::teardowns), 1u);
    EXPECT_EQ(count(observe::Counter::bytes_zeroed), 2 * unit);
    EXPECT_EQ(journal.promised_ends() + journal.promised_fences(), 0u);
    check_books();
}

TEST_F(LessorEnd, Release_refuses_unknown_ids_and_leases_that_are_over) {
    const Answer lease = grant();
    Answer unknown = lease;
    unknown.lease.bytes[8] ^= 0x80;
    expect_release_refused(release_of(unknown), ErrorCode::not_found, Field::lease);
    store_big_endian<uint32_t>(unknown.lease.bytes.data(), 16); // no such slot
    expect_release_refused(release_of(unknown), ErrorCode::not_found, Field::lease);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    expect_release_refused(release_of(lease), ErrorCode::released, Field::lease);
    EXPECT_TRUE(settle());
    expect_release_refused(release_of(lease), ErrorCode::released, Field::lease);
}

TEST_F(LessorEnd, Release_and_revoke_refuse_an_identity_that_no_record_can_name) {
    const Answer lease = grant();
    const std::array<uint8_t, limits::identity_bytes_max + 1> identity{};
    Request request = release_of(lease);
    request.caller.identity = identity;
    expect_release_refused(request, ErrorCode::invalid_argument, Field::identity);
    for (const Duration grace : {0_ms, 100_ms}) {
        request = revocation_of(lease, grace);
        request.caller.identity = identity;
        expect_revoke_refused(request, ErrorCode::invalid_argument, Field::identity);
    }
}

TEST_F(LessorEnd, Revoke_at_once_names_the_authority_and_its_reason) {
    const Answer lease = grant();
    const Answer answer =
        lessor.revoke(revocation_of(lease, {}, Reason::authority_request), now).value();
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.sequence.value, answer.record.value);
    EXPECT_EQ(record.kind, EventKind::lease_revoked);
    EXPECT_EQ(record.reason, Reason::authority_request);
    EXPECT_EQ(text_of(record.identity()), "operator");
    EXPECT_TRUE(record.lease_ref == lease.lease_ref);
    EXPECT_EQ(count(observe::Counter::revocations), 1u);
    EXPECT_TRUE(settle());
    EXPECT_EQ(try_read(lease), ErrorCode::revoked);
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
}

TEST_F(LessorEnd, Every_reason_is_taken_or_refused_and_preemptions_are_their_own_kind) {
    for (uint16_t code = 0; code < 300; ++code) {
        SCOPED_TRACE(code);
        const auto reason = static_cast<Reason>(code);
        const Answer lease = grant();
        const bool preempts = code >= 1 && code <= 10;
        const bool is_taken =
            preempts || reason == Reason::authority_request || reason == Reason::operator_request;
        const Request request = revocation_of(lease, {}, reason);
        if (!is_taken) {
            expect_revoke_refused(request, ErrorCode::invalid_argument, Field::reason);
            static_cast<void>(lessor.release(release_of(lease), now).value());
        } else {
            static_cast<void>(lessor.revoke(request, now).value());
            EXPECT_EQ(journal.last().kind,
                      preempts ? EventKind::lease_preempted : EventKind::lease_revoked);
            EXPECT_EQ(journal.last().reason, reason);
        }
        EXPECT_TRUE(settle());
    }
    EXPECT_EQ(count(observe::Counter::preemptions), 10u);
    EXPECT_EQ(count(observe::Counter::revocations), 2u);
}

TEST_F(LessorEnd, Revoke_refuses_unknown_refs_ended_leases_and_long_graces) {
    const Answer lease = grant();
    Answer unknown = lease;
    unknown.lease_ref.bytes[0] ^= 1;
    expect_revoke_refused(revocation_of(unknown), ErrorCode::not_found, Field::lease_ref);
    expect_revoke_refused(revocation_of(lease, {limits::revoke_grace_max.ms + 1}),
                          ErrorCode::invalid_argument, Field::grace);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    expect_revoke_refused(revocation_of(lease), ErrorCode::released, Field::lease);
    expect_revoke_refused(revocation_of(lease, 100_ms), ErrorCode::released, Field::lease);
    const Answer expired = grant();
    pass(ttl.ms);
    expect_revoke_refused(revocation_of(expired), ErrorCode::lease_expired, Field::lease);
}

TEST_F(LessorEnd, Protocol_5_a_full_group_asks_for_another_turn_and_changes_nothing) {
    const Answer lease = grant();
    journal.set_room(0);
    expect_release_refused(release_of(lease), ErrorCode::busy, Field::log);
    expect_revoke_refused(revocation_of(lease), ErrorCode::busy, Field::log);
    EXPECT_EQ(try_read(lease), no_error);
    journal.accept_all();
    EXPECT_TRUE(lessor.release(release_of(lease), now).is_ok());
}

TEST_F(LessorEnd, Peers_row_4_codes_are_distinct_and_stay) {
    const Answer released = grant();
    const Answer revoked = grant();
    const Answer expired = grant();
    memory.fail_wipes(9);
    static_cast<void>(lessor.release(release_of(released), now).value());
    static_cast<void>(lessor.revoke(revocation_of(revoked), now).value());
    pass(ttl.ms);
    for (int look = 0; look < 3; ++look) {
        EXPECT_EQ(try_read(released), ErrorCode::released);
        EXPECT_EQ(try_read(revoked), ErrorCode::revoked);
        EXPECT_EQ(try_read(expired), ErrorCode::lease_expired);
        pass(10);
        EXPECT_TRUE(settle()); // fenced on the way: the lease's own code stays
    }
    EXPECT_EQ(memory.info().fenced, 3u);
}

TEST_F(LessorEnd, Protocol_6_an_end_code_lasts_until_its_slot_is_reused) {
    const Answer first = grant();
    static_cast<void>(lessor.release(release_of(first), now).value());
    EXPECT_TRUE(settle());
    for (uint32_t i = 0; i + 1 < table.capacity(); ++i) {
        const Answer other = grant();
        EXPECT_NE(slot_of(other.lease).value, slot_of(first.lease).value);
        EXPECT_EQ(try_read(first), ErrorCode::released);
    }
    const Answer reuser = grant();
    EXPECT_EQ(slot_of(reuser.lease).value, slot_of(first.lease).value);
    EXPECT_EQ(try_read(first), ErrorCode::not_found);
    EXPECT_EQ(code_of(lessor.revoke(revocation_of(first), now)), ErrorCode::not_found);
    EXPECT_EQ(try_read(reuser), no_error);
}

TEST_F(LessorEnd, Peers_row_13_each_end_is_one_record_with_reason_and_actor) {
    for (int round = 0; round < 50; ++round) {
        const uint64_t from = journal.end();
        const Answer a = grant();
        const Answer b = grant();
        const Answer c = grant();
        static_cast<void>(lessor.release(release_of(a), now).value());
        static_cast<void>(lessor.revoke(revocation_of(b), now).value());
        pass(ttl.ms + 5);
        EXPECT_TRUE(settle());
        EXPECT_EQ(journal.end() - from, 6u);
        EXPECT_EQ(journal.count(EventKind::lease_released, from), 1u);
        EXPECT_EQ(journal.count(EventKind::lease_revoked, from), 1u);
        EXPECT_EQ(journal.count(EventKind::lease_expired, from), 1u);
        EXPECT_EQ(journal.last().reason, Reason::ttl_elapsed);
        EXPECT_EQ(journal.last().identity_size, 0u); // the node itself
        EXPECT_EQ(code_of(access(c, Access::Kind::read, {})), ErrorCode::lease_expired);
    }
    check_books();
}

} // namespace
} // namespace grafos::lease::test
