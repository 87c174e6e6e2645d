// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/liveness.hpp"

#include "tests/sim/run/household.hpp"
#include "tests/sim/world/sim_machine.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

TEST(Liveness, Without_faults_a_lease_ends_is_torn_down_and_is_had_again) {
    const Duration bound = mending_bound({}, 6);
    EXPECT_GT(bound.ms, Casting::ttl_most.ms * 102 / 100 + sim_node.teardown_deadline.ms);
    EXPECT_LT(bound.ms, 20'000u);
}

TEST(Liveness, No_kind_of_fault_shortens_the_bound) {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        SimFaults faults = draw_faults(seed);
        const Duration before = mending_bound(faults, 6);
        for (size_t i = 0; i < fault_kind_count; ++i) {
            SimFaults more = faults;
            more.set(fault_kind_at(i), 1);
            EXPECT_GE(mending_bound(more, 6).ms, before.ms) << seed << " " << i;
        }
    }
}

TEST(Liveness, What_lasts_counts_as_long_as_it_may_last) {
    SimFaults faults;
    const uint64_t without = mending_bound(faults, 6).ms;
    faults.set(FaultKind::pause, 1);
    EXPECT_EQ(mending_bound(faults, 6).ms, without + faults.pause_most.ms);
    faults.pause_most = Duration{30'000};
    EXPECT_EQ(mending_bound(faults, 6).ms, without + 30'000);
}

} // namespace
} // namespace grafos::test
