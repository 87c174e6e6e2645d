// SPDX-License-Identifier: Apache-2.0
/// A program that leases memory on a node it names, uses it, and lets it go: the same source,
/// wherever it runs and wherever the memory is.
#include <new>

#include "boards/common/program.hpp"

using namespace grafos;

alignas(64) constinit std::array<uint8_t, sizeof(board::Program)> program_area{};

hal::ExitStatus board::board_main(Machine& machine) noexcept {
    auto& program = *new (program_area.data()) Program{machine};
    const Result<> started = program.start();
    if (!started.is_ok()) {
        program.say(started.error());
        return hal::ExitStatus::refused;
    }
    const std::string_view node = machine.arguments.extra.is_empty()
                                      ? machine.arguments.name.view()
                                      : machine.arguments.extra.view();
    {
        auto lease =
            fabric::MemBuilder{program.fabric()}.min_bytes(4096).lease_secs(10).on(node).acquire(
                program);
        if (!lease.is_ok()) {
            program.say(lease.error());
            return hal::ExitStatus::failure;
        }
        auto mem = lease.value().mem();
        std::array<uint8_t, 12> hello{};
        const auto written = mem.write(100, bytes_of("hello, lease"), program);
        const auto read = mem.read(100, hello, program);
        if (!written.is_ok() || !read.is_ok()) {
            program.say(!written.is_ok() ? written.error() : read.error());
            return hal::ExitStatus::failure;
        }
        program.say(text_of(hello));
    } // the lease is let go here
    program.settle();
    return hal::ExitStatus::success;
}
