// SPDX-License-Identifier: Apache-2.0
// Each oracle is shown a history that breaks its rule, and the same history as it should have been:
// authority, exclusion, holder-first, at-most-once, anchored, chain.
#include "tests/sim/oracles/oracle_fixture.hpp"

namespace grafos::test {
namespace {

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

TEST_F(Oracle_, Authority_sees_an_answer_of_a_lease_that_is_over) {
    hold_memory();
    end(memory, expired, 1'010);
    made.program(What::used, 1, {.operation = ProgramEvent::Operation::write});
    expect_bad("authority", "nothing is handed over of a lease that is over");
}

TEST(Oracles, Holder_first_sees_a_holder_go_on_whose_clock_went_back) {
    HandMade home{2};
    home.boot();
    home.begin(10);
    home.grant({.lease = 1, .unit = 2, .epoch = 5}, 1);
    home.end();
    const auto turn_of_holder = [&](uint64_t raw) {
        home.say({.what = SimEvent::What::turn_began, .machine = 1, .number = raw});
    };
    turn_of_holder(100);
    home.program(What::began, 1, {}, 1);
    turn_of_holder(50);
    home.say({.what = SimEvent::What::delivered, .machine = 1, .number = 0});
    home.program(What::began, 1, {}, 1);
    EXPECT_EQ(home.failure(), "");
    turn_of_holder(40);
    home.program(What::began, 1, {}, 1);
    EXPECT_EQ(home.failure(), "a holder in doubt of its clock asks before it goes on");
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

class Asking : public Oracle_ {
protected:
    /// Asked and granted, but not told.
    void ask(uint8_t lease, bool is_told) {
        made.begin(20u + lease);
        HandRecord record{.kind = granted, .lease = lease, .unit = lease, .epoch = 5u + lease};
        record.principal = 77;
        made.append(record);
        made.move(0, &Info::free, &Info::leased);
        made.commit();
        if (is_told) {
            made.program(What::granted, lease);
        }
        made.end();
    }
};

TEST_F(Asking, At_most_once_sees_one_ask_granted_twice) {
    made.program(What::asked, 0);
    ask(1, true);
    made.program(What::asked, 0);
    ask(2, false);
    expect_good();
    ask(3, false);
    expect_bad("at-most-once", "what was asked for once has one live lease");
}

TEST_F(Asking, At_most_once_lets_an_answer_be_lost) {
    made.program(What::asked, 0);
    ask(1, true);
    made.program(What::asked, 0);
    ask(2, false);
    made.program(What::refused, 0);
    made.program(What::asked, 0);
    ask(3, true);
    expect_good();
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

} // namespace
} // namespace grafos::test
