// SPDX-License-Identifier: Apache-2.0
/// A whole run from one plan: two to five machines, programs that lease from one another, the
/// faults that the seed drew, and whoever judges; then everything is mended, and all must be had
/// again and given back.
///
///     plan, seed ─► machines, drifts, tenures, faults ─► boot ─► all had ─► faults ─► mended
///                   ─► all had again within `mending_bound` ─► given back ─► RunOutcome
///
/// Add observers, judges and programs of your own between construction and `run`. The first thing
/// that is broken, by programs or by judges, ends it.
///
///     expectation of programs                      | not asked if
///     a new lease reads as zeroes, then as written | blocks, on a disk that misdirects, or loses a
///                                                  | flush and then power: of a grant, too
///     a log survives                               | a disk that misdirects, loses flushes, or is
///                                                  | another one
#pragma once

#include "tests/sim/faults/fault_driver.hpp"
#include "tests/sim/hostile/hostile_peer.hpp"
#include "tests/sim/oracles/oracles.hpp"
#include "tests/sim/programs/sharer.hpp"
#include "tests/sim/run/household.hpp"
#include "tests/sim/run/judge.hpp"
#include "tests/sim/run/plan.hpp"

namespace grafos::test {

class Run {
public:
    static constexpr size_t judges_max = 8;
    static constexpr std::array<std::string_view, nodes_most> names{"east", "west", "north",
                                                                    "south", "middle"};
    /// As many of each as there may be machines.
    struct Storage {
        SimFabric::Storage world;
        std::span<std::optional<Household>> households;
        std::span<SimDiskImage> images;
        Oracles& oracles;
    };

    /// Context: `check_plan` is ok, and there is storage for as many nodes.
    Run(const RunPlan& plan, const Storage& storage) noexcept;
    ~Run() { world_.power_off(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void add(SimJudge& judge) noexcept;
    /// Once.
    [[nodiscard]] RunOutcome run() noexcept;

    [[nodiscard]] FaultDriver& driver() noexcept { return *driver_; }
    [[nodiscard]] SimFabric& world() noexcept { return world_; }
    [[nodiscard]] const RunPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] const Sharing& sharing() const noexcept { return *sharing_; }
    /// What programs find broken.
    [[nodiscard]] Verdict& verdict() noexcept { return verdict_; }
    /// Null: the seed switched it off.
    [[nodiscard]] const HostilePeer* hostile() const noexcept {
        return hostile_.has_value() ? &*hostile_ : nullptr;
    }
    /// A number of its own in the world, for a program that is added.
    [[nodiscard]] uint32_t next_program() noexcept { return program_count_++; }
    /// Each machine's state and its programs', on one line.
    void describe(TextWriter& out) noexcept;

private:
    void expect(bool condition, const char* what) noexcept {
        verdict_.expect(condition, what, world_.now());
    }
    void add_machines(const SimFaults& faults, size_t count) noexcept;
    void add_oracles() noexcept;
    void add_tenure(size_t machine, const SimFaults& faults) noexcept;
    void add_hostile(const SimFaults& faults) noexcept;
    void add_sharers(const SimFaults& faults, size_t count) noexcept;
    void run_course() noexcept;
    void run_for(Duration length) noexcept;
    template <typename Condition>
    void must_reach(Instant end, const char* what, const Condition& condition) noexcept;
    void mend() noexcept;
    [[nodiscard]] bool is_every_lease_held() noexcept;
    void step(Instant limit) noexcept;
    void hear_judges() noexcept;
    void want_all(bool is_wanted) noexcept;
    template <typename Visitor>
    void for_each_tenure(const Visitor& visit) noexcept;
    [[nodiscard]] bool is_every(bool (Tenure::*is_so)() const noexcept) noexcept;
    [[nodiscard]] bool is_all_given_back() noexcept;
    void count_up() noexcept;
    void describe_machine(size_t index, TextWriter& out) noexcept;

    RunPlan plan_;
    SimFabric world_;
    std::span<std::optional<Household>> households_;
    Casting casting_;
    Verdict verdict_{};
    Verdict misled_{};
    std::optional<FaultDriver> driver_{};
    Oracles& oracles_;
    std::optional<HostilePeer> hostile_{};
    std::optional<Sharing> sharing_{};
    std::array<std::optional<Sharer>, nodes_most> sharers_{};
    std::array<SimJudge*, judges_max> judges_{};
    size_t judge_count_ = 0;
    uint32_t program_count_ = 0;
    Duration bound_{}; ///< of mending, and of giving back
    RunOutcome outcome_{};
};

template <size_t machines_max>
struct RunStorageOf {
    SimFabricStorageOf<machines_max> world_places{};
    std::array<std::optional<Household>, machines_max> household_places{};
    std::array<SimDiskImage, machines_max> image_places;
    OraclesOf<machines_max, sim_memory_bytes> oracle_places{
        oracle_limits_of(sim_node, sim_unix_base)};
};

/// With room for `machines_max`.
template <size_t machines_max = nodes_most>
class RunOf final : private RunStorageOf<machines_max>, public Run {
    using Places = RunStorageOf<machines_max>;

public:
    explicit RunOf(const RunPlan& plan) noexcept
        : Run{plan,
              {{Places::world_places.machines, Places::world_places.areas},
               Places::household_places,
               Places::image_places,
               Places::oracle_places}} {}
};

} // namespace grafos::test
