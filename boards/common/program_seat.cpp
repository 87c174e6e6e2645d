// SPDX-License-Identifier: Apache-2.0
#include "boards/common/program_seat.hpp"

namespace grafos::board {

std::optional<ArgumentProblem> find_program(std::string_view name, TextWriter& names,
                                            const NodeProgramEntry*& to) noexcept {
    to = nullptr;
    if (name.empty()) {
        return std::nullopt;
    }
    for (const NodeProgramEntry& entry : node_programs()) {
        if (entry.name == name) {
            to = &entry;
            return std::nullopt;
        }
        names.put(names.size() == 0 ? "" : ", ").put(entry.name);
    }
    return ArgumentProblem{"program", name,
                           names.size() == 0 ? "none: this image has no programs" : names.text()};
}

Result<> ProgramSeat::attach(node::Node& node, node::FabricService* service,
                             const wire::PeerList& peers, const Arguments& arguments) noexcept {
    node_ = &node;
    service_ = service;
    arguments_ = &arguments;
    return side_.start(node, service, peers, arguments.name.view());
}

void ProgramSeat::tick(Instant raw) noexcept {
    side_.tick(raw);
    if (state_ == State::waits && is_settled(*node_)) {
        begin();
    }
    if (state_ != State::runs) {
        return;
    }
    program_.step(side_.fabric().now());
    if (program_.wants_end()) {
        end(program_.outcome());
    }
}

void ProgramSeat::begin() noexcept {
    GRAFOS_ASSERT(state_ == State::waits);
    state_ = State::runs;
    std::array<char, SharedConsole::line_bytes_max> buffer;
    TextWriter line{buffer};
    line.put("program=").put(program_name_).put(" started");
    console_.print_notice(line.text());
    const Result<> started = program_.start({.fabric = side_.fabric(),
                                             .node = *node_,
                                             .service = service_,
                                             .lines = console_,
                                             .name = arguments_->name.view(),
                                             .seed = arguments_->seed});
    if (!started.is_ok()) {
        end(started);
    }
}

void ProgramSeat::end(const Result<>& outcome) noexcept {
    GRAFOS_ASSERT(state_ == State::runs);
    state_ = State::over;
    std::array<char, SharedConsole::line_bytes_max> buffer;
    TextWriter line{buffer};
    line.put("program=").put(program_name_);
    if (outcome.is_ok()) {
        line.put(" ended");
    } else {
        line.put(" failed: ");
        put_error(line, outcome.error());
    }
    console_.print_notice(line.text());
}

/// Lines first: what a program printed before it answered stands before what its caller prints.
void ProgramSeat::flush(Instant after) noexcept {
    console_.drain();
    side_.flush(after);
}

Instant ProgramSeat::next_deadline() const noexcept {
    const Instant fabric = side_.next_deadline();
    return state_ == State::runs ? earlier_of(fabric, side_.raw_of(program_.next_deadline()))
                                 : fabric;
}

} // namespace grafos::board
