// SPDX-License-Identifier: Apache-2.0
/// The simulator as an executable of every board: a seed of each profile, and where each trace
/// ended. Two builds that do not say the same differ in what they do.
///
///     sim-trace SEED PROFILE nodes=N steps=N operations=N checks=N events=N HEX
#include <new>

#include "boards/parts/machine/machine.hpp"
#include "tests/sim/run/run.hpp"

namespace grafos::board {
namespace {

constexpr uint64_t seeds = test::profile_count;
constexpr Duration length{15'000};

void say(Machine& machine, TextWriter& line) noexcept {
    line.put("\r\n");
    print(machine.console, line.text());
    line.clear();
}

[[nodiscard]] bool run_seed(Machine& machine, uint64_t seed) noexcept {
    std::array<char, 512> buffer;
    TextWriter line{buffer};
    const test::RunPlan plan{.seed = seed, .profile = test::profile_at(seed), .length = length};
    auto& run = *new (machine.leasable.data()) test::RunOf<>{plan};
    const test::RunOutcome outcome = run.run();
    run.~RunOf();
    line.put("sim-trace ").put(seed).put(' ').put(test::name_of(plan.profile));
    line.put(" nodes=").put(uint64_t{outcome.nodes}).put(" steps=").put(outcome.steps);
    line.put(" operations=").put(outcome.operations).put(" checks=").put(outcome.checks);
    line.put(" events=").put(outcome.events).put(' ').put_hex(outcome.trace.view());
    say(machine, line);
    if (!outcome.verdict.is_good()) {
        line.put("seed ").put(seed).put(" failed at ").put(outcome.verdict.failed_at.ms);
        line.put(" ms, ").put(outcome.verdict.oracle).put(": ").put(outcome.verdict.failure);
        say(machine, line);
    }
    return outcome.verdict.is_good();
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    if (machine.leasable.size() < sizeof(test::RunOf<>)) {
        std::array<char, 128> buffer;
        TextWriter line{buffer};
        line.put("the simulator needs ").put(uint64_t{sizeof(test::RunOf<>)}).put(" bytes");
        say(machine, line);
        return hal::ExitStatus::refused;
    }
    bool is_good = true;
    for (uint64_t seed = 1; seed <= seeds && is_good; ++seed) {
        is_good = run_seed(machine, seed);
    }
    return is_good ? hal::ExitStatus::success : hal::ExitStatus::failure;
}

} // namespace grafos::board
