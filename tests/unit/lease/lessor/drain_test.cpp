// SPDX-License-Identifier: Apache-2.0
/// Nothing is wiped, freed or granted while an operation of its lease is in flight (protocol §6).
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorDrain : public LessorFixture {
protected:
    std::array<uint8_t, unit> buffer{};

    /// A block lease with an access in flight, released.
    [[nodiscard]] Answer ended_in_flight(Access::Kind kind = Access::Kind::write) {
        const Answer lease = grant(unit, ResourceKind::block);
        block.hold_accesses(true);
        handle = access(lease, kind, buffer).value();
        static_cast<void>(lessor.release(release_of(lease), now).value());
        return lease;
    }
    AccessHandle handle{};
};

TEST_F(LessorDrain, Protocol_6_an_operation_in_flight_holds_up_the_wipe) {
    buffer.fill(0x5a);
    static_cast<void>(ended_in_flight());
    for (uint64_t ms = 0; ms < test_limits.teardown_deadline.ms; ms += 100) {
        EXPECT_FALSE(tick());
        EXPECT_EQ(block.wipes_begun(), 0u);
        EXPECT_EQ(block.info().tearing, 1u);
        EXPECT_GT(lessor.next_deadline().ms, now.ms); // no busy loop while nothing can be done
        EXPECT_LE(lessor.next_deadline().ms, now.ms + lessor_patience.ms);
        EXPECT_FALSE(lessor.wants_device_reset());
        pass(100);
    }
    block.complete_all(); // late, but before the machine looked: the write lands, then is wiped
    EXPECT_EQ(code_of(lessor.poll_access(handle, now)), ErrorCode::released);
    EXPECT_LE(lessor.next_deadline().ms, now.ms);
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, block.info().unit_count);
    EXPECT_TRUE(is_all_zero(block.all_bytes()));
}

TEST_F(LessorDrain, Protocol_6_the_disk_is_reset_at_the_deadline_which_ends_it) {
    static_cast<void>(ended_in_flight());
    pass(test_limits.teardown_deadline.ms - 1);
    tick();
    EXPECT_FALSE(lessor.wants_device_reset());
    pass(1);
    tick();
    EXPECT_TRUE(lessor.wants_device_reset());
    EXPECT_EQ(block.info().tearing, 1u);
    lessor.on_device_reset();
    EXPECT_FALSE(lessor.wants_device_reset());
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, block.info().unit_count);
    EXPECT_EQ(journal.count(EventKind::resource_fenced), 0u);
}

TEST_F(LessorDrain, Protocol_6_what_survives_the_reset_is_fenced_not_drained) {
    const Answer lease = ended_in_flight();
    block.survive_resets(true);
    pass(test_limits.teardown_deadline.ms);
    tick();
    ASSERT_TRUE(lessor.wants_device_reset());
    lessor.on_device_reset();
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().fenced, 1u);
    EXPECT_EQ(block.wipes_begun(), 0u);
    EXPECT_EQ(journal.last().kind, EventKind::resource_fenced);
    EXPECT_EQ(journal.last().reason, Reason::not_drained);
    EXPECT_FALSE(lessor.wants_device_reset());
    EXPECT_EQ(try_read(lease), ErrorCode::released);
    EXPECT_EQ(block.resets(), 1u); // once
}

TEST_F(LessorDrain, A_reset_from_before_the_deadline_does_not_count_for_it) {
    static_cast<void>(ended_in_flight());
    block.survive_resets(true);
    tick();
    lessor.on_device_reset(); // for somebody else's sake
    pass(test_limits.teardown_deadline.ms);
    tick();
    EXPECT_TRUE(lessor.wants_device_reset());
    EXPECT_EQ(block.info().fenced, 0u);
}

TEST_F(LessorDrain, An_idle_neighbour_does_not_make_the_disk_be_reset_twice) {
    static_cast<void>(ended_in_flight());
    block.survive_resets(true);
    pass(test_limits.teardown_deadline.ms);
    const Answer other = grant(); // memory, drained at once
    tick();
    lessor.on_device_reset();
    static_cast<void>(lessor.release(release_of(other), now).value());
    EXPECT_TRUE(settle());
    EXPECT_FALSE(lessor.wants_device_reset());
    EXPECT_EQ(block.info().fenced, 1u);
}

