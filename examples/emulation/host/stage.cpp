// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/stage.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examples/emulation/host/pump.hpp"

namespace grafos::emulation_host {
namespace {

/// An empty file of its own; empty if there is none to be had.
std::string temporary_file() {
    std::error_code ignored;
    std::string name = std::filesystem::temp_directory_path(ignored) / "grafos-events-XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) {
        return {};
    }
    ::close(file);
    return name;
}

} // namespace

void add_run_options(CommandLine& line, RunOptions& options) {
    line.number("--seed", "all that is drawn follows from it", {0, INT64_MAX}, options.seed);
    line.flag("--real", "in real time; without: in virtual time, at once", options.is_real);
    line.flag("--step", "wait for Enter after each line; q ends", options.steps);
    line.flag("--explain", "below each line the rule that it follows", options.explains);
    line.flag("--json", "one JSON object on stdout, the trace on stderr", options.is_json);
    line.text("--events", "FILE", "everything that happened, one JSON object a line",
              options.events);
    line.text("--diagram", "FILE.svg", "draw who sent what to whom, and when", options.diagram);
    line.text("--chart", "FILE.svg", "draw the figures over time", options.chart);
    constexpr Range times{0, uint64_t{1} << 53};
    line.number("--from", "draw what happened from this millisecond on", times, options.from_ms);
    line.number("--to", "draw what happened until this one", times, options.to_ms);
    line.text("--actors", "LIST", "draw these, as main,server,client-2", options.actors);
    line.number("--letters", "draw at most so many letters", {1, 1'000}, options.letters);
}

std::optional<std::string> cannot_write(const std::string& option, const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return option + ": got " + path + " (" + std::strerror(errno) +
               "), accepted: a file that can be written";
    }
    ::close(file);
    return std::nullopt;
}

std::optional<std::string> same_file(const std::vector<NamedFile>& files) {
    namespace fs = std::filesystem;
    const auto place = [](const std::string& path) { // also of one that is not there yet
        std::error_code ignored;
        return fs::weakly_canonical(fs::absolute(path, ignored), ignored);
    };
    const auto are_same = [&](const std::string& a, const std::string& b) {
        std::error_code ignored;
        return fs::equivalent(a, b, ignored) || place(a) == place(b);
    };
    for (size_t i = 0; i < files.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
            const bool are_given = !files[i].path.empty() && !files[j].path.empty();
            if (are_given && are_same(files[i].path, files[j].path)) {
                return files[i].option + ": got " + files[i].path + ", the file of " +
                       files[j].option + ", accepted: a file of its own";
            }
        }
    }
    return std::nullopt;
}

