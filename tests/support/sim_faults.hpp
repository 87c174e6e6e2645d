// SPDX-License-Identifier: Apache-2.0
/// Which faults a simulated world has, and how many: a swarm.
///
/// A world in which everything fails all the time shows little: it never gets far. So each seed
/// switches each kind on or off by itself, about half of them, at a rate of its own; over many
/// seeds every pair of kinds meets, and every kind is alone for once (Groce et al., Swarm Testing,
/// 2012).
#pragma once

#include <array>
#include <string_view>

#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace grafos::test {

enum class FaultKind : uint8_t {
    // of each datagram
    loss,
    duplicate,
    corruption,
    delay, ///< and so reordering
    // of each pair of machines, each second
    clog,
    one_way,
    partition,
    // of each operation of a disk
    read_error,
    write_error,
    misdirected_write,
    lost_flush,
    late_write,
    // of each machine, each second
    crash, ///< unflushed sectors are kept or lost, the one in progress is torn
    empty_disk,
    rolled_back_disk,
    pause,
    long_turn,
    clock_stall,
    clock_forward,
    clock_back,
    // of each machine, once for all
    clock_drift,
    // of each of its chances to act
    hostile_peer, ///< has good keys, and sends what it must not
    // of each machine, each second
    teardown_failure, ///< its disk refuses to be wiped, or a lane holds leased memory
    full_table,       ///< somebody takes all there is, or all that he may
    full_log,         ///< its log is small, and who trims it is away
};
inline constexpr size_t fault_kind_count = 25;

[[nodiscard]] constexpr FaultKind fault_kind_at(size_t index) noexcept {
    return static_cast<FaultKind>(index);
}

/// As it stands in `--faults LIST`.
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;
/// Failures: not_found (name; expected = how many there are).
[[nodiscard]] Result<FaultKind> fault_of(std::string_view text) noexcept;
[[nodiscard]] bool is_known_fault(std::string_view text) noexcept;
/// All of them, for whoever gave another.
void put_fault_names(TextWriter& out) noexcept;

/// A set of kinds.
class FaultSet {
public:
    [[nodiscard]] static constexpr FaultSet all() noexcept {
        return FaultSet{(uint32_t{1} << fault_kind_count) - 1};
    }
    constexpr FaultSet() noexcept = default;
    [[nodiscard]] constexpr bool has(FaultKind kind) const noexcept {
        return (bits_ >> static_cast<unsigned>(kind) & 1u) != 0;
    }
    constexpr void add(FaultKind kind) noexcept { bits_ |= 1u << static_cast<unsigned>(kind); }
    [[nodiscard]] constexpr bool is_empty() const noexcept { return bits_ == 0; }
    friend constexpr bool operator==(FaultSet, FaultSet) = default;

private:
    constexpr explicit FaultSet(uint32_t bits) noexcept : bits_{bits} {}
    uint32_t bits_ = 0;
};

/// `loss,crash,…`, or `all`, or `none`. Failures: not_found (name; value = where it begins).
[[nodiscard]] Result<FaultSet> faults_of(std::string_view list) noexcept;

/// Rates, and how far each may go.
struct SimFaults {
    std::array<uint32_t, fault_kind_count> permille{}; ///< 0: off; what of, see FaultKind
    Duration delay_most{40};
    Duration clog_most{6'000};
    Duration partition_most{6'000};
    Duration off_most{3'000}; ///< crashed, until it is started again
    Duration pause_most{6'000};
    Duration long_turn_most{1'500};
    Duration stall_most{2'000};
    Duration step_most{5'000};
    Duration teardown_failure_most{4'000};
    Duration full_table_most{4'000};
    Duration full_log_most{20'000};
    uint64_t late_turns_most = 1'500;
    uint32_t drift_ppm_most = 10'000;

    [[nodiscard]] uint32_t rate_of(FaultKind kind) const noexcept {
        return permille[static_cast<size_t>(kind)];
    }
    [[nodiscard]] bool has(FaultKind kind) const noexcept { return rate_of(kind) > 0; }
    void set(FaultKind kind, uint32_t rate) noexcept { permille[static_cast<size_t>(kind)] = rate; }
    /// Whatever is not in it is off.
    void keep(FaultSet kinds) noexcept;
    [[nodiscard]] FaultSet kinds() const noexcept;
    /// Failures: invalid_argument (argument: value = the kind, expected = the highest rate;
    /// length: a bound of a kind that is on, which is 0 or more than a minute).
    [[nodiscard]] Result<> check() const noexcept;
};

/// The swarm of a seed. Each kind draws on its own, so that a further one moves no other.
[[nodiscard]] SimFaults draw_faults(uint64_t seed) noexcept;

} // namespace grafos::test
