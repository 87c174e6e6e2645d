// SPDX-License-Identifier: Apache-2.0
/// A sample of power cuts, small enough for every machine. tests/host/durable_cuts_test.cpp makes
/// them all.
#include "tests/support/cut_run.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

/// Made when first asked for: in an image nothing runs before the board's entry.
CutRun& cut_run() {
    static CutRun instance;
    return instance;
}

TEST(DurableCuts, A_cut_at_any_moment_leaves_what_was_acknowledged_and_a_log_that_goes_on) {
    CutPlan plan;
    plan.seed = 11;
    plan.boots = 3;
    plan.steps_per_boot = 16;
    plan.variant_stride = 5;
    plan.double_stride = 211;
    const CutFigures& figures = cut_run().run(plan);
    EXPECT_GT(figures.cuts, 400u);
    EXPECT_GT(figures.double_cuts, 100u);
    EXPECT_GE(figures.checkpoints, 4u);
    EXPECT_EQ(0u, figures.faults) << "fault " << static_cast<int>(figures.fault) << " boot "
                                  << figures.boot << " moment " << figures.moment << " variant "
                                  << figures.variant << " value " << figures.value << " expected "
                                  << figures.expected;
}

/// The check that the check can fail.
TEST(DurableCuts, A_disk_that_swallows_one_flush_is_found_out) {
    CutPlan plan;
    plan.seed = 1;
    plan.boots = 2;
    plan.steps_per_boot = 12;
    plan.swallow_boot = 2;
    uint64_t found = 0;
    for (plan.swallow_nth = 1; plan.swallow_nth <= 6; ++plan.swallow_nth) {
        const CutFigures& figures = cut_run().run(plan);
        found += figures.faults > 0 ? 1u : 0u;
        EXPECT_TRUE(figures.fault == CutFault::none || figures.fault == CutFault::lost ||
                    figures.fault == CutFault::epoch_reused);
    }
    EXPECT_GE(found, 3u); // the others were flushed again before the next group
}

} // namespace
} // namespace grafos::test
