// SPDX-License-Identifier: Apache-2.0
// The turn: when answers leave, in which order requests run, what time and faults do.
#include "tests/support/node_rig.hpp"

namespace grafos::test {
namespace {

using lease::Operation;
using node::Readiness;

NodeRigArea area;

class NodeTurn : public ::testing::Test {
protected:
    NodeTurn() { rig.boot_clean(); }
    NodeRig rig{area};

    [[nodiscard]] bool is_answered(lease::Ticket ticket, Result<lease::Answer>& answer) {
        Result<lease::Answer> polled = rig.node().poll(ticket);
        if (!polled.is_ok() && polled.error().code == ErrorCode::busy) {
            return false;
        }
        answer.~Result();
        new (&answer) Result<lease::Answer>{std::move(polled)};
        return true;
    }
    [[nodiscard]] uint64_t refusals(ErrorCode code) { return rig.node().counters().refusals(code); }
};

TEST_F(NodeTurn, Protocol_5_no_success_leaves_before_its_record_is_durable) {
    rig.disk.set_completion(RamBlockDevice::Completion::never);
    const auto ticket = rig.node().start(NodeRig::grant_request(4096, 60_s));
    ASSERT_TRUE(ticket.is_ok());
    for (int turns = 0; turns < 50; ++turns) {
        rig.turn();
        const auto answer = rig.node().poll(ticket.value());
        ASSERT_FALSE(answer.is_ok());
        EXPECT_TRUE(answer.error().code == ErrorCode::busy);
    }
    EXPECT_EQ(rig.node().counters().value(observe::Counter::grants), 1u) << "executed, not said";
    rig.disk.set_completion(RamBlockDevice::Completion::at_poll);
    Result<lease::Answer> answer{Error{ErrorCode::busy}};
    EXPECT_TRUE(rig.turn_until([&] { return is_answered(ticket.value(), answer); }));
    ASSERT_TRUE(answer.is_ok());
    EXPECT_LT(answer.value().record.value, rig.node().anchored_end().value);
    EXPECT_FALSE(rig.node().poll(ticket.value()).is_ok()) << "an answer is given once";
}

TEST_F(NodeTurn, Protocol_5_a_failed_write_lets_no_success_out_and_ends_granting) {
    const lease::Answer held = rig.must_grant(4096, 60_s);
    rig.disk.fail_nth(hal::BlockOperation::write, 1);
    const Result<lease::Answer> granted = rig.ask(NodeRig::grant_request(4096, 60_s));
    ASSERT_FALSE(granted.is_ok());
    EXPECT_TRUE(granted.error().code == ErrorCode::degraded);
    rig.turn();
    EXPECT_TRUE(rig.node().readiness() == Readiness::degraded);
    EXPECT_TRUE(rig.node().degraded_reason() == lease::DegradedReason::durable_unknown);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::commit_failures), 1u);
    const Result<lease::Answer> again = rig.ask(NodeRig::grant_request(4096, 60_s));
    ASSERT_FALSE(again.is_ok());
    EXPECT_TRUE(again.error().code == ErrorCode::degraded);

    lease::Request renew;
    renew.operation = Operation::renew;
    renew.lease = held.lease;
    EXPECT_TRUE(rig.ask(renew).error().code == ErrorCode::degraded);

    // An end still takes effect; only its success cannot be said.
    const Result<lease::Answer> released = rig.ask(NodeRig::release_request(held));
    ASSERT_FALSE(released.is_ok());
    EXPECT_TRUE(released.error().code == ErrorCode::degraded);
    std::array<uint8_t, 16> data{};
    lease::Access access;
    access.buffer = data;
    const auto read = rig.node().start_access_by_id(held.lease, access);
    ASSERT_FALSE(read.is_ok());
    EXPECT_TRUE(read.error().code == ErrorCode::released);
}

TEST_F(NodeTurn, A_clear_whose_record_can_not_become_durable_is_answered) {
    const lease::Answer held = rig.must_grant(4096, 60_s, lease::ResourceKind::block);
    const lease::DiskLayout layout = rig.node().log().layout();
    rig.disk.fail_sectors(hal::BlockOperation::write, layout.data_first(), layout.data_sectors());
    ASSERT_TRUE(rig.ask(NodeRig::release_request(held)).is_ok());
    const lease::Resource& block = *rig.node().lessor().resources()[1];
    EXPECT_TRUE(rig.turn_until([&] { return block.info().fenced > 0; }));
    rig.disk.heal();
    lease::Request clear;
    clear.operation = Operation::clear_fence;
    clear.fence = block.fence_of(block.find_run(lease::UnitState::fenced, 0).first_unit);
    rig.disk.fail_nth(hal::BlockOperation::flush, 1);
    const Result<lease::Answer> cleared = rig.ask(clear);
    EXPECT_FALSE(cleared.is_ok()) << "the wipe, or the record, could not be flushed";
    rig.disk.fail_nth(hal::BlockOperation::write, 1);
    (void)rig.ask(NodeRig::grant_request(4096, 60_s)).is_ok();
    const Result<lease::Answer> again = rig.ask(clear);
    ASSERT_FALSE(again.is_ok());
    EXPECT_TRUE(again.error().code == ErrorCode::degraded);
}

