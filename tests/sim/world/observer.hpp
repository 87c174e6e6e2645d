// SPDX-License-Identifier: Apache-2.0
/// What happens in a simulated world, as it happens, for whoever wants to judge or draw it.
///
/// An observer sees what could be seen from outside: power, turns, what a disk was asked and said,
/// datagrams, faults, and what programs asked and were told. It never sees a node's own tables, so
/// what it concludes is its own. Oracles, event logs and pictures are observers.
#pragma once

#include <array>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/lease/resource.hpp"
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

/// What befalls a machine as a whole.
enum class MachineFault : uint8_t { crash, pause, long_turn, clock_step, clock_stall };
inline constexpr size_t machine_fault_count = 5;

/// What a machine shows of itself when a turn is over.
struct TurnReport {
    Instant next_deadline{};                        ///< its node's word, on the raw clock
    bool is_ready = false;                          ///< serves, and its log goes on
    std::array<lease::ResourceInfo, 2> resources{}; ///< its inventory: memory, blocks
};

/// What a program did or learnt about one lease.
struct ProgramEvent {
    enum class What : uint8_t {
        asked,   ///< began to acquire one; `ref` is not known yet
        granted, ///< holds it from now on
        refused, ///< was not granted one: `error`
        began,   ///< an access left: `operation`, `offset`, `bytes` if it carries any
        used,    ///< an access was answered with success: read bytes are in `bytes`
        failed,  ///< an access was answered with `error`
        ended,   ///< was told that its lease is over: `error`
        gave_up, ///< released it
        renewed, ///< was told that it lasts longer
    };
    enum class Operation : uint8_t { none, read, write, exchange, add, flush, lock, commit };

    What what = What::asked;
    Operation operation = Operation::none;
    lease::ResourceKind kind = lease::ResourceKind::memory;
    uint32_t program = 0; ///< a number of its own in the world
    uint32_t home = 0;    ///< machine that it leases from
    LeaseRef ref{};
    Duration ttl{};      ///< granted: asked for
    uint64_t tag = 0;    ///< of this lease alone: stands in every word it writes
    uint64_t number = 0; ///< of the access, from 1, in the order they began; began, used, failed
    uint64_t offset = 0; ///< in the lease, bytes
    Bytes bytes{};
    Error error{};
};

struct SimEvent {
    enum class What : uint8_t {
        power_on, ///< `number` = which boot of this machine (1 = its first)
        power_off,
        crash,         ///< power off, with the disk's cache lost in part
        turn_began,    ///< `number` = what its raw clock showed
        turn_ended,    ///< `number` likewise; `turn`
        anchored,      ///< by the node's own word: `number` = next record, `bytes` = the head
        machine_fault, ///< `code` = MachineFault, `number` = how much
        disk_fault,    ///< `code` = DiskFault, `number` = sector
        write_started, ///< `ticket`, `number` = sector, `bytes`
        write_ended,   ///< `ticket`; `is_ok`
        flush_started, ///< `ticket`
        flush_ended,   ///< `ticket`; `is_ok`: all that had ended when it began is durable
        disk_replaced, ///< `code` = DiskFault: erased or rolled_back
        sent,          ///< `datagram`
        delivered,     ///< `datagram`
        way_closed,    ///< nothing goes from `machine` to machine `number`; `code` 1: it waits
        way_opened,    ///< from `machine` to machine `number`
        program,       ///< `program`
        trick,         ///< a hostile peer judged an answer: `code` = Trick, `number` = what it was
        asked,         ///< an operator asked a node for something, between its turns
        disk_reset,    ///< what was in flight is forgotten, and nothing of it is on the disk
    };

    What what = What::power_on;
    uint32_t machine = 0; ///< of a datagram: as many as there are, or more, for who is no machine
    Instant at{};         ///< true time
    uint8_t code = 0;
    bool is_ok = true;
    uint64_t number = 0;
    uint64_t ticket = 0; ///< of a disk, never reused while in flight
    Bytes bytes{};
    const Datagram* datagram = nullptr;
    const ProgramEvent* program = nullptr;
    const TurnReport* turn = nullptr;
};

class SimObserver {
public:
    /// What `event` points at lives until this returns.
    virtual void on_event(const SimEvent& event) noexcept = 0;

protected:
    ~SimObserver() = default;
};

/// All who observe one world, and its time.
class SimObservers {
public:
    static constexpr size_t observers_max = 16;

    void add(SimObserver& observer) noexcept {
        GRAFOS_ASSERT(count_ < observers_max);
        observers_[count_] = &observer;
        count_ += 1;
    }
    /// The time of the events to come.
    void set_now(Instant now) noexcept { now_ = now; }
    [[nodiscard]] Instant now() const noexcept { return now_; }
    /// `at` is filled in.
    void say(SimEvent event) noexcept {
        event.at = now_;
        for (size_t i = 0; i < count_; ++i) {
            observers_[i]->on_event(event);
        }
    }

private:
    std::array<SimObserver*, observers_max> observers_{};
    size_t count_ = 0;
    Instant now_{};
};

} // namespace grafos::test
