// SPDX-License-Identifier: Apache-2.0
/// Teardowns that fail: the fence, its record, its clear; and wipes after a boot.
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorFence : public LessorFixture {
protected:
    [[nodiscard]] FencedData fenced_data() const {
        return decode_data<FencedData>(journal.last().data()).value();
    }
    void expect_clear_refused(const Request& request, ErrorCode code, Field field) {
        const Figures before = figures();
        const Result<> started = lessor.start_clear(request, now);
        EXPECT_EQ(code_of(started), code);
        EXPECT_EQ(field_of(started), field);
        EXPECT_TRUE(figures() == before);
    }
};

TEST_F(LessorFence, Peers_row_10_a_refused_wipe_is_fenced_with_a_record_and_never_tried_again) {
    const Answer lease = grant(2 * unit, ResourceKind::block);
    block.fail_wipes(77);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().fenced, 2u);
    EXPECT_EQ(phase_of(lease), Phase::free); // the units carry it, not the slot
    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.kind, EventKind::resource_fenced);
    EXPECT_EQ(record.draw, Draw::fence);
    EXPECT_EQ(record.reason, Reason::device_refused);
    EXPECT_TRUE(record.lease_ref == lease.lease_ref);
    EXPECT_EQ(record.epoch.value, lease.epoch.value);
    EXPECT_EQ(record.identity_size, 0u);
    EXPECT_TRUE(fenced_data() == (FencedData{{0, 2}, 77}));
    EXPECT_EQ(block.fence_of(0).value, record.sequence.value);
    EXPECT_EQ(count(observe::Counter::fences), 1u);
    EXPECT_EQ(count(observe::Counter::wipe_failures), 1u);
    EXPECT_EQ(journal.promised_fences(), 0u);
    EXPECT_EQ(journal.promised_clears(), 1u);

    block.fail_wipes(0);
    const uint64_t wipes = block.wipes_begun();
    for (int turn = 0; turn < 100; ++turn) {
        pass(1'000);
        tick();
    }
    EXPECT_EQ(block.wipes_begun(), wipes);
    EXPECT_EQ(block.info().fenced, 2u);
    EXPECT_TRUE(lessor.is_idle());
    check_books();
}

TEST_F(LessorFence, Protocol_10_7_no_grant_covers_a_fenced_unit) {
    const Sequence fence = fence_units(3 * unit, ResourceKind::memory);
    EXPECT_EQ(code_of(lessor.grant(grant_request(62 * unit), now)), ErrorCode::capacity_exceeded);
    const Answer rest = grant(61 * unit);
    EXPECT_EQ(extent_of(rest).first_unit, 3u);
    EXPECT_EQ(code_of(lessor.grant(grant_request(1), now)), ErrorCode::capacity_exceeded);
    EXPECT_EQ(memory.fence_of(1).value, fence.value);
}

TEST_F(LessorFence, Protocol_4_a_clear_wipes_once_more_and_frees_with_the_next_epoch) {
    const Sequence fence = fence_units(2 * unit, ResourceKind::memory);
    const Answer other = grant();
    const Epoch next = lessor.next_epoch();
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    EXPECT_EQ(memory.info().tearing, 2u);
    EXPECT_LE(lessor.next_deadline().ms, now.ms);
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::busy);
    EXPECT_TRUE(settle());
    const Answer cleared = lessor.poll_clear().value();
    EXPECT_EQ(cleared.epoch.value, next.value);
    EXPECT_EQ(lessor.next_epoch().value, next.value + 1);
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::not_found); // once
    EXPECT_EQ(memory.info().fenced, 0u);
    EXPECT_EQ(memory.info().tearing, 0u);

    const KeptRecord& record = journal.last();
    EXPECT_EQ(record.sequence.value, cleared.record.value);
    EXPECT_EQ(record.kind, EventKind::fence_cleared);
    EXPECT_EQ(record.draw, Draw::clear);
    EXPECT_EQ(text_of(record.identity()), "operator");
    EXPECT_EQ(record.epoch.value, next.value);
    EXPECT_TRUE(decode_data<ClearedData>(record.data()).value() == (ClearedData{fence, {0, 2}}));
    EXPECT_EQ(journal.promised_clears(), 0u);
    EXPECT_EQ(try_read(other), no_error); // clearing one fence leaves every other lease usable
    check_books();
}