TEST_F(LessorDrain, A_machine_that_never_resets_its_disk_fences_after_as_long_again) {
    static_cast<void>(ended_in_flight());
    pass(2 * test_limits.teardown_deadline.ms - 1);
    EXPECT_FALSE(tick());
    EXPECT_TRUE(lessor.wants_device_reset());
    EXPECT_GT(lessor.next_deadline().ms, now.ms);
    pass(1);
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().fenced, 1u);
    EXPECT_EQ(journal.last().reason, Reason::not_drained);
}

TEST_F(LessorDrain, A_wish_for_a_reset_is_dropped_when_the_operation_ends_by_itself) {
    static_cast<void>(ended_in_flight());
    pass(test_limits.teardown_deadline.ms);
    tick();
    EXPECT_TRUE(lessor.wants_device_reset());
    block.complete_all();
    EXPECT_TRUE(settle());
    EXPECT_FALSE(lessor.wants_device_reset());
    EXPECT_EQ(block.info().free, block.info().unit_count);
}

TEST_F(LessorDrain, Protocol_6_a_lane_that_does_not_let_go_is_fenced_lane_held) {
    const Answer lease = grant(2 * unit);
    memory.pin(extent_of(lease), 1);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    pass(test_limits.teardown_deadline.ms - 1);
    EXPECT_FALSE(tick());
    EXPECT_EQ(memory.info().tearing, 2u);
    pass(1);
    EXPECT_TRUE(settle());
    EXPECT_EQ(memory.info().fenced, 2u);
    EXPECT_EQ(memory.wipes_begun(), 0u);
    EXPECT_EQ(journal.last().reason, Reason::lane_held);
    EXPECT_FALSE(lessor.wants_device_reset());

    // A clear drains first as well, and gets as long.
    const Sequence fence = journal.last().sequence;
    EXPECT_TRUE(lessor.start_clear(clear_of(fence), now).is_ok());
    pass(test_limits.teardown_deadline.ms - 1);
    EXPECT_FALSE(tick());
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::busy);
    pass(1);
    EXPECT_TRUE(settle());
    EXPECT_EQ(code_of(lessor.poll_clear()), ErrorCode::fenced);
    EXPECT_EQ(journal.last().reason, Reason::lane_held);
    memory.pin({}, 0);
    EXPECT_TRUE(lessor.start_clear(clear_of(journal.last().sequence), now).is_ok());
    EXPECT_TRUE(settle());
    EXPECT_TRUE(lessor.poll_clear().is_ok());
    EXPECT_EQ(memory.info().free, memory.info().unit_count);
    check_books();
}

TEST_F(LessorDrain, One_that_has_to_wait_does_not_hold_up_those_behind_it) {
    static_cast<void>(ended_in_flight());
    block.hold_accesses(false);
    const Answer other = grant(unit, ResourceKind::block);
    static_cast<void>(lessor.release(release_of(other), now).value());
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().tearing, 1u);
    EXPECT_EQ(count(observe::Counter::teardowns), 1u);
}

TEST_F(LessorDrain, Protocol_6_a_disk_that_hangs_in_a_wipe_is_reset_and_the_wipe_starts_again) {
    const Answer lease = grant(unit, ResourceKind::block);
    fill(lease, 0x77);
    block.hang_wipes(true);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    const Instant begun = now;
    tick();
    while (!lessor.wants_device_reset()) {
        ASSERT_LE(now.ms, begun.ms + test_limits.teardown_deadline.ms + lessor_patience.ms);
        ASSERT_GT(lessor.next_deadline().ms, now.ms);
        now = lessor.next_deadline();
        tick();
    }
    EXPECT_GE(now.ms, begun.ms + test_limits.teardown_deadline.ms);
    lessor.on_device_reset();
    EXPECT_TRUE(settle());
    EXPECT_EQ(block.info().free, block.info().unit_count);
    EXPECT_TRUE(is_all_zero(block.all_bytes()));
}

TEST_F(LessorDrain, A_device_that_pauses_is_asked_again_without_a_busy_loop) {
    const Answer lease = grant(unit, ResourceKind::block);
    block.pause_wipes(50);
    static_cast<void>(lessor.release(release_of(lease), now).value());
    uint32_t turns = 0;
    tick();
    while (!lessor.is_idle()) {
        ASSERT_GT(lessor.next_deadline().ms, now.ms);
        now = lessor.next_deadline();
        tick();
        ASSERT_LE(++turns, 60u);
    }
}

} // namespace
} // namespace grafos::lease::test
