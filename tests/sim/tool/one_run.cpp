// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tool/one_run.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

#include "tests/sim/run/run.hpp"
#include "tests/sim/tool/event_log.hpp"

namespace grafos::sim_tool {
namespace {

using test::Run;
using test::RunOutcome;
using test::RunPlan;

using RunHere = test::RunOf<>;
alignas(RunHere) std::array<uint8_t, sizeof(RunHere)> run_area;

/// The run that is under way, for an assertion that ends it.
struct UnderWay {
    const RunPlan* plan = nullptr;
    Run* run = nullptr;
    EventLog* log = nullptr;
    std::clock_t began = 0;
};
UnderWay under_way;

[[nodiscard]] std::string number(uint64_t value) {
    return std::to_string(value);
}

[[nodiscard]] std::string faults_text(test::FaultSet set) {
    if (set == test::FaultSet::all()) {
        return "all";
    }
    std::string text;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        if (set.has(test::fault_kind_at(i))) {
            text += (text.empty() ? "" : ",") + std::string{name_of(test::fault_kind_at(i))};
        }
    }
    return text.empty() ? "none" : text;
}

[[nodiscard]] std::string plan_text(const RunPlan& plan) {
    return "{\"seed\":" + number(plan.seed) + ",\"profile\":" + quoted(name_of(plan.profile)) +
           ",\"nodes\":" + number(plan.nodes) + ",\"faults\":" + quoted(faults_text(plan.faults)) +
           ",\"length_ms\":" + number(plan.length.ms) +
           ",\"from_ms\":" + number(plan.faults_from.ms) +
           ",\"to_ms\":" + number(plan.faults_to.ms) + "}";
}

/// What happened of each kind that happened at all.
[[nodiscard]] std::string counts_text(const RunOutcome& outcome) {
    std::string text;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        if (outcome.happened[i] > 0) {
            text += (text.empty() ? "" : ",") + quoted(name_of(test::fault_kind_at(i))) + ":" +
                    number(outcome.happened[i]);
        }
    }
    return "{" + text + "}";
}

/// How often each oracle looked, of those that did.
[[nodiscard]] std::string asked_text(const RunOutcome& outcome) {
    std::string text;
    for (size_t i = 0; i < test::oracle_count; ++i) {
        if (outcome.asked[i] > 0) {
            text += (text.empty() ? "" : ",") + quoted(name_of(static_cast<test::Oracle>(i))) +
                    ":" + number(outcome.asked[i]);
        }
    }
    return "{" + text + "}";
}

[[nodiscard]] uint64_t cpu_us() {
    return static_cast<uint64_t>(std::clock() - under_way.began) * 1'000'000 / CLOCKS_PER_SEC;
}

[[nodiscard]] std::string hex_of(const Digest& digest) {
    std::array<char, 64> digits{};
    TextWriter text{digits};
    text.put_hex(digest.view());
    return std::string{text.text()};
}

[[nodiscard]] std::string outcome_text(const RunPlan& plan, const RunOutcome& outcome, Run& run) {
    const test::Verdict& verdict = outcome.verdict;
    std::string text = "{\"plan\":" + plan_text(plan);
    const auto put = [&text](const char* name, const std::string& value) {
        text += ",\"" + std::string{name} + "\":" + value;
    };
    put("good", verdict.is_good() ? "true" : "false");
    put("oracle", verdict.is_good() ? "null" : quoted(verdict.oracle));
    put("failure", verdict.is_good() ? "null" : quoted(verdict.failure));
    put("failed_at", number(verdict.failed_at.ms));
    put("ended_at", number(outcome.ended_at.ms));
    put("nodes", number(run.world().machines().size()));
    put("faults_on", quoted(faults_text(outcome.faults)));
    put("fault_counts", counts_text(outcome));
    put("faults", number(outcome.faults_happened));
    put("operations", number(outcome.operations));
    put("checks", number(outcome.checks));
    put("asked", asked_text(outcome));
    put("excused", number(outcome.excused));
    put("histories", number(outcome.shared.rounds));
    put("history_operations", number(outcome.shared.operations));
    put("history_largest", number(outcome.shared.largest));
    put("histories_undecided", number(outcome.shared.undecided));
    put("leases", number(outcome.acquired));
    put("ended", number(outcome.ended));
    put("mended_ms", number(outcome.mended_in.ms));
    put("given_back_ms", number(outcome.given_back_in.ms));
    put("steps", number(outcome.steps));
    put("events", number(outcome.events));
    put("cpu_us", number(cpu_us()));
    put("trace", quoted(hex_of(outcome.trace)));
    return text + "}";
}

