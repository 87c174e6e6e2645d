// SPDX-License-Identifier: Apache-2.0
/// Every cut of many lives: label `cuts`. GRAFOS_CUT_SEED adds lives from a seed of one's own.
#include <cstdio>
#include <cstdlib>

#include "tests/support/cut_run.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

CutRun cut_run;

void check_lives(uint64_t first_seed, uint64_t count, uint64_t cuts_least) {
    uint64_t cuts = 0;
    uint64_t double_cuts = 0;
    for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
        CutPlan plan;
        plan.seed = seed;
        plan.boots = 8;
        plan.steps_per_boot = 40;
        plan.double_stride = 1009;
        const CutFigures& figures = cut_run.run(plan);
        std::printf(
            "seed %llu: %llu cuts at %llu moments, %llu double; %llu records, %llu groups, "
            "%llu checkpoints, %llu trims, %.1f laps\n",
            static_cast<unsigned long long>(seed), static_cast<unsigned long long>(figures.cuts),
            static_cast<unsigned long long>(figures.moments),
            static_cast<unsigned long long>(figures.double_cuts),
            static_cast<unsigned long long>(figures.records),
            static_cast<unsigned long long>(figures.groups),
            static_cast<unsigned long long>(figures.checkpoints),
            static_cast<unsigned long long>(figures.trims),
            static_cast<double>(figures.sectors) / static_cast<double>(figures.ring_sectors));
        EXPECT_EQ(0u, figures.faults)
            << "seed " << seed << " fault " << static_cast<int>(figures.fault) << " boot "
            << figures.boot << " moment " << figures.moment << " variant " << figures.variant
            << " value " << figures.value << " expected " << figures.expected;
        cuts += figures.cuts;
        double_cuts += figures.double_cuts;
    }
    std::printf("cuts=%llu double_cuts=%llu\n", static_cast<unsigned long long>(cuts),
                static_cast<unsigned long long>(double_cuts));
    EXPECT_GE(cuts + double_cuts, cuts_least);
}

TEST(DurableCutsAll, Every_cut_of_every_life_leaves_what_was_acknowledged) {
#ifdef GRAFOS_TEST_FEWER
    check_lives(1, 1, 10'000);
#else
    check_lives(1, 4, 50'000);
#endif
}

TEST(DurableCutsAll, Lives_from_a_seed_of_ones_own_hold_too) {
    const char* const text = std::getenv("GRAFOS_CUT_SEED");
    if (text == nullptr) {
        GTEST_SKIP() << "GRAFOS_CUT_SEED is not set";
    }
    check_lives(std::strtoull(text, nullptr, 10), 4, 1);
}

} // namespace
} // namespace grafos::test
