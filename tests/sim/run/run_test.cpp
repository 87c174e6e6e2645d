// SPDX-License-Identifier: Apache-2.0
// Swarms of faults on two machines: seeds 1 … 50, a minute each. GRAFOS_SWARM_SEED=n runs that one
// alone, and says what it was; GRAFOS_SWARM_SEEDS=n as many as
// that; GRAFOS_SWARM_FAULTS=list switches off what is not in it.
#include "tests/sim/run/run.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t seeds = 50;
constexpr Duration length{60'000};

alignas(Run) std::array<uint8_t, sizeof(Run)> area;
std::array<SimDiskImage, Run::machines_count> images;

RunOutcome run_of(uint64_t seed, FaultSet wanted, std::array<uint64_t, fault_kind_count>& counts) {
    const RunPlan plan{.seed = seed, .faults = wanted, .length = length};
    auto& run = *new (area.data()) Run{plan, images};
    const RunOutcome outcome = run.run();
    if (!outcome.verdict.is_good()) {
        std::array<char, 1024> buffer;
        TextWriter line{buffer};
        run.describe(line);
        std::printf("%.*s\n", static_cast<int>(line.size()), line.text().data());
    }
    for (size_t i = 0; i < fault_kind_count; ++i) {
        counts[i] += run.driver().count(fault_kind_at(i));
    }
    run.~Run();
    return outcome;
}

void check(uint64_t seed, const RunOutcome& outcome) {
    EXPECT_TRUE(outcome.verdict.is_good())
        << "seed " << seed << " at " << outcome.verdict.failed_at.ms
        << " ms: " << outcome.verdict.failure << "; again: GRAFOS_SWARM_SEED=" << seed;
}

TEST(Run, Nothing_that_must_hold_is_broken_and_a_seed_is_the_whole_story) {
    const char* const only = std::getenv("GRAFOS_SWARM_SEED");
    const uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
    const char* const many = std::getenv("GRAFOS_SWARM_SEEDS");
    const uint64_t count = many == nullptr ? seeds : std::strtoull(many, nullptr, 10);
    const uint64_t last = only == nullptr ? count : first;
    const bool is_default =
        only == nullptr && many == nullptr && std::getenv("GRAFOS_SWARM_FAULTS") == nullptr;
    const char* const list = std::getenv("GRAFOS_SWARM_FAULTS");
    const Result<FaultSet> wanted = faults_of(list == nullptr ? "all" : list);
    ASSERT_TRUE(wanted.is_ok()) << "unknown fault in " << list << " at " << wanted.error().value;
    std::array<uint64_t, fault_kind_count> counts{};
    std::array<uint64_t, fault_kind_count> again{};
    RunOutcome sum;
    for (uint64_t seed = first; seed <= last; ++seed) {
        const RunOutcome outcome = run_of(seed, wanted.value(), counts);
        check(seed, outcome);
        EXPECT_TRUE(outcome.trace == run_of(seed, wanted.value(), again).trace) << seed;
        sum.operations += outcome.operations;
        sum.acquired += outcome.acquired;
        sum.stopped_first += outcome.stopped_first;
        sum.resumed_late += outcome.resumed_late;
        sum.excused += outcome.excused;
        sum.overtaken += outcome.overtaken;
        sum.ended_at.ms += outcome.ended_at.ms;
    }
    EXPECT_TRUE(counts == again);
    std::printf("swarm seeds=%llu world_ms=%llu operations=%llu acquired=%llu stopped_first=%llu "
                "resumed_late=%llu overtaken=%llu excused=%llu\n",
                static_cast<unsigned long long>(last - first + 1),
                static_cast<unsigned long long>(sum.ended_at.ms),
                static_cast<unsigned long long>(sum.operations),
                static_cast<unsigned long long>(sum.acquired),
                static_cast<unsigned long long>(sum.stopped_first),
                static_cast<unsigned long long>(sum.resumed_late),
                static_cast<unsigned long long>(sum.overtaken),
                static_cast<unsigned long long>(sum.excused));
    for (size_t i = 0; i < fault_kind_count; ++i) {
        const std::string_view name = name_of(fault_kind_at(i));
        std::printf("%s%.*s=%llu", i == 0 ? "faults " : " ", static_cast<int>(name.size()),
                    name.data(), static_cast<unsigned long long>(counts[i]));
        if (is_default) {
            EXPECT_GT(counts[i], 0u) << "a fault that never happened: " << i;
        }
    }
    std::printf("\n");
    if (is_default) {
        EXPECT_GT(sum.stopped_first, 100u);
        EXPECT_GT(sum.resumed_late, 20u) << "holders that sleep through the end of a lease";
    }
}

} // namespace
} // namespace grafos::test
