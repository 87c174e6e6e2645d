// SPDX-License-Identifier: Apache-2.0
/// The invariants of protocol §10, asked of a whole world by who only observes it.
///
///     events ─► MachineWatch, one a machine ─► TurnLog    its clock
///                                           ├► LogWatch   its durable log ─► LeaseBook
///                                           └► BytesWatch what it lends
///            └► what programs say, held against the books and against true time
///
/// Nothing of core judges here: constants of the format, SHA-256 and CRC-32C are all that is
/// shared.
#pragma once

#include <optional>

#include "core/lease/node_limits.hpp"
#include "tests/sim/oracles/ask_watch.hpp"
#include "tests/sim/oracles/machine_watch.hpp"
#include "tests/sim/oracles/session_watch.hpp"
#include "tests/sim/run/judge.hpp"

namespace grafos::test {

class Oracles : public SimObserver, public SimJudge, private LeaseBook::Listener {
public:
    static constexpr size_t programs_max = AskWatch::programs_max;

    struct Storage {
        std::span<std::optional<MachineWatch>> machines;
        std::span<uint8_t> shadows; ///< as long as all lent memory together
    };

    Oracles(const Storage& storage, const OracleLimits& limits) noexcept
        : storage_{storage}, limits_{limits} {}
    Oracles(const Oracles&) = delete;
    Oracles& operator=(const Oracles&) = delete;

    /// The next machine, before it is on for the first time. Context: once for each.
    void add_machine(const LentBytes& lent) noexcept;
    void add_to(SimObservers& observers) noexcept { observers.add(*this); }

    void on_event(const SimEvent& event) noexcept override;
    /// Everything was given back and told: no lease is live any more, anywhere.
    void finish(Instant world) noexcept override;

    [[nodiscard]] const Verdict& verdict() const noexcept override { return findings_.verdict(); }
    [[nodiscard]] uint64_t checks() const noexcept override { return findings_.checks(); }
    [[nodiscard]] uint64_t excused() const noexcept { return findings_.excused(); }
    [[nodiscard]] const Findings& findings() const noexcept { return findings_; }

private:
    void on_grant(BookLease& lease) noexcept override {
        asks_.on_grant(watch(lease.home).book(), lease);
    }
    void on_end(BookLease& lease) noexcept override {
        check_holder(lease);
        check_handed(lease);
    }
    void check_shares() noexcept;
    void check_handed(const BookLease& lease) noexcept;
    void on_program(uint32_t machine, const ProgramEvent& program) noexcept;
    void on_granted(uint32_t machine, const ProgramEvent& program) noexcept;
    [[nodiscard]] bool was_clock_good(uint32_t machine, Instant since) noexcept;
    void check_holder(const BookLease& lease) noexcept;
    [[nodiscard]] MachineWatch& watch(size_t index) noexcept { return *storage_.machines[index]; }

    Storage storage_;
    OracleLimits limits_;
    Findings findings_{};
    AskWatch asks_{findings_};
    SessionWatch sessions_{findings_};
    size_t count_ = 0;
    size_t shadowed_ = 0;
    std::array<Instant, programs_max> last_said_{}; ///< by each program, true time
};

/// As numbers; each boot of a simulated machine starts at the same Unix time.
[[nodiscard]] constexpr OracleLimits oracle_limits_of(const lease::NodeLimits& limits,
                                                      UnixMillis unix_base) noexcept {
    return {.leases_max = limits.lease_count_max,
            .requests_per_turn_max = limits.requests_per_turn_max,
            .expiries_per_turn_max = limits.expiries_per_turn_max,
            .wipe_bytes_per_turn = limits.wipe_bytes_per_turn,
            .turn_max = limits.turn_max,
            .unix_base = unix_base};
}

template <size_t machines_max, size_t memory_bytes>
struct OraclesStorageOf {
    std::array<std::optional<MachineWatch>, machines_max> watches{};
    std::array<uint8_t, machines_max * memory_bytes> shadows{};
};

/// With room for `machines_max`, each of which lends no more than `memory_bytes`.
template <size_t machines_max, size_t memory_bytes>
class OraclesOf final : private OraclesStorageOf<machines_max, memory_bytes>, public Oracles {
public:
    explicit OraclesOf(const OracleLimits& limits) noexcept
        : Oracles{{OraclesStorageOf<machines_max, memory_bytes>::watches,
                   OraclesStorageOf<machines_max, memory_bytes>::shadows},
                  limits} {}
};

} // namespace grafos::test
