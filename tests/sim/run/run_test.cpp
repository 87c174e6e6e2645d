// SPDX-License-Identifier: Apache-2.0
// Runs of all profiles. GRAFOS_SIM_FIRST=n, GRAFOS_SIM_LAST=n: which seeds (1, 56);
// GRAFOS_SIM_SEED=n: that one alone; GRAFOS_SIM_PROFILE=name: all in that profile;
// GRAFOS_SIM_FAULTS=list: whatever is not in it is off; GRAFOS_SIM_NODES=n.
#include "tests/sim/run/run.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t seeds_least = 56; ///< in which every kind of fault happens
constexpr uint64_t seeds_twice = 24; ///< run again, for an equal trace

alignas(RunOf<>) std::array<uint8_t, sizeof(RunOf<>)> area;

RunOutcome run_of(const RunPlan& plan) {
    auto& run = *new (area.data()) RunOf<>{plan};
    const RunOutcome outcome = run.run();
    if (!outcome.verdict.is_good()) {
        std::array<char, 2'048> buffer;
        TextWriter line{buffer};
        run.describe(line);
        std::printf("%.*s\n", static_cast<int>(line.size()), line.text().data());
    }
    run.~RunOf();
    return outcome;
}

const char* text_of(std::string_view text) {
    static std::array<char, 32> buffer;
    TextWriter out{buffer};
    out.put(text).put('\0');
    return buffer.data();
}

void check(const RunPlan& plan, const RunOutcome& outcome) {
    EXPECT_TRUE(outcome.verdict.is_good())
        << "seed " << plan.seed << " at " << outcome.verdict.failed_at.ms
        << " ms: " << text_of(outcome.verdict.oracle) << ": " << outcome.verdict.failure
        << "; again: GRAFOS_SIM_SEED=" << plan.seed
        << " GRAFOS_SIM_PROFILE=" << text_of(name_of(plan.profile));
}

void add(RunOutcome& sum, const RunOutcome& outcome) {
    sum.ended_at.ms += outcome.ended_at.ms;
    sum.nodes += outcome.nodes;
    sum.programs += outcome.programs;
    sum.operations += outcome.operations;
    sum.acquired += outcome.acquired;
    sum.ended += outcome.ended;
    sum.checks += outcome.checks;
    sum.faults_happened += outcome.faults_happened;
    sum.sectors_dropped += outcome.sectors_dropped;
    sum.sectors_torn += outcome.sectors_torn;
    sum.overtaken += outcome.overtaken;
    sum.excused += outcome.excused;
    sum.events += outcome.events;
    sum.mending_bound = std::max(sum.mending_bound, outcome.mending_bound);
    sum.mended_in = std::max(sum.mended_in, outcome.mended_in);
    sum.given_back_in = std::max(sum.given_back_in, outcome.given_back_in);
    sum.shared.add(outcome.shared);
    sum.sharers.add(outcome.sharers);
    for (size_t i = 0; i < fault_kind_count; ++i) {
        sum.happened[i] += outcome.happened[i];
    }
    for (size_t i = 0; i < oracle_count; ++i) {
        sum.asked[i] += outcome.asked[i];
    }
}

