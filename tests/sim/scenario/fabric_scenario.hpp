// SPDX-License-Identifier: Apache-2.0
/// Two nodes, each with a program that leases from the other, over a net that fails.
///
/// The course, in the world's time: both boot and trust each other; leases over a calm net; half a
/// minute of loss, doubles, overtaking and changed bits; single losses picked out in a silence; one
/// direction held for longer than any TTL, so that what was written comes when the lease is over;
/// both directions cut; a disk that refuses to be wiped, a fence, and its clearance; the end. What
/// must hold at every step is checked at every step (`watch`), what a part must have shown at its
/// end. The first broken expectation ends the run.
#pragma once

#include "tests/sim/programs/latecomer.hpp"
#include "tests/sim/programs/tenure.hpp"
#include "tests/sim/world/sim_fabric.hpp"

namespace grafos::test {

struct FabricOutcome {
    bool is_good = false;
    const char* failure = "";
    Instant failed_at{}; ///< of the world
    Instant ended_at{};
    uint64_t renewed = 0;
    uint64_t ended = 0;      ///< leases that ended while their holder wanted them
    uint64_t stopped = 0;    ///< of them, that the holder stopped using before the node ended them
    uint64_t refused = 0;    ///< requests that came when their lease was over
    uint64_t operations = 0; ///< reads, writes, exchanges, flushes
    uint64_t events = 0;     ///< of the trace
    Digest trace{};
};

class FabricScenario {
public:
    static constexpr size_t machines_count = 2;
    static constexpr std::array<std::string_view, machines_count> names{"east", "west"};

    explicit FabricScenario(uint64_t seed) noexcept;
    ~FabricScenario() { world_.power_off(); }
    FabricScenario(const FabricScenario&) = delete;
    FabricScenario& operator=(const FabricScenario&) = delete;

    /// All of it; afterwards both are idle, and their chains are complete and durable.
    [[nodiscard]] FabricOutcome run() noexcept;
    /// Only the beginning: a boot, and leases over a calm net. With `changed_delivery`, one bit of
    /// that delivery (1 = the first) is another one.
    [[nodiscard]] FabricOutcome run_opening(uint64_t changed_delivery) noexcept;

    /// After `run`, for exporting: moves everything on.
    void step() noexcept { world_.step(saturating_add(world_.now(), Duration{100})); }
    [[nodiscard]] SimFabric& world() noexcept { return world_; }

private:
    using Program = Worker<3>;
    enum Place : size_t { far_memory, far_block, own_memory };
    /// One lease, from when its holder has it until both sides have let go of it.
    struct Watched {
        bool is_used = false;
        size_t machine = 0;
        size_t tenure = 0;
        size_t home = 0;
        LeaseRef ref{};
        bool is_over_here = false; ///< refused, or let go
        bool was_refused = false;
        ErrorCode refused_by{};
        Instant refused_at{};
    };

    void expect(bool condition, const char* what) noexcept {
        verdict_.expect(condition, what, world_.now());
    }
    [[nodiscard]] FabricOutcome outcome() noexcept;
    template <typename Condition>
    void must_reach(Duration most, const char* what, const Condition& condition) noexcept {
        const bool is_reached = world_.run_until(most, [&] {
            watch();
            return !verdict_.is_good() || condition();
        });
        expect(is_reached, what);
    }
    void run_for(Duration length) noexcept;
    void watch() noexcept;
    void watch_tenure(size_t machine, size_t tenure) noexcept;
    void watch_lease(Watched& watched) noexcept;
    [[nodiscard]] Tenure& tenure(size_t machine, size_t index) noexcept {
        return programs_[machine]->tenure(index);
    }
    void want_all(bool is_wanted) noexcept;
    void pause_all(bool is_paused) noexcept;
    [[nodiscard]] bool is_every(bool (Tenure::*is_so)() const noexcept) noexcept;
    [[nodiscard]] uint64_t renewed() noexcept;
    [[nodiscard]] uint64_t renewals_failed() noexcept;
    [[nodiscard]] uint64_t operations() noexcept;
    [[nodiscard]] hal::DatagramAddress address(size_t machine) noexcept {
        return world_.machine(machine).setup().address;
    }

    void open() noexcept;
    void lose_some() noexcept;
    void lose_one_of_east() noexcept { lose_one(0, 1); }
    void lose_one_of_west() noexcept { lose_one(1, 0); }
    void lose_one(size_t from, size_t to) noexcept;
    void hold_one_way() noexcept;
    void check_ends(const std::array<uint64_t, 4>& tags) noexcept;
    void come_late() noexcept;
    void part_both() noexcept;
    void fence_blocks() noexcept;
    void settle() noexcept;

    SimFabricOf<machines_count> world_;
    Verdict verdict_{};
    std::array<std::optional<Program>, machines_count> programs_{};
    std::optional<Latecomer> latecomer_{};
    std::array<Watched, 16> watched_{};
    uint64_t stopped_ = 0;
    uint64_t refused_late_ = 0;
};

} // namespace grafos::test
