// SPDX-License-Identifier: Apache-2.0
/// Renewals: g, g − 1, everything else; never after an end began.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorRenew : public LessorFixture {
protected:
    void expect_refused(const Request& request, ErrorCode code, Field field) {
        const Figures before = figures();
        const Instant deadline = table.deadline(slot_of(request.lease));
        const Result<Answer> answer = lessor.renew(request, now);
        EXPECT_EQ(code_of(answer), code);
        EXPECT_EQ(field_of(answer), field);
        EXPECT_TRUE(figures() == before);
        EXPECT_EQ(table.deadline(slot_of(request.lease)).ms, deadline.ms);
    }
};

TEST_F(LessorRenew, Protocol_3_raises_the_generation_and_moves_the_deadline) {
    const Answer lease = grant();
    pass(400);
    Request request = renewal_of(lease);
    request.caller.identity = bytes_of("bob");
    const Answer renewed = lessor.renew(request, now).value();
    EXPECT_EQ(renewed.generation.value, 1u);
    EXPECT_EQ(renewed.left.ms, ttl.ms);
    EXPECT_TRUE(renewed.lease.is_zero()); // the id stands in the grant's answer only
    EXPECT_EQ(renewed.epoch.value, lease.epoch.value);
    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.sequence.value, renewed.record.value);
    EXPECT_EQ(record.kind, EventKind::lease_renewed);
    EXPECT_EQ(record.draw, Draw::renewal);
    EXPECT_EQ(text_of(record.identity()), "bob"); // who renewed, not who was granted
    EXPECT_TRUE(decode_data<RenewedData>(record.data()).value() ==
                (RenewedData{Generation{1}, ttl}));
    EXPECT_EQ(count(observe::Counter::renewals), 1u);
}

TEST_F(LessorRenew, Protocol_3_with_the_generation_before_extends_nothing_and_answers_g) {
    const Answer lease = grant();
    pass(100);
    static_cast<void>(lessor.renew(renewal_of(lease), now).value());
    pass(50);
    const Figures before = figures();
    const Answer repeated = lessor.renew(renewal_of(lease), now).value();
    EXPECT_EQ(repeated.generation.value, 1u);
    EXPECT_EQ(repeated.left.ms, ttl.ms - 50);
    EXPECT_EQ(repeated.record.value, journal.end() - 1);
    EXPECT_TRUE(figures() == before);
}

TEST_F(LessorRenew, Protocol_3_refuses_every_other_generation) {
    Answer lease = grant();
    for (int i = 0; i < 3; ++i) {
        lease.generation = lessor.renew(renewal_of(lease), now).value().generation;
    }
    for (const uint32_t generation : {0u, 1u, 4u, 0xffff'ffffu}) {
        Request request = renewal_of(lease);
        request.generation = {generation};
        expect_refused(request, ErrorCode::stale_epoch, Field::generation);
    }
}

TEST_F(LessorRenew, Never_shortens_a_lease) {
    const Answer lease = grant();
    Request request = renewal_of(lease);
    request.ttl = limits::lease_ttl_min;
    EXPECT_EQ(lessor.renew(request, now).value().left.ms, ttl.ms);
}

TEST_F(LessorRenew, Refuses_a_bad_ttl_identity_and_the_end_of_time) {
    const Answer lease = grant();
    Request request = renewal_of(lease);
    request.ttl = {limits::lease_ttl_max.ms + 1};
    expect_refused(request, ErrorCode::invalid_argument, Field::ttl);
    request.ttl = {1};
    expect_refused(request, ErrorCode::invalid_argument, Field::ttl);
    const std::array<uint8_t, limits::identity_bytes_max + 1> identity{};
    request = renewal_of(lease);
    request.caller.identity = identity;
    expect_refused(request, ErrorCode::invalid_argument, Field::identity);
}

TEST_F(LessorRenew, Peers_row_6_refuses_an_end_past_the_end_of_time) {
    now = {Instant::never().ms - ttl.ms - 1};
    tick();
    const Answer lease = grant();
    pass(1);
    expect_refused(renewal_of(lease), ErrorCode::exhausted, Field::ttl);
}

TEST_F(LessorRenew, Protocol_5_refuses_what_the_journal_refuses) {
    const Answer lease = grant();
    for (const ErrorCode code :
         {ErrorCode::busy, ErrorCode::capacity_exceeded, ErrorCode::degraded}) {
        journal.refuse(Draw::renewal, code);
        expect_refused(renewal_of(lease), code, Field::log);
    }
}

TEST_F(LessorRenew, Protocol_6_not_in_grace) {
    const Answer lease = grant();
    static_cast<void>(lessor.revoke(revocation_of(lease, 100_ms), now).value());
    expect_refused(renewal_of(lease), ErrorCode::revoked, Field::lease); // warned
    tick();
    expect_refused(renewal_of(lease), ErrorCode::revoked, Field::lease); // grace running
    static_cast<void>(lessor.report_checkpoint(report_of(lease), now).value());
    expect_refused(renewal_of(lease), ErrorCode::revoked, Field::lease); // reported
}

TEST_F(LessorRenew, Peers_row_8_a_lease_that_is_over_answers_its_end_code) {
    const Answer released = grant();
    const Answer revoked = grant();
    const Answer expired = grant();
    static_cast<void>(lessor.release(release_of(released), now).value());
    static_cast<void>(lessor.revoke(revocation_of(revoked), now).value());
    pass(ttl.ms);
    for (const bool is_swept : {false, true}) {
        if (is_swept) {
            EXPECT_TRUE(settle());
        }
        expect_refused(renewal_of(released), ErrorCode::released, Field::lease);
        expect_refused(renewal_of(revoked), ErrorCode::revoked, Field::lease);
        expect_refused(renewal_of(expired), ErrorCode::lease_expired, Field::lease);
    }
    Answer unknown = grant();
    unknown.lease.bytes[15] ^= 1;
    expect_refused(renewal_of(unknown), ErrorCode::not_found, Field::lease);
}

TEST_F(LessorRenew, Protocol_3_access_goes_on_with_g_and_the_one_before) {
    const Answer lease = grant();
    Answer renewed = lease;
    renewed.generation = lessor.renew(renewal_of(lease), now).value().generation;
    EXPECT_EQ(try_read(lease), no_error);
    EXPECT_EQ(try_read(renewed), no_error);
    renewed.generation = lessor.renew(renewal_of(renewed), now).value().generation;
    EXPECT_EQ(try_read(lease), ErrorCode::stale_epoch);
    EXPECT_EQ(try_read(renewed), no_error);
}

} // namespace
} // namespace grafos::lease::test
