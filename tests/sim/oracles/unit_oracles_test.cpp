// SPDX-License-Identifier: Apache-2.0
// Each oracle is shown a history that breaks its rule, and the same history as it should have been:
// fence, residue, conservation, liveness, turn, deadline.
#include "tests/sim/oracles/oracle_fixture.hpp"

namespace grafos::test {
namespace {

// --- fence ---------------------------------------------------------------------------------------

TEST_F(Oracle_, Fence_sees_a_grant_over_it_also_after_a_crash) {
    hold_memory();
    end(memory, released, 20);
    made.begin(21);
    made.append({.kind = fenced, .lease = 1, .unit = 2, .epoch = 5, .reason = 21});
    made.commit();
    made.move(0, &Info::tearing, &Info::fenced);
    made.end();
    made.power_off();
    made.mark = 200;
    made.fenced_before = 1;
    made.boot(1);
    expect_good();
    made.begin(10);
    made.append({.kind = granted, .lease = 2, .unit = 2, .epoch = 100});
    made.commit();
    expect_bad("fence", "no grant covers a fenced unit");
}

TEST_F(Oracle_, Fence_forgets_one_that_never_was_durable) {
    hold_memory();
    end(memory, released, 20);
    made.begin(21);
    made.append({.kind = fenced, .lease = 1, .unit = 2, .epoch = 5, .reason = 21});
    made.write();
    made.tear_last();
    made.power_off();
    made.go_back();
    made.mark = 200;
    made.boot(1);
    hold({.lease = 2, .unit = 2, .epoch = 100});
    expect_good();
}

class FencedBlocks : public Oracle_ {
protected:
    FencedBlocks() {
        hold_blocks();
        end(blocks, released, 20);
        made.begin(21);
        fence = made.sequence();
        made.append(
            {.kind = fenced, .lease = 1, .is_block = true, .unit = 2, .epoch = 5, .reason = 21});
        made.commit();
        made.move(1, &Info::tearing, &Info::fenced);
        made.end();
    }
    void clear(uint64_t which) {
        made.begin(30);
        made.append({.kind = cleared,
                     .is_block = true,
                     .unit = 2,
                     .epoch = 6,
                     .fence = which,
                     .reason = 19});
        made.move(1, &Info::fenced, &Info::free);
        made.commit();
        made.end();
    }
    uint64_t fence = 0;
};

TEST_F(FencedBlocks, Fence_lets_a_wiped_unit_be_cleared_and_granted) {
    made.begin(25);
    made.wipe_blocks(2);
    made.end();
    clear(fence);
    made.begin(40);
    made.grant({.lease = 2, .is_block = true, .unit = 2, .epoch = 7});
    made.end();
    expect_good();
}

TEST_F(FencedBlocks, Fence_sees_a_clear_without_a_teardown) {
    clear(fence);
    expect_bad("fence", "a clear comes after a teardown of its own");
}

TEST_F(FencedBlocks, Fence_sees_a_clear_that_names_another) {
    made.begin(25);
    made.wipe_blocks(2);
    made.end();
    clear(fence - 1);
    expect_bad("fence", "a clear names a fence that stands, with all its units");
}

TEST_F(FencedBlocks, Fence_sees_a_fenced_unit_that_the_node_calls_free) {
    made.move(1, &Info::fenced, &Info::free);
    made.turn(30);
    expect_bad("fence", "what has a fence is neither free nor leased");
}

// --- residue -------------------------------------------------------------------------------------

TEST_F(Oracle_, Residue_sees_bytes_in_what_is_granted) {
    made.begin(10);
    made.memory(2)[hand_unit - 1] = 1;
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.commit();
    expect_bad("residue", "what is granted is all zero");
}

TEST_F(Oracle_, Residue_does_not_ask_a_disk_that_misdirects) {
    made.disk_fault(static_cast<uint8_t>(DiskFault::misdirected_write));
    made.blocks(2)[0] = 1;
    hold_blocks();
    expect_good();
}

TEST_F(Oracle_, Residue_sees_a_wipe_that_is_one_slice_short) {
    hold_blocks();
    made.info(1).free -= 1; // not all of it becomes free
    made.info(1).dirty += 1;
    end(blocks, released, 20);
    made.begin(21);
    made.write_block(2, 0, 0, hand_unit - 512);
    wiped(1);
    made.end();
    made.begin(30);
    made.append({.kind = granted, .lease = 2, .is_block = true, .unit = 2, .epoch = 6});
    made.commit();
    expect_bad("residue", "blocks are wiped as a whole before they are granted again");
}

TEST_F(Oracle_, Residue_sees_it_also_if_nobody_is_granted_the_blocks_again) {
    hold_blocks();
    end(blocks, released, 20);
    made.begin(21);
    made.write_block(2, 0, 0, hand_unit - 512);
    wiped(1);
    made.end();
    expect_bad("residue", "blocks that are free were wiped as a whole");
}

TEST_F(Oracle_, Residue_lets_a_whole_wipe_be) {
    hold_blocks();
    end(blocks, released, 20);
    made.begin(21);
    made.wipe_blocks(2);
    made.flush();
    wiped(1);
    made.end();
    made.begin(30);
    made.grant({.lease = 2, .is_block = true, .unit = 2, .epoch = 6});
    made.end();
    expect_good();
}

TEST_F(Oracle_, Residue_sees_zeroes_that_are_not_durable) {
    hold_blocks();
    end(blocks, released, 20);
    made.begin(21);
    made.wipe_blocks(2);
    wiped(1);
    made.end();
    made.begin(30);
    made.append({.kind = granted, .lease = 2, .is_block = true, .unit = 2, .epoch = 6});
    made.commit();
    expect_bad("residue", "zeroes are durable before blocks are granted again");
}

TEST_F(Oracle_, Residue_sees_a_wipe_while_a_write_is_in_flight) {
    hold_blocks();
    made.begin(15);
    const uint64_t late = made.start_block(2, made.tag(1), 1);
    made.end();
    end(blocks, released, 20);
    made.begin(21);
    made.wipe_blocks(2);
    expect_bad("residue", "what is in flight is over before a wipe begins");
    made.end_block(late);
}

TEST_F(Oracle_, Residue_sees_what_a_program_read_of_somebody_else) {
    hold_memory();
    std::array<uint8_t, 32> bytes{};
    ProgramEvent read{.operation = ProgramEvent::Operation::read};
    read.bytes = bytes;
    made.program(What::used, 1, read);
    expect_good();
    bytes[17] = 1;
    made.program(What::used, 1, read);
    expect_bad("residue", "what is read in a lease is zero or its own");
}

TEST_F(Oracle_, Residue_sees_bytes_in_memory_that_is_all_free) {
    hold_memory();
    made.begin(15);
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    end(memory, released, 20);
    wiped(0);
    made.turn(21);
    expect_bad("residue", "memory that is free is zero");
}

// --- lock ----------------------------------------------------------------------------------------

/// A lock that nonce 7 has, by its first grant, until node time 99.
class LockOracle : public Oracle_ {
protected:
    LockOracle() {
        made.has_tags = false;
        hold_memory();
        at(20, true, {1, 7, 99, 0, 0, 0});
        expect_good();
    }
    /// generation, nonce, deadline, commits, last generation, last nonce
    void at(uint64_t raw, bool is_held, const std::array<uint64_t, 6>& words) {
        made.begin(raw);
        made.put_lock(2, is_held, words);
        made.end();
    }
};

TEST_F(LockOracle, Lock_lets_its_holder_commit_and_release) {
    at(99, true, {1, 7, 99, 1, 1, 7});
    at(99, false, {1, 7, 99, 2, 1, 7});
    at(110, true, {2, 8, 190, 2, 1, 7});
    expect_good();
}

TEST_F(LockOracle, Lock_sees_a_commit_at_the_deadline) {
    at(100, true, {1, 7, 99, 1, 1, 7});
    expect_bad("lock", "a commit comes before its grant's deadline");
}

TEST_F(LockOracle, Lock_sees_a_commit_behind_the_releasing_one) {
    at(30, false, {1, 7, 99, 1, 1, 7});
    expect_good();
    at(31, false, {1, 7, 99, 2, 1, 7});
    expect_bad("lock", "no commit follows the releasing one");
}

TEST_F(LockOracle, Lock_sees_two_holders) {
    at(30, true, {2, 8, 150, 0, 0, 0});
    expect_bad("lock", "a lock is granted to one at a time");
}

TEST_F(LockOracle, Lock_lets_the_next_have_it_at_the_deadline) {
    at(100, true, {2, 8, 199, 0, 0, 0});
    expect_good();
}

TEST_F(LockOracle, Lock_sees_a_commit_with_the_nonce_of_another) {
    at(30, true, {1, 7, 99, 1, 1, 8});
    expect_bad("lock", "a commit carries its grant's nonce");
}

TEST_F(LockOracle, Lock_sees_a_grant_without_a_generation) {
    at(30, false, {1, 7, 99, 1, 1, 7});
    at(31, true, {1, 8, 150, 1, 1, 7});
    expect_bad("lock", "the generation of a lock rises at each grant");
}

TEST_F(LockOracle, Lock_sees_a_grant_that_grew) {
    at(30, true, {1, 7, 150, 0, 0, 0});
    expect_bad("lock", "a grant of a lock is the same as long as it lasts");
}

TEST_F(LockOracle, Lock_sees_a_lock_freed_by_nobody) {
    at(30, false, {1, 7, 99, 0, 0, 0});
    expect_bad("lock", "only its deadline or its holder's commit frees a lock");
}

TEST_F(LockOracle, Lock_sees_generations_that_fall) {
    at(30, true, {0, 7, 99, 0, 0, 0});
    expect_bad("lock", "the generation and the commits of a lock only rise");
}

// --- conservation and liveness -------------------------------------------------------------------

TEST_F(Oracle_, Conservation_sees_a_unit_in_no_state) {
    made.info(0).free -= 1;
    made.turn(10);
    expect_bad("conservation", "each unit is in one state");
}

TEST_F(Oracle_, Conservation_sees_units_leased_to_nobody) {
    made.move(0, &Info::free, &Info::leased);
    made.turn(10);
    expect_bad("conservation", "the units of live leases are leased, and no others");
}

TEST_F(Oracle_, Conservation_sees_more_leases_than_there_is_room_for) {
    for (uint8_t i = 0; i < 5; ++i) {
        made.begin(10 + i);
        made.grant({.lease = static_cast<uint8_t>(i + 1), .unit = i, .epoch = 5u + i});
        made.end();
    }
    expect_bad("conservation", "no more leases live than there is room for");
}

TEST_F(Oracle_, Liveness_sees_a_lease_that_nobody_gave_back) {
    hold_memory();
    expect_good();
    made.oracles().finish(Instant{5'000'000});
    expect_bad("liveness", "what was given back is leased no more");
}

TEST_F(Oracle_, Liveness_sees_renewals_that_come_together) {
    for (uint8_t i = 1; i <= 8; ++i) {
        HandRecord record{.lease = i, .epoch = 5u + i};
        made.begin(i * 2'000u);
        made.grant(record);
        made.end();
        made.next_in = 1;
        made.begin(i * 2'000u + 840 + i);
        made.append({.kind = renewed, .lease = i, .epoch = 5u + i, .generation = 1});
        made.commit();
        made.end();
        record.generation = 1;
        end(record, released, i * 2'000u + 900);
        wiped(0);
    }
    expect_good();
    made.oracles().finish(Instant{50'000'000});
    expect_bad("liveness", "renewals are spread over time");
}

// --- turns and deadlines -------------------------------------------------------------------------

TEST_F(Oracle_, Turn_sees_one_that_is_too_long) {
    made.begin(10);
    made.end(5);
    expect_good();
    made.begin(20);
    made.end(6);
    expect_bad("turn", "no turn is longer than its limit");
}

TEST_F(Oracle_, Turn_does_not_ask_one_that_was_made_long) {
    made.machine_fault(MachineFault::long_turn, 100);
    made.begin(20);
    made.end(100);
    expect_good();
}

TEST_F(Oracle_, Turn_sees_a_wipe_beyond_the_budget) {
    made.begin(10);
    made.wipe_blocks(2);
    made.wipe_blocks(3);
    made.end();
    expect_good();
    made.begin(11);
    made.wipe_blocks(2);
    made.wipe_blocks(3);
    made.wipe_blocks(4);
    made.end();
    expect_bad("turn", "no turn wipes more than its budget");
}

TEST_F(Oracle_, Turn_sees_grants_beyond_the_budget) {
    made.begin(10);
    for (uint8_t i = 0; i < 3; ++i) {
        made.append(
            {.kind = granted, .lease = static_cast<uint8_t>(i + 1), .unit = i, .epoch = 5u + i});
    }
    made.commit();
    expect_bad("turn", "no turn grants more than its budget");
}

TEST_F(Oracle_, Turn_sees_renewals_beyond_the_budget) {
    hold_memory();
    made.begin(500);
    for (uint64_t i = 1; i <= 3; ++i) {
        made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = i});
    }
    made.commit();
    expect_bad("turn", "no turn renews and releases more than its budget");
}

TEST_F(Oracle_, Deadline_sees_a_lease_that_expires_too_soon) {
    hold_memory();
    end(memory, expired, 1'009);
    expect_bad("deadline", "no lease expires before its deadline");
}

TEST_F(Oracle_, Deadline_sees_a_lease_that_is_not_over_in_time) {
    hold_memory();
    made.turn(1'010);
    expect_bad("deadline", "a lease is over in the first turn at or past its deadline");
}

TEST_F(Oracle_, Deadline_sees_that_a_node_would_sleep_through_an_end) {
    hold_memory();
    made.next_in = 1'011 - 500;
    made.turn(500);
    expect_bad("deadline", "the next turn is due no later than the next end of a lease");
}

TEST_F(Oracle_, Deadline_lets_it_sleep_until_then) {
    hold_memory();
    made.next_in = 1'010 - 500;
    made.turn(500);
    expect_good();
}

TEST_F(Oracle_, Deadline_sees_a_clock_that_was_obeyed_when_it_was_set_back) {
    hold_memory();
    made.machine_fault(MachineFault::clock_step);
    made.turn(500);
    made.begin(400);
    HandRecord ended = memory;
    ended.kind = released;
    made.append_at(ended, 398);
    made.commit();
    expect_bad("deadline", "a record is stamped with the node's own time of one of its turns");
}

TEST_F(Oracle_, Deadline_lets_time_go_on_where_a_clock_was_set_back) {
    hold_memory();
    made.machine_fault(MachineFault::clock_step);
    made.turn(500);
    made.begin(400);
    HandRecord ended = memory;
    ended.kind = released;
    made.append_at(ended, 499);
    made.commit();
    expect_good();
}

TEST_F(Oracle_, Deadline_sees_a_turn_before_its_time_that_writes) {
    hold_memory(); // at 10: not before 60
    made.begin(30);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.start_write();
    made.end();
    expect_bad("deadline", "a turn before its time changes nothing");
}

} // namespace
} // namespace grafos::test
