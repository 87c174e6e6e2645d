// SPDX-License-Identifier: Apache-2.0
/// A net for one process: each letter takes its time, and may be lost, doubled, or cut off.
#pragma once

#include <span>

#include "examples/emulation/system.hpp"

namespace grafos::emulation {

/// Between `from` and `until` these actors hear each other, and nobody else.
struct Cut {
    static constexpr size_t actors_max = 64;
    Instant from{};
    Instant until{};
    std::array<ActorNumber, actors_max> actors{};
    size_t count = 0;

    [[nodiscard]] bool has(ActorNumber number) const noexcept;
};

struct NetworkPlan {
    static constexpr size_t drops_max = 8;
    static constexpr size_t cuts_max = 8;
    Duration latency{1};
    Duration jitter{0}; ///< drawn, on top: letters overtake one another
    uint32_t loss_permille = 0;
    uint32_t duplicate_permille = 0;
    std::array<std::string_view, drops_max> drops{}; ///< messages that never arrive
    size_t drop_count = 0;
    std::array<Cut, cuts_max> cuts{};
    size_t cut_count = 0;
    /// Whoever watches is not disturbed: its letters take `latency` and are never lost.
    ActorNumber observer = ActorNumber::nobody;
};

class Network final : public Weather {
public:
    /// The plan outlives it.
    Network(const NetworkPlan& plan, uint64_t seed) noexcept : plan_{plan}, random_{seed} {}
    [[nodiscard]] Fate fate_of(const Letter& letter, std::string_view message,
                               Instant now) noexcept override;

private:
    [[nodiscard]] Duration draw_delay() noexcept;
    [[nodiscard]] bool is_cut(const Letter& letter, Instant now) const noexcept;

    const NetworkPlan& plan_;
    Random random_;
};

} // namespace grafos::emulation
