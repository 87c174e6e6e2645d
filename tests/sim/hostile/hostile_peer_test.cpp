// SPDX-License-Identifier: Apache-2.0
// A hostile peer in runs: every trick really happens, and none succeeds. GRAFOS_HOSTILE_SEEDS=n:
// that many seeds more.
#include "tests/sim/run/run.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

alignas(RunOf<>) std::array<uint8_t, sizeof(RunOf<>)> area;

using Counts = std::array<TrickJudge::Count, trick_count>;

void run_and_count(const RunPlan& plan, Counts& counts) {
    auto& run = *new (area.data()) RunOf<>{plan};
    const RunOutcome outcome = run.run();
    const TrickJudge& tricks = run.hostile()->tricks();
    const TrickJudge::Broken& broken = tricks.broken();
    EXPECT_TRUE(outcome.verdict.is_good())
        << "seed " << plan.seed << " at " << outcome.verdict.failed_at.ms
        << " ms: " << outcome.verdict.failure << "; the last answer that did not fit: trick "
        << static_cast<uint64_t>(broken.trick) << " code "
        << static_cast<uint64_t>(broken.answer.error.code) << " field "
        << static_cast<uint64_t>(broken.answer.error.field) << " value "
        << broken.answer.error.value << " expected " << broken.answer.error.expected << " executed "
        << broken.answer.not_before.ms << " to " << broken.answer.not_after.ms;
    for (size_t i = 0; i < trick_count; ++i) {
        const TrickJudge::Count& count = tricks.count(trick_at(i));
        counts[i].sent += count.sent;
        counts[i].right += count.right;
        counts[i].exact += count.exact;
        counts[i].passed += count.passed;
    }
    run.~RunOf();
}

TEST(HostilePeer, Every_trick_happens_and_none_succeeds) {
    const char* const text = std::getenv("GRAFOS_HOSTILE_SEEDS");
    const uint64_t seeds = text == nullptr ? 12 : std::strtoull(text, nullptr, 10);
    const char* const only = std::getenv("GRAFOS_HOSTILE_SEED");
    const uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
    Counts counts{};
    for (uint64_t seed = first; seed <= (only == nullptr ? seeds : first); ++seed) {
        run_and_count({.seed = seed,
                       .profile = std::getenv("GRAFOS_HOSTILE_SWARM") == nullptr ? Profile::hostile
                                                                                 : Profile::swarm},
                      counts);
    }
    for (size_t i = 0; i < trick_count; ++i) {
        const TrickRow& row = row_of(trick_at(i));
        std::printf("trick %-22.*s sent=%llu right=%llu exact=%llu passed=%llu\n",
                    static_cast<int>(row.name.size()), row.name.data(),
                    static_cast<unsigned long long>(counts[i].sent),
                    static_cast<unsigned long long>(counts[i].right),
                    static_cast<unsigned long long>(counts[i].exact),
                    static_cast<unsigned long long>(counts[i].passed));
        EXPECT_GT(counts[i].sent, 0u) << i;
        EXPECT_GT(counts[i].right, 0u) << i;
    }
}

} // namespace
} // namespace grafos::test
