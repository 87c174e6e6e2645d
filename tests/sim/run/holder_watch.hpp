// SPDX-License-Identifier: Apache-2.0
/// Whether a holder stops using a lease before its node ends it, asked at every step.
///
///     expectation                                  | not asked if, in the lease's life
///     a holder stops before its node ends it       | a clock was set or stood still, the home was
///                                                  | started again, the holder took no turn
///     a holder that took no turn since stops first | a clock was set or stood still, the home was
///     thing in its next one                        | started again
#pragma once

#include "tests/sim/run/household.hpp"
#include "tests/sim/world/sim_fabric.hpp"

namespace grafos::test {

class HolderWatch {
public:
    HolderWatch(SimFabric& world, std::span<std::optional<Household>> households,
                Verdict& verdict) noexcept
        : world_{world}, households_{households}, verdict_{verdict} {}
    HolderWatch(const HolderWatch&) = delete;
    HolderWatch& operator=(const HolderWatch&) = delete;

    void look() noexcept;
    [[nodiscard]] uint64_t stopped_first() const noexcept { return stopped_first_; }
    [[nodiscard]] uint64_t resumed_late() const noexcept { return resumed_late_; }
    [[nodiscard]] uint64_t excused() const noexcept { return excused_; }
    [[nodiscard]] uint64_t checks() const noexcept { return checks_; }

private:
    static constexpr size_t machines_max = 5;
    /// How things were when a program last asked for nothing: its next lease is younger.
    struct Before {
        uint64_t clock_faults = 0; ///< of all machines
        uint64_t home_boots = 0;
    };
    struct Watched {
        bool is_used = false;
        size_t holder = 0;
        size_t tenure = 0;
        size_t home = 0;
        LeaseRef ref{};
        Before before{};
        uint64_t sleeps = 0; ///< pauses and long turns of the holder, when it had it
        bool is_excused = false;
        bool is_over_here = false;
        Instant ended_at{}; ///< by the node; 0: not yet
    };
    void expect(bool condition, const char* what) noexcept {
        verdict_.expect(condition, what, world_.now());
    }
    void look_at_tenure(size_t machine, size_t index) noexcept;
    void look_at_lease(Watched& watched) noexcept;
    void note_end(Watched& watched) noexcept;
    [[nodiscard]] bool is_excused(const Watched& watched) noexcept;
    [[nodiscard]] uint64_t clock_faults() noexcept;
    [[nodiscard]] uint64_t sleeps_of(size_t machine) noexcept;

    SimFabric& world_;
    std::span<std::optional<Household>> households_;
    Verdict& verdict_;
    std::array<Watched, 128> watched_{};
    std::array<std::array<Before, Household::tenures_max>, machines_max> before_{};
    uint64_t stopped_first_ = 0;
    uint64_t resumed_late_ = 0;
    uint64_t excused_ = 0;
    uint64_t checks_ = 0;
};

} // namespace grafos::test
