// SPDX-License-Identifier: Apache-2.0
/// ec-counter as the program of a machine: the whole system inside one image, on virtual time.
///
/// `seed=N` is the seed; `extra=` holds settings, divided by commas, on top of three servers and
/// five clients: `extra=num_servers=2,requests=7,loss_permille=50`. What it prints is the trace and
/// nothing else, so the same seed and settings print the same bytes on every machine. Status:
/// success if the servers converged to the largest value that any of them ever held, failure if
/// not, refused if a setting is wrong.
#include <new>

#include "examples/ec_counter/properties.hpp"
#include "examples/emulation/image.hpp"

using namespace grafos;

namespace {

namespace ec = grafos::ec_counter;

struct Run {
    Run(const ec::Settings& settings, hal::Console& console) noexcept
        : counter{settings, ec::Break::none}, properties{settings}, printer{console} {
        counter.system().add(printer);
        counter.system().add(properties);
    }
    ec::EcCounterOf<ec::small> counter;
    ec::PropertiesOf<ec::small> properties;
    emulation::ConsolePrinter printer;
};

constexpr size_t problem_bytes_max = 400;

alignas(64) constinit std::array<uint8_t, sizeof(Run)> run_area{};

} // namespace

hal::ExitStatus board::board_main(Machine& machine) noexcept {
    ec::Settings settings{.num_clients = 5, .seed = machine.arguments.seed};
    const auto problem = ec::read_words(settings, machine.arguments.extra.view());
    if (problem.has_value()) {
        std::array<char, problem_bytes_max> buffer;
        TextWriter text{buffer};
        ec::put_problem(text, *problem);
        emulation::ConsolePrinter{machine.console}.say(text.text());
        return hal::ExitStatus::refused;
    }
    auto& run = *new (run_area.data()) Run{settings, machine.console};
    const Result<> started = run.counter.start();
    if (!started.is_ok()) { // more than this image has room for
        run.printer.say(started.error());
        return hal::ExitStatus::refused;
    }
    run.properties.meet(ec::cast_of(run.counter));
    emulation::System& system = run.counter.system();
    while (!run.counter.is_over()) {
        static_cast<void>(system.tick(system.next_deadline()));
    }
    run.properties.end_with(run.counter.director().value());
    run.properties.finish(system.now());
    run.printer.say_break(run.properties);
    return run.properties.is_good() ? hal::ExitStatus::success : hal::ExitStatus::failure;
}