/// One line; false: the log could not be written to its end.
[[nodiscard]] bool conclude(const RunPlan& plan, const RunOutcome& outcome, Run& run,
                            EventLog& log) {
    const std::string line = outcome_text(plan, outcome, run);
    (void)std::puts(line.c_str());
    (void)std::fflush(stdout);
    const std::string stable =
        line.substr(0, line.find(",\"cpu_us\"")) + "," + line.substr(line.find("\"trace\""));
    return log.finish(stable); // two files of one plan are alike
}

/// What can be said of a run that an assertion ended.
[[nodiscard]] RunOutcome outcome_of_broken(const char* what) {
    Run& run = *under_way.run;
    RunOutcome outcome;
    outcome.verdict = {"assertion", what, run.world().now()};
    outcome.ended_at = run.world().now();
    test::SimFaults faults = test::draw_faults(under_way.plan->seed);
    faults.keep(test::kinds_of(under_way.plan->profile));
    faults.keep(under_way.plan->faults);
    outcome.faults = faults.kinds();
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        outcome.happened[i] = run.driver().count(test::fault_kind_at(i));
        outcome.faults_happened += outcome.happened[i];
    }
    outcome.steps = run.world().steps();
    outcome.events = run.world().trace().count();
    outcome.trace = run.world().trace().head();
    return outcome;
}

[[nodiscard]] bool start_log(EventLog& log, const std::string& file, const RunPlan& plan,
                             Run& run) {
    Names names;
    for (const std::optional<test::SimMachine>& machine : run.world().machines()) {
        names.emplace_back(machine->setup().name);
    }
    if (!log.start(file, plan_text(plan), std::move(names))) {
        (void)std::fprintf(stderr, "grafos-sim: cannot write the trace %s: %s\n", file.c_str(),
                           std::strerror(errno));
        return false;
    }
    run.world().observers().add(log);
    return true;
}

} // namespace

Result<RunPlan> plan_of(const Wanted& wanted, uint64_t seed) {
    RunPlan plan;
    plan.seed = seed;
    plan.nodes = static_cast<size_t>(wanted.nodes);
    plan.length = Duration{wanted.length_ms};
    plan.faults_from = Duration{wanted.from_ms};
    plan.faults_to = Duration{wanted.to_ms};
    plan.profile = test::profile_at(seed);
    if (wanted.profile != "all") {
        GRAFOS_TRY_ASSIGN(plan.profile, test::profile_of(wanted.profile));
    }
    GRAFOS_TRY_ASSIGN(plan.faults, test::faults_of(wanted.faults));
    GRAFOS_TRY(test::check_plan(plan));
    return plan;
}

RunEnd run_one(const RunPlan& plan, const std::string& trace_file) {
    EventLog log;
    auto& run = *new (run_area.data()) RunHere{plan};
    if (!trace_file.empty() && !start_log(log, trace_file, plan, run)) {
        run.~RunHere();
        return RunEnd::no_trace;
    }
    under_way = {&plan, &run, &log, std::clock()};
    const RunOutcome outcome = run.run();
    const bool is_logged = conclude(plan, outcome, run, log);
    under_way = {};
    run.~RunHere();
    if (!is_logged) {
        (void)std::fprintf(stderr, "grafos-sim: the trace %s could not be written to its end\n",
                           trace_file.c_str());
        return RunEnd::no_trace;
    }
    return outcome.verdict.is_good() ? RunEnd::good : RunEnd::bad;
}

void print_choices() {
    std::string profiles;
    for (size_t i = 0; i < test::profile_count; ++i) {
        profiles += (i == 0 ? "" : ",") + quoted(name_of(static_cast<test::Profile>(i)));
    }
    std::string faults;
    for (size_t i = 0; i < test::fault_kind_count; ++i) {
        faults += (i == 0 ? "" : ",") + quoted(name_of(test::fault_kind_at(i)));
    }
    const std::string line = "{\"profiles\":[" + profiles + "],\"faults\":[" + faults +
                             "],\"nodes\":[" + number(test::nodes_least) + "," +
                             number(test::nodes_most) +
                             "],\"length_most_ms\":" + number(test::length_most.ms) + "}";
    (void)std::puts(line.c_str());
}

} // namespace grafos::sim_tool

/// A broken program is a failure of the run like any other; only that nothing comes after it.
void grafos::assertion_failed(uint32_t site) noexcept {
    using namespace sim_tool;
    if (under_way.run != nullptr) {
        static std::array<char, 64> text;
        (void)std::snprintf(text.data(), text.size(), "the core's assertion %08x failed", site);
        (void)conclude(*under_way.plan, outcome_of_broken(text.data()), *under_way.run,
                       *under_way.log);
        std::_Exit(1);
    }
    (void)std::fprintf(stderr, "assertion failed: site %08x (tools/site %08x)\n", site, site);
    std::abort();
}