TEST_F(NodeTurn, A_flood_of_grants_does_not_starve_a_release) {
    const lease::Answer held = rig.must_grant(4096, 60_s);
    lease::Ticket tickets[rig_limits.outbox_slots_max];
    for (uint32_t i = 0; i + 1 < rig_limits.outbox_slots_max; ++i) {
        const auto ticket = rig.node().start(NodeRig::grant_request(4096, 60_s));
        ASSERT_TRUE(ticket.is_ok());
        tickets[i] = ticket.value();
    }
    const auto last = rig.node().start(NodeRig::release_request(held));
    ASSERT_TRUE(last.is_ok());
    rig.turn();
    EXPECT_EQ(rig.node().counters().value(observe::Counter::releases), 1u)
        << "ends and renewals come before grants";
    EXPECT_LE(rig.node().counters().value(observe::Counter::grants),
              1u + rig_limits.requests_per_turn_max);
    EXPECT_TRUE(tickets[0] != tickets[1]);
}

TEST_F(NodeTurn, A_full_outbox_refuses_and_changes_nothing) {
    rig.disk.set_completion(RamBlockDevice::Completion::never);
    for (uint32_t i = 0; i < rig_limits.outbox_slots_max; ++i) {
        ASSERT_TRUE(rig.node().start(NodeRig::grant_request(1, 60_s)).is_ok());
    }
    const auto one_more = rig.node().start(NodeRig::grant_request(1, 60_s));
    ASSERT_FALSE(one_more.is_ok());
    EXPECT_TRUE(one_more.error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(one_more.error().field == Field::outbox);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::outbox_full), 1u);
}

TEST_F(NodeTurn, Unknown_and_used_tickets_are_not_found) {
    for (const lease::Ticket ticket : {lease::Ticket{0, 0}, lease::Ticket{0, 77},
                                       lease::Ticket{rig_limits.outbox_slots_max, 1}}) {
        const auto answer = rig.node().poll(ticket);
        ASSERT_FALSE(answer.is_ok());
        EXPECT_TRUE(answer.error().code == ErrorCode::not_found);
        EXPECT_TRUE(answer.error().field == Field::ticket);
    }
}

TEST_F(NodeTurn, Peers_row_5_a_clock_put_back_is_counted_and_time_goes_on) {
    const lease::Answer held = rig.must_grant(4096, 10_s);
    const Instant before = rig.node().now();
    rig.raw = Instant{rig.raw.ms - 500};
    rig.node().tick(rig.raw);
    EXPECT_TRUE(rig.node().now() == before);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::clock_steps_back), 1u);
    rig.turn(Duration{9'000});
    EXPECT_TRUE(rig.node().lessor().table().find(held.lease, rig.node().now()).is_ok());
    rig.turn(Duration{1'100});
    EXPECT_FALSE(rig.node().lessor().table().find(held.lease, rig.node().now()).is_ok());
}

TEST_F(NodeTurn, Durable_records_and_groups_are_counted) {
    const uint64_t records = rig.node().counters().value(observe::Counter::records_sealed);
    const uint64_t groups = rig.node().counters().value(observe::Counter::groups_committed);
    EXPECT_EQ(records, rig.node().anchored_end().value) << "all since this first boot";
    EXPECT_GT(groups, 0u);
    (void)rig.must_grant(4096, 60_s);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::records_sealed), records + 1);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::groups_committed), groups + 1);
}

TEST_F(NodeTurn, The_length_of_every_turn_is_kept) {
    const uint64_t turns = rig.node().turn_lengths().count();
    EXPECT_EQ(rig.node().turn_lengths().largest(), 0u);
    rig.node().tick(rig.raw);
    rig.raw = saturating_add(rig.raw, Duration{3});
    rig.node().end_turn(rig.raw);
    EXPECT_EQ(rig.node().turn_lengths().count(), turns + 1);
    EXPECT_EQ(rig.node().turn_lengths().largest(), 3u);
}

TEST_F(NodeTurn, A_turn_that_took_too_long_is_counted_and_recorded) {
    const uint64_t before = rig.node().anchored_end().value;
    rig.raw = saturating_add(rig.raw, Duration{1});
    rig.node().tick(rig.raw);
    rig.raw = saturating_add(rig.raw, Duration{rig_limits.turn_max.ms});
    rig.node().end_turn(rig.raw);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::turn_overruns), 0u) << "just within";
    rig.node().tick(rig.raw);
    rig.raw = saturating_add(rig.raw, Duration{rig_limits.turn_max.ms + 1});
    rig.node().end_turn(rig.raw);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::turn_overruns), 1u);
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().anchored_end().value == before + 1; }));
}

