// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/pump.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace grafos::emulation_host {
namespace {

using Clock = std::chrono::steady_clock;

Instant since(Clock::time_point start) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    return {static_cast<uint64_t>(passed.count())};
}

} // namespace

Instant pump_virtual(em::System& system, const std::function<bool()>& is_over) {
    while (!is_over()) {
        const Instant next = system.next_deadline();
        if (next == Instant::never()) {
            break;
        }
        (void)system.tick(std::max(next, system.now())); // what is left over is due at once
    }
    return system.now();
}

Instant pump_real(em::System& system, const std::function<bool()>& is_over) {
    const Clock::time_point start = Clock::now();
    while (!is_over()) {
        if (system.tick(since(start))) {
            continue;
        }
        const Instant next = system.next_deadline();
        if (next == Instant::never()) {
            break;
        }
        std::this_thread::sleep_until(start + std::chrono::milliseconds{next.ms});
    }
    return system.now();
}

} // namespace grafos::emulation_host
