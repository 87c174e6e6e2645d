// SPDX-License-Identifier: Apache-2.0
/// ec-counter-sim: an ec-counter over simulated nodes that fail, by hand and for tests.
///
///     ec-counter-sim --seed 7 [--faults LIST] [--crash] [--durable]     one run, with its trace
///     ec-counter-sim --seed 1 --count 250 …                             many, with a line of sums
///
/// Exit: 0 what must hold held, 1 it did not (the first seed that failed is named, with the command
/// that shows it), 2 bad usage.
#include <charconv>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "tests/sim/emulation/ec_run.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t seed_most = INT64_MAX; ///< as of ec-counter itself

struct Wanted {
    uint64_t seed = 1;
    uint64_t count = 1;
    std::string faults = "all";
    bool has_crashes = false;
    bool is_durable = false;
    uint64_t twice = 0; ///< of the first so many, once more: the same trace
};

struct Sums {
    uint64_t faults = 0;
    uint64_t crashes = 0;
    uint64_t lost = 0;
    uint64_t held_most = 0;
    uint64_t timed_out = 0;
    uint64_t refused = 0;
    uint64_t renewed = 0;
    uint64_t checks = 0;
    uint64_t world_s = 0;
};

[[nodiscard]] unsigned long long number(uint64_t value) {
    return static_cast<unsigned long long>(value);
}

class Printer final : public EcEar::Reader {
public:
    void on_line(Instant world, std::string_view text) noexcept override {
        std::printf("%8llu  %.*s\n", number(world.ms), static_cast<int>(text.size()), text.data());
    }
};

[[nodiscard]] EcPlan plan_of(const Wanted& wanted, uint64_t seed) {
    return {.seed = seed,
            .has_crashes = wanted.has_crashes,
            .is_durable = wanted.is_durable,
            .faults = faults_of(wanted.faults).value()};
}

[[nodiscard]] EcOutcome run_of(const EcPlan& plan, EcEar::Reader* reader) {
    const auto run = std::make_unique<WholeEcRun>(plan, reader);
    return run->run();
}

void print_failure(const Wanted& wanted, uint64_t seed, const EcOutcome& outcome) {
    const Verdict& verdict = outcome.verdict;
    std::printf("seed %llu failed at %llu ms, %.*s: %s\n", number(seed),
                number(verdict.failed_at.ms), static_cast<int>(verdict.oracle.size()),
                verdict.oracle.data(), verdict.failure);
    std::printf("again: ./tools/run ec-counter --sim --seed %llu%s%s%s%s\n", number(seed),
                wanted.faults == "all" ? "" : " --faults ",
                wanted.faults == "all" ? "" : wanted.faults.c_str(),
                wanted.has_crashes ? " --crash" : "", wanted.is_durable ? " --durable" : "");
}

[[nodiscard]] int run_one(const Wanted& wanted) {
    Printer printer;
    const EcOutcome outcome = run_of(plan_of(wanted, wanted.seed), &printer);
    std::array<char, 512> buffer;
    TextWriter names{buffer};
    for (size_t i = 0; i < fault_kind_count; ++i) {
        if (outcome.faults.has(fault_kind_at(i))) {
            names.put(names.size() == 0 ? "" : ",").put(name_of(fault_kind_at(i)));
        }
    }
    if (names.size() == 0) {
        names.put("none");
    }
    std::printf("faults: %.*s (%llu), crashes: %llu, lost for good: %llu, timed out: %llu, "
                "refused: %llu, renewals: %llu, checks: %llu\n",
                static_cast<int>(names.size()), names.text().data(),
                number(outcome.faults_happened), number(outcome.crashes), number(outcome.lost),
                number(outcome.timed_out), number(outcome.refused), number(outcome.renewed),
                number(outcome.checks));
    if (!outcome.verdict.is_good()) {
        print_failure(wanted, wanted.seed, outcome);
        return 1;
    }
    std::printf("all that must hold held: the last value is %llu\n",
                number(outcome.value.value_or(0)));
    return 0;
}

[[nodiscard]] int run_many(const Wanted& wanted) {
    Sums sums;
    for (uint64_t i = 0; i < wanted.count; ++i) {
        const uint64_t seed = wanted.seed + i;
        const EcPlan plan = plan_of(wanted, seed);
        const EcOutcome outcome = run_of(plan, nullptr);
        if (!outcome.verdict.is_good()) {
            print_failure(wanted, seed, outcome);
            return 1;
        }
        if (i < wanted.twice && run_of(plan, nullptr).trace != outcome.trace) {
            std::printf("seed %llu: two runs, two traces\n", number(seed));
            return 1;
        }
        sums.faults += outcome.faults_happened;
        sums.crashes += outcome.crashes;
        sums.lost += outcome.lost;
        sums.held_most = std::max(sums.held_most, outcome.lost_held_most.ms);
        sums.timed_out += outcome.timed_out;
        sums.refused += outcome.refused;
        sums.renewed += outcome.renewed;
        sums.checks += outcome.checks;
        sums.world_s += outcome.ended_at.ms / 1'000;
    }
    std::printf("ec-counter-sim seeds=%llu world_s=%llu faults=%llu crashes=%llu lost=%llu "
                "lost_held_ms<=%llu timed_out=%llu refused=%llu renewals=%llu checks=%llu\n",
                number(wanted.count), number(sums.world_s), number(sums.faults),
                number(sums.crashes), number(sums.lost), number(sums.held_most),
                number(sums.timed_out), number(sums.refused), number(sums.renewed),
                number(sums.checks));
    return 0;
}

[[nodiscard]] std::string fault_names() {
    std::array<char, 1024> buffer;
    TextWriter names{buffer};
    put_fault_names(names);
    return std::string{names.text()};
}

/// Of `--faults`: what is wrong; nothing if it is known.
[[nodiscard]] std::string check_faults(const std::string& text) {
    const Result<FaultSet> set = faults_of(text);
    if (set.is_ok()) {
        return "";
    }
    const std::string rest = text.substr(static_cast<size_t>(set.error().value));
    return "unknown fault '" + rest.substr(0, rest.find(',')) +
           "': expected all, none, or some of " + fault_names();
}

/// Digits alone: CLI11 would take `-1` as the largest number.
[[nodiscard]] std::string check_seed(const std::string& text) {
    uint64_t seed = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, seed);
    const bool is_good = problem == std::errc{} && stop == end && seed <= seed_most;
    return is_good ? ""
                   : "got " + text + ", accepted: an integer, 0 to " + std::to_string(seed_most);
}

[[nodiscard]] int run_command(int count, char** words) {
    Wanted wanted;
    CLI::App app{
        "An ec-counter over four simulated nodes that fail. config.toml has no effect here.",
        "./tools/run ec-counter --sim"};
    app.add_option("--seed", wanted.seed, "of all that is drawn; the first, of many")
        ->check(check_seed)
        ->capture_default_str();
    app.add_option("--count", wanted.count, "so many seeds, one after another")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000}))
        ->capture_default_str();
    app.add_option("--faults", wanted.faults,
                   "the others are off: all, none, or some of " + fault_names())
        ->check(check_faults)
        ->capture_default_str();
    app.add_flag("--crash", wanted.has_crashes, "server machines lose power");
    app.add_flag("--durable", wanted.is_durable, "counters in blocks of the other machines");
    app.add_option("--twice", wanted.twice, "the first so many are run again: the same trace");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return wanted.count == 1 ? run_one(wanted) : run_many(wanted);
}

} // namespace
} // namespace grafos::test

int main(int count, char** words) {
    return grafos::test::run_command(count, words);
}