TEST_F(NodeTurn, Peers_row_7_a_held_lease_outlives_three_of_its_ttls) {
    const lease::Answer held = rig.must_grant(4096, 1_s);
    ASSERT_TRUE(rig.node().hold(held.lease).is_ok());
    for (int ms = 0; ms < 3'500; ++ms) {
        rig.turn();
    }
    EXPECT_TRUE(rig.node().lessor().table().find(held.lease, rig.node().now()).is_ok());
    EXPECT_GE(rig.node().renewal_totals().renewed, 3u);
    ASSERT_TRUE(rig.node().unhold(held.lease).is_ok());
    for (int ms = 0; ms < 1'100; ++ms) {
        rig.turn();
    }
    EXPECT_FALSE(rig.node().lessor().table().find(held.lease, rig.node().now()).is_ok());
}

TEST_F(NodeTurn, An_idle_node_has_nothing_to_do_until_a_deadline) {
    rig.turn_until(
        [&] { return rig.node().log().anchored_end() == rig.node().log().appended_end(); });
    for (int turns = 0; turns < 20; ++turns) {
        rig.turn(Duration{0});
    }
    EXPECT_TRUE(rig.node().next_deadline() == Instant::never());
    const lease::Answer held = rig.must_grant(4096, 2_s);
    for (int turns = 0; turns < 20; ++turns) {
        rig.turn(Duration{0});
    }
    const Instant wake = rig.node().next_deadline();
    EXPECT_GT(wake.ms, rig.raw.ms) << "no busy loop";
    EXPECT_LE(wake.ms, rig.raw.ms + held.left.ms);
}

TEST_F(NodeTurn, The_exported_chain_is_complete_and_its_head_is_signed) {
    const lease::Answer held = rig.must_grant(4096, 60_s);
    ASSERT_TRUE(rig.ask(NodeRig::release_request(held)).is_ok());
    ASSERT_TRUE(rig.node().start_export({0}).is_ok());
    lease::ChainVerifier verifier{{{}, rig.node().identity().node_id(), {}}};
    for (int turns = 0; turns < 2'000; ++turns) {
        const auto record = rig.node().next_exported();
        if (!record.is_ok() && record.error().code != ErrorCode::busy) {
            EXPECT_TRUE(record.error().code == ErrorCode::not_found);
            break;
        }
        if (!record.is_ok()) {
            rig.turn();
            continue;
        }
        ASSERT_TRUE(verifier.ingest(record.value().canonical, record.value().hash).is_ok());
    }
    const auto head = rig.node().sign_head();
    ASSERT_TRUE(head.is_ok());
    EXPECT_TRUE(verifier.check_head(head.value()).is_ok());
    EXPECT_EQ(head.value().sequence.value + 1, rig.node().anchored_end().value);
}

TEST_F(NodeTurn, Refusals_are_recorded_once_a_turn_with_a_count) {
    const uint64_t before = rig.node().log().appended_end().value;
    for (uint32_t i = 0; i < rig_limits.requests_per_turn_max; ++i) {
        ASSERT_TRUE(rig.node().start(NodeRig::grant_request(0, 1_s)).is_ok());
    }
    rig.turn();
    rig.turn();
    EXPECT_EQ(refusals(ErrorCode::invalid_argument), rig_limits.requests_per_turn_max);
    EXPECT_EQ(rig.node().log().appended_end().value, before + 1);
}

TEST_F(NodeTurn, A_trim_frees_the_log_and_is_itself_recorded) {
    for (int i = 0; i < 20; ++i) {
        const lease::Answer held = rig.must_grant(4096, 60_s);
        ASSERT_TRUE(rig.ask(NodeRig::release_request(held)).is_ok());
    }
    const lease::Anchor anchor = rig.node().log().anchor();
    const Sequence last{anchor.next.value - 1};
    EXPECT_FALSE(rig.node().poll_trim().is_ok()) << "none was started";
    Result<> started = rig.node().start_trim(last, anchor.hash);
    for (int tries = 0; !started.is_ok() && tries < 2'000; ++tries) {
        rig.turn(); // the checkpoint has to pass it first
        started.~Result();
        new (&started) Result<>{rig.node().start_trim(last, anchor.hash)};
    }
    if (!started.is_ok()) {
        EXPECT_TRUE(started.error().code == ErrorCode::invalid_argument);
        return;
    }
    bool is_done = false;
    EXPECT_TRUE(rig.turn_until([&] {
        const auto done = rig.node().poll_trim();
        is_done = is_done || done.is_ok();
        return is_done;
    }));
    EXPECT_GT(rig.node().log().log_start().first.value, 0u);
}

} // namespace
} // namespace grafos::test
