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
    const uint64_t seeds = text == nullptr ? 16 : std::strtoull(text, nullptr, 10);
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

/// What becomes of a calm world of two whose machines are told something wrong.
Verdict verdict_of(const HostilePeer::Options& options) {
    using World = SimFabricOf<2>;
    static_assert(sizeof(World) + sizeof(HostilePeer) < sizeof(RunOf<>));
    auto& world = *new (area.data()) World{options.seed};
    auto& peer = *new (area.data() + sizeof(World)) HostilePeer{world, options};
    world.add_machine("east", {.start = Instant{5'000}});
    world.add_machine("west", {.start = Instant{9'000}});
    world.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    EXPECT_TRUE(world.boot());
    peer.begin();
    (void)world.run_until(Duration{60'000}, [&] { return !peer.verdict().is_good(); });
    const Verdict verdict = peer.verdict();
    peer.~HostilePeer();
    world.power_off();
    world.~World();
    return verdict;
}

constexpr HostilePeer::Options calm{.seed = 3, .is_calm = true};

TEST(HostilePeer, A_home_that_is_told_what_is_right_passes) {
    const Verdict verdict = verdict_of(calm);
    EXPECT_TRUE(verdict.is_good()) << verdict.failure;
}

TEST(HostilePeer, A_home_that_gives_a_role_too_many_is_found_by_that_role) {
    const struct {
        wire::Role role;
        Trick trick;
    } rows[] = {
        {wire::Role::cap, Trick::token_unasked},    {wire::Role::revoke, Trick::revoke_unasked},
        {wire::Role::observe, Trick::look_unasked}, {wire::Role::collect, Trick::look_unasked},
        {wire::Role::time, Trick::time_unasked},    {wire::Role::call, Trick::call_unasked}};
    for (const auto& row : rows) {
        HostilePeer::Options options = calm;
        options.roles_of_ann = wire::Roles{} | row.role;
        const Verdict verdict = verdict_of(options);
        EXPECT_TRUE(verdict.oracle == "hostile");
        const bool is_it = std::string_view{verdict.failure} == row_of(row.trick).success ||
                           std::string_view{verdict.failure} ==
                               "a trick was refused for a reason that does not fit";
        EXPECT_TRUE(is_it) << static_cast<uint64_t>(row.role) << " " << verdict.failure;
    }
}

TEST(HostilePeer, A_home_without_a_quota_is_found) {
    HostilePeer::Options options = calm;
    options.has_quota = false;
    const std::string_view failure = verdict_of(options).failure;
    EXPECT_TRUE(failure == row_of(Trick::leases_over_quota).success ||
                failure == row_of(Trick::bytes_over_quota).success);
}

TEST(HostilePeer, A_home_that_lets_a_tenant_act_for_all_is_found) {
    HostilePeer::Options options = calm;
    options.has_tenant = false;
    const std::string_view failure = verdict_of(options).failure;
    EXPECT_TRUE(failure == row_of(Trick::other_tenant).success ||
                failure == row_of(Trick::free_of_other).success);
}

} // namespace
} // namespace grafos::test
