// SPDX-License-Identifier: Apache-2.0
/// One node driven through thousands of operations, faults and restarts on its own clock, from a
/// seed.
///
/// Everything that could differ between machines is taken from the seed or made the same: identity,
/// entropy, time base, memory size, when the disk answers. So the chain that comes out has the same
/// anchor on every machine and on every run (protocol §9), and that is what the scenario is for. On
/// the way it checks what it can see from outside: bytes read in a lease are zero until written, an
/// ended lease answers its end and nothing else, no old id works after a restart.
#pragma once

#include "core/node/node_storage.hpp"
#include "tests/sim/scenario/next_turn_disk.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

inline constexpr lease::NodeLimits scenario_limits{
    .lease_count_max = 96,
    .memory_units_max = 512,
    .block_units_max = 256,
    .group_bytes_max = 16 * 1024,
    .outbox_slots_max = 24,
    .block_accesses_max = 4,
    .events_max = 64,
    .renewals_max = 16,
    .turn_max = Duration{10},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = 16,
    .requests_per_turn_max = 8,
    .wipe_bytes_per_turn = 256 * 1024,
};
/// Lent memory of a scenario's node, the same everywhere.
inline constexpr size_t scenario_memory_bytes = 4 * 1024 * 1024;
/// Sectors of the disk that a scenario uses, the same everywhere: the first 32 MiB.
inline constexpr uint64_t scenario_sectors = 64 * 1024;

struct ScenarioOptions {
    uint64_t seed = 1;
    uint64_t operations = 10'000;
    uint64_t restarts = 2;
};

struct ScenarioOutcome {
    bool is_good = false;
    uint64_t operations = 0;
    uint64_t records = 0;
    uint64_t fences = 0;
    lease::Anchor anchor{};
    const char* failure = ""; ///< the first broken expectation
    uint64_t failed_at = 0;   ///< operation it broke at
};

class Scenario {
public:
    using NodeType = node::NodeOf<scenario_limits>;

    /// `node_area` holds a NodeType; `memory` is scenario_memory_bytes.
    Scenario(const ScenarioOptions& options, hal::BlockDevice& disk, MutableBytes memory,
             MutableBytes node_area) noexcept;
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;
    ~Scenario();

    /// All of it; returns when the chain is complete and durable.
    [[nodiscard]] ScenarioOutcome run() noexcept;
    /// After `run`: for exporting.
    [[nodiscard]] node::Node& node() noexcept { return *node_; }
    /// Moves a finished node on while somebody exports.
    void turn() noexcept;

private:
    /// What the scenario knows of a lease it was granted: its own state, not the node's.
    struct Held {
        bool is_used = false;
        bool is_block = false;
        bool is_written = false;
        lease::Answer grant{};
        Generation generation{};
        uint8_t pattern = 0;
        uint64_t boot = 0;
    };
    struct Open {
        bool is_used = false;
        lease::Ticket ticket{};
        lease::Operation operation{};
        size_t held = 0;
        LeaseRef ref{}; ///< of that lease; another may have taken its place by now
    };
    void start_node() noexcept;
    void kill_node() noexcept;
    void wait_until_settled() noexcept;
    void expect(bool condition, const char* what) noexcept;
    void step_time() noexcept;
    void poll_answers() noexcept;
    void take_answer(const Open& open, const Result<lease::Answer>& answer) noexcept;
    void operate() noexcept;
    void do_grant() noexcept;
    void do_renew() noexcept;
    void do_release() noexcept;
    void do_revoke() noexcept;
    void do_report() noexcept;
    void do_access() noexcept;
    void do_nonsense() noexcept;
    void do_old_id() noexcept;
    void do_disk_fault() noexcept;
    void do_clear_fence() noexcept;
    void check_read(const Held& held, Bytes data) noexcept;
    void start(const lease::Request& request, size_t held) noexcept;
    [[nodiscard]] size_t pick_held() noexcept;
    [[nodiscard]] size_t free_held() noexcept;
    static constexpr size_t held_max = 64;
    static constexpr size_t none = held_max;

    ScenarioOptions options_;
    SeededChoice random_;
    SeededEntropy entropy_;
    NextTurnDisk disk_;
    MutableBytes memory_;
    MutableBytes node_area_;
    NodeType* node_ = nullptr;
    Instant raw_{1'000};
    uint64_t boots_ = 0;
    uint64_t done_ = 0;
    bool is_refusing_ = false;
    std::array<Held, held_max> held_{};
    std::array<Open, scenario_limits.outbox_slots_max> open_{};
    std::array<uint8_t, limits::block_bytes> data_{};
    ScenarioOutcome outcome_{};
};

} // namespace grafos::test
