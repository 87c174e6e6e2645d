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

void add_run_options(CommandLine& line, RunOptions& options) {
    line.number("--seed", "all that is drawn follows from it", {0, UINT64_MAX}, options.seed);
    line.flag("--real", "in real time; without: in virtual time, at once", options.is_real);
    line.flag("--step", "wait for Enter after each line; q ends", options.steps);
    line.flag("--explain", "below each line the rule that it follows", options.explains);
    line.flag("--json", "one JSON object on stdout, the trace on stderr", options.is_json);
    line.text("--events", "FILE", "everything that happened, one JSON object a line",
              options.events);
    line.text("--diagram", "FILE.svg", "draw who sent what to whom, and when", options.diagram);
    line.text("--chart", "FILE.svg", "draw the figures over time", options.chart);
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

bool draw(const std::string& what, const std::string& from, const std::string& to) {
    std::vector<std::string> words{"/usr/bin/python3", "-B", GRAFOS_PICTURES, what, from, to};
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    (void)std::fflush(stdout);
    pid_t child = 0;
    int status = posix_spawn(&child, pointers[0], nullptr, nullptr, pointers.data(), environ);
    if (status != 0) {
        (void)std::fprintf(stderr, "%s: %s: pictures are drawn by it\n", words[0].c_str(),
                           std::strerror(status));
        return false;
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
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

std::optional<std::string> Stage::open() {
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
        std::string name = "/tmp/grafos-events-XXXXXX";
        const int file = ::mkostemp(name.data(), O_CLOEXEC);
        if (file < 0) {
            return name + ": " + std::strerror(errno);
        }
        ::close(file);
        events_path_ = name;
    }
    const bool is_wanted = !events_path_.empty();
    return is_wanted && !events_.open(events_path_) ? cannot_write("--events", events_path_)
                                                    : std::nullopt;
}

void Stage::begin(uint64_t seed, const std::string& settings,
                  const std::vector<std::string>& actors, const std::vector<PlannedFault>& faults) {
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
    if (events_.is_open()) {
        system.add(events_);
    }
}

bool Stage::run(em::System& system, const std::function<bool()>& is_over) {
    const auto is_enough = [&] { return trace_.wants_end() || is_over(); };
    ended_at_ = options_.is_real ? pump_real(system, is_enough) : pump_virtual(system, is_enough);
    return !trace_.wants_end();
}

Exit Stage::end(bool has_converged, uint64_t value, const JsonObject& report) {
    Exit exit = has_converged ? Exit::converged : Exit::not_converged;
    events_.end(ended_at_, has_converged, value, static_cast<int>(exit));
    const bool has_events = events_.close();
    if (!has_events) {
        (void)std::fprintf(stderr, "%s: %s: not all of it could be written\n", program_.c_str(),
                           events_path_.c_str());
    }
    if (options_.is_json) {
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
    bool are_drawn = true;
    if (!options_.diagram.empty()) {
        are_drawn = draw("diagram", events_path_, options_.diagram);
    }
    if (!options_.chart.empty()) {
        are_drawn = draw("chart", events_path_, options_.chart) && are_drawn;
    }
    return are_drawn;
}

} // namespace grafos::emulation_host
