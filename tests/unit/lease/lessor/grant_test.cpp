// SPDX-License-Identifier: Apache-2.0
/// Grants: one step, every refusal, the alloc key.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorGrant : public LessorFixture {
protected:
    /// Refused with `code` at `field`, and nothing changed.
    void expect_refused(const Request& request, ErrorCode code, Field field) {
        const Figures before = figures();
        const Result<Answer> answer = lessor.grant(request, now);
        EXPECT_EQ(code_of(answer), code);
        EXPECT_EQ(field_of(answer), field);
        EXPECT_TRUE(figures() == before);
        check_books();
    }
};

TEST_F(LessorGrant, Peers_row_6b_units_epoch_deadline_and_record_are_set_in_one_step) {
    const Answer lease = grant(3 * unit - 1);
    EXPECT_EQ(phase_of(lease), Phase::active);
    EXPECT_EQ(table.deadline(slot_of(lease.lease)).ms, now.ms + ttl.ms);
    EXPECT_EQ(lease.left.ms, ttl.ms);
    EXPECT_EQ(lease.amount_bytes, 3 * unit - 1);
    EXPECT_EQ(lease.epoch.value, 1u);
    EXPECT_EQ(lease.generation.value, 0u);
    EXPECT_EQ(lessor.next_epoch().value, 2u);
    EXPECT_EQ(memory.info().leased, 3u);
    EXPECT_TRUE(lease.lease_ref == ref_of(lease.lease));
    EXPECT_EQ(count(observe::Counter::grants), 1u);
    check_books();

    ASSERT_EQ(journal.end(), 1u);
    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.sequence.value, lease.record.value);
    EXPECT_EQ(record.kind, EventKind::lease_allocated);
    EXPECT_EQ(record.draw, Draw::grant);
    EXPECT_EQ(record.timestamp.ms, unix_base.ms + now.ms);
    EXPECT_EQ(text_of(record.identity()), "ann");
    EXPECT_EQ(record.tenant.value, 7u);
    EXPECT_TRUE(record.lease_ref == lease.lease_ref);
    EXPECT_EQ(record.epoch.value, 1u);
    const AllocatedData data = decode_data<AllocatedData>(record.data()).value();
    EXPECT_TRUE(data == (AllocatedData{ResourceKind::memory, {0, 3}, 3 * unit - 1, ttl}));
}

TEST_F(LessorGrant, Ids_differ_and_records_never_show_one) {
    const Answer a = grant();
    const Answer b = grant();
    EXPECT_FALSE(a.lease == b.lease);
    EXPECT_FALSE(a.lease_ref == b.lease_ref);
    EXPECT_TRUE(journal.at(0).lease_ref == a.lease_ref);
    EXPECT_FALSE(is_equal(journal.at(0).lease_ref.view(), a.lease.view()));
}

TEST_F(LessorGrant, Refuses_an_unknown_resource) {
    Request request = grant_request();
    request.resource = resource_id_of(ResourceKind::gpu, 0);
    expect_refused(request, ErrorCode::not_found, Field::resource);
}

TEST_F(LessorGrant, Refuses_amount_zero_and_more_than_there_is) {
    expect_refused(grant_request(0), ErrorCode::invalid_argument, Field::amount);
    expect_refused(grant_request(memory.info().unit_count * unit + 1), ErrorCode::capacity_exceeded,
                   Field::amount);
    expect_refused(grant_request(~uint64_t{0}), ErrorCode::capacity_exceeded, Field::amount);
}

TEST_F(LessorGrant, Peers_row_6b_refuses_a_ttl_of_zero_too_short_and_too_long) {
    for (const uint64_t ms :
         {uint64_t{0}, limits::lease_ttl_min.ms - 1, limits::lease_ttl_max.ms + 1, ~uint64_t{0}}) {
        Request request = grant_request();
        request.ttl = {ms};
        expect_refused(request, ErrorCode::invalid_argument, Field::ttl);
    }
    Request request = grant_request();
    request.ttl = limits::lease_ttl_min;
    EXPECT_TRUE(lessor.grant(request, now).is_ok());
    request.ttl = limits::lease_ttl_max;
    EXPECT_TRUE(lessor.grant(request, now).is_ok());
}

TEST_F(LessorGrant, Refuses_an_identity_that_no_record_can_name) {
    const std::array<uint8_t, limits::identity_bytes_max + 1> identity{};
    Request request = grant_request();
    request.caller.identity = identity;
    expect_refused(request, ErrorCode::invalid_argument, Field::identity);
    request.caller.identity = Bytes{identity}.first(limits::identity_bytes_max);
    EXPECT_TRUE(lessor.grant(request, now).is_ok());
}

TEST_F(LessorGrant, Refuses_when_every_slot_is_taken) {
    for (uint32_t i = 0; i < table.capacity(); ++i) {
        static_cast<void>(grant());
    }
    expect_refused(grant_request(), ErrorCode::capacity_exceeded, Field::lease);
}

TEST_F(LessorGrant, Protocol_5_refuses_what_the_journal_refuses) {
    for (const ErrorCode code :
         {ErrorCode::busy, ErrorCode::capacity_exceeded, ErrorCode::degraded}) {
        journal.refuse(Draw::grant, code);
        expect_refused(grant_request(), code, Field::log);
    }
}

