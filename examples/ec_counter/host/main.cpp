// SPDX-License-Identifier: Apache-2.0
/// ec-counter, the program: all servers and clients in this process.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "examples/ec_counter/assembly.hpp"
#include "examples/ec_counter/host/config.hpp"
#include "examples/ec_counter/host/counter_watch.hpp"
#include "examples/ec_counter/host/runs.hpp"
#include "examples/emulation/host/pump.hpp"
#include "examples/emulation/host/stage.hpp"

namespace grafos::ec_counter_host {

namespace em = grafos::emulation;
namespace {

using ec_counter::Break;
using ec_counter::EcCounter;
using ec_counter::Settings;
using emulation_host::CommandLine;
using emulation_host::Exit;
using emulation_host::JsonObject;
using emulation_host::Stage;

struct Options {
    emulation_host::RunOptions run;
    std::string config = "config.toml";
    std::string planted;
    std::optional<uint64_t> runs;
    std::string plot;
};

void add_options(CommandLine& line, Options& options) {
    std::vector<std::string> breaks;
    for (const ec_counter::BreakWord& word : ec_counter::break_words) {
        breaks.emplace_back(word.name);
    }
    line.text("--config", "FILE", "settings; without it config.toml here", options.config);
    add_run_options(line, options.run);
    line.choice("--break",
                "plant a mistake and say which property falls: overwrite, no-sync or "
                "exclusive-range",
                breaks, options.planted);
    line.number("--runs", "so many runs for each sync period and loss: how long until they agree",
                {1, 100'000}, options.runs);
    line.text("--plot", "FILE.svg", "draw what --runs measured", options.plot);
}

/// Options that exclude one another, and files that cannot be written.
std::optional<std::string> mistake_in(const Options& options) {
    if (!options.runs) {
        return options.plot.empty()
                   ? std::nullopt
                   : std::optional<std::string>{"--plot: got no --runs, accepted: both"};
    }
    if (auto mistake = options.plot.empty()
                           ? std::nullopt
                           : emulation_host::cannot_write("--plot", options.plot)) {
        return mistake;
    }
    for (const auto& [is_given, name] : {std::pair{options.run.is_real, "--real"},
                                         {options.run.steps, "--step"},
                                         {options.run.explains, "--explain"},
                                         {!options.run.diagram.empty(), "--diagram"},
                                         {!options.run.chart.empty(), "--chart"},
                                         {!options.run.events.empty(), "--events"},
                                         {!options.planted.empty(), "--break"}}) {
        if (is_given) {
            return "--runs: got " + std::string{name} + " too, accepted: one of them";
        }
    }
    return std::nullopt;
}

/// Calls `use` with a system of one of two sizes, so that a small one is made quickly.
template <typename Use>
auto with_counter(const Settings& settings, Break planted, const Use& use) {
    constexpr ec_counter::EcCounterLimits small = ec_counter::small;
    if (settings.num_servers <= small.servers_max && settings.num_clients <= small.clients_max) {
        return use(*std::make_unique<ec_counter::EcCounterOf<small>>(settings, planted));
    }
    return use(*std::make_unique<ec_counter::EcCounterOf<ec_counter::large>>(settings, planted));
}

JsonObject report_of(EcCounter& counter, const CounterWatch& watch, bool has_converged) {
    const em::System::Figures& figures = counter.system().figures();
    JsonObject report;
    report.add("program", "ec-counter")
        .add("seed", counter.settings().seed)
        .add_json("settings", json_of(counter.settings()))
        .add("converged", has_converged)
        .add("value", counter.director().value().value_or(0))
        .add("largest", watch.largest())
        .add("spread_ms", watch.spread_ms())
        .add("sent", figures.sent)
        .add("lost", figures.lost)
        .add("timed_out", figures.timed_out);
    return report;
}

Exit run_in(EcCounter& counter, Stage& stage) {
    em::System& system = counter.system();
    CounterWatch watch;
    system.add(watch);
    stage.watch(system);
    const Result<> started = counter.start();
    GRAFOS_ASSERT(started.is_ok()); // the settings are within what there is room for
    stage.begin(system, counter.settings().seed, json_of(counter.settings()),
                faults_of(counter.settings()));
    const bool has_verdict = stage.run(system, [&] { return counter.is_over(); });
    const bool has_converged =
        has_verdict && counter.director().value() == std::optional{watch.largest()};
    if (!has_verdict) {
        (void)std::fprintf(stderr, "ec-counter: ended by hand: no verdict\n");
    }
    return stage.end(has_converged, counter.director().value().value_or(0),
                     report_of(counter, watch, has_converged));
}

/// What is asked of the net in one of many runs. Requests wait for less, so that clients are done
/// before the first check whatever is lost.
Settings settings_of(const Settings& settings, const Cell& cell, uint64_t seed) {
    Settings changed = settings;
    changed.sync_period_ms = cell.sync_period_ms;
    changed.loss_permille = cell.loss_permille;
    changed.seed = seed;
    changed.call_timeout_ms =
        std::min(settings.call_timeout_ms, 2 * (settings.latency_ms + settings.jitter_ms) + 20);
    return changed;
}

std::optional<uint64_t> time_of(const Settings& settings) {
    return with_counter(settings, Break::none, [](EcCounter& counter) {
        CounterWatch watch;
        counter.system().add(watch);
        const Result<> started = counter.start();
        GRAFOS_ASSERT(started.is_ok());
        (void)emulation_host::pump_virtual(counter.system(), [&] { return counter.is_over(); });
        const bool has_converged = counter.director().value() == std::optional{watch.largest()};
        return has_converged ? std::optional{watch.spread_ms()} : std::nullopt;
    });
}

Exit run_many(const Options& options, const Settings& settings) {
    const Grid grid{.runs = *options.runs, .first_seed = settings.seed};
    const std::vector<Cell> cells = measure(grid, [&](const Cell& cell, uint64_t seed) {
        return time_of(settings_of(settings, cell, seed));
    });
    const std::string json = json_of(cells, grid.runs);
    const std::string shown = options.run.is_json ? json + "\n" : table_of(cells, grid.runs);
    const bool is_shown = std::fputs(shown.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    const bool is_drawn =
        options.plot.empty() || emulation_host::draw_text("runs", json, options.plot);
    return is_shown && is_drawn ? Exit::converged : Exit::not_converged;
}

int run(int count, char** words) {
    Options options;
    CommandLine line{
        "ec-counter",
        "Servers with a counter each, clients that set it, and how they all "
        "come to the same value.",
        "Exit: 0 all servers converged to the largest value that any of them ever held, 1 "
        "they did not, 2 bad option or settings (nothing was started)."};
    add_options(line, options);
    if (const auto exit = line.parse(count, words)) {
        return static_cast<int>(*exit);
    }
    if (const auto mistake = mistake_in(options)) {
        return static_cast<int>(line.refuse(*mistake));
    }
    auto read = read_settings(options.config);
    if (const auto* const problem = std::get_if<emulation_host::Problem>(&read)) {
        return static_cast<int>(line.refuse(problem->text()));
    }
    Settings& settings = std::get<Settings>(read);
    settings.seed = options.run.seed.value_or(settings.seed);
    if (options.runs) {
        return static_cast<int>(run_many(options, settings));
    }
    Stage stage{"ec-counter", options.run};
    if (const auto mistake = stage.open()) {
        return static_cast<int>(line.refuse(*mistake));
    }
    const Break planted = ec_counter::break_named(options.planted).value_or(Break::none);
    return static_cast<int>(with_counter(
        settings, planted, [&](EcCounter& counter) { return run_in(counter, stage); }));
}

} // namespace
} // namespace grafos::ec_counter_host

int main(int count, char** words) {
    return grafos::ec_counter_host::run(count, words);
}
