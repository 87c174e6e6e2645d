// SPDX-License-Identifier: Apache-2.0
/// Does to a simulated fabric what its faults say, and what an operator does about it.
///
/// Ten times a second of the world it draws, for each machine and each direction, what begins now;
/// what has lasted long enough ends. A machine that crashed is started again, on its own disk, on
/// that disk as it was earlier, or on a blank one: then it has other keys, and everybody is told. A
/// degraded node is started anew, its disk mended; if that does not help, it gets a blank disk,
/// which is right only if the disk had lied. Fences are cleared, again and again if need be.
#pragma once

#include "tests/sim/faults/pressure.hpp"
#include "tests/sim/world/sim_fabric.hpp"
#include "tests/support/sim_faults.hpp"

namespace grafos::test {

using SimDiskImage = std::array<uint8_t, sim_disk_bytes>;

class FaultDriver {
public:
    static constexpr size_t machines_max = 5;
    static constexpr Duration interval{100};
    static constexpr Duration operator_delay{2'000}; ///< until somebody comes to a degraded node
    static constexpr uint32_t boots_until_blank = 3; ///< degraded so often: a blank disk

    /// One image a machine, if disks are to be rolled back.
    FaultDriver(SimFabric& world, const SimFaults& faults, std::span<SimDiskImage> images,
                uint64_t seed) noexcept;
    FaultDriver(const FaultDriver&) = delete;
    FaultDriver& operator=(const FaultDriver&) = delete;

    /// Context: the machines have booted.
    void begin() noexcept;
    /// Everything that was begun ends and nothing more begins; the operator stays.
    void heal() noexcept;
    [[nodiscard]] Instant next() const noexcept { return earlier_of(next_, look_at_); }
    /// Context: between steps, when `next` has come.
    void act() noexcept;

    /// Every machine is on, as the others know it.
    [[nodiscard]] bool is_whole() noexcept;
    /// A node did not come back although its disk had only failed in ways that it owned up to.
    [[nodiscard]] bool is_log_lost() const noexcept { return is_log_lost_; }
    /// How many of this kind happened.
    [[nodiscard]] uint64_t count(FaultKind kind) noexcept;

private:
    struct Care {
        Instant start_at = Instant::never(); ///< crashed, until then
        /// Crashes as soon as a write is in flight, then at the latest.
        Instant crash_by = Instant::never();
        Instant degraded_at = Instant::never();
        uint32_t bad_boots = 0; ///< one after another
        bool is_alone = false;  ///< draws new keys
        bool has_image = false;
        std::optional<lease::Ticket> clearance{};
        Hoarder hoarder{};
        Lane lane{};
        Collector collector{};
        Renewer renewer{};
        Instant wipes_from = Instant::never(); ///< its disk refuses to be wiped, until then
    };

    [[nodiscard]] bool draws(FaultKind kind) noexcept;
    [[nodiscard]] Duration drawn(FaultKind kind, Duration most) noexcept;
    [[nodiscard]] SeededChoice& choice_of(FaultKind kind) noexcept {
        return choices_[static_cast<size_t>(kind)];
    }
    void bring_back(size_t index) noexcept;
    void look_after(size_t index) noexcept;
    void clear_fences(size_t index) noexcept;
    void introduce_who_is_alone() noexcept;
    void open_what_is_due() noexcept;
    void begin_on_net() noexcept;
    void close(size_t from, size_t to, bool is_held, Duration length) noexcept;
    void begin_on_machine(size_t index) noexcept;
    void begin_on_clock(SimMachine& machine) noexcept;
    void begin_pressure(size_t index) noexcept;
    void fail_teardowns(size_t index) noexcept;
    void keep_pressure(size_t index) noexcept;
    void keep_log(Care& care, SimMachine& machine) noexcept;
    void forget_pressure(size_t index) noexcept;
    void crash(size_t index, FaultKind kind) noexcept;
    void crash_who_writes() noexcept;
    void keep_image(size_t index) noexcept;
    void set_disk_faults(size_t index) noexcept;
    [[nodiscard]] uint64_t refused_wipes() noexcept;
    [[nodiscard]] size_t size() noexcept { return world_.machines().size(); }
    void note(FaultKind kind) noexcept { counts_[static_cast<size_t>(kind)] += 1; }

    SimFabric& world_;
    SimFaults faults_;
    std::span<SimDiskImage> images_;
    /// One a kind: a kind that is switched off leaves the draws of the others as they were.
    std::array<SeededChoice, fault_kind_count> choices_;
    SeededChoice choice_; ///< of disks and images
    bool is_active_ = false;
    bool is_log_lost_ = false;
    Instant next_ = Instant::never();
    Instant look_at_ = Instant::never(); ///< whether somebody writes
    Instant image_at_{};
    std::array<Care, machines_max> cares_{};
    std::array<std::array<Instant, machines_max>, machines_max> closed_until_{};
    std::array<uint64_t, fault_kind_count> counts_{};
};

} // namespace grafos::test