TEST_F(LessorGrant, Protocol_4_uses_no_epoch_above_the_durable_mark) {
    journal.set_epoch_limit(Epoch{2});
    EXPECT_EQ(grant().epoch.value, 1u);
    expect_refused(grant_request(), ErrorCode::busy, Field::epoch);
    journal.set_epoch_limit(Epoch{3});
    EXPECT_EQ(grant().epoch.value, 2u);
}

TEST_F(LessorGrant, Peers_row_3_epochs_end_and_do_not_wrap) {
    lessor.start(unix_base, Epoch{~uint64_t{0} - 1});
    EXPECT_EQ(grant().epoch.value, ~uint64_t{0} - 1);
    expect_refused(grant_request(), ErrorCode::exhausted, Field::epoch);
}

TEST_F(LessorGrant, Peers_row_6_refuses_a_deadline_past_the_end_of_time) {
    now = {Instant::never().ms - ttl.ms - 1};
    tick();
    EXPECT_EQ(grant().left.ms, ttl.ms);
    pass(1);
    expect_refused(grant_request(), ErrorCode::exhausted, Field::ttl);
}

TEST_F(LessorGrant, Protocol_2_the_same_caller_and_key_get_the_same_live_lease) {
    Request request = grant_request();
    request.alloc_key.bytes[3] = 1;
    const Answer first = lessor.grant(request, now).value();
    pass(10);
    const Figures before = figures();
    const Answer again = lessor.grant(request, now).value();
    EXPECT_TRUE(again.lease == first.lease);
    EXPECT_EQ(again.epoch.value, first.epoch.value);
    EXPECT_EQ(again.left.ms, ttl.ms - 10);
    EXPECT_GE(again.record.value, first.record.value); // it waits for the first one's record
    EXPECT_TRUE(figures() == before);
    EXPECT_EQ(count(observe::Counter::grants), 1u);
    EXPECT_EQ(count(observe::Counter::grants_repeated), 1u);

    Request other = request;
    other.caller.identity = bytes_of("bob"); // of the same tenant, with a key of his own
    EXPECT_FALSE(lessor.grant(other, now).value().lease == first.lease);
    other = request;
    other.alloc_key.bytes[3] = 2;
    EXPECT_FALSE(lessor.grant(other, now).value().lease == first.lease);
    other = request;
    other.alloc_key = {};
    EXPECT_FALSE(lessor.grant(other, now).value().lease == first.lease);
}

TEST_F(LessorGrant, Protocol_2_a_key_that_names_a_lease_of_another_resource_is_refused) {
    Request request = grant_request();
    request.alloc_key.bytes[0] = 1;
    static_cast<void>(lessor.grant(request, now).value());
    request.resource = resource_id_of(ResourceKind::block, 0);
    expect_refused(request, ErrorCode::invalid_argument, Field::alloc_key);
    EXPECT_EQ(count(observe::Counter::grants_repeated), 0u);
}

TEST_F(LessorGrant, Protocol_2_a_key_that_names_a_lease_of_another_tenant_is_refused) {
    Request request = grant_request();
    request.alloc_key.bytes[0] = 1;
    static_cast<void>(lessor.grant(request, now).value());
    request.caller.tenant = {8};
    expect_refused(request, ErrorCode::invalid_argument, Field::alloc_key);
    EXPECT_EQ(count(observe::Counter::grants_repeated), 0u);
}

TEST_F(LessorGrant, Protocol_2_a_key_is_free_again_when_its_lease_is_over_swept_or_not) {
    Request request = grant_request();
    request.alloc_key.bytes[0] = 1;
    const Answer first = lessor.grant(request, now).value();
    pass(ttl.ms); // no sweep yet
    const Answer second = lessor.grant(request, now).value();
    EXPECT_FALSE(second.lease == first.lease);
    tick(); // sweeps the first; the key stays the second's
    EXPECT_TRUE(lessor.grant(request, now).value().lease == second.lease);
    static_cast<void>(lessor.release(release_of(second), now).value());
    EXPECT_FALSE(lessor.grant(request, now).value().lease == second.lease);
    check_books();
}

TEST_F(LessorGrant, Protocol_2_a_repeated_grant_in_grace_says_when_access_really_ends) {
    Request request = grant_request();
    request.alloc_key.bytes[0] = 1;
    const Answer lease = lessor.grant(request, now).value();
    static_cast<void>(lessor.revoke(revocation_of(lease, 50_ms), now).value());
    EXPECT_EQ(lessor.grant(request, now).value().left.ms, 50u); // warned, the grace not yet running
    tick();
    pass(20);
    EXPECT_EQ(lessor.grant(request, now).value().left.ms, 30u);
}

TEST_F(LessorGrant, Protocol_5_a_repeated_grant_needs_no_room_in_the_log) {
    Request request = grant_request();
    request.alloc_key.bytes[0] = 1;
    const Answer lease = lessor.grant(request, now).value();
    journal.set_room(0);
    EXPECT_TRUE(lessor.grant(request, now).value().lease == lease.lease);
}

TEST_F(LessorGrant, Protocol_10_2_epochs_of_one_unit_rise_from_grant_to_grant) {
    uint64_t last = 0;
    for (int round = 0; round < 20; ++round) {
        const Answer lease = grant(64 * unit); // all units: the same ones each time
        EXPECT_GT(lease.epoch.value, last);
        last = lease.epoch.value;
        static_cast<void>(lessor.release(release_of(lease), now).value());
        EXPECT_TRUE(settle());
    }
    EXPECT_EQ(journal.promised_ends(), 0u);
    EXPECT_EQ(journal.promised_fences(), 0u);
    check_books();
}

} // namespace
} // namespace grafos::lease::test
