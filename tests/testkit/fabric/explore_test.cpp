// SPDX-License-Identifier: Apache-2.0
// That exploring finds what fails, makes it small, and can be run again.
#include "tests/testkit/testkit.hpp"

#include <algorithm>
#include <cstdlib>

#include "tests/testkit/test.hpp"

namespace grafos::testkit {
namespace {

/// Fails as soon as its machine has been down.
Outcome fails_when_killed(SimFabric& fabric) {
    const Program& program = fabric.run(0, [](Node& node) { node.sleep(1'000_s); });
    fabric.advance(20_s);
    fabric.heal();
    return program.starts() <= 1 ? Outcome::good() : Outcome::bad("it was begun anew");
}

ExploreOptions quiet(uint64_t seeds, FaultSet faults = FaultSet::all()) {
    ExploreOptions options;
    options.seeds = seeds;
    options.faults = faults;
    options.is_quiet = true;
    return options;
}

TEST(Explore, Says_good_of_a_scenario_that_always_is) {
    const Exploration found = explore(quiet(5), [](SimFabric& fabric) {
        fabric.advance(5_s);
        return Outcome::good();
    });
    EXPECT_TRUE(found) << found.text();
    EXPECT_EQ(found.runs(), 5u);
    EXPECT_GT(found.faults(), 0u);
    EXPECT_TRUE(found.text().find("testkit: 5 seeds, ") == 0) << found.text();
}

TEST(Explore, Shrinks_a_failing_seed_to_the_kinds_and_the_time_it_needs) {
    const Exploration found = explore(quiet(50), fails_when_killed);
    ASSERT_FALSE(found);
    const FaultSet faults = found.smallest()->faults;
    const std::string kinds = text_of(faults); // two: a long turn may move when a crash comes
    EXPECT_LE(std::count(kinds.begin(), kinds.end(), ','), 1) << kinds;
    EXPECT_TRUE(faults.has(FaultKind::crash) || faults.has(FaultKind::empty_disk) ||
                faults.has(FaultKind::rolled_back_disk))
        << kinds;
    EXPECT_LT(found.smallest()->length.ms, found.found()->length.ms);
    EXPECT_TRUE(found.outcome().text() == "it was begun anew");
    for (const char* part : {"node0 crashes", "testkit: again: GRAFOS_TESTKIT_SEED=",
                             " GRAFOS_TESTKIT_FAULTS=", " GRAFOS_TESTKIT_MS="}) {
        EXPECT_TRUE(found.text().find(part) != std::string::npos) << found.text();
    }
    // The same seed, and half the time it needs: no failure.
    ExploreOptions shorter = quiet(1, faults);
    shorter.first_seed = found.smallest()->seed;
    shorter.length = {found.smallest()->length.ms - 200};
    EXPECT_TRUE(explore(shorter, fails_when_killed));
}

TEST(Explore, Runs_one_case_again_when_the_environment_says_so) {
    const Exploration found = explore(quiet(50), fails_when_killed);
    ASSERT_FALSE(found);
    const Case& smallest = *found.smallest();
    setenv("GRAFOS_TESTKIT_SEED", std::to_string(smallest.seed).c_str(), 1);
    setenv("GRAFOS_TESTKIT_FAULTS", text_of(smallest.faults).c_str(), 1);
    setenv("GRAFOS_TESTKIT_MS", std::to_string(smallest.length.ms).c_str(), 1);
    const Exploration again = explore(quiet(1), fails_when_killed);
    setenv("GRAFOS_TESTKIT_FAULTS", "none", 1);
    const Exploration calm = explore(quiet(1), fails_when_killed);
    unsetenv("GRAFOS_TESTKIT_SEED");
    unsetenv("GRAFOS_TESTKIT_FAULTS");
    unsetenv("GRAFOS_TESTKIT_MS");
    EXPECT_FALSE(again);
    EXPECT_EQ(again.runs(), 1u);
    EXPECT_TRUE(again.outcome().text() == found.outcome().text());
    EXPECT_TRUE(calm) << calm.text();
}

TEST(Explore, Finds_out_a_scenario_that_is_not_the_same_twice) {
    int runs = 0;
    const Exploration found = explore(quiet(1), [&](SimFabric&) {
        runs += 1;
        return Outcome::bad("run " + std::to_string(runs));
    });
    EXPECT_FALSE(found);
    EXPECT_EQ(found.runs(), 2u);
    EXPECT_TRUE(found.text().find("not twice alike") != std::string::npos) << found.text();
}

} // namespace
} // namespace grafos::testkit
