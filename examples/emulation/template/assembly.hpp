// SPDX-License-Identifier: Apache-2.0
/// The whole ring in one system, with its net. Step 3: who is there.
///
///     Ring ring{settings};
///     ring.system().add(printer);                      observers first
///     const Result<> started = ring.start();
///     while (!ring.is_over()) { (void)ring.system().tick(ring.system().next_deadline()); }
#pragma once

#include "examples/emulation/network.hpp"
#include "examples/emulation/template/station.hpp"
#include "examples/emulation/template/watcher.hpp"

namespace grafos::ring {

struct Settings {
    uint64_t seed = 1;
    size_t stations = 4; ///< 1 … stations_max
    uint64_t hops = 12;
    emulation::NetworkPlan net{.latency = Duration{1}, .jitter = Duration{4}};
};

class Ring {
public:
    explicit Ring(const Settings& settings) noexcept;
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// Once. Failures: invalid_argument (operation): no station, or more than stations_max.
    [[nodiscard]] Result<> start() noexcept;
    [[nodiscard]] emulation::System& system() noexcept { return system_; }
    [[nodiscard]] const Watcher& watcher() const noexcept { return watcher_; }
    [[nodiscard]] bool is_over() const noexcept { return watcher_.is_over(); }

private:
    static constexpr emulation::SystemLimits limits{.actors_max = stations_max + 1,
                                                    .letters_max = 64};
    Settings settings_;
    emulation::SystemOf<limits> system_;
    emulation::Network network_;
    std::array<Station, stations_max> stations_{};
    std::array<StationAddress, stations_max> addresses_{};
    Watcher watcher_;
};

} // namespace grafos::ring
