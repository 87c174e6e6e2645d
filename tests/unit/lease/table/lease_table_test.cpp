// SPDX-License-Identifier: Apache-2.0
/// Phases, ids, generations, deadlines and limits of the table; its time and load are tested in
/// lease_table_time_test.cpp.
#include "core/lease/table/lease_table.hpp"

#include <array>

#include "tests/unit/lease/table/table_builder.hpp"

namespace grafos::lease {
namespace {

using test::TableBuilder;
using test::ttl;

constexpr std::array<Phase, phase_count> all_phases{Phase::free,
                                                    Phase::active,
                                                    Phase::revoke_warning,
                                                    Phase::grace_running,
                                                    Phase::checkpoint_reported,
                                                    Phase::tearing_down,
                                                    Phase::fenced};

/// Applies `event` to the table's first slot, through the function that stands for it.
void apply(TableBuilder<2>& t, PhaseEvent event) {
    const SlotIndex slot{0};
    switch (event) {
    case PhaseEvent::grant: static_cast<void>(t.table.grant(t.spec_for(slot), t.now)); return;
    case PhaseEvent::renew: {
        const uint32_t generation = t.table.info(slot).generation.value;
        t.table.renew(slot, {false, {generation + 1}, t.at(2 * ttl.ms)});
        return;
    }
    case PhaseEvent::release:
        return t.table.enter_tearing_down(slot, {ErrorCode::released, Reason::holder_request},
                                          t.now, t.at(50));
    case PhaseEvent::expire:
        return t.table.enter_tearing_down(slot, {ErrorCode::lease_expired, Reason::ttl_elapsed},
                                          t.now, t.at(50));
    case PhaseEvent::revoke_now:
    case PhaseEvent::grace_ended:
        return t.table.enter_tearing_down(slot, {ErrorCode::revoked, Reason::authority_request},
                                          t.now, t.at(50));
    case PhaseEvent::warn: return t.table.enter_revoke_warning(slot, Reason::authority_request);
    case PhaseEvent::start_grace: return t.table.enter_grace_running(slot, 100_ms, t.now);
    case PhaseEvent::report_checkpoint: return t.table.enter_checkpoint_reported(slot);
    case PhaseEvent::teardown_done: return t.table.enter_free(slot);
    case PhaseEvent::teardown_failed: return t.table.enter_fenced(slot);
    case PhaseEvent::fence_recorded: return t.table.enter_free_from_fenced(slot);
    }
}

TEST(LeaseTable, Every_pair_of_phase_and_event_goes_where_the_table_says_or_is_a_broken_program) {
    for (const Phase phase : all_phases) {
        for (size_t event = 0; event < phase_event_count; ++event) {
            SCOPED_TRACE(static_cast<unsigned>(static_cast<size_t>(phase) * 100 + event));
            TableBuilder<2> t;
            t.bring_first_slot_to(phase);
            ASSERT_EQ(t.table.phase({0}), phase);
            const auto what = static_cast<PhaseEvent>(event);
            const Result<Phase> after = phase_after(phase, what);
            // A grace can only end where one runs; the table has one function for all ends of
            // access.
            const bool is_merged = what == PhaseEvent::grace_ended && is_live(phase);
            if (after.is_ok() || is_merged) {
                apply(t, what);
                EXPECT_EQ(t.table.phase({0}), is_merged ? Phase::tearing_down : after.value());
            } else {
                EXPECT_ASSERTION(apply(t, what));
                EXPECT_EQ(t.table.phase({0}), phase);
            }
            EXPECT_TRUE(t.table.check_invariants());
        }
    }
}

TEST(LeaseTable, A_new_table_finds_nothing_and_has_no_deadline) {
    TableBuilder<2> t;
    EXPECT_EQ(t.table.find(LeaseId{}, t.now).error().code, ErrorCode::not_found);
    EXPECT_EQ(t.table.find(LeaseRef{}, t.now).error().code, ErrorCode::not_found);
    EXPECT_EQ(t.table.check_live({0}, t.now).error().code, ErrorCode::not_found);
    EXPECT_FALSE(t.table.next_in_use({0}).has_value());
    EXPECT_EQ(t.table.next_deadline(), Instant::never());
    EXPECT_EQ(t.table.live_count(), 0u);
    EXPECT_FALSE(t.table.info({0}).revoke_state.has_value());
}

TEST(LeaseTable, A_grant_is_found_by_id_by_ref_and_by_key_and_shows_what_was_granted) {
    TableBuilder<4> t;
    GrantSpec spec = t.next_spec();
    const std::array<uint8_t, 5> who{'a', 'l', 'i', 'c', 'e'};
    spec.identity = who;
    spec.tenant = {7};
    spec.alloc_key.bytes[3] = 9;
    spec.resource = 3;
    const SlotIndex slot = t.table.grant(spec, t.now).value();
    EXPECT_EQ(t.table.find(spec.id, t.now).value(), slot);
    EXPECT_EQ(t.table.find(spec.ref, t.now).value(), slot);
    EXPECT_EQ(t.table.find(Bytes{who}, spec.alloc_key, t.now), slot);
    EXPECT_FALSE(t.table.find(bytes_of("alicf"), spec.alloc_key, t.now).has_value());
    EXPECT_FALSE(t.table.find(bytes_of("alic"), spec.alloc_key, t.now).has_value());
    EXPECT_FALSE(t.table.find(Bytes{}, spec.alloc_key, t.now).has_value());
    EXPECT_TRUE(t.table.id(slot) == spec.id);
    const LeaseInfo info = t.table.info(slot);
    EXPECT_TRUE(info.ref == spec.ref);
    EXPECT_EQ(info.phase, Phase::active);
    EXPECT_EQ(info.revoke_state, RevokeState::active);
    EXPECT_EQ(info.tenant.value, 7u);
    EXPECT_TRUE(is_equal(info.identity, who));
    EXPECT_EQ(info.resource, 3);
    EXPECT_TRUE(info.extent == spec.extent);
    EXPECT_EQ(info.amount_bytes, spec.amount_bytes);
    EXPECT_EQ(info.epoch.value, spec.epoch.value);
    EXPECT_EQ(info.generation.value, 0u);
    EXPECT_EQ(info.ttl.ms, ttl.ms);
    EXPECT_EQ(info.granted_at, t.now);
    EXPECT_EQ(info.expires_at.ms, t.now.ms + ttl.ms);
    EXPECT_EQ(info.ended_at, Instant::never());
    EXPECT_FALSE(info.end.has_value());
    EXPECT_EQ(t.table.next_in_use({0}), slot);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, An_id_with_any_one_bit_changed_is_not_found) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    for (size_t bit = 0; bit < 128; ++bit) {
        LeaseId other = id;
        other.bytes[bit / 8] = static_cast<uint8_t>(other.bytes[bit / 8] ^ (1u << (bit % 8)));
        SCOPED_TRACE(static_cast<unsigned>(bit));
        EXPECT_EQ(t.table.find(other, t.now).error().code, ErrorCode::not_found);
    }
    EXPECT_TRUE(t.table.find(id, t.now).is_ok());
}

TEST(LeaseTable, Peers_row_6b_a_ttl_outside_100_ms_to_300_s_is_refused_and_changes_nothing) {
    TableBuilder<2> t;
    for (const uint64_t ms :
         {uint64_t{0}, uint64_t{1}, uint64_t{99}, uint64_t{300'001}, UINT64_MAX}) {
        GrantSpec spec = t.next_spec();
        spec.ttl = {ms};
        const Error error = t.table.grant(spec, t.now).error();
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ(error.field, Field::ttl);
        EXPECT_EQ(error.value, ms);
        EXPECT_EQ(error.expected, ms < 100 ? 100u : 300'000u);
        EXPECT_EQ(t.table.live_count(), 0u);
        EXPECT_EQ(t.table.next_deadline(), Instant::never());
    }
    for (const uint64_t ms : {uint64_t{100}, uint64_t{300'000}}) {
        GrantSpec spec = t.next_spec();
        spec.ttl = {ms};
        const SlotIndex slot = t.table.grant(spec, t.now).value();
        EXPECT_EQ(t.table.deadline(slot).ms, t.now.ms + ms); // slot and deadline in one step
    }
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, A_full_table_refuses_and_an_identity_too_long_is_refused) {
    TableBuilder<2> t;
    const std::array<uint8_t, 33> long_name{};
    GrantSpec spec = t.next_spec();
    spec.identity = long_name;
    EXPECT_EQ(t.table.grant(spec, t.now).error().field, Field::identity);
    spec.identity = Bytes{long_name}.first(32);
    EXPECT_TRUE(t.table.grant(spec, t.now).is_ok());
    t.grant_next();
    const Error full = t.table.next_free().error();
    EXPECT_EQ(full.code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(full.value, 3u);
    EXPECT_EQ(full.expected, 2u);
    EXPECT_EQ(t.table.check_grant({}, ttl, t.now).error().code, ErrorCode::capacity_exceeded);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, A_grant_for_another_slot_resource_or_extent_than_there_is_is_a_broken_program) {
    TableBuilder<4> t;
    GrantSpec spec = t.spec_for({1});
    EXPECT_ASSERTION(t.table.grant(spec, t.now));
    spec = t.next_spec();
    spec.resource = resources_max;
    EXPECT_ASSERTION(t.table.grant(spec, t.now));
    spec = t.next_spec();
    spec.extent = {0, 0};
    EXPECT_ASSERTION(t.table.grant(spec, t.now));
    spec.extent = {uint64_t{1} << 32, 1};
    EXPECT_ASSERTION(t.table.grant(spec, t.now));
    EXPECT_ASSERTION(t.table.teardown_front(resources_max));
    EXPECT_ASSERTION(t.table.phase({4}));
    EXPECT_TRUE(t.table.check_invariants());
}

// --- generations and epochs
// ---------------------------------------------------------------------------

TEST(LeaseTable, A_renewal_ends_at_now_plus_ttl_and_raises_the_generation_by_one) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    const SlotIndex slot = slot_of(id);
    t.pass(400);
    const RenewPlan plan = t.table.plan_renew(slot, {0}, t.now, 0_ms).value();
    EXPECT_FALSE(plan.is_repeat);
    EXPECT_EQ(plan.generation.value, 1u);
    EXPECT_EQ(plan.expires_at.ms, t.now.ms + ttl.ms);   // ttl 0: the one first granted
    EXPECT_EQ(t.table.info(slot).generation.value, 0u); // planning changes nothing
    t.table.renew(slot, plan);
    EXPECT_EQ(t.table.info(slot).generation.value, 1u);
    EXPECT_EQ(t.table.deadline(slot), plan.expires_at);
    EXPECT_EQ(t.table.info(slot).ttl.ms, ttl.ms);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, A_renewal_never_ends_earlier_than_the_lease_did_before) {
    TableBuilder<2> t;
    const SlotIndex slot = slot_of(t.grant_next());
    const Instant before = t.table.deadline(slot);
    const RenewPlan plan = t.table.plan_renew(slot, {0}, t.now, 100_ms).value();
    EXPECT_EQ(plan.expires_at, before);
    t.table.renew(slot, plan);
    EXPECT_EQ(t.table.deadline(slot), before);
    EXPECT_EQ(t.table.info(slot).generation.value, 1u);
}

TEST(LeaseTable, A_renewal_with_the_previous_generation_extends_nothing_and_answers_ours) {
    TableBuilder<2> t;
    const SlotIndex slot = slot_of(t.grant_next());
    t.pass(10);
    t.table.renew(slot, t.table.plan_renew(slot, {0}, t.now, 0_ms).value());
    const Instant end = t.table.deadline(slot);
    t.pass(300);
    const RenewPlan repeat = t.table.plan_renew(slot, {0}, t.now, 0_ms).value();
    EXPECT_TRUE(repeat.is_repeat);
    EXPECT_EQ(repeat.generation.value, 1u);
    EXPECT_EQ(repeat.expires_at, end);
    t.table.renew(slot, repeat);
    EXPECT_EQ(t.table.deadline(slot), end);
    EXPECT_EQ(t.table.info(slot).generation.value, 1u);
}

TEST(LeaseTable, Only_the_current_and_the_previous_generation_are_accepted) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    const SlotIndex slot = slot_of(id);
    const Epoch epoch = t.table.info(slot).epoch;
    for (uint32_t ours = 0; ours < 4; ++ours) {
        for (uint32_t given = 0; given < 6; ++given) {
            SCOPED_TRACE(ours * 10 + given);
            const bool is_accepted = given == ours || given + 1 == ours;
            const Result<SlotIndex> access = t.table.check_access(id, epoch, {given}, t.now);
            const Result<RenewPlan> plan = t.table.plan_renew(slot, {given}, t.now, 0_ms);
            EXPECT_EQ(access.is_ok(), is_accepted);
            EXPECT_EQ(plan.is_ok(), is_accepted);
            if (!is_accepted) {
                EXPECT_EQ(access.error(),
                          (Error{ErrorCode::stale_epoch, Field::generation, given, ours}));
                EXPECT_EQ(plan.error(),
                          (Error{ErrorCode::stale_epoch, Field::generation, given, ours}));
            }
        }
        EXPECT_FALSE(t.table.check_access(id, epoch, {0xffff'ffffu}, t.now).is_ok());
        EXPECT_FALSE(t.table.plan_renew(slot, {0xffff'ffffu}, t.now, 0_ms).is_ok());
        t.table.renew(slot, t.table.plan_renew(slot, {ours}, t.now, 0_ms).value());
    }
}

TEST(LeaseTable, An_access_needs_exactly_the_epoch_of_the_lease) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    const Epoch ours = t.table.info(slot_of(id)).epoch;
    EXPECT_TRUE(t.table.check_access(id, ours, {0}, t.now).is_ok());
    for (const uint64_t other : {uint64_t{0}, ours.value - 1, ours.value + 1, UINT64_MAX}) {
        const Error error = t.table.check_access(id, {other}, {0}, t.now).error();
        EXPECT_EQ(error, (Error{ErrorCode::stale_epoch, Field::epoch, other, ours.value}));
    }
}

TEST(LeaseTable, A_renewal_for_a_wrong_ttl_is_refused_and_a_forged_plan_is_a_broken_program) {
    TableBuilder<2> t;
    const SlotIndex slot = slot_of(t.grant_next());
    EXPECT_EQ(t.table.plan_renew(slot, {0}, t.now, 99_ms).error().code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(t.table.plan_renew(slot, {0}, t.now, 300'001_ms).error().code,
              ErrorCode::invalid_argument);
    EXPECT_ASSERTION(t.table.renew(slot, {false, {2}, t.at(5000)}));
    EXPECT_ASSERTION(t.table.renew(slot, {false, {1}, t.now}));
    EXPECT_ASSERTION(t.table.renew(slot, {true, {1}, t.at(5000)}));
    EXPECT_TRUE(t.table.check_invariants());
}

// --- ends
// ----------------------------------------------------------------------------------------------

TEST(LeaseTable, Peers_row_4_each_end_has_its_own_code_and_repeating_the_question_changes_nothing) {
    const LeaseEnd ends[] = {{ErrorCode::lease_expired, Reason::ttl_elapsed},
                             {ErrorCode::released, Reason::holder_request},
                             {ErrorCode::revoked, Reason::operator_drain}};
    for (const LeaseEnd end : ends) {
        for (const bool is_fenced : {false, true}) {
            TableBuilder<2> t;
            const LeaseId id = t.grant_next();
            const SlotIndex slot = slot_of(id);
            const LeaseRef ref = t.table.info(slot).ref;
            t.table.enter_tearing_down(slot, end, t.now, t.at(50));
            for (int asked = 0; asked < 3; ++asked) {
                EXPECT_EQ(t.table.find(id, t.now).error().code, end.code);
                EXPECT_EQ(t.table.find(ref, t.now).error().code, end.code);
                EXPECT_EQ(t.table.check_access(id, {1}, {0}, t.now).error().code, end.code);
                EXPECT_EQ(t.table.plan_renew(slot, {0}, t.now, 0_ms).error().code, end.code);
            }
            if (is_fenced) {
                t.table.enter_fenced(slot);
                EXPECT_EQ(t.table.find(id, t.now).error().code, end.code);
                EXPECT_EQ(t.table.info(slot).revoke_state, RevokeState::fenced);
                t.table.enter_free_from_fenced(slot);
                EXPECT_EQ(t.table.info(slot).revoke_state, RevokeState::fenced);
            } else {
                t.table.enter_free(slot);
            }
            EXPECT_EQ(t.table.find(id, t.now).error().code, end.code); // latched over the freeing
            EXPECT_EQ(t.table.find(ref, t.now).error().code, end.code);
            EXPECT_EQ(t.table.info(slot).reason, end.reason);
            EXPECT_EQ(t.table.slot_of_ref(ref), slot);
            EXPECT_TRUE(t.table.check_invariants());
        }
    }
}

TEST(LeaseTable, An_old_id_answers_its_end_until_the_slot_is_reused_and_then_is_not_found) {
    TableBuilder<2> t;
    const LeaseId old = t.grant_next();
    const LeaseRef old_ref = t.table.info(slot_of(old)).ref;
    t.release(slot_of(old));
    const LeaseId other = t.grant_next(); // takes the slot that has been free for longer
    EXPECT_NE(slot_of(other).value, slot_of(old).value);
    EXPECT_EQ(t.table.find(old, t.now).error().code, ErrorCode::released);
    const LeaseId next = t.grant_next();
    ASSERT_EQ(slot_of(next).value, slot_of(old).value);
    EXPECT_EQ(t.table.find(old, t.now).error().code, ErrorCode::not_found);
    EXPECT_EQ(t.table.find(old_ref, t.now).error().code, ErrorCode::not_found);
    EXPECT_TRUE(t.table.find(next, t.now).is_ok());
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, The_end_reason_is_what_first_left_active) {
    const Phase in_grace[] = {Phase::revoke_warning, Phase::grace_running,
                              Phase::checkpoint_reported};
    for (const Phase phase : in_grace) {
        for (const ErrorCode code :
             {ErrorCode::released, ErrorCode::lease_expired, ErrorCode::revoked}) {
            TableBuilder<2> t;
            t.bring_first_slot_to(phase);
            t.table.enter_tearing_down({0}, {code, Reason::holder_request}, t.now, t.at(50));
            EXPECT_EQ(t.table.info({0}).end, ErrorCode::revoked);
            EXPECT_EQ(t.table.info({0}).reason, Reason::authority_request);
            EXPECT_EQ(t.table.find(t.table.id({0}), t.now).error().code, ErrorCode::revoked);
        }
    }
    TableBuilder<2> t;
    t.bring_first_slot_to(Phase::active);
    EXPECT_ASSERTION(t.table.enter_tearing_down({0}, {ErrorCode::fenced, {}}, t.now, t.at(50)));
}

TEST(LeaseTable, Access_goes_on_through_the_whole_revocation_but_no_renewal_does) {
    for (const Phase phase :
         {Phase::revoke_warning, Phase::grace_running, Phase::checkpoint_reported}) {
        TableBuilder<2> t;
        t.bring_first_slot_to(phase);
        const LeaseId id = t.table.id({0});
        EXPECT_TRUE(t.table.check_access(id, t.table.info({0}).epoch, {0}, t.now).is_ok());
        EXPECT_EQ(t.table.plan_renew({0}, {0}, t.now, 0_ms).error().code, ErrorCode::revoked);
    }
}

TEST(LeaseTable, A_grace_ends_with_itself_or_with_the_lease_whichever_is_first) {
    for (const uint64_t grace : {uint64_t{0}, uint64_t{100}, ttl.ms, ttl.ms + 1, UINT64_MAX}) {
        TableBuilder<2> t;
        const LeaseId id = t.grant_next();
        const SlotIndex slot = slot_of(id);
        t.table.enter_revoke_warning(slot, Reason::maintenance_window);
        t.table.enter_grace_running(slot, {grace}, t.now);
        const uint64_t length = grace < ttl.ms ? grace : ttl.ms;
        EXPECT_EQ(t.table.info(slot).grace_ends_at.ms, t.now.ms + length);
        EXPECT_EQ(t.table.info(slot).expires_at.ms, t.now.ms + ttl.ms);
        if (length > 0) {
            t.pass(length - 1);
            EXPECT_TRUE(t.table.find(id, t.now).is_ok());
            EXPECT_FALSE(t.due().has_value());
            t.pass(1);
        }
        EXPECT_EQ(t.table.find(id, t.now).error().code, ErrorCode::revoked);
        EXPECT_EQ(t.due(), slot);
        t.table.enter_tearing_down(slot, {ErrorCode::lease_expired, Reason::none}, t.now, t.at(50));
        EXPECT_EQ(t.table.info(slot).end, ErrorCode::revoked);
        EXPECT_EQ(t.table.info(slot).reason, Reason::maintenance_window);
        EXPECT_TRUE(t.table.check_invariants());
    }
}

// --- alloc keys, queues, records
// ------------------------------------------------------------------------

TEST(LeaseTable, A_key_finds_its_live_lease_only_and_may_be_used_again_after_it) {
    TableBuilder<4> t;
    GrantSpec spec = t.next_spec();
    spec.identity = bytes_of("ann");
    spec.alloc_key.bytes[0] = 1;
    const SlotIndex first = t.table.grant(spec, t.now).value();
    EXPECT_EQ(t.table.find(bytes_of("ann"), spec.alloc_key, t.now), first);
    t.pass(ttl.ms); // over, though nobody swept it
    EXPECT_FALSE(t.table.find(bytes_of("ann"), spec.alloc_key, t.now).has_value());
    GrantSpec again = t.next_spec();
    again.identity = bytes_of("ann");
    again.alloc_key = spec.alloc_key;
    const SlotIndex second = t.table.grant(again, t.now).value();
    EXPECT_EQ(t.table.find(bytes_of("ann"), spec.alloc_key, t.now), second);
    EXPECT_TRUE(t.table.check_invariants());
    t.release(first);
    EXPECT_EQ(t.table.find(bytes_of("ann"), spec.alloc_key, t.now), second);
    t.release(second);
    EXPECT_FALSE(t.table.find(bytes_of("ann"), spec.alloc_key, t.now).has_value());
    EXPECT_TRUE(t.table.check_invariants());
    EXPECT_ASSERTION(t.table.find(bytes_of("ann"), AllocKey{}, t.now));
}

TEST(LeaseTable, Each_resource_tears_down_in_the_order_of_the_ends_and_waits_for_no_other) {
    TableBuilder<6> t;
    std::array<SlotIndex, 6> slots{};
    for (uint32_t i = 0; i < 6; ++i) {
        GrantSpec spec = t.next_spec();
        spec.resource = static_cast<uint8_t>(i % 2);
        slots[i] = t.table.grant(spec, t.now).value();
        t.table.enter_tearing_down(slots[i], {ErrorCode::revoked, Reason::none}, t.now, t.at(50));
    }
    EXPECT_EQ(t.table.teardown_front(0), slots[0]);
    EXPECT_EQ(t.table.teardown_front(1), slots[1]);
    EXPECT_FALSE(t.table.teardown_front(2).has_value());
    EXPECT_ASSERTION(t.table.enter_free(slots[2])); // not the front
    EXPECT_ASSERTION(t.table.enter_fenced(slots[2]));
    t.table.rotate_teardown(0); // 2 4 0
    EXPECT_EQ(t.table.teardown_front(0), slots[2]);
    EXPECT_EQ(t.table.teardown_front(1), slots[1]);
    t.table.enter_free(slots[2]);
    t.table.enter_free(slots[4]);
    t.table.rotate_teardown(0);
    t.table.enter_fenced(slots[0]);
    EXPECT_EQ(t.table.teardown_front(0), slots[0]); // until its record is sealed
    EXPECT_EQ(t.table.count_in(Phase::fenced), 1u);
    EXPECT_TRUE(t.table.check_invariants());
    t.table.enter_free_from_fenced(slots[0]);
    EXPECT_FALSE(t.table.teardown_front(0).has_value());
    t.table.rotate_teardown(0);
    EXPECT_EQ(t.table.count_in(Phase::tearing_down), 3u);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, A_slot_whose_end_record_is_pending_is_not_freed) {
    TableBuilder<2> t;
    t.bring_first_slot_to(Phase::tearing_down);
    t.table.set_pending_record({0}, true);
    EXPECT_TRUE(t.table.info({0}).has_pending_record);
    EXPECT_ASSERTION(t.table.enter_free({0}));
    t.table.set_pending_record({0}, false);
    t.table.set_teardown_deadline({0}, t.at(77));
    EXPECT_EQ(t.table.info({0}).teardown_deadline, t.at(77));
    t.table.enter_free({0});
    EXPECT_ASSERTION(t.table.set_pending_record({0}, true));
    EXPECT_ASSERTION(t.table.set_teardown_deadline({0}, t.now));
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTable, A_list_shows_every_slot_that_is_not_free_once) {
    TableBuilder<70> t;
    for (int i = 0; i < 70; ++i) {
        t.grant_next();
    }
    for (const uint32_t gone : {0u, 1u, 63u, 64u, 69u}) {
        t.release({gone});
    }
    uint32_t seen = 0;
    for (auto slot = t.table.next_in_use({0}); slot.has_value();
         slot = t.table.next_in_use({slot->value + 1})) {
        EXPECT_TRUE(t.table.phase(*slot) != Phase::free);
        ++seen;
    }
    EXPECT_EQ(seen, 65u);
}

} // namespace
} // namespace grafos::lease
