// SPDX-License-Identifier: Apache-2.0
/// kv_store as the program of a machine: the whole system inside one image, on virtual time.
///
/// `seed=N` is the seed; `extra=` holds settings, divided by commas, on top of three clients:
/// `extra=num_clients=5,loss_permille=50`. What it prints is the trace and nothing else, so the
/// same seed and settings print the same bytes on every machine. Status: success if every property
/// held, failure if one fell, refused if a setting is wrong.
#include <new>

#include "examples/emulation/image.hpp"
#include "examples/kv_store/assembly.hpp"

using namespace grafos;

namespace {

namespace kv = grafos::kv_store;

struct Run {
    Run(const kv::Settings& settings, hal::Console& console) noexcept
        : store{settings}, printer{console} {
        store.system().add(printer);
    }
    kv::KvStoreOf<kv::image_clients_max> store;
    emulation::ConsolePrinter printer;
};

alignas(64) constinit std::array<uint8_t, sizeof(Run)> run_area{};

} // namespace

hal::ExitStatus board::board_main(Machine& machine) noexcept {
    kv::Settings settings{.seed = machine.arguments.seed};
    const Result<> read = kv::read_words(settings, machine.arguments.extra.view());
    if (!read.is_ok()) {
        emulation::ConsolePrinter{machine.console}.say(read.error());
        return hal::ExitStatus::refused;
    }
    auto& run = *new (run_area.data()) Run{settings, machine.console};
    const Result<> started = run.store.start();
    if (!started.is_ok()) { // more than this image has room for
        run.printer.say(started.error());
        return hal::ExitStatus::refused;
    }
    emulation::System& system = run.store.system();
    while (!run.store.is_over()) {
        static_cast<void>(system.tick(system.next_deadline()));
    }
    run.store.finish();
    run.printer.say_break(run.store.judge());
    return run.store.judge().is_kept() ? hal::ExitStatus::success : hal::ExitStatus::failure;
}
