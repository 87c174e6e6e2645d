// SPDX-License-Identifier: Apache-2.0
/// A program that holds memory on every node it knows, at the same time, and says what became of
/// each request.
///
/// Problem: whether a fabric works is a question about all of its machines at once. Idea: one lease
/// on each node, each with one operation in flight, moved by the same loop. Rule: nothing waits for
/// one node while others could go on, so every figure is of its own node.
///
/// `extra=MS`: works on for at least so long with each lease.
#include <algorithm>
#include <new>

#include "examples/hold_everywhere/place.hpp"

using namespace grafos;

namespace {

using Program = board::Program;
using example::Place;

constexpr Duration rest_max{20};
constexpr uint64_t work_ms_max = 60'000;
constexpr size_t places_max = board::program_fabric.peers_max + size_t{1};

alignas(64) constinit std::array<uint8_t, sizeof(Program)> program_area{};

} // namespace

hal::ExitStatus board::board_main(Machine& machine) noexcept {
    auto& program = *new (program_area.data()) Program{machine};
    const Result<> started = program.start();
    if (!started.is_ok()) {
        program.say(started.error());
        return hal::ExitStatus::refused;
    }
    const std::string_view extra = machine.arguments.extra.view();
    const Result<uint64_t> work =
        extra.empty() ? Result<uint64_t>{0} : parse_decimal(extra, work_ms_max, Field::argument);
    if (!work.is_ok()) {
        program.say(work.error());
        return hal::ExitStatus::refused;
    }
    std::array<Place, places_max> places{};
    const std::span<Place> held = std::span{places}.first(program.fabric().homes().size());
    for (size_t i = 0; i < held.size(); ++i) {
        held[i].begin(program, program.fabric().homes()[i].name);
    }
    while (!std::ranges::all_of(held, &Place::is_over)) { // each lease is renewed, or ends
        machine.power.idle_until(saturating_add(machine.clock.now(), rest_max));
        program.turn();
        for (Place& place : held) {
            place.step(program, Duration{work.value()});
        }
    }
    for (Place& place : held) {
        place.let_go(program);
    }
    return std::ranges::any_of(held, &Place::has_failed) ? hal::ExitStatus::failure
                                                         : hal::ExitStatus::success;
}
