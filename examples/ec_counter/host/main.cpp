// SPDX-License-Identifier: Apache-2.0
/// ec-counter, the program: all servers and clients in this process.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "examples/ec_counter/assembly.hpp"
#include "examples/ec_counter/host/config.hpp"
#include "examples/ec_counter/host/runs.hpp"
#include "examples/ec_counter/properties.hpp"
#include "examples/emulation/host/break_option.hpp"
#include "examples/emulation/host/pump.hpp"
#include "examples/emulation/host/stage.hpp"

namespace grafos::ec_counter_host {

namespace em = grafos::emulation;
namespace {

using ec_counter::Break;
using ec_counter::EcCounter;
using ec_counter::Properties;
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
    bool only_checks = false;
};

void add_options(CommandLine& line, Options& options) {
    line.text("--config", "FILE", "settings; without it config.toml here", options.config);
    add_run_options(line, options.run);
    emulation_host::add_break_option(line, ec_counter::break_words, options.planted);
    line.number("--runs", "so many runs for each sync period and loss: how long until they agree",
                {1, 100'000}, options.runs);
    line.text("--plot", "FILE.svg", "draw what --runs measured", options.plot);
    line.flag("--check", "print the settings as they are understood, as JSON, and start nothing",
              options.only_checks);
}

/// Options that exclude one another, and files that cannot be written.
std::optional<std::string> mistake_in(const Options& options) {
    if (!options.runs) {
        return options.plot.empty()
                   ? std::nullopt
                   : std::optional<std::string>{"--plot: got no --runs, accepted: both"};
    }
    if (auto mistake =
            emulation_host::same_file({{"--config", options.config}, {"--plot", options.plot}})) {
        return mistake;
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
                                         {!options.planted.empty(), "--break"},
                                         {options.run.from_ms.has_value(), "--from"},
                                         {options.run.to_ms.has_value(), "--to"},
                                         {options.run.letters.has_value(), "--letters"},
                                         {!options.run.actors.empty(), "--actors"}}) {
        if (is_given) {
            return "--runs: got " + std::string{name} + " too, accepted: one of them";
        }
    }
    return std::nullopt;
}

/// A system, and who judges it.
template <ec_counter::EcCounterLimits limits>
struct Judged {
    Judged(const Settings& settings, Break planted) : counter{settings, planted}, judge{settings} {}
    ec_counter::EcCounterOf<limits> counter;
    ec_counter::PropertiesOf<limits> judge;
};

/// Calls `use` with a system of one of two sizes, so that a small one is made quickly.
template <typename Use>
auto with_counter(const Settings& settings, Break planted, const Use& use) {
    using Small = Judged<ec_counter::small>;
    using Large = Judged<ec_counter::large>;
    const bool is_small = settings.num_servers <= ec_counter::small.servers_max &&
                          settings.num_clients <= ec_counter::small.clients_max;
    if (is_small) {
        const auto judged = std::make_unique<Small>(settings, planted);
        return use(judged->counter, judged->judge);
    }
    const auto judged = std::make_unique<Large>(settings, planted);
    return use(judged->counter, judged->judge);
}

/// The judge watches from the first start on.
void start(EcCounter& counter, Properties& judge) {
    counter.system().add(judge);
    const Result<> started = counter.start();
    GRAFOS_ASSERT(started.is_ok()); // the settings are within what there is room for
    judge.meet(ec_counter::cast_of(counter));
}

uint64_t spread_ms(const Properties::Figures& figures) {
    const bool is_spread = figures.last_change_at > figures.most_held_at;
    return is_spread ? (figures.last_change_at - figures.most_held_at).ms : 0;
}

JsonObject report_of(EcCounter& counter, const Properties::Figures& figures) {
    const em::System::Figures& letters = counter.system().figures();
    JsonObject report;
    report.add("program", "ec-counter")
        .add("seed", counter.settings().seed)
        .add_json("settings", json_of(counter.settings()))
        .add("converged", counter.director().value().has_value())
        .add("value", counter.director().value().value_or(0))
        .add("largest", figures.most_held)
        .add("spread_ms", spread_ms(figures))
        .add("gets", figures.gets)
        .add("sets", figures.sets)
        .add("accepted", figures.accepted)
        .add("timed_out", figures.timed_out)
        .add("sent", letters.sent)
        .add("lost", letters.lost);
    return report;
}

Exit run_in(EcCounter& counter, Properties& judge, Stage& stage) {
    stage.watch(counter.system());
    judge.set_listener(&stage.breaks());
    start(counter, judge);
    stage.begin(counter.system(), counter.settings().seed, json_of(counter.settings()),
                faults_of(counter.settings()));
    const bool has_verdict = stage.run(counter.system(), [&] { return counter.is_over(); });
    if (counter.is_over()) {
        judge.end_with(counter.director().value());
        judge.finish(stage.ended_at());
    }
    if (!has_verdict) {
        (void)std::fprintf(stderr, "ec-counter: ended by hand: no verdict\n");
    }
    return stage.end(has_verdict && judge.is_good(), counter.director().value().value_or(0),
                     report_of(counter, judge.figures()));
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
    return with_counter(settings, Break::none, [](EcCounter& counter, Properties& judge) {
        start(counter, judge);
        (void)emulation_host::pump_virtual(counter.system(), [&] { return counter.is_over(); });
        judge.end_with(counter.director().value());
        judge.finish(counter.system().now());
        return judge.is_good() ? std::optional{spread_ms(judge.figures())} : std::nullopt;
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
        "they did not, 2 bad option or settings (nothing was started).\n"
        "tools/run ec-counter takes these, --yes and --no-build; and it has two more ways to run: "
        "--fabric (servers on three machines) and --sim (simulated machines that fail); each says "
        "its own options with --help."};
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
    if (options.only_checks) {
        const bool is_shown = std::puts(json_of(settings).c_str()) >= 0 && std::fflush(stdout) == 0;
        return static_cast<int>(is_shown ? Exit::converged : Exit::not_converged);
    }
    if (options.runs) {
        return static_cast<int>(run_many(options, settings));
    }
    options.run.settings = options.config;
    options.run.has_planted = !options.planted.empty();
    Stage stage{"ec-counter", options.run};
    if (const auto mistake = stage.open()) {
        return static_cast<int>(line.refuse(*mistake));
    }
    const Break planted = ec_counter::break_named(options.planted).value_or(Break::none);
    return static_cast<int>(
        with_counter(settings, planted, [&](EcCounter& counter, Properties& judge) {
            return run_in(counter, judge, stage);
        }));
}

} // namespace
} // namespace grafos::ec_counter_host

int main(int count, char** words) {
    return grafos::ec_counter_host::run(count, words);
}
