// SPDX-License-Identifier: Apache-2.0
/// What every program of an emulated system does around its actors: common options, the trace, the
/// event file, pictures, and the time it runs on.
///
///     RunOptions options;                 Stage stage{"ec-counter", options};
///     add_run_options(line, options);     if (const auto mistake = stage.open()) { … }
///     line.parse(…);                      stage.watch(system);  … start the actors …
///                                         stage.begin(system, seed, settings, faults);
///                                         stage.run(system, [&] { return director.is_over(); });
///                                         return stage.end(has_converged, value);
#pragma once

#include <functional>

#include "examples/emulation/host/break_report.hpp"
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
    // which part of the run is drawn
    std::optional<uint64_t> from_ms;
    std::optional<uint64_t> to_ms;
    std::optional<uint64_t> letters;
    std::string actors;
    std::string settings;     ///< the file they were read from, which nothing may overwrite
    bool has_planted = false; ///< a mistake, on purpose: what falls is part of what is shown
};

/// --seed, --real, --step, --explain, --json, --events, --diagram, --chart, --from, --to,
/// --letters,
/// --actors.
void add_run_options(CommandLine& line, RunOptions& options);

/// Empty, or what to say: `path` cannot be written.
[[nodiscard]] std::optional<std::string> cannot_write(const std::string& option,
                                                      const std::string& path);

/// A file and the option that names it; an empty path is none.
struct NamedFile {
    std::string option;
    std::string path;
};
/// Empty, or what to say: two of them are the same file.
[[nodiscard]] std::optional<std::string> same_file(const std::vector<NamedFile>& files);

/// Has `examples/emulation/pictures` draw: `what` is its word, `more` are its options; false: it
/// said why on stderr.
[[nodiscard]] bool draw(const std::string& what, const std::string& from, const std::string& to,
                        const std::vector<std::string>& more);
/// The same of a text instead of a file.
[[nodiscard]] bool draw_text(const std::string& what, const std::string& text,
                             const std::string& to);

class Stage {
public:
    /// The options outlive it.
    Stage(std::string program, const RunOptions& options);
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    /// Checks options against one another and opens what is written; what to say if that fails.
    [[nodiscard]] std::optional<std::string> open();
    /// Before the first actor is started.
    void watch(em::System& system);
    /// Once all are there; see EventFile::begin.
    void begin(em::System& system, uint64_t seed, const std::string& settings,
               const std::vector<PlannedFault>& faults);
    /// Whom a judge tells what fell.
    [[nodiscard]] em::BreakListener& breaks() { return breaks_; }
    /// Moves the system until `is_over`, or until a property falls. False: it was ended by hand,
    /// and there is no verdict.
    [[nodiscard]] bool run(em::System& system, const std::function<bool()>& is_over);
    /// When that was.
    [[nodiscard]] Instant ended_at() const { return ended_at_; }
    /// Where people read; with --json stdout belongs to the object.
    [[nodiscard]] std::FILE* people() const { return options_.is_json ? stderr : stdout; }
    /// Says what fell, closes files and draws; the exit code, which is 0 only if all of it went
    /// well. `report`: with --json one object on stdout.
    [[nodiscard]] Exit end(bool has_converged, uint64_t value, JsonObject report);

private:
    [[nodiscard]] bool draw_pictures();

    std::string program_;
    const RunOptions& options_;
    TracePrinter trace_;
    EventFile events_;
    BreakReport breaks_{events_};
    std::string events_path_; ///< where events_ writes; a file of its own if only pictures want it
    Instant ended_at_{};
};

} // namespace grafos::emulation_host
