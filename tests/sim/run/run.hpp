// SPDX-License-Identifier: Apache-2.0
/// Two machines, each with programs that lease from the other and from itself, under the faults
/// that a seed drew; then everything is mended, and all must be had again and given back.
///
/// What must hold at every step has premises (protocol §10): a lease during which one of them is
/// broken is no longer asked about, and nothing else is.
///
///     expectation                                  | not asked if, in the lease's life
///     a holder stops before its node ends it       | a clock was set or stood still, the home was
///                                                  | started again, the holder took no turn
///     a holder that took no turn since stops first | a clock was set or stood still, the home was
///     thing in its next one                        | started again
///     a new lease reads as zeroes, then as written | blocks, on a disk that misdirects
///     a log survives                               | a disk that misdirects, loses flushes, or is
///                                                  | another one
#pragma once

#include "tests/sim/faults/fault_driver.hpp"
#include "tests/sim/programs/tenure.hpp"
#include "tests/sim/run/plan.hpp"

namespace grafos::test {

class Run {
public:
    static constexpr size_t machines_count = 2;
    static constexpr std::array<std::string_view, machines_count> names{"east", "west"};

    /// `images`: one a machine.
    Run(const RunPlan& plan, std::span<SimDiskImage> images) noexcept;
    ~Run() { world_.power_off(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    [[nodiscard]] RunOutcome run() noexcept;
    [[nodiscard]] FaultDriver& driver() noexcept { return *driver_; }
    [[nodiscard]] SimFabric& world() noexcept { return world_; }
    /// Each machine's state and its programs', on one line.
    void describe(TextWriter& out) noexcept;

private:
    using MemoryProgram = Worker<2>;
    using BlockProgram = Worker<1>;
    static constexpr size_t tenures = 3;
    /// How things were when a program last asked for nothing: its next lease is younger.
    struct Before {
        uint64_t clock_faults = 0; ///< of both machines
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
    [[nodiscard]] Tenure& tenure(size_t machine, size_t index) noexcept {
        return index < 2 ? memory_[machine]->tenure(index) : block_[machine]->tenure(0);
    }
    void run_for(Duration length) noexcept;
    template <typename Condition>
    void must_reach(Duration most, const char* what, const Condition& condition) noexcept;
    void step(Instant limit) noexcept;
    void want_all(bool is_wanted) noexcept;
    [[nodiscard]] bool is_every(bool (Tenure::*is_so)() const noexcept) noexcept;
    void watch() noexcept;
    void watch_tenure(size_t machine, size_t index) noexcept;
    void watch_lease(Watched& watched) noexcept;
    void note_end(Watched& watched) noexcept;
    [[nodiscard]] bool is_excused(const Watched& watched) noexcept;
    [[nodiscard]] uint64_t clock_faults() noexcept;
    [[nodiscard]] uint64_t sleeps_of(size_t machine) noexcept;
    void give_back() noexcept;

    RunPlan plan_;
    SimFabricOf<machines_count> world_;
    Verdict verdict_{};
    Verdict misled_{}; ///< what programs see on a disk that misdirects
    std::array<std::optional<MemoryProgram>, machines_count> memory_{};
    std::array<std::optional<BlockProgram>, machines_count> block_{};
    std::optional<FaultDriver> driver_{};
    std::array<Watched, 32> watched_{};
    std::array<std::array<Before, tenures>, machines_count> before_{};
    RunOutcome outcome_{};
};

} // namespace grafos::test
