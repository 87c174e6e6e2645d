// SPDX-License-Identifier: Apache-2.0
/// One machine as its events show it: its clock, its log, its leases, its bytes, and what each turn
/// must keep.
#pragma once

#include "tests/sim/oracles/bytes_watch.hpp"
#include "tests/sim/oracles/log_watch.hpp"

namespace grafos::test {

/// What a machine lends.
struct LentBytes {
    Bytes memory{};
    Bytes disk{};
};

class MachineWatch {
public:
    /// `shadow`: as long as the memory.
    MachineWatch(Findings& findings, const OracleLimits& limits, size_t number,
                 const LentBytes& lent, MutableBytes shadow, LeaseBook::Listener& listener) noexcept
        : findings_{findings},
          limits_{limits},
          lent_{lent},
          book_{findings, limits, turns_, listener, static_cast<uint32_t>(number)},
          log_{findings, book_, lent.disk},
          bytes_{findings, book_, lent.memory, shadow} {}
    MachineWatch(const MachineWatch&) = delete;
    MachineWatch& operator=(const MachineWatch&) = delete;

    void on_event(const SimEvent& event) noexcept;
    /// Everything was given back, and nothing comes any more.
    void finish() noexcept;

    [[nodiscard]] LeaseBook& book() noexcept { return book_; }
    [[nodiscard]] BytesWatch& bytes() noexcept { return bytes_; }
    [[nodiscard]] const LogWatch& log() const noexcept { return log_; }
    /// Its clock was last set, or stood still, then (true time); 0: never.
    [[nodiscard]] Instant clock_trouble() const noexcept { return clock_trouble_; }
    /// Whether it has heard from a machine since its clock went back, or it took too long a turn.
    [[nodiscard]] bool has_heard(uint32_t machine) const noexcept {
        return machine >= heard_.size() || heard_[machine] >= suspects_since_;
    }
    [[nodiscard]] bool is_on() const noexcept { return is_on_; }

private:
    void expect(Oracle oracle, bool condition, const char* what) noexcept {
        findings_.expect(oracle, condition, what);
    }
    void on_power_on() noexcept;
    void on_turn_began(const SimEvent& event) noexcept;
    void on_turn_ended(const SimEvent& event) noexcept;
    void on_fault(const SimEvent& event) noexcept;
    void on_disk(const SimEvent& event) noexcept;
    void take_shapes(const TurnReport& turn) noexcept;
    void check_early_turn(const SimEvent& event) noexcept;
    void check_ends(const TurnReport& turn) noexcept;
    void check_what_is_free(size_t index, const TurnReport& turn) noexcept;
    void check_inventory(const TurnReport& turn) noexcept;
    /// All that was executed is written and durable.
    [[nodiscard]] bool is_all_told(const TurnReport& turn) const noexcept;

    Findings& findings_;
    const OracleLimits& limits_;
    LentBytes lent_;
    TurnLog turns_{};
    LeaseBook book_;
    LogWatch log_;
    BytesWatch bytes_;
    Instant clock_trouble_{};
    Instant began_{}; ///< raw
    Instant said_{};  ///< raw: it needs no turn before
    uint64_t events_ = 1;
    uint64_t suspects_since_ = 0;     ///< event
    std::array<uint64_t, 8> heard_{}; ///< event, of each machine
    bool is_on_ = false;
    bool is_ready_ = false;  ///< when its last turn ended
    bool was_moved_ = false; ///< its clock, or this turn was told to last
    bool was_woken_ = false; ///< something came, since its last turn
    bool has_written_ = false;
    std::array<bool, LeaseBook::resource_count> was_all_free_{};
};

} // namespace grafos::test
