// SPDX-License-Identifier: Apache-2.0
/// grafos-sim: simulated fabrics, one line of JSON a run. `tools/sim` is what people call; this is
/// what it calls.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "core/base/text.hpp"
#include "tests/sim/tool/one_run.hpp"

namespace grafos::sim_tool {
namespace {

constexpr int exit_bad_usage = 2;

/// Everything that is accepted there, for whoever gave something else.
[[nodiscard]] std::string names_by(void (*put_names)(TextWriter&)) {
    std::array<char, 1024> buffer{};
    TextWriter text{buffer};
    put_names(text);
    return std::string{text.text()};
}

[[nodiscard]] std::string check_profile(const std::string& text) {
    const bool is_known = text == "all" || test::profile_of(text).is_ok();
    return is_known ? ""
                    : "unknown profile '" + text + "': expected all, " +
                          names_by([](TextWriter& out) { test::put_profile_names(out); });
}

[[nodiscard]] std::string check_faults(const std::string& text) {
    const Result<test::FaultSet> set = test::faults_of(text);
    if (set.is_ok()) {
        return "";
    }
    const std::string rest = text.substr(static_cast<size_t>(set.error().value));
    return "unknown fault '" + rest.substr(0, rest.find(',')) +
           "': expected all, none, or some of " +
           names_by([](TextWriter& out) { test::put_fault_names(out); });
}

void add_options(CLI::App& app, Wanted& wanted) {
    constexpr uint64_t seed_most = UINT64_MAX / 2;
    app.add_option("--seed", wanted.first_seed, "the first seed")
        ->check(CLI::Range(uint64_t{1}, seed_most))
        ->capture_default_str();
    app.add_option("--count", wanted.count, "so many seeds, one after another")
        ->check(CLI::Range(uint64_t{1}, seed_most))
        ->capture_default_str();
    app.add_option("--profile", wanted.profile, "which faults and programs; all: in turn")
        ->check(check_profile)
        ->capture_default_str();
    app.add_option("--nodes", wanted.nodes, "machines; the seed draws if not given")
        ->check(CLI::Range(uint64_t{test::nodes_least}, uint64_t{test::nodes_most}));
    app.add_option("--faults", wanted.faults, "the others are off: a,b,c, or all, or none")
        ->check(check_faults)
        ->capture_default_str();
    app.add_option("--length-ms", wanted.length_ms, "of the part under faults, simulated")
        ->check(CLI::Range(uint64_t{1}, test::length_most.ms))
        ->capture_default_str();
    app.add_option("--from-ms", wanted.from_ms, "faults begin no earlier in that part")
        ->check(CLI::Range(uint64_t{0}, test::length_most.ms));
    app.add_option("--to-ms", wanted.to_ms, "and no later; 0: to its end")
        ->check(CLI::Range(uint64_t{0}, test::length_most.ms));
    app.add_option("--trace", wanted.trace, "every event of it, JSON lines; one seed alone");
}

int run(int count, char** words) {
    Wanted wanted;
    bool is_to_list = false;
    bool is_to_stop = false;
    CLI::App app{"grafos-sim: simulated fabrics, one line of JSON a run (see tools/sim --help)"};
    app.add_flag("--list", is_to_list, "what profiles, faults and bounds there are, as JSON");
    app.add_flag("--stop", is_to_stop, "at the first failure");
    app.footer("Exit: 0 all good, 1 something that must hold was broken, 2 bad usage.");
    add_options(app, wanted);
    try {
        app.parse(count, words);
        if (!wanted.trace.empty() && wanted.count != 1) {
            throw CLI::ValidationError("--trace", "is of one run: --count is 1 with it");
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_bad_usage;
    }
    if (is_to_list) {
        print_choices();
        return 0;
    }
    bool is_good = true;
    for (uint64_t i = 0; i < wanted.count && (is_good || !is_to_stop); ++i) {
        const Result<test::RunPlan> plan = plan_of(wanted, wanted.first_seed + i);
        if (!plan.is_ok()) { // names were checked: what is left is a window
            (void)std::fprintf(stderr, "--from-ms, --to-ms: expected a time within the run\n");
            return exit_bad_usage;
        }
        const RunEnd end = run_one(plan.value(), wanted.trace);
        if (end == RunEnd::no_trace) {
            return exit_bad_usage;
        }
        is_good = is_good && end == RunEnd::good;
    }
    return is_good ? 0 : 1;
}

} // namespace
} // namespace grafos::sim_tool

int main(int count, char** words) {
    return grafos::sim_tool::run(count, words);
}
