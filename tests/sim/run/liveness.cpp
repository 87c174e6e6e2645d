// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/liveness.hpp"

#include <algorithm>
#include <initializer_list>

#include "tests/sim/faults/fault_driver.hpp"
#include "tests/sim/run/household.hpp"

namespace grafos::test {
namespace {

constexpr uint64_t turn_ms = 1;
constexpr uint64_t backlog_ms =
    turn_ms * (sim_memory_bytes / sim_node.wipe_bytes_per_turn + sim_disk_bytes / 512);
constexpr uint64_t boot_ms = 2 * backlog_ms; // the log is read, then what is dirty is wiped
constexpr uint64_t end_ms =
    Casting::ttl_most.ms + 2 * Casting::ttl_most.ms * limits::clock_drift_ppm / 1'000'000;
constexpr uint64_t teardown_ms = sim_node.teardown_deadline.ms + backlog_ms;
/// Of a tenure: a rest, an open and an acquire, each given up once, and every slot read.
constexpr uint64_t again_ms = 1'000 + 4 * sim_programs.request_patience.ms + 16 * 60;

[[nodiscard]] bool has_any(const SimFaults& faults,
                           std::initializer_list<FaultKind> kinds) noexcept {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](FaultKind kind) { return faults.has(kind); });
}

[[nodiscard]] uint64_t effect_ms(const SimFaults& faults) noexcept {
    uint64_t most = 0;
    const auto lasts = [&](FaultKind kind, uint64_t ms) {
        most = std::max(most, faults.has(kind) ? ms : 0);
    };
    lasts(FaultKind::pause, faults.pause_most.ms);
    lasts(FaultKind::long_turn, faults.long_turn_most.ms);
    lasts(FaultKind::clock_stall, faults.stall_most.ms);
    lasts(FaultKind::clock_back, faults.step_most.ms); // what is due comes later by so much
    lasts(FaultKind::late_write, faults.late_turns_most * turn_ms);
    return most;
}

} // namespace

Duration mending_bound(const SimFaults& faults, size_t leases) noexcept {
    const bool is_disk = has_any(faults, {FaultKind::read_error, FaultKind::write_error,
                                          FaultKind::misdirected_write, FaultKind::lost_flush,
                                          FaultKind::late_write, FaultKind::rolled_back_disk});
    const bool is_power =
        has_any(faults, {FaultKind::crash, FaultKind::empty_disk, FaultKind::rolled_back_disk});
    uint64_t sum = effect_ms(faults) + end_ms + teardown_ms + again_ms;
    if (is_disk) {
        sum += FaultDriver::boots_until_blank * (FaultDriver::operator_delay.ms + boot_ms);
        sum += leases * 2 * FaultDriver::interval.ms;
    }
    if (faults.has(FaultKind::teardown_failure)) { // a clear each, by turns with its wipe
        sum += (leases + Hoarder::leases_most) * 3 * FaultDriver::interval.ms;
    }
    if (faults.has(FaultKind::full_table)) {
        sum += Hoarder::ttl.ms + teardown_ms;
    }
    if (faults.has(FaultKind::full_log)) { // a checkpoint, a trim, and all ask again
        sum += 10 * FaultDriver::interval.ms + again_ms;
    }
    if (is_disk || is_power) {
        sum += 2 * boot_ms;
    }
    return Duration{sum};
}

} // namespace grafos::test