void print(Profile profile, uint64_t count, const RunOutcome& sum) {
    const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("%-8s seeds=%llu world_s=%llu nodes=%llu programs=%llu operations=%llu "
                "acquired=%llu ended=%llu checks=%llu faults=%llu "
                "overtaken=%llu excused=%llu events=%llu mended_ms<=%llu "
                "bound_ms<=%llu given_back_ms<=%llu\n",
                text_of(name_of(profile)), number(count), number(sum.ended_at.ms / 1'000),
                number(sum.nodes), number(sum.programs), number(sum.operations),
                number(sum.acquired), number(sum.ended), number(sum.checks),
                number(sum.faults_happened), number(sum.overtaken), number(sum.excused),
                number(sum.events), number(sum.mended_in.ms), number(sum.mending_bound.ms),
                number(sum.given_back_in.ms));
}

void print_sharing(const RunOutcome& sum) {
    const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("sharing rounds=%llu operations=%llu largest=%llu open=%llu undecided=%llu "
                "released=%llu revoked=%llu granted=%llu commits=%llu stale=%llu lost=%llu "
                "refused=%llu in_flight=%llu\n",
                number(sum.shared.rounds), number(sum.shared.operations),
                number(sum.shared.largest), number(sum.shared.open), number(sum.shared.undecided),
                number(sum.shared.released), number(sum.shared.revoked),
                number(sum.sharers.granted), number(sum.sharers.commits), number(sum.sharers.stale),
                number(sum.sharers.lost), number(sum.sharers.refused),
                number(sum.sharers.in_flight));
}

void print_faults(const RunOutcome& sum) {
    for (size_t i = 0; i < fault_kind_count; ++i) {
        std::printf("%s%s=%llu", i == 0 ? "faults " : " ", text_of(name_of(fault_kind_at(i))),
                    static_cast<unsigned long long>(sum.happened[i]));
    }
    std::printf("\n");
}

void print_oracles(const RunOutcome& sum) {
    for (size_t i = 0; i < oracle_count; ++i) {
        std::printf("%s%s=%llu", i == 0 ? "asked " : " ", text_of(name_of(static_cast<Oracle>(i))),
                    static_cast<unsigned long long>(sum.asked[i]));
    }
    std::printf("\n");
}

/// Of what these programs do: they take no locks, and liveness is this run's own (`mending_bound`).
bool is_asked(Oracle oracle) {
    return oracle != Oracle::lock && oracle != Oracle::liveness;
}

uint64_t number_of(const char* name, uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What the environment asks for.
struct Choice {
    uint64_t only = number_of("GRAFOS_SIM_SEED", 0);
    uint64_t first = only != 0 ? only : number_of("GRAFOS_SIM_FIRST", 1);
    uint64_t last = only != 0 ? only : number_of("GRAFOS_SIM_LAST", seeds_least);
    const char* profile = std::getenv("GRAFOS_SIM_PROFILE");
    const char* faults = std::getenv("GRAFOS_SIM_FAULTS");
    size_t nodes = static_cast<size_t>(number_of("GRAFOS_SIM_NODES", 0));

    [[nodiscard]] bool is_whole() const {
        return last - first + 1 >= seeds_least && profile == nullptr && faults == nullptr &&
               nodes == 0;
    }
    [[nodiscard]] Result<Profile> profile_for(uint64_t seed) const {
        return profile == nullptr ? profile_at(seed) : profile_of(profile);
    }
};

/// What came of the seeds of one profile.
struct Row {
    uint64_t seeds = 0;
    RunOutcome sum{};
};

TEST(Run, Nothing_that_must_hold_is_broken_and_a_seed_is_the_whole_story) {
    const Choice choice;
    const Result<FaultSet> wanted = faults_of(choice.faults == nullptr ? "all" : choice.faults);
    ASSERT_TRUE(wanted.is_ok()) << "unknown fault in " << choice.faults;
    ASSERT_TRUE(choice.profile_for(0).is_ok()) << "unknown profile " << choice.profile;
    std::array<Row, profile_count> rows{};
    RunOutcome sum;
    for (uint64_t seed = choice.first; seed <= choice.last; ++seed) {
        const RunPlan plan{.seed = seed,
                           .nodes = choice.nodes,
                           .profile = choice.profile_for(seed).value(),
                           .faults = wanted.value()};
        const RunOutcome outcome = run_of(plan);
        check(plan, outcome);
        add(rows[static_cast<size_t>(plan.profile)].sum, outcome);
        rows[static_cast<size_t>(plan.profile)].seeds += 1;
        add(sum, outcome);
        if (seed <= seeds_twice || choice.only != 0) {
            EXPECT_TRUE(outcome.trace == run_of(plan).trace) << "seed " << seed << " twice";
        }
    }
    for (size_t i = 0; i < profile_count; ++i) {
        print(static_cast<Profile>(i), rows[i].seeds, rows[i].sum);
    }
    print_sharing(sum);
    print_faults(sum);
    print_oracles(sum);
    for (size_t i = 0; i < fault_kind_count && choice.is_whole(); ++i) {
        EXPECT_GT(sum.happened[i], 0u) << "a fault that never happened: " << i;
    }
    if (choice.is_whole()) {
        EXPECT_GT(sum.sectors_dropped, 0u) << "a crash that kept all it might lose";
        EXPECT_GT(sum.sectors_torn, 0u) << "a crash with no write in flight";
    }
    for (size_t i = 0; i < oracle_count && choice.is_whole(); ++i) {
        EXPECT_TRUE(sum.asked[i] > 0 || !is_asked(static_cast<Oracle>(i)))
            << "an oracle that never asked: " << text_of(name_of(static_cast<Oracle>(i)));
    }
}

TEST(Run, A_calm_run_has_no_faults_and_loses_no_lease) {
    const RunOutcome outcome = run_of({.seed = 1, .profile = Profile::calm});
    EXPECT_TRUE(outcome.verdict.is_good()) << outcome.verdict.failure;
    EXPECT_TRUE(outcome.faults.is_empty());
    EXPECT_EQ(outcome.faults_happened, 0u);
    EXPECT_EQ(outcome.ended, 0u);
    EXPECT_EQ(outcome.acquired, outcome.programs);
    EXPECT_GT(outcome.operations, 0u);
}

TEST(Run, A_profile_switches_on_nothing_else) {
    for (size_t i = 0; i < profile_count; ++i) {
        const auto profile = static_cast<Profile>(i);
        const RunOutcome outcome =
            run_of({.seed = 2, .profile = profile, .length = Duration{2'000}});
        for (size_t kind = 0; kind < fault_kind_count; ++kind) {
            EXPECT_TRUE(!outcome.faults.has(fault_kind_at(kind)) ||
                        kinds_of(profile).has(fault_kind_at(kind)))
                << i << " " << kind;
        }
    }
}

TEST(Run, Faults_come_in_their_window_alone) {
    const RunPlan whole{.seed = 3, .profile = Profile::net};
    RunPlan none = whole;
    none.faults_from = Duration{59'900};
    RunPlan part = whole;
    part.faults_to = Duration{20'000};
    const uint64_t all = run_of(whole).faults_happened;
    const uint64_t some = run_of(part).faults_happened;
    EXPECT_GT(all, some);
    EXPECT_GT(some, run_of(none).faults_happened);
}

TEST(RunPlan, What_cannot_be_is_refused) {
    EXPECT_TRUE(check_plan({}).is_ok());
    for (size_t nodes = 0; nodes < 20; ++nodes) {
        const Result<> checked = check_plan({.nodes = nodes});
        const bool is_possible = nodes == 0 || (nodes >= 2 && nodes <= 5);
        EXPECT_EQ(checked.is_ok(), is_possible) << nodes;
        if (!is_possible) {
            EXPECT_TRUE(checked.error().field == Field::amount);
            EXPECT_EQ(checked.error().expected, nodes_most);
        }
    }
    for (const uint64_t length : {uint64_t{0}, length_most.ms + 1, UINT64_MAX}) {
        const Result<> checked = check_plan({.length = Duration{length}});
        ASSERT_TRUE(!checked.is_ok());
        EXPECT_TRUE(checked.error().field == Field::length);
    }
    EXPECT_TRUE(check_plan({.length = length_most}).is_ok());
    const auto is_window = [](uint64_t from, uint64_t to) {
        return check_plan({.length = Duration{1'000},
                           .faults_from = Duration{from},
                           .faults_to = Duration{to}})
            .is_ok();
    };
    EXPECT_TRUE(is_window(0, 1'000) && is_window(999, 1'000) && is_window(999, 0));
    EXPECT_TRUE(!is_window(1'000, 1'000) && !is_window(0, 1'001) && !is_window(1'000, 0));
}

TEST(RunPlan, A_profile_is_known_by_its_name_and_no_other) {
    for (size_t i = 0; i < profile_count; ++i) {
        const auto profile = static_cast<Profile>(i);
        const Result<Profile> found = profile_of(name_of(profile));
        ASSERT_TRUE(found.is_ok());
        EXPECT_TRUE(found.value() == profile);
    }
    EXPECT_TRUE(!profile_of("storm").is_ok() && !profile_of("").is_ok());
}

} // namespace
} // namespace grafos::test
