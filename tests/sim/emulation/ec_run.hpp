// SPDX-License-Identifier: Apache-2.0
/// An ec-counter over four real nodes from one seed: a server on each of three, all clients and
/// main on the fourth; what fails, and what became of it.
///
///     plan, seed ─► machines, words, faults ─► boot ─► servers ─► clients ─► faults, crashes
///                   ─► healed ─► main's two checks ─► EcOutcome
///
/// Crashes of a durable counter keep to its premise (examples/ec_counter/fabric/block_keeper.hpp):
/// one machine loses power, at any moment; or, over a net that does not fail, a second one soon
/// after it. Then none does until all are on and every server's copies were once whole again.
#pragma once

#include "tests/sim/emulation/ec_judge.hpp"
#include "tests/sim/emulation/station_program.hpp"
#include "tests/sim/faults/fault_driver.hpp"
#include "tests/sim/oracles/oracles.hpp"

namespace grafos::test {

struct EcPlan {
    uint64_t seed = 1;
    bool has_crashes = false;
    bool is_durable = false;
    FaultSet faults = FaultSet::all(); ///< whatever is not in it is off
};

struct EcOutcome {
    Verdict verdict{};
    std::optional<uint64_t> value{}; ///< main's
    FaultSet faults{};               ///< that the seed switched on
    uint64_t faults_happened = 0;
    uint64_t crashes = 0;
    uint64_t lost = 0; ///< values that nobody had any more
    Duration lost_held_most{};
    uint64_t timed_out = 0;
    uint64_t refused = 0;
    uint64_t renewed = 0; ///< leases behind counters
    uint64_t checks = 0;
    uint64_t steps = 0;
    Instant ended_at{};
    Digest trace{};
};

class EcRun {
public:
    static constexpr size_t servers = EcJudge::servers_max;
    static constexpr size_t machines = servers + 1;
    static constexpr std::array<std::string_view, machines> names{"east", "west", "north", "south"};
    static constexpr uint64_t clients = 5;
    static constexpr uint64_t requests = 24;

    struct Storage {
        SimFabric::Storage world;
        Oracles& oracles;
    };
    /// `reader` may be null.
    EcRun(const EcPlan& plan, const Storage& storage, EcEar::Reader* reader) noexcept;
    ~EcRun() { world_.power_off(); }
    EcRun(const EcRun&) = delete;
    EcRun& operator=(const EcRun&) = delete;

    /// Once.
    [[nodiscard]] EcOutcome run() noexcept;

    [[nodiscard]] SimFabric& world() noexcept { return world_; }
    [[nodiscard]] const EcJudge& judge() const noexcept { return *judge_; }

private:
    /// A machine that has lost power, or is about to.
    struct Crash {
        Instant at = Instant::never();
        Instant by{};          ///< aimed: when it happens at the latest
        bool is_aimed = false; ///< waits for a server that has what nobody else has
        bool is_pair = false;  ///< a second machine follows
    };
    static constexpr size_t crashes_max = 6;

    void expect(bool condition, const char* what) noexcept {
        verdict_.expect(condition, what, world_.now());
    }
    void draw() noexcept;
    void draw_crashes() noexcept;
    void add_machines() noexcept;
    void add_words(size_t index, ec_counter::FabricWords& words) noexcept;
    void begin_faults() noexcept;
    void step(Instant limit) noexcept;
    template <typename Condition>
    void must_reach(Duration most, const char* what, const Condition& condition) noexcept;
    void look_at_servers() noexcept;
    void crash_if_due() noexcept;
    void cut_power(size_t server) noexcept;
    void bring_back() noexcept;
    void bring_all_back() noexcept;
    [[nodiscard]] bool may_crash_now(size_t server) noexcept;
    [[nodiscard]] bool is_every_copy_whole() noexcept;
    [[nodiscard]] bool is_premise_kept() noexcept;
    [[nodiscard]] std::optional<size_t> choose_victim(const Crash& crash) noexcept;
    [[nodiscard]] bool are_all_on() noexcept;
    void say(const TextWriter& line) noexcept;
    void say_lost() noexcept;
    void count_up() noexcept;

    EcPlan plan_;
    SeededChoice choice_;
    SimFabric world_;
    Oracles& oracles_;
    EcEar::Reader* reader_;
    Verdict verdict_{};
    SimFaults faults_{};
    Duration sync_period_{};
    Duration window_{}; ///< of faults
    Duration delay_most_{};
    std::optional<EcJudge> judge_{};
    std::optional<FaultDriver> driver_{};
    std::array<std::optional<EcEar>, machines> ears_{};
    std::array<std::optional<StationProgram>, machines> programs_{};
    std::array<Crash, crashes_max> crashes_{};
    size_t crash_count_ = 0;
    size_t next_crash_ = 0;
    std::array<Instant, servers> start_at_{};
    bool is_pair_open_ = false; ///< the second machine of a pair is still to lose power
    bool is_restored_ = true;   ///< every copy was whole since the last crash
    bool are_faults_on_ = false;
    EcOutcome outcome_{};
};

/// With its memory.
class EcRunStorage {
protected:
    SimFabricStorageOf<EcRun::machines> world_places{};
    OraclesOf<EcRun::machines, sim_memory_bytes> oracle_places{
        oracle_limits_of(sim_node, sim_unix_base)};
};
class WholeEcRun final : private EcRunStorage, public EcRun {
public:
    WholeEcRun(const EcPlan& plan, EcEar::Reader* reader) noexcept
        : EcRun{plan,
                {{EcRunStorage::world_places.machines, EcRunStorage::world_places.areas},
                 EcRunStorage::oracle_places},
                reader} {}
};

} // namespace grafos::test
