// SPDX-License-Identifier: Apache-2.0
/// What a run is to be, and what became of it.
#pragma once

#include "core/crypto/sha256.hpp"
#include "tests/sim/oracles/findings.hpp"
#include "tests/sim/programs/sharing.hpp"
#include "tests/support/sim_faults.hpp"

namespace grafos::test {

/// Which faults may come, and what programs do. The seed draws within it.
enum class Profile : uint8_t {
    calm,     ///< none: what must hold when nothing goes wrong, renewals and ends included
    net,      ///< the net's
    disk,     ///< of disks, and crashes, which show what disks lost
    power,    ///< crashes, other disks, pauses, long turns
    clock,    ///< drift, stalls, settings
    pressure, ///< full tables, full log, teardown that fails
    hostile,  ///< a peer that sends what it must not
    swarm,    ///< any of all, each on or off
};
inline constexpr size_t profile_count = 8;

/// As it stands in `--profile`. Failures of `profile_of`: not_found (name).
[[nodiscard]] std::string_view name_of(Profile profile) noexcept;
[[nodiscard]] Result<Profile> profile_of(std::string_view text) noexcept;
void put_profile_names(TextWriter& out) noexcept;
/// What a seed may switch on.
[[nodiscard]] FaultSet kinds_of(Profile profile) noexcept;

/// Over many seeds in a row, each profile as often: what `--seeds N` and the default set run.
[[nodiscard]] constexpr Profile profile_at(uint64_t seed) noexcept {
    return static_cast<Profile>(seed % profile_count);
}

inline constexpr size_t nodes_least = 2;
inline constexpr size_t nodes_most = 5;
inline constexpr Duration length_most{24 * 3'600'000};

struct RunPlan {
    uint64_t seed = 1;
    size_t nodes = 0; ///< 0: the seed draws
    Profile profile = Profile::swarm;
    FaultSet faults = FaultSet::all(); ///< whatever is not in it is off
    Duration length{60'000};           ///< booting and mending come on top
    /// When faults begin and end, both since the leases were had; `faults_to` 0: with `length`.
    Duration faults_from{};
    Duration faults_to{};
};

/// Whether such a run can be. Failures: invalid_argument (amount: nodes, expected = the most;
/// length: 0 or above `length_most`; offset: a window that is empty or ends behind `length`).
[[nodiscard]] Result<> check_plan(const RunPlan& plan) noexcept;

struct RunOutcome {
    Verdict verdict{};
    Instant ended_at{};
    size_t nodes = 0;
    uint64_t programs = 0;   ///< leases that are wanted at a time
    FaultSet faults{};       ///< that the seed switched on
    uint64_t steps = 0;      ///< of the world
    uint64_t operations = 0; ///< of programs, answered
    uint64_t acquired = 0;
    uint64_t ended = 0;  ///< leases that ended while they were wanted
    uint64_t checks = 0; ///< that oracles made
    uint64_t faults_happened = 0;
    std::array<uint64_t, fault_kind_count> happened{}; ///< each kind
    std::array<uint64_t, oracle_count> asked{};        ///< of them, each oracle
    uint64_t sectors_dropped = 0; ///< by crashes: acknowledged by the disk, and not flushed
    uint64_t sectors_torn = 0;    ///< by crashes: in flight
    uint64_t overtaken = 0;       ///< accesses whose token was over before they came
    uint64_t excused = 0;         ///< checks that were not made: a premise was broken
    Duration mended_in{};         ///< from the last fault until all was well again
    Duration mending_bound{};     ///< by when it had to be
    Duration given_back_in{};
    Sharing::Figures shared{};
    SharingClient::Figures sharers{};
    uint64_t events = 0; ///< of the trace
    Digest trace{};
};

} // namespace grafos::test
