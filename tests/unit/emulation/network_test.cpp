// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {
namespace {

constexpr Letter letter_between(ActorNumber from, ActorNumber to) {
    Letter letter;
    letter.from = from;
    letter.to = to;
    return letter;
}
constexpr ActorNumber anna{0};
constexpr ActorNumber bert{1};
constexpr ActorNumber cara{2};
constexpr ActorNumber dario{3};

TEST(EmulationNetwork, Every_delay_between_latency_and_jitter_is_drawn_and_no_other) {
    const NetworkPlan plan{.latency = 10_ms, .jitter = 6_ms};
    Network network{plan, 1};
    std::array<uint32_t, 7> drawn{};
    for (uint32_t i = 0; i < 7'000; ++i) {
        const Fate fate = network.fate_of(letter_between(anna, bert), "Note", {});
        ASSERT_GE(fate.delay.ms, 10u);
        ASSERT_LE(fate.delay.ms, 16u);
        ASSERT_FALSE(fate.is_lost || fate.is_doubled);
        drawn[fate.delay.ms - 10] += 1;
    }
    for (const uint32_t count : drawn) {
        EXPECT_GT(count, 850u);
        EXPECT_LT(count, 1'150u);
    }
}

TEST(EmulationNetwork, Losses_and_copies_are_as_many_as_planned) {
    for (const uint32_t permille : {0u, 1u, 100u, 500u, 1'000u}) {
        const NetworkPlan plan{.loss_permille = permille, .duplicate_permille = 1'000 - permille};
        Network network{plan, 7};
        uint32_t lost = 0;
        uint32_t doubled = 0;
        for (uint32_t i = 0; i < 10'000; ++i) {
            const Fate fate = network.fate_of(letter_between(anna, bert), "Note", {});
            lost += fate.is_lost ? 1u : 0u;
            doubled += fate.is_doubled ? 1u : 0u;
        }
        const uint32_t wanted = permille * 10;
        const uint32_t slack = permille % 1'000 == 0 ? 0 : 150;
        EXPECT_LE(lost, wanted + slack);
        EXPECT_GE(lost + slack, wanted);
        EXPECT_LE(doubled, 10'000 - wanted + slack);
        EXPECT_GE(doubled + slack, 10'000 - wanted);
    }
}

TEST(EmulationNetwork, A_cut_parts_those_inside_from_all_others_while_it_lasts) {
    NetworkPlan plan{};
    plan.cuts[0] = {.from = Instant{10}, .until = Instant{20}, .actors = {anna, bert}, .count = 2};
    plan.cut_count = 1;
    Network network{plan, 1};
    for (uint64_t now = 5; now < 25; ++now) {
        for (uint16_t from = 0; from < 4; ++from) {
            for (uint16_t to = 0; to < 4; ++to) {
                const Fate fate = network.fate_of(
                    letter_between(ActorNumber{from}, ActorNumber{to}), "Note", Instant{now});
                const bool is_parted = now >= 10 && now < 20 && (from < 2) != (to < 2);
                EXPECT_EQ(fate.is_lost, is_parted) << now << ": " << from << " to " << to;
                EXPECT_EQ(fate.reason, is_parted ? LossReason::cut : LossReason::loss);
            }
        }
    }
}

TEST(EmulationNetwork, Any_of_several_cuts_parts) {
    NetworkPlan plan{};
    for (uint64_t i = 0; i < NetworkPlan::cuts_max; ++i) {
        plan.cuts[i] = {
            .from = Instant{10 * i}, .until = Instant{10 * i + 1}, .actors = {anna}, .count = 1};
    }
    plan.cut_count = NetworkPlan::cuts_max;
    Network network{plan, 1};
    for (uint64_t now = 0; now < 100; ++now) {
        const Fate fate = network.fate_of(letter_between(anna, bert), "Note", Instant{now});
        EXPECT_EQ(fate.is_lost, now % 10 == 0 && now < 80) << now;
    }
}

TEST(EmulationNetwork, Messages_are_dropped_by_their_whole_name) {
    NetworkPlan plan{};
    plan.drops = {"Note", "Add"};
    plan.drop_count = 2;
    Network network{plan, 1};
    for (const std::string_view name : {"Note", "Add", "Not", "Notes", "note", "", "Say"}) {
        const Fate fate = network.fate_of(letter_between(anna, bert), name, {});
        EXPECT_EQ(fate.is_lost, name == "Note" || name == "Add") << name;
        EXPECT_EQ(fate.reason, LossReason::loss);
    }
}

TEST(EmulationNetwork, Whoever_watches_is_not_disturbed_and_disturbs_nobody) {
    NetworkPlan plan{.latency = 3_ms, .jitter = 50_ms, .loss_permille = 400};
    plan.duplicate_permille = 300;
    plan.observer = dario;
    Network with{plan, 5};
    Network without{plan, 5};
    for (uint32_t i = 0; i < 500; ++i) {
        const Fate asked = with.fate_of(letter_between(dario, anna), "Note", {});
        const Fate answered = with.fate_of(letter_between(anna, dario), "Note", {});
        EXPECT_EQ(asked.delay.ms, 3u);
        EXPECT_FALSE(asked.is_lost || asked.is_doubled || answered.is_lost || answered.is_doubled);
        const Fate a = with.fate_of(letter_between(anna, bert), "Note", {});
        const Fate b = without.fate_of(letter_between(anna, bert), "Note", {});
        EXPECT_EQ(a.delay.ms, b.delay.ms);
        EXPECT_EQ(a.is_lost, b.is_lost);
        EXPECT_EQ(a.is_doubled, b.is_doubled);
    }
}

TEST(EmulationNetwork, A_fault_more_moves_no_other_draw) {
    const NetworkPlan plain{.latency = 1_ms, .jitter = 50_ms};
    std::array<NetworkPlan, 4> faulty{plain, plain, plain, plain};
    faulty[0].loss_permille = 300;
    faulty[1].duplicate_permille = 300;
    faulty[2].drops[0] = "Note";
    faulty[2].drop_count = 1;
    faulty[3].cuts[0] = {.until = Instant{50}, .actors = {anna}, .count = 1};
    faulty[3].cut_count = 1;
    for (const NetworkPlan& plan : faulty) {
        Network a{plain, 9};
        Network b{plan, 9};
        for (uint64_t i = 0; i < 300; ++i) {
            const Fate before = a.fate_of(letter_between(anna, bert), "Note", Instant{i});
            const Fate after = b.fate_of(letter_between(anna, bert), "Note", Instant{i});
            EXPECT_EQ(before.delay.ms, after.delay.ms);
        }
    }
}

TEST(EmulationNetwork, Jitter_lets_letters_overtake_one_another) {
    const NetworkPlan plan{.latency = 1_ms, .jitter = 20_ms};
    Network network{plan, 3};
    Stage<2> stage{1, &network};
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        for (uint64_t n = 0; n < 12; ++n) {
            context.send(self.peer, Note{n});
        }
    };
    stage.pull(0);
    stage.run_until(21_ms);
    ASSERT_EQ(stage.puppet[1].count, 12u);
    uint32_t overtaken = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < 12; ++i) {
        const auto& seen = stage.puppet[1].seen;
        all |= uint64_t{1} << seen[i].value;
        overtaken += i > 0 && seen[i].value < seen[i - 1].value ? 1u : 0u;
    }
    EXPECT_GT(overtaken, 2u);
    EXPECT_EQ(all, 0xfffu) << "each of them once";
}

TEST(EmulationNetwork, A_doubled_letter_is_handled_twice_and_a_doubled_question_answered_once) {
    const NetworkPlan plan{.latency = 1_ms, .duplicate_permille = 1'000};
    Network network{plan, 3};
    Stage<2> stage{1, &network};
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        context.send(self.peer, Note{1});
        context.call(self.peer, Add{5});
    };
    stage.pull(0);
    stage.run_until(100_ms);
    EXPECT_EQ(stage.puppet[1].count, 4u);
    ASSERT_EQ(stage.puppet[0].count, 2u) << "three more answers came too late";
    EXPECT_EQ(stage.puppet[0].seen[1].value, 6u);
    EXPECT_EQ(stage.system.figures().lost, 3u);
    EXPECT_EQ(stage.system.figures().doubled, 4u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationNetwork, A_dropped_message_takes_its_answers_with_it) {
    NetworkPlan plan{};
    plan.drops[0] = "Add";
    plan.drop_count = 1;
    Network network{plan, 3};
    Stage<2> stage{1, &network};
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = &ask_peer;
    stage.pull(0);
    stage.run_until(1'000_ms);
    EXPECT_EQ(stage.puppet[1].count, 0u);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::disconnected);
    EXPECT_EQ(stage.journal.get(Journal::What::lost).at.ms, stage.begin.ms);
}

TEST(EmulationNetwork, A_letter_sent_before_a_cut_arrives_in_it) {
    NetworkPlan plan{.latency = 10_ms};
    const Instant begin = test::start_time();
    plan.cuts[0] = {.from = saturating_add(begin, 5_ms),
                    .until = saturating_add(begin, 50_ms),
                    .actors = {cara, anna},
                    .count = 2};
    plan.cut_count = 1;
    Network network{plan, 3};
    Stage<2> stage{1, &network};
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = &note_to_peer;
    for (const uint64_t at : {4u, 5u, 49u, 50u}) {
        stage.run_until(Duration{at});
        stage.pull(0);
        stage.run_until(Duration{at});
    }
    stage.run_until(100_ms);
    ASSERT_EQ(stage.puppet[1].count, 2u);
    EXPECT_EQ(stage.puppet[1].seen[0].at.ms, stage.at(14_ms).ms);
    EXPECT_EQ(stage.puppet[1].seen[1].at.ms, stage.at(60_ms).ms);
    EXPECT_EQ(stage.journal.get(Journal::What::lost).reason, LossReason::cut);
}

} // namespace
} // namespace grafos::emulation
