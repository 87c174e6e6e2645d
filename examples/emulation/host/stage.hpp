// SPDX-License-Identifier: Apache-2.0
/// What every program of an emulated system does around its actors: common options, the trace, the
/// event file, pictures, and the time it runs on.
///
///     RunOptions options;                 Stage stage{"ec-counter", options};
///     add_run_options(line, options);     if (const auto mistake = stage.open()) { … }
///     line.parse(…);                      stage.begin(seed, settings, actors, faults);
///                                         stage.watch(system);  … start the actors …
///                                         stage.run(system, [&] { return director.is_over(); });
///                                         return stage.end(has_converged, value);
#pragma once

#include <functional>

#include "examples/emulation/host/command_line.hpp"
#include "examples/emulation/host/event_file.hpp"
#include "examples/emulation/host/trace_printer.hpp"
#include "examples/emulation/system.hpp"

namespace grafos::emulation_host {

struct RunOptions {
    std::optional<uint64_t> seed;
    bool is_real = false;
    bool steps = false;
    bool explains = false;
    bool is_json = false;
    std::string events;
    std::string diagram;
    std::string chart;
};

/// --seed, --real, --step, --explain, --json, --events; with pictures also --diagram and --chart.
void add_run_options(CommandLine& line, RunOptions& options);

/// Empty, or what to say: `path` cannot be written.
[[nodiscard]] std::optional<std::string> cannot_write(const std::string& option,
                                                      const std::string& path);

/// Has `examples/emulation/pictures` draw: `what` is its word; false: it said why on stderr.
[[nodiscard]] bool draw(const std::string& what, const std::string& from, const std::string& to);

class Stage {
public:
    /// The options outlive it.
    Stage(std::string program, const RunOptions& options);
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    /// Checks options against one another and opens what is written; what to say if that fails.
    [[nodiscard]] std::optional<std::string> open();
    /// Before the first actor is started; see EventFile::begin.
    void begin(uint64_t seed, const std::string& settings, const std::vector<std::string>& actors,
               const std::vector<PlannedFault>& faults);
    /// Before the first actor is started.
    void watch(em::System& system);
    /// Moves the system until `is_over`. False: it was ended by hand, and there is no verdict.
    [[nodiscard]] bool run(em::System& system, const std::function<bool()>& is_over);
    [[nodiscard]] EventFile& events() { return events_; }
    /// Where people read; with --json stdout belongs to the object.
    [[nodiscard]] std::FILE* people() const { return options_.is_json ? stderr : stdout; }
    /// Closes files and draws; the exit code, which is not 0 if any of that fails. `report`: with
    /// --json one object on stdout.
    [[nodiscard]] Exit end(bool has_converged, uint64_t value, const JsonObject& report);

private:
    [[nodiscard]] bool draw_pictures();

    std::string program_;
    const RunOptions& options_;
    TracePrinter trace_;
    EventFile events_;
    std::string events_path_; ///< where events_ writes; a file of its own if only pictures want it
    Instant ended_at_{};
};

} // namespace grafos::emulation_host
