// SPDX-License-Identifier: Apache-2.0
// Each oracle is shown a history that breaks its rule, and the same history as it should have been.
#include "tests/sim/oracles/hand_made.hpp"

#include "tests/support/ram_block_device.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using Info = lease::ResourceInfo;
using What = ProgramEvent::What;

constexpr auto granted = LoggedKind::granted;
constexpr auto renewed = LoggedKind::renewed;
constexpr auto released = LoggedKind::released;
constexpr auto expired = LoggedKind::expired;
constexpr auto fenced = LoggedKind::fenced;
constexpr auto cleared = LoggedKind::cleared;

/// One node, booted; whatever is said of lease 1 and 2 begins here.
class Oracle_ : public ::testing::Test {
protected:
    Oracle_() { made.boot(); }

    void expect_good() {
        EXPECT_EQ(made.failure(), "") << made.oracle();
        EXPECT_GT(made.oracles().checks(), 20u);
    }
    void expect_bad(const char* oracle, const char* failure) {
        EXPECT_EQ(made.oracle(), oracle);
        EXPECT_EQ(made.failure(), failure);
    }
    /// Granted at node time 9, so over at 1,009.
    void hold(const HandRecord& record) {
        made.begin(10);
        made.grant(record);
        made.end();
    }
    void hold_memory() { hold(memory); }
    void hold_blocks() { hold(blocks); }
    /// A turn that ends it, at `raw`.
    void end(const HandRecord& record, LoggedKind kind, uint64_t raw) {
        made.begin(raw);
        made.finish(record, kind);
        made.end();
    }
    void wiped(size_t resource) { made.move(resource, &Info::tearing, &Info::free); }

    HandMade made;
    HandRecord memory{.lease = 1, .unit = 2, .epoch = 5};
    HandRecord blocks{.lease = 1, .is_block = true, .unit = 2, .epoch = 5};
};

// --- authority -----------------------------------------------------------------------------------

