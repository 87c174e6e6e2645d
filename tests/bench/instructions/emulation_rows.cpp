// SPDX-License-Identifier: Apache-2.0
/// What a message and a call cost the actor layer of the emulated systems, over its net.
#include <new>

#include "examples/emulation/network.hpp"
#include "tests/bench/instructions/rows.hpp"
#include "tests/bench/runner.hpp"

namespace grafos::board {
namespace {

using bench::Runner;

struct Pair {
    explicit Pair(emulation::Network& network) noexcept {
        system.set_weather(&network);
        for (size_t i = 0; i < 2; ++i) {
            auto started = system.start(runners[i], "runner");
            GRAFOS_ASSERT(started.is_ok());
            runners[1 - i].next = started.value();
        }
    }
    void put(uint8_t message, uint64_t value) noexcept {
        std::array<uint8_t, 8> bytes{};
        store_big_endian(bytes.data(), value);
        GRAFOS_ASSERT(system.take_in(0, message, bytes, std::nullopt).is_ok());
    }
    void turn() noexcept {
        now.ms += 1;
        static_cast<void>(system.tick(now));
    }
    Instant now{1'000};
    emulation::SystemOf<emulation::SystemLimits{.actors_max = 2, .letters_max = 16}> system{1};
    std::array<Runner, 2> runners{};
};

} // namespace

void measure_emulation(Report& report, MutableBytes memory) noexcept {
    const emulation::NetworkPlan plan{.latency = Duration{1}};
    emulation::Network network{plan, 1};
    GRAFOS_ASSERT(memory.size() >= sizeof(Pair));
    auto& pair = *new (memory.data()) Pair{network};
    constexpr uint64_t rounds = 200;
    Row message;
    Row call;
    pair.put(0, rounds);
    pair.turn();
    for (uint64_t i = 1; i < rounds; ++i) { // one arrives, is handled, and another is sent
        message.measure([&] { pair.turn(); });
    }
    pair.turn();
    GRAFOS_ASSERT(pair.system.figures().letters == 0);
    pair.put(2, rounds);
    pair.turn();
    for (uint64_t i = 1; i < rounds; ++i) { // there, back, and the next one asked
        call.measure([&] {
            pair.turn();
            pair.turn();
        });
    }
    pair.turn();
    pair.turn();
    GRAFOS_ASSERT(pair.system.figures().letters == 0 && pair.system.figures().timed_out == 0);
    report.print_row("emulation", "message", message);
    report.print_row("emulation", "call", call);
}

} // namespace grafos::board