bool draw(const std::string& what, const std::string& from, const std::string& to,
          const std::vector<std::string>& more) {
    std::vector<std::string> words{
        "/usr/bin/python3", "-B", GRAFOS_PICTURES, what, from, "--out", to};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions; // what it says is not part of the trace
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    int status = posix_spawn(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (status != 0) {
        (void)std::fprintf(stderr, "%s: %s: it draws the pictures\n", pointers[0],
                           std::strerror(status));
        return false;
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool draw_text(const std::string& what, const std::string& text, const std::string& to) {
    const std::string from = temporary_file();
    std::FILE* const file = from.empty() ? nullptr : std::fopen(from.c_str(), "w");
    const bool is_put = file != nullptr && std::fputs(text.c_str(), file) >= 0;
    const bool is_written = file != nullptr && std::fclose(file) == 0 && is_put;
    if (!is_written) {
        (void)std::fprintf(stderr, "%s: %s\n", std::filesystem::temp_directory_path().c_str(),
                           std::strerror(errno));
    }
    const bool is_drawn = is_written && draw(what, from, to, {});
    (void)::unlink(from.c_str());
    return is_drawn;
}

Stage::Stage(std::string program, const RunOptions& options)
    : program_{std::move(program)},
      options_{options},
      trace_{{.to = people(), .explains = options.explains, .steps = options.steps}} {}

Stage::~Stage() {
    const bool is_ours = options_.events.empty() && !events_path_.empty();
    if (is_ours) {
        (void)::unlink(events_path_.c_str());
    }
}

namespace {

/// Of those that choose what is drawn.
std::optional<std::string> mistake_of_part(const RunOptions& options) {
    const bool draws = !options.diagram.empty() || !options.chart.empty();
    const bool has_part =
        options.from_ms || options.to_ms || options.letters || !options.actors.empty();
    if (has_part && !draws) {
        return "--from, --to, --actors, --letters: got neither --diagram nor --chart, accepted: "
               "with one of them";
    }
    if (options.from_ms && options.to_ms && *options.to_ms < *options.from_ms) {
        return "--to: got " + std::to_string(*options.to_ms) + ", accepted: at least --from, " +
               std::to_string(*options.from_ms);
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> Stage::open() {
    if (auto mistake = mistake_of_part(options_)) {
        return mistake;
    }
    if (auto mistake = same_file({{"--config", options_.settings},
                                  {"--events", options_.events},
                                  {"--diagram", options_.diagram},
                                  {"--chart", options_.chart}})) {
        return mistake;
    }
    if (options_.steps && options_.is_real) {
        return "--step: got --real too, accepted: one of them, since waiting takes time";
    }
    if (options_.steps && isatty(STDIN_FILENO) != 1) {
        return "--step: got no terminal on stdin, accepted: a terminal to type Enter on";
    }
    for (const auto& [option, path] : {std::pair{"--events", options_.events},
                                       {"--diagram", options_.diagram},
                                       {"--chart", options_.chart}}) {
        if (auto mistake = path.empty() ? std::nullopt : cannot_write(option, path)) {
            return mistake;
        }
    }
    events_path_ = options_.events;
    if (events_path_.empty() && !(options_.diagram.empty() && options_.chart.empty())) {
        events_path_ = temporary_file();
        if (events_path_.empty()) {
            return std::string{"no temporary file: "} + std::strerror(errno);
        }
    }
    const bool is_wanted = !events_path_.empty();
    return is_wanted && !events_.open(events_path_) ? cannot_write("--events", events_path_)
                                                    : std::nullopt;
}

void Stage::begin(em::System& system, uint64_t seed, const std::string& settings,
                  const std::vector<PlannedFault>& faults) {
    std::vector<std::string> actors;
    for (size_t i = 0; i < system.actor_count(); ++i) {
        actors.emplace_back(system.view(static_cast<em::ActorNumber>(i)).name);
    }
    events_.begin(program_, seed, settings, actors, faults);
    if (options_.steps) {
        (void)std::fprintf(stderr, "%s: Enter for the next line, q to end\n", program_.c_str());
    }
    if (options_.is_real) { // each line when it is printed, also into a pipe
        (void)std::setvbuf(people(), nullptr, _IOLBF, BUFSIZ);
    }
}

void Stage::watch(em::System& system) {
    system.add(trace_);
    system.add(breaks_);
    if (events_.is_open()) {
        system.add(events_);
    }
}

bool Stage::run(em::System& system, const std::function<bool()>& is_over) {
    const auto is_enough = [&] { return trace_.wants_end() || breaks_.has_fallen() || is_over(); };
    ended_at_ = options_.is_real ? pump_real(system, is_enough) : pump_virtual(system, is_enough);
    return !trace_.wants_end();
}

Exit Stage::end(bool has_converged, uint64_t value, JsonObject report) {
    const bool is_kept = has_converged && !breaks_.has_fallen();
    const Exit exit = is_kept ? Exit::converged : Exit::not_converged;
    breaks_.print(options_.has_planted ? people() : stderr);
    events_.end(ended_at_, has_converged, value, static_cast<int>(exit));
    const bool has_events = events_.close();
    if (!has_events) {
        (void)std::fprintf(stderr, "%s: %s: not all of it could be written\n", program_.c_str(),
                           events_path_.c_str());
    }
    if (options_.is_json) {
        report.add("fallen", breaks_.property()).add("exit", static_cast<uint64_t>(exit));
        (void)std::printf("%s\n", report.text().c_str());
    }
    const bool has_trace = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    if (!has_trace) {
        (void)std::fprintf(stderr, "%s: stdout: not all of it could be written\n",
                           program_.c_str());
    }
    const bool is_complete = has_events && has_trace && draw_pictures();
    return is_complete ? exit : Exit::not_converged;
}

bool Stage::draw_pictures() {
    std::vector<std::string> part;
    const auto add = [&](const char* name, const std::optional<uint64_t>& value) {
        if (value) {
            part.insert(part.end(), {name, std::to_string(*value)});
        }
    };
    add("--from", options_.from_ms);
    add("--to", options_.to_ms);
    if (!options_.actors.empty()) {
        part.insert(part.end(), {"--actors", options_.actors});
    }
    bool are_drawn = true;
    if (!options_.chart.empty()) {
        are_drawn = draw("chart", events_path_, options_.chart, part);
    }
    add("--letters", options_.letters); // of diagrams alone
    if (!options_.diagram.empty()) {
        are_drawn = draw("diagram", events_path_, options_.diagram, part) && are_drawn;
    }
    return are_drawn;
}

} // namespace grafos::emulation_host