TEST_F(Oracle_, Authority_lets_a_holder_write_until_its_deadline) {
    hold_memory();
    made.next_in = 1;
    made.begin(1'009); // the last turn before it
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    end(memory, expired, 1'010);
    expect_good();
}

TEST_F(Oracle_, Authority_sees_a_write_at_the_deadline) {
    hold_memory();
    made.is_ready = false; // so that nobody asks for the end yet
    made.begin(1'010);
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    end(memory, expired, 1'010);
    expect_bad("authority", "no access is accepted at or after the deadline");
}

TEST_F(Oracle_, Authority_sees_a_write_after_a_release) {
    hold_memory();
    end(memory, released, 100);
    made.begin(101);
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    expect_bad("authority", "nothing is written to memory that nobody leases");
}

TEST_F(Oracle_, Authority_sees_a_write_behind_a_release_that_is_told_late) {
    hold_memory();
    made.is_ready = false;
    made.begin(200);
    made.put_cell(2, 0, made.tag(1), 1);
    HandRecord ended = memory;
    ended.kind = released;
    made.append_at(ended, 100);
    made.turn(201);
    made.begin(202);
    made.commit();
    expect_bad("deadline", "a record is stamped with the node's own time of one of its turns");
}

TEST_F(Oracle_, Authority_sees_a_write_between_a_release_and_its_late_record) {
    hold_memory();
    made.is_ready = false;
    made.turn(101);
    HandRecord ended = memory;
    ended.kind = released;
    made.append(ended);
    made.begin(102);
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    made.begin(103);
    made.commit();
    expect_bad("authority", "no access is accepted after the end of a lease");
}

TEST_F(Oracle_, Authority_sees_words_of_somebody_else) {
    hold_memory();
    made.begin(20);
    made.put_cell(2, 0, made.tag(9), 1);
    made.end();
    expect_bad("authority", "what is written in a lease is its holder's");
}

TEST_F(Oracle_, Authority_sees_a_block_written_by_nobody) {
    hold_blocks();
    made.begin(20);
    made.write_block(2, made.tag(1), 1);
    made.end();
    expect_good();
    made.begin(21);
    made.write_block(3, made.tag(1), 2);
    made.end();
    expect_bad("authority", "a block that is written belongs to a live lease");
}

TEST_F(Oracle_, Authority_sees_a_renewal_at_the_deadline) {
    hold_memory();
    made.is_ready = false;
    made.begin(1'010);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.commit();
    expect_bad("authority", "only a live lease is renewed");
}

TEST_F(Oracle_, Authority_sees_a_wipe_that_comes_too_soon) {
    hold_blocks();
    end(blocks, expired, 1'010);
    made.begin(1'014); // the deadline and the longest turn: 1,014 on the node's clock
    made.wipe_blocks(2);
    made.end();
    expect_bad("authority", "nothing is wiped before nobody can believe in its lease any more");
}

TEST_F(Oracle_, Authority_lets_it_be_wiped_when_that_is_over) {
    hold_blocks();
    end(blocks, expired, 1'010);
    made.begin(1'015);
    made.wipe_blocks(2);
    made.end();
    expect_good();
}

// --- exclusion -----------------------------------------------------------------------------------

TEST_F(Oracle_, Exclusion_sees_a_unit_granted_twice) {
    hold_memory();
    made.begin(20);
    made.append({.kind = granted, .lease = 2, .unit = 2, .epoch = 6});
    made.commit();
    expect_bad("exclusion", "a unit belongs to one lease at a time");
}

TEST_F(Oracle_, Exclusion_lets_its_neighbour_be_granted) {
    hold_memory();
    made.begin(20);
    made.grant({.lease = 2, .unit = 3, .epoch = 6});
    made.end();
    expect_good();
}

TEST_F(Oracle_, Exclusion_sees_an_epoch_that_does_not_rise) {
    hold_memory();
    made.begin(20);
    made.append({.kind = granted, .lease = 2, .unit = 3, .epoch = 5});
    made.commit();
    expect_bad("exclusion", "each grant and each clear takes a higher epoch");
}

TEST_F(Oracle_, Exclusion_sees_epochs_of_the_boot_before) {
    hold_memory();
    made.power_off();
    made.boot(1);
    made.begin(10);
    made.append({.kind = granted, .lease = 2, .unit = 3, .epoch = 6});
    made.commit();
    expect_bad("exclusion", "a boot's epochs begin above the mark of the one before");
}

TEST_F(Oracle_, Exclusion_lets_a_boot_begin_above_the_mark) {
    hold_memory();
    made.power_off();
    made.mark = 200;
    made.boot(1);
    hold({.lease = 2, .unit = 2, .epoch = 100});
    expect_good();
}

// --- holder-first --------------------------------------------------------------------------------

TEST_F(Oracle_, Holder_first_sees_an_access_that_begins_when_the_lease_is_over) {
    hold_memory();
    end(memory, expired, 1'010);
    made.program(What::began, 1, {.operation = ProgramEvent::Operation::write});
    expect_bad("holder-first", "a holder begins nothing once its node has ended the lease");
}

TEST_F(Oracle_, Holder_first_lets_an_access_begin_before) {
    hold_memory();
    made.next_in = 1;
    made.begin(1'009);
    made.program(What::began, 1, {.operation = ProgramEvent::Operation::write});
    made.end();
    end(memory, expired, 1'010);
    expect_good();
}

TEST_F(Oracle_, Holder_first_does_not_ask_where_a_clock_was_set) {
    hold_memory();
    made.machine_fault(MachineFault::clock_step, 10);
    end(memory, expired, 1'010);
    made.program(What::began, 1, {.operation = ProgramEvent::Operation::write});
    expect_good();
    EXPECT_EQ(made.oracles().findings().excused(Oracle::holder_first), 1u);
}

// --- at most once --------------------------------------------------------------------------------

TEST_F(Oracle_, At_most_once_sees_a_write_repeated) {
    hold_blocks();
    made.begin(20);
    made.write_block(2, made.tag(1), 1);
    made.write_block(2, made.tag(1), 2);
    expect_good();
    made.write_block(2, made.tag(1), 1);
    expect_bad("at-most-once", "a write takes effect once, in its turn among the program's");
}

TEST_F(Oracle_, At_most_once_sees_an_older_write_over_a_newer) {
    hold_memory();
    made.begin(20);
    made.put_cell(2, 0, made.tag(1), 2);
    made.end();
    made.begin(21);
    made.put_cell(2, 0, made.tag(1), 1);
    made.end();
    expect_bad("at-most-once", "a write takes effect once, in its turn among the program's");
}

TEST_F(Oracle_, At_most_once_sees_an_exchange_done_twice) {
    hold_memory();
    const ProgramEvent exchange{.operation = ProgramEvent::Operation::exchange, .offset = 2'048};
    for (uint64_t i = 0; i < 2; ++i) {
        made.begin(20 + i);
        made.program(What::began, 1, exchange);
        made.put_cell(2, 2'048, 1 + i, 0);
        made.end();
    }
    expect_good();
    made.begin(30);
    made.put_cell(2, 2'048, 4, 0);
    made.end();
    expect_bad("at-most-once", "an exchange takes effect once");
}

// --- anchored ------------------------------------------------------------------------------------

TEST_F(Oracle_, Anchored_sees_an_answer_before_its_flush) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.program(What::granted, 1);
    expect_bad("anchored", "a grant is durable before its answer leaves");
}

TEST_F(Oracle_, Anchored_sees_a_renewal_answered_before_its_flush) {
    hold_memory();
    made.begin(500);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.write();
    made.program(What::renewed, 1);
    expect_bad("anchored", "a renewal is durable before its answer leaves");
}

TEST_F(Oracle_, Anchored_lets_both_be_answered_behind_it) {
    hold_memory();
    made.begin(500);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.commit();
    made.program(What::renewed, 1);
    made.anchored();
    made.end();
    expect_good();
}

TEST_F(Oracle_, Anchored_sees_a_word_of_the_node_that_nothing_was_flushed_for) {
    hold_memory();
    made.begin(500);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.write();
    made.anchored();
    expect_bad("anchored", "what is called durable was flushed");
}

TEST_F(Oracle_, Anchored_sees_that_a_flush_began_before_its_write_ended) {
    hold_memory();
    made.begin(500);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 1});
    made.start_write();
    made.flush();
    made.end_write();
    made.anchored();
    expect_bad("anchored", "what is called durable was flushed");
}

TEST_F(Oracle_, Anchored_sees_two_groups_on_their_way) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.append({.kind = granted, .lease = 2, .unit = 3, .epoch = 6});
    made.write();
    expect_bad("anchored", "one group is on its way at a time");
}

TEST_F(Oracle_, Anchored_sees_that_what_was_acknowledged_is_gone) {
    hold_memory();
    made.tear_last();
    made.power_off();
    made.power_on();
    expect_bad("anchored", "what was acknowledged is on the disk when power comes back");
}

TEST_F(Oracle_, Anchored_does_not_ask_it_of_a_disk_that_lied) {
    hold_memory();
    made.disk_fault(static_cast<uint8_t>(DiskFault::lost_flush));
    made.tear_last();
    made.power_off();
    made.go_back();
    made.mark = 300;
    made.boot(1);
    expect_good();
}

TEST_F(Oracle_, Anchored_lets_a_group_be_lost_that_was_not_flushed) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.tear_last();
    made.power_off();
    made.go_back();
    made.boot(1);
    expect_good();
}

TEST_F(Oracle_, Anchored_sees_a_checkpoint_before_its_groups) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.write_checkpoint(1, 2, made.sequence());
    expect_bad("anchored", "a checkpoint is written after the groups that it covers");
}

TEST_F(Oracle_, Anchored_sees_a_checkpoint_over_the_newest) {
    hold_memory();
    made.write_checkpoint(1, 2, made.sequence());
    expect_good();
    made.write_checkpoint(1, 3, made.sequence());
    expect_bad("anchored", "the newest checkpoint is never the one that is overwritten");
}

TEST_F(Oracle_, Anchored_sees_an_epoch_at_the_mark) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 100});
    made.commit();
    expect_bad("anchored", "an epoch is used only below a durable mark");
}

// --- chain ---------------------------------------------------------------------------------------

TEST_F(Oracle_, Chain_sees_a_second_end) {
    hold_memory();
    end(memory, released, 20);
    made.begin(21);
    HandRecord again = memory;
    again.kind = released;
    made.append(again);
    made.commit();
    expect_bad("chain", "a lease ends once, and nothing of it comes after");
}

TEST_F(Oracle_, Chain_sees_a_renewal_by_two) {
    hold_memory();
    made.begin(20);
    made.append({.kind = renewed, .lease = 1, .epoch = 5, .generation = 2});
    made.commit();
    expect_bad("chain", "a renewal raises the generation by one");
}

TEST_F(Oracle_, Chain_sees_an_end_of_nothing) {
    made.begin(20);
    HandRecord ended = memory;
    ended.kind = released;
    made.append(ended);
    made.commit();
    expect_bad("chain", "what is renewed or ended was granted");
}

TEST_F(Oracle_, Chain_sees_one_number_with_two_contents) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.go_back();
    made.append({.kind = granted, .lease = 2, .unit = 2, .epoch = 5});
    made.write();
    expect_bad("chain", "no sequence number has two contents");
}

TEST_F(Oracle_, Chain_lets_the_same_group_be_written_again) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.say({.what = SimEvent::What::disk_reset});
    made.go_back();
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.commit();
    made.program(What::granted, 1);
    expect_good();
}

TEST_F(Oracle_, Chain_sees_that_a_torn_group_was_kept) {
    made.begin(10);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 5});
    made.write();
    made.tear_last();
    made.power_off();
    made.boot(1);
    expect_bad("chain", "a group goes on where the log ended");
}

TEST_F(Oracle_, Chain_sees_a_boot_without_its_record) {
    made.power_off();
    made.power_on();
    made.begin(1);
    made.append({.kind = granted, .lease = 1, .unit = 2, .epoch = 100});
    made.commit();
    expect_bad("chain", "each boot is one more than the one before");
}

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

TEST_F(Oracle_, Residue_sees_a_wipe_that_is_one_slice_short) {
    hold_blocks();
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

TEST_F(Oracle_, Residue_lets_a_whole_wipe_be) {
    hold_blocks();
    end(blocks, released, 20);
    made.begin(21);
    made.wipe_blocks(2);
    wiped(1);
    made.end();
    made.begin(30);
    made.grant({.lease = 2, .is_block = true, .unit = 2, .epoch = 6});
    made.end();
    expect_good();
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
