// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {
namespace {

using What = Puppet::What;

/// anna asks bert.
template <size_t puppets = 2>
struct Pair : Stage<puppets> {
    explicit Pair(Weather* weather = nullptr, uint16_t mailbox_max = mailbox_default)
        : Stage<puppets>{1, weather, mailbox_max} {
        anna.on_pull = &ask_peer;
        anna.peer = this->address[1];
    }
    /// The last thing that anna saw.
    [[nodiscard]] const Puppet::Seen& last() const { return anna.seen[anna.count - 1]; }
    Puppet& anna = this->puppet[0];
    Puppet& bert = this->puppet[1];
};

constexpr auto code(ErrorCode code) {
    return static_cast<uint64_t>(code);
}

TEST(EmulationCall, It_is_answered_after_both_ways) {
    const NetworkPlan plan{.latency = 2_ms};
    Network network{plan, 1};
    Pair stage{&network};
    stage.pull(0);
    stage.run_until(3_ms);
    EXPECT_EQ(stage.anna.count, 1u) << "the answer is still on its way";
    stage.run_until(4_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_EQ(stage.last().what, What::answer);
    EXPECT_EQ(stage.last().value, 2u);
    EXPECT_EQ(stage.last().at.ms, stage.at(4_ms).ms);
    EXPECT_EQ(stage.system.figures().letters, 0u);
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms) << "its patience is forgotten";
}

TEST(EmulationCall, Without_an_answer_it_ends_as_disconnected_at_the_exact_millisecond) {
    for (const uint64_t patience : {uint64_t{1}, uint64_t{2}, uint64_t{999}, uint64_t{1'000}}) {
        Pair stage;
        stage.anna.patience = Duration{patience};
        stage.bert.on_add = &do_nothing;
        stage.pull(0);
        stage.run_until(Duration{patience - 1});
        EXPECT_EQ(stage.anna.count, 1u) << patience;
        stage.run_until(Duration{patience});
        ASSERT_EQ(stage.anna.count, 2u) << patience;
        EXPECT_EQ(stage.last().value, code(ErrorCode::disconnected));
        EXPECT_EQ(stage.anna.last_error.value, patience);
        EXPECT_EQ(stage.last().at.ms, stage.at(Duration{patience}).ms);
        EXPECT_EQ(stage.system.figures().timed_out, 1u);
        EXPECT_EQ(stage.journal.get(Journal::What::timed_out).order, 2u) << "the question's";
    }
}

TEST(EmulationCall, An_answer_in_the_very_millisecond_counts_and_one_later_is_late) {
    for (uint64_t patience = 1; patience <= 9; ++patience) { // the answer comes after 6 ms
        const NetworkPlan plan{.latency = 3_ms};
        Network network{plan, 1};
        Pair stage{&network};
        stage.anna.patience = Duration{patience};
        stage.pull(0);
        stage.run_until(20_ms);
        ASSERT_EQ(stage.anna.count, 2u) << "a call ends once";
        const bool is_late = patience < 6;
        EXPECT_EQ(stage.last().what, is_late ? What::refusal : What::answer) << patience;
        EXPECT_EQ(stage.system.figures().timed_out, is_late ? 1u : 0u);
        EXPECT_EQ(stage.system.figures().lost, is_late ? 1u : 0u);
        EXPECT_EQ(stage.system.figures().letters, 0u);
        if (is_late) {
            EXPECT_EQ(stage.journal.get(Journal::What::lost).reason, LossReason::late);
        }
    }
}

TEST(EmulationCall, A_tick_that_comes_late_judges_as_one_in_time) {
    const NetworkPlan plan{.latency = 3_ms};
    for (uint64_t patience = 1; patience <= 9; ++patience) {
        Network network{plan, 1};
        Pair stage{&network};
        stage.anna.patience = Duration{patience};
        stage.bert.on_add = [](Puppet& bert, Puppet::Context& context) noexcept {
            context.reply(bert.kept, Number{7});
        };
        stage.pull(0);
        static_cast<void>(stage.system.tick(stage.at(0_ms)));
        static_cast<void>(stage.system.tick(stage.at(3_ms)));
        while (stage.system.tick(stage.at(500_ms))) {}
        EXPECT_EQ(stage.last().what, patience < 6 ? What::refusal : What::answer) << patience;
    }
}

TEST(EmulationCall, A_late_answer_is_not_taken_for_the_next_calls) {
    const NetworkPlan plan{.latency = 3_ms};
    Network network{plan, 1};
    Pair stage{&network};
    stage.anna.patience = 4_ms;
    stage.anna.on_answer = [](Puppet& anna, Puppet::Context& context) noexcept {
        if (anna.count < 4) {
            anna.patience = 100_ms;
            context.call(anna.peer, Add{70});
        }
    };
    stage.pull(0);
    stage.run_until(1'000_ms);
    ASSERT_EQ(stage.anna.count, 4u);
    EXPECT_EQ(stage.anna.seen[1].what, What::refusal) << "at 4 ms; its answer comes at 6";
    EXPECT_EQ(stage.anna.seen[2].value, 71u);
    EXPECT_EQ(stage.anna.seen[2].at.ms, stage.at(10_ms).ms);
    EXPECT_EQ(stage.anna.seen[3].value, 71u) << "a handler of an answer may call again";
}

TEST(EmulationCall, While_one_is_open_the_mailbox_waits_and_keeps_its_order) {
    Pair stage;
    stage.anna.patience = 10_ms;
    stage.bert.on_add = &do_nothing;
    stage.pull(0);
    stage.run_until(0_ms);
    stage.anna.on_pull = nullptr;
    for (uint64_t i = 1; i <= 5; ++i) {
        stage.pull(0, i);
        stage.run_until(Duration{i});
        EXPECT_EQ(stage.anna.count, 1u) << "nothing is handled while the call is open";
    }
    stage.run_until(10_ms);
    ASSERT_EQ(stage.anna.count, 7u);
    EXPECT_EQ(stage.anna.seen[1].what, What::refusal);
    for (uint64_t i = 1; i <= 5; ++i) {
        EXPECT_EQ(stage.anna.seen[1 + i].value, i);
    }
}

TEST(EmulationCall, Two_that_ask_each_other_both_run_out_of_patience) {
    Pair stage;
    stage.bert.on_pull = &ask_peer;
    stage.bert.peer = stage.address[0];
    stage.anna.patience = 5_ms;
    stage.bert.patience = 6_ms;
    stage.pull(0);
    stage.pull(1);
    stage.run_until(100_ms);
    // anna gives up first, and then answers bert in the millisecond that is left to him.
    EXPECT_EQ(stage.anna.seen[1].value, code(ErrorCode::disconnected));
    EXPECT_EQ(stage.bert.seen[1].what, What::answer);
}

TEST(EmulationCall, Whoever_calls_itself_waits_in_vain) {
    Pair stage;
    stage.anna.peer = stage.address[0];
    stage.anna.patience = 5_ms;
    stage.pull(0);
    stage.run_until(5_ms);
    EXPECT_EQ(stage.anna.seen[1].value, code(ErrorCode::disconnected));
    EXPECT_EQ(stage.anna.seen[2].what, What::add) << "the question is handled afterwards";
    EXPECT_EQ(stage.system.figures().lost, 1u) << "its answer is late";
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationCall, A_second_one_while_one_is_open_is_a_broken_program) {
    Pair stage;
    stage.anna.on_pull = [](Puppet& anna, Puppet::Context& context) noexcept {
        context.call(anna.peer, Add{1});
        EXPECT_ASSERTION((context.call(anna.peer, Add{2}), 0));
    };
    stage.pull(0);
    stage.run_until(1_ms);
}

TEST(EmulationCall, A_refusal_comes_whole) {
    Pair stage;
    stage.bert.on_add = [](Puppet& bert, Puppet::Context& context) noexcept {
        context.refuse(bert.kept, Error{ErrorCode::denied, Field::role, 0x123456789abcdef0, 7});
    };
    stage.pull(0);
    stage.run_until(1_ms);
    EXPECT_TRUE(
        (stage.anna.last_error == Error{ErrorCode::denied, Field::role, 0x123456789abcdef0, 7}));
}

TEST(EmulationCall, A_second_answer_is_lost_and_counted) {
    Pair stage;
    stage.bert.on_add = [](Puppet& bert, Puppet::Context& context) noexcept {
        context.reply(bert.kept, Number{1});
        context.reply(bert.kept, Number{2});
        context.refuse(bert.kept, Error{ErrorCode::busy});
    };
    stage.pull(0);
    stage.run_until(1_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_EQ(stage.last().value, 1u);
    EXPECT_EQ(stage.system.figures().lost, 2u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationCall, It_may_be_answered_in_a_later_turn) {
    Pair stage;
    stage.bert.on_add = &do_nothing;
    stage.bert.on_pull = [](Puppet& bert, Puppet::Context& context) noexcept {
        context.reply(bert.kept, Number{9});
    };
    stage.pull(0);
    stage.run_until(400_ms);
    stage.pull(1);
    stage.run_until(500_ms);
    EXPECT_EQ(stage.last().value, 9u);
    EXPECT_EQ(stage.last().at.ms, stage.at(400_ms).ms);
}

TEST(EmulationCall, Nobody_answers_what_it_was_not_asked) {
    Pair<3> stage;
    stage.bert.on_add = &do_nothing;
    stage.puppet[2].on_pull = [](Puppet& cara, Puppet::Context& context) noexcept {
        EXPECT_ASSERTION((context.reply(cara.kept, Number{1}), 0)) << "bert was";
        EXPECT_ASSERTION((context.reply(Asked<Number>{}, Number{1}), 0));
    };
    stage.pull(0);
    stage.run_until(1_ms);
    stage.puppet[2].kept = stage.bert.kept;
    stage.pull(2);
    stage.run_until(2_ms);
    EXPECT_EQ(stage.anna.count, 1u);
}

TEST(EmulationCall, An_actor_that_stops_while_its_call_is_open_hears_nothing_more) {
    Pair stage;
    stage.bert.on_add = &do_nothing;
    stage.bert.on_pull = [](Puppet& bert, Puppet::Context& context) noexcept {
        context.reply(bert.kept, Number{9});
    };
    stage.pull(0);
    stage.run_until(1_ms);
    stage.system.stop(ActorNumber{0}, {ErrorCode::revoked});
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
    stage.pull(1);
    stage.run_until(2'000_ms);
    EXPECT_EQ(stage.anna.count, 1u);
    EXPECT_EQ(stage.system.figures().timed_out, 0u);
    EXPECT_EQ(stage.journal.get(Journal::What::lost).reason, LossReason::stopped);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationCall, An_actor_may_stop_at_every_step_of_its_call) {
    constexpr SystemLimits step_by_step{
        .actors_max = 2, .letters_max = 4, .letters_per_tick_max = 1};
    for (size_t steps = 0; steps <= 5; ++steps) { // its pull; question there, handled; answer there
        for (const ActorNumber stopped : {ActorNumber{0}, ActorNumber{1}}) {
            Stage<2, step_by_step> stage;
            Puppet& anna = stage.puppet[0];
            anna.on_pull = &ask_peer;
            anna.peer = stage.address[1];
            stage.pull(0);
            for (size_t i = 0; i < steps; ++i) {
                static_cast<void>(stage.system.tick(stage.begin));
            }
            stage.system.stop(stopped, {ErrorCode::revoked});
            const size_t before = stage.puppet[index_of(stopped)].count;
            stage.run_until(2'000_ms);
            EXPECT_EQ(stage.puppet[index_of(stopped)].count, before) << steps;
            EXPECT_EQ(stage.system.figures().letters, 0u) << steps;
            EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
            const bool was_heard = steps >= 3; // by bert, who had answered
            const bool is_anna = stopped == ActorNumber{0};
            EXPECT_EQ(stage.system.figures().timed_out, is_anna || was_heard ? 0u : 1u) << steps;
            EXPECT_EQ(anna.count, is_anna ? before : 2u) << steps;
            EXPECT_EQ(stage.system.figures().lost,
                      is_anna ? (steps < 5 ? 1u : 0u) : (was_heard ? 0u : 1u))
                << steps;
        }
    }
}

TEST(EmulationCall, Asking_one_that_has_stopped_takes_all_the_patience) {
    Pair stage;
    stage.system.stop(ActorNumber{1}, {ErrorCode::revoked});
    stage.pull(0);
    stage.run_until(999_ms);
    EXPECT_EQ(stage.anna.count, 1u);
    stage.run_until(1'000_ms);
    EXPECT_EQ(stage.last().value, code(ErrorCode::disconnected));
    EXPECT_EQ(stage.bert.count, 0u);
}

TEST(EmulationCall, Asking_nobody_is_refused_at_once) {
    Pair stage;
    stage.anna.peer = PuppetAddress{};
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(stage.last().value, code(ErrorCode::not_found));
    EXPECT_EQ(stage.system.figures().lost, 1u);
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
}

TEST(EmulationCall, A_full_mailbox_refuses_questions_and_keeps_what_it_has) {
    Pair<5> stage{nullptr, 2};
    stage.bert.on_pull = &ask_peer; // so that his mailbox waits
    stage.bert.peer = stage.address[4];
    stage.puppet[4].on_add = &do_nothing;
    stage.pull(1);
    stage.run_until(0_ms);
    stage.pull(1, 11);
    stage.pull(1, 12);
    EXPECT_EQ(stage.try_pull(1).error().code, ErrorCode::capacity_exceeded);
    stage.pull(0);
    stage.run_until(1_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_TRUE((stage.anna.last_error == Error{ErrorCode::capacity_exceeded, Field::slot, 3, 2}));
    EXPECT_EQ(stage.journal.get(Journal::What::lost).reason, LossReason::full);
    EXPECT_EQ(stage.system.figures().lost, 1u);
    stage.bert.on_pull = nullptr;
    stage.run_until(2'000_ms);
    EXPECT_EQ(stage.bert.seen[2].value, 11u);
    EXPECT_EQ(stage.bert.seen[3].value, 12u);
    EXPECT_EQ(stage.bert.count, 4u);
}

} // namespace
} // namespace grafos::emulation