TEST_F(LessorFence, Protocol_4_a_clear_that_fails_is_a_new_fence_and_the_old_name_is_gone) {
    const Sequence fence = fence_units(2 * unit, ResourceKind::block);
    block.fail_wipes(31);
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    EXPECT_TRUE(settle());
    const Result<Answer> outcome = lessor.poll_clear();
    ASSERT_EQ(code_of(outcome), ErrorCode::fenced);
    const Sequence again{outcome.error().value};
    EXPECT_EQ(outcome.error().expected, fence.value);
    EXPECT_EQ(again.value, journal.last().sequence.value);
    EXPECT_EQ(journal.last().kind, EventKind::resource_fenced);
    EXPECT_TRUE(journal.last().lease_ref.is_zero());
    EXPECT_TRUE(fenced_data() == (FencedData{{0, 2}, 31}));
    EXPECT_EQ(count(observe::Counter::fence_clear_failures), 1u);
    EXPECT_EQ(journal.count(EventKind::fence_cleared), 0u);
    expect_clear_refused(clear_of(fence), ErrorCode::not_found, Field::fence_sequence);
    block.fail_wipes(0);
    EXPECT_TRUE(lessor.start_clear(clear_of(again), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_EQ(journal.promised_clears(), 0u);
    check_books();
}

TEST_F(LessorFence, Clears_are_refused_one_by_one_for_every_reason) {
    const Sequence a = fence_units(unit, ResourceKind::memory);
    const Sequence b = fence_units(unit, ResourceKind::block);
    const std::array<uint8_t, limits::identity_bytes_max + 1> identity{};
    Request request = clear_of(a);
    request.caller.identity = identity;
    expect_clear_refused(request, ErrorCode::invalid_argument, Field::identity);
    expect_clear_refused(clear_of({a.value + 1'000}), ErrorCode::not_found, Field::fence_sequence);
    expect_clear_refused(clear_of({0}), ErrorCode::not_found, Field::fence_sequence);
    for (const ErrorCode code :
         {ErrorCode::busy, ErrorCode::capacity_exceeded, ErrorCode::degraded}) {
        journal.refuse(Draw::clear, code);
        expect_clear_refused(clear_of(a), code, Field::log);
    }
    journal.accept_all();
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::not_found);
    EXPECT_TRUE(lessor.start_clear(clear_of(a), now).is_ok());
    expect_clear_refused(clear_of(b), ErrorCode::busy, Field::fence_sequence);
    EXPECT_TRUE(settle());
    expect_clear_refused(clear_of(b), ErrorCode::busy, Field::fence_sequence); // not asked for yet
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_TRUE(lessor.start_clear(clear_of(b), now).is_ok());
}

TEST_F(LessorFence, An_outcome_that_nobody_asks_for_does_not_block_the_next_clear_for_ever) {
    const Sequence a = fence_units(unit, ResourceKind::memory);
    const Sequence b = fence_units(unit, ResourceKind::block);
    EXPECT_TRUE(lessor.start_clear(clear_of(a), now).is_ok());
    EXPECT_TRUE(settle());
    pass(clear_answer_kept.ms - 1);
    expect_clear_refused(clear_of(b), ErrorCode::busy, Field::fence_sequence);
    pass(1);
    EXPECT_TRUE(lessor.start_clear(clear_of(b), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_EQ(memory.info().fenced + block.info().fenced, 0u);
}

TEST_F(LessorFence, Peers_row_3_the_last_epoch_is_kept_for_the_clear_that_is_under_way) {
    const Sequence fence = fence_units(unit, ResourceKind::memory);
    lessor.start(unix_base, Epoch{~uint64_t{0} - 1});
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    EXPECT_EQ(code_of(lessor.grant(grant_request(), now)), ErrorCode::exhausted);
    EXPECT_TRUE(settle());
    EXPECT_EQ(lessor.poll_clear().value().epoch.value, ~uint64_t{0} - 1);
    const Sequence other = journal.last().sequence;
    expect_clear_refused(clear_of(other), ErrorCode::exhausted, Field::epoch);
}

TEST_F(LessorFence, Protocol_4_a_clear_waits_for_an_epoch_that_is_durable) {
    const Sequence fence = fence_units(unit, ResourceKind::memory);
    journal.set_epoch_limit(lessor.next_epoch());
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::busy);
    EXPECT_GT(lessor.next_deadline().ms, now.ms);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
    journal.set_epoch_limit(Epoch{lessor.next_epoch().value + 1});
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
}

TEST_F(LessorFence, A_clear_finds_all_units_in_a_row_even_where_a_search_shows_them_in_parts) {
    const Sequence first = fence_units(2 * unit, ResourceKind::memory);
    const Sequence fence = fence_units(7 * unit, ResourceKind::memory);
    memory.limit_runs(3);
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    EXPECT_EQ(memory.info().tearing, 7u);
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_EQ(memory.info().fenced, 2u);
    EXPECT_EQ(memory.fence_of(0).value, first.value);
}

TEST_F(LessorFence, Protocol_5_a_fence_waits_for_room_and_its_units_stay_shut) {
    const Answer lease = grant();
    memory.fail_wipes(5);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    journal.set_room(0);
    EXPECT_TRUE(settle());
    EXPECT_EQ(phase_of(lease), Phase::fenced);
    EXPECT_EQ(memory.info().tearing, 1u);
    EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
    memory.fail_wipes(0);
    pass(100);
    EXPECT_TRUE(settle());
    EXPECT_EQ(phase_of(lease), Phase::fenced); // not tried again
    journal.accept_all();
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().fenced, 1u);
    EXPECT_EQ(journal.last().kind, EventKind::resource_fenced);
}

// --- after a boot
// -------------------------------------------------------------------------------------

TEST_F(LessorFence, Protocol_4_what_is_not_known_clean_is_wiped_in_slices_before_it_is_offered) {
    memory.set_all(UnitState::dirty);
    memory.all_bytes()[5] = 1;
    memory.all_bytes()[63 * unit + 7] = 1;
    EXPECT_EQ(code_of(lessor.grant(grant_request(), now)), ErrorCode::capacity_exceeded);
    uint64_t wiped = 0;
    uint64_t turns = 0;
    while (tick({.expiries = 8, .wipe_bytes = 5 * unit})) {
        EXPECT_LE(memory.wiped_bytes() - wiped, 5 * unit);
        wiped = memory.wiped_bytes();
        ASSERT_LE(++turns, 100u);
    }
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
    EXPECT_TRUE(is_all_zero(memory.all_bytes()));
    EXPECT_EQ(memory.wipes_begun(), 64 / boot_wipe_units_max);
    EXPECT_EQ(journal.end(), 0u); // nobody's lease: no record
    EXPECT_TRUE(lessor.is_idle());
}

TEST_F(LessorFence, Protocol_4_a_wipe_that_fails_at_boot_fences_one_piece_and_the_rest_gets_ready) {
    block.set_all(UnitState::dirty);
    block.fail_wipes(44, 1);
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, boot_wipe_units_max);
    EXPECT_EQ(block.info().fenced, 64 - boot_wipe_units_max);
    EXPECT_EQ(journal.end(), 3u);
    for (uint64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(journal.at(i).kind, EventKind::resource_fenced);
        EXPECT_EQ(journal.at(i).draw, Draw::dirty_fence);
        EXPECT_EQ(journal.at(i).reason, Reason::device_refused);
        EXPECT_TRUE(journal.at(i).lease_ref.is_zero());
    }
    block.fail_wipes(0);
    EXPECT_TRUE(lessor.start_clear(clear_of({1}), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_EQ(block.info().free, 2 * boot_wipe_units_max);
    EXPECT_EQ(journal.promised_clears(), 2u);
    check_books();
}

TEST_F(LessorFence, Protocol_5_a_boot_fence_that_finds_no_room_holds_up_no_lease) {
    block.set_all(UnitState::dirty);
    block.fail_wipes(44, 1);
    journal.refuse(Draw::dirty_fence, ErrorCode::capacity_exceeded);
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, boot_wipe_units_max);
    EXPECT_EQ(block.info().tearing, boot_wipe_units_max); // failed, not recorded, never offered
    EXPECT_EQ(block.info().dirty, 64 - 2 * boot_wipe_units_max);
    EXPECT_FALSE(lessor.is_idle());
    block.fail_wipes(0);
    const Answer lease = grant(unit, ResourceKind::block);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    const uint64_t wipes = block.wipes_begun();
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, boot_wipe_units_max);
    EXPECT_EQ(block.wipes_begun(), wipes + 1);
    journal.accept_all();
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().fenced, boot_wipe_units_max); // the failed piece was not wiped again
    EXPECT_EQ(block.info().free, 64 - boot_wipe_units_max);
}

TEST_F(LessorFence, Teardowns_and_boot_wipes_take_turns) {
    memory.set_all(UnitState::dirty);
    for (uint64_t first = 0; first < 8; ++first) {
        memory.move_units({first, 1}, UnitState::dirty, UnitState::free, {});
    }
    for (int i = 0; i < 8; ++i) {
        const Answer lease = grant();
        static_cast<void>(lessor.release(release_of(lease), now).value());
    }
    // One unit's worth of wiping a turn. Leases alone would take the first eight turns.
    for (int turn = 0; turn < 8; ++turn) {
        tick({.expiries = 8, .wipe_bytes = unit});
    }
    EXPECT_LT(memory.info().dirty, 56u);
    EXPECT_LT(table.count_in(Phase::tearing_down), 8u);
}

TEST_F(LessorFence, A_search_that_went_past_units_comes_back_for_them) {
    memory.set_all(UnitState::free);
    memory.move_units({40, 4}, UnitState::free, UnitState::dirty, {});
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().dirty, 0u);
    memory.move_units({2, 1}, UnitState::free, UnitState::dirty, {});
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().dirty, 0u);
}

} // namespace
} // namespace grafos::lease::test
