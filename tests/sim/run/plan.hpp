// SPDX-License-Identifier: Apache-2.0
/// What a run is to be, and what became of it.
#pragma once

#include "core/crypto/sha256.hpp"
#include "tests/sim/world/sim_program.hpp"
#include "tests/support/sim_faults.hpp"

namespace grafos::test {

/// Which faults may come, and what programs do. The seed draws within it.
enum class Profile : uint8_t {
    calm,     ///< none: what must hold when nothing goes wrong, renewals and ends included
    net,      ///< the net's
    disk,     ///< of disks
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

struct RunPlan {
    uint64_t seed = 1;
    size_t nodes = 0; ///< 0: the seed draws
    Profile profile = Profile::swarm;
    FaultSet faults = FaultSet::all(); ///< whatever is not in it is off
    Duration length{60'000};           ///< under faults; booting and mending come on top
};

struct RunOutcome {
    Verdict verdict{};
    Instant ended_at{};
    size_t nodes = 0;
    FaultSet faults{};       ///< that the seed switched on
    uint64_t steps = 0;      ///< of the world
    uint64_t operations = 0; ///< of programs, answered
    uint64_t acquired = 0;
    uint64_t checks = 0; ///< that oracles made
    uint64_t faults_happened = 0;
    uint64_t stopped_first = 0; ///< leases that their holder stopped using before they ended
    uint64_t resumed_late = 0;  ///< of holders that slept through the end
    uint64_t overtaken = 0;     ///< accesses whose token was over before they came
    uint64_t excused = 0;       ///< leases whose premises were broken
    uint64_t events = 0;        ///< of the trace
    Digest trace{};
};

} // namespace grafos::test
