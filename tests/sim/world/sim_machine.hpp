// SPDX-License-Identifier: Apache-2.0
/// One machine of a simulated fabric: a whole node that serves others, its programs, its disk, its
/// end of the net, its own clock. It can lose power and come back.
///
/// A turn is the one of `boards/common/program.hpp`, with the programs between the fabric's tick
/// and its flush. It takes no time, unless it is told to; the next one is a millisecond later at
/// the earliest. Every fault of its own, and every one of its disk, is an event.
#pragma once

#include <optional>

#include "core/fabric/fabric_storage.hpp"
#include "core/node/node_storage.hpp"
#include "core/node/service/service_storage.hpp"
#include "tests/sim/world/sim_limits.hpp"
#include "tests/sim/world/sim_program.hpp"
#include "tests/sim/world/watched_disk.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

/// The bytes of one machine that are not bookkeeping.
struct SimMachineArea {
    alignas(64) std::array<uint8_t, sim_memory_bytes> memory;
    alignas(64) std::array<uint8_t, sim_disk_bytes> disk;
};

/// What every node takes for the Unix time of its start.
inline constexpr UnixMillis sim_unix_base{1'700'000'000'000};

class SimMachine final : private DiskFaultListener {
public:
    using NodeType = node::NodeOf<sim_node>;
    using ServiceType = node::FabricServiceOf<sim_node>;
    using FabricType = fabric::FabricOf<sim_programs>;
    static constexpr size_t programs_max = 8;
    static constexpr size_t cached_sectors_max = 128; ///< that a crash may drop

    struct Setup {
        std::string_view name{};
        hal::DatagramAddress address{};
        uint64_t seed = 0;
        SimClock clock{};
        lease::LogOptions log{.log_percent = 50};
    };

    SimMachine(const Setup& setup, uint32_t number, SimMachineArea& area, SimulatedNet& net,
               SimObservers& observers) noexcept;
    SimMachine(const SimMachine&) = delete;
    SimMachine& operator=(const SimMachine&) = delete;
    ~SimMachine() { power_off(); }

    /// For all boots to come. Context: off.
    void add(SimProgram& program) noexcept;

    /// Alone: serves nobody and runs no program. To draw its keys.
    void power_on_alone() noexcept;
    /// With a service and programs; `peers` are whom it trusts and where they are.
    void power_on(std::span<const wire::Principal> peers) noexcept;
    /// At once: nothing is told, nothing is finished.
    void power_off() noexcept;
    /// The same, and the disk loses what it may: see RamBlockDevice::cut_power.
    void crash(uint64_t seed) noexcept;
    [[nodiscard]] bool is_on() const noexcept { return node_.has_value(); }
    /// Ready, and every unit known clean or in use.
    [[nodiscard]] bool is_settled() const noexcept;
    /// Nothing is leased, being wiped or fenced, and every record is durable.
    [[nodiscard]] bool is_idle() noexcept;

    void turn(Instant world) noexcept;
    /// When it must turn next, never before the last turn's next millisecond.
    [[nodiscard]] Instant next_turn() const noexcept;

    // --- faults: the world's time, from now on ---------------------------------------------------
    /// No turn for so long, though the clock goes on; what arrives waits. Resumed, it goes on in
    /// the middle of everything. A longer one takes the place of a shorter.
    void pause(Duration length) noexcept;
    /// The next turn takes so long, between the look at the clock and the sending.
    void lengthen_turn(Duration length) noexcept;
    /// Sets the clock forward or back.
    void step_clock(int64_t by_ms) noexcept;
    /// The clock stands still for so long, and has lost that time for good. At most one at a time;
    /// one that comes during another is nothing: false.
    bool stall_clock(Duration length) noexcept;
    [[nodiscard]] bool is_paused() const noexcept { return net_.now() < paused_until_; }
    /// In the middle of a long one, as the world sees it.
    [[nodiscard]] bool is_in_turn() const noexcept { return net_.now() < last_turn_; }
    /// When its latest turn looked at the clock; how often it was started.
    [[nodiscard]] Instant turn_began() const noexcept { return turn_began_; }
    [[nodiscard]] uint64_t boots() const noexcept { return boots_; }
    [[nodiscard]] uint64_t fault_count(MachineFault fault) const noexcept {
        return fault_counts_[static_cast<size_t>(fault)];
    }

    [[nodiscard]] node::Node& node() noexcept { return *node_; }
    [[nodiscard]] const ServiceType& service() const noexcept { return *service_; }
    [[nodiscard]] fabric::Fabric& fabric() noexcept { return *fabric_; }
    [[nodiscard]] RamBlockDevice& disk() noexcept { return disk_; }
    [[nodiscard]] Bytes memory() const noexcept { return area_.memory; }
    [[nodiscard]] const Setup& setup() const noexcept { return setup_; }
    [[nodiscard]] uint32_t number() const noexcept { return number_; }
    [[nodiscard]] lease::ResourceInfo info(lease::ResourceKind kind) noexcept;
    /// How often these 8 bytes stand at a multiple of 8, in the lent memory and on the lent disk.
    [[nodiscard]] uint64_t count_of(uint64_t tag) const noexcept;

private:
    void make_node() noexcept;
    void note_records() noexcept;
    void note_turn_end(Instant raw) noexcept;
    void say(SimEvent::What what, uint64_t number = 0, Bytes bytes = {}) noexcept;
    void on_disk_fault(DiskFault fault, uint64_t sector) noexcept override;
    void note(MachineFault fault, uint64_t amount) noexcept;
    [[nodiscard]] Instant due() const noexcept;

    Setup setup_;
    uint32_t number_;
    SimMachineArea& area_;
    SimulatedNet& net_;
    SimObservers& observers_;
    SeededEntropy entropy_;
    RamBlockDevice disk_;
    WatchedDisk watched_disk_;
    SimulatedLink link_;
    std::optional<wire::PeerList> peers_{};
    std::optional<wire::ClientPort> clients_{};
    std::optional<NodeType> node_{};
    std::optional<ServiceType> service_{};
    std::optional<FabricType> fabric_{};
    std::array<SimProgram*, programs_max> programs_{};
    size_t program_count_ = 0;
    Instant raw_{};
    Instant last_turn_{}; ///< its end
    Instant turn_began_{};
    uint64_t boots_ = 0;
    lease::Anchor anchor_{};
    std::array<CachedSector, cached_sectors_max> cache_{};
    std::array<uint64_t, machine_fault_count> fault_counts_{};
    Instant paused_until_{};
    Duration turn_length_{};
};

} // namespace grafos::test
