// SPDX-License-Identifier: Apache-2.0
/// A world of machines: one net, one time, one seed, and everything in it on one thread.
///
/// Nothing happens between events: a step goes to the earliest moment at which a datagram arrives
/// or a machine has something due, and all machines due then take one turn each, beginning with one
/// that the seed picks. Everything that happens goes into the trace. The same seed gives the same
/// trace, on every machine that runs this and with every compiler.
#pragma once

#include "tests/sim/world/sim_machine.hpp"
#include "tests/sim/world/sim_participant.hpp"
#include "tests/sim/world/trace_observer.hpp"

namespace grafos::test {

class SimFabric : private Listener {
public:
    struct Storage {
        std::span<std::optional<SimMachine>> machines;
        std::span<SimMachineArea> areas;
    };

    SimFabric(const Storage& storage, uint64_t seed) noexcept;
    SimFabric(const SimFabric&) = delete;
    SimFabric& operator=(const SimFabric&) = delete;
    /// All off: programs may end before their machines.
    void power_off() noexcept;

    /// Off, with its disk blank. Its seed is drawn from the world's. At most as many as there is
    /// storage for. Context: before `boot`.
    SimMachine& add_machine(std::string_view name, SimClock clock,
                            const lease::LogOptions& log = {.log_percent = 50}) noexcept;
    /// Somebody else who has turns; lives as long as the world.
    void add_participant(SimParticipant& participant) noexcept;
    /// Whom every machine is told of besides the other machines. Context: before `boot`.
    void add_guest(const wire::Principal& guest) noexcept;
    [[nodiscard]] std::span<std::optional<SimMachine>> machines() noexcept {
        return storage_.machines.first(count_);
    }
    [[nodiscard]] SimMachine& machine(size_t index) noexcept {
        GRAFOS_ASSERT(index < count_);
        return *storage_.machines[index];
    }

    /// Each machine is a tenant of its own, to all others: its number + 1. Otherwise a lease may be
    /// shared by whoever is shown its token. Context: before `boot`.
    bool has_tenants = false;
    /// Programs of different machines may call one another. Context: before `boot`.
    bool has_calls = false;

    /// Each machine draws its keys on a boot of its own, and is then started again with the others
    /// in its trusted list. Whether all became ready and clean in time.
    [[nodiscard]] bool boot() noexcept;
    /// Who the others are, as machine `index` is told. `to` holds peers_max.
    [[nodiscard]] std::span<const wire::Principal> peers_of(
        size_t index, std::span<wire::Principal> to) const noexcept;

    /// Starts one that is off, as the others know it.
    void start(size_t index) noexcept;
    /// A machine has other keys, since its disk is another one: all are started again, and told.
    /// Context: all are on.
    void introduce() noexcept;

    [[nodiscard]] Instant now() const noexcept { return now_; }
    /// To the next event, or to `limit` if that comes first.
    void step(Instant limit) noexcept;
    /// Steps until `condition`; false: it did not come to be in `most`.
    template <typename Condition>
    bool run_until(Duration most, const Condition& condition) noexcept {
        const Instant limit = saturating_add(now_, most);
        while (!condition()) {
            if (now_ >= limit) {
                return false;
            }
            step(limit);
        }
        return true;
    }
    /// Nothing goes either way between two machines until the net is healed.
    void part(size_t a, size_t b) noexcept;
    /// One direction; `is_held`: what is sent waits.
    void close_way(size_t from, size_t to, bool is_held) noexcept;
    void open_way(size_t from, size_t to) noexcept;

    [[nodiscard]] SimulatedNet& net() noexcept { return net_; }
    [[nodiscard]] Trace& trace() noexcept { return trace_; }
    [[nodiscard]] SimObservers& observers() noexcept { return observers_; }
    [[nodiscard]] SeededChoice& choice() noexcept { return choice_; }
    [[nodiscard]] uint64_t steps() const noexcept { return steps_; }

private:
    void on_sent(const Datagram& datagram) noexcept override;
    void on_delivered(const Datagram& datagram) noexcept override;
    void advance(Instant to) noexcept;
    void ask_again(std::span<Instant> turns) noexcept;
    void say(SimEvent::What what, const Datagram& datagram) noexcept;
    [[nodiscard]] uint32_t number_at(const hal::DatagramAddress& address) const noexcept;
    [[nodiscard]] Instant next_of_participants() const noexcept;
    [[nodiscard]] bool settle() noexcept;
    void learn_keys() noexcept;

    Storage storage_;
    size_t count_ = 0;
    SeededChoice choice_;
    SimulatedNet net_;
    Trace trace_{};
    TraceObserver trace_observer_{trace_};
    SimObservers observers_{};
    Instant now_{};
    uint64_t steps_ = 0;
    static constexpr size_t participants_max = 2;
    static constexpr size_t guests_max = 4;
    std::array<SimParticipant*, participants_max> participants_{};
    size_t participant_count_ = 0;
    std::array<wire::Principal, guests_max> guests_{};
    size_t guest_count_ = 0;
    std::array<crypto::ExchangeKey, wire::peers_max> keys_{};
    std::array<NodeId, wire::peers_max> ids_{};
};

template <size_t machines_max>
struct SimFabricStorageOf {
    static_assert(machines_max <= wire::peers_max && machines_max <= sim_programs.peers_max + 1);

    std::array<SimMachineArea, machines_max> areas{};
    std::array<std::optional<SimMachine>, machines_max> machines{};
};

/// With room for `machines_max`.
template <size_t machines_max>
class SimFabricOf final : private SimFabricStorageOf<machines_max>, public SimFabric {
public:
    explicit SimFabricOf(uint64_t seed) noexcept
        : SimFabric{
              {SimFabricStorageOf<machines_max>::machines, SimFabricStorageOf<machines_max>::areas},
              seed} {}
};

} // namespace grafos::test
