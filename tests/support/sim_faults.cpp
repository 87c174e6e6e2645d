// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sim_faults.hpp"

#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t permille_most = 1'000;
constexpr uint64_t bound_most = 60'000;

/// A kind's name, and its lowest and highest rate when drawn: seldom enough that work goes on
/// between, often enough that a minute of it shows some.
struct Row {
    FaultKind kind;
    std::string_view name;
    uint32_t least;
    uint32_t most;
};

constexpr std::array<Row, fault_kind_count> rows{{
    {FaultKind::loss, "loss", 5, 150},
    {FaultKind::duplicate, "duplicate", 5, 100},
    {FaultKind::corruption, "corruption", 1, 20},
    {FaultKind::delay, "delay", 50, 1'000},
    {FaultKind::clog, "clog", 20, 80},
    {FaultKind::one_way, "one_way", 20, 80},
    {FaultKind::partition, "partition", 20, 80},
    {FaultKind::read_error, "read_error", 1, 10},
    {FaultKind::write_error, "write_error", 1, 10},
    {FaultKind::misdirected_write, "misdirected_write", 1, 5},
    {FaultKind::lost_flush, "lost_flush", 10, 300},
    {FaultKind::late_write, "late_write", 5, 50},
    {FaultKind::crash, "crash", 20, 80},
    {FaultKind::empty_disk, "empty_disk", 5, 20},
    {FaultKind::rolled_back_disk, "rolled_back_disk", 5, 30},
    {FaultKind::pause, "pause", 20, 150},
    {FaultKind::long_turn, "long_turn", 50, 500},
    {FaultKind::clock_stall, "clock_stall", 20, 80},
    {FaultKind::clock_forward, "clock_forward", 20, 80},
    {FaultKind::clock_back, "clock_back", 20, 80},
    {FaultKind::clock_drift, "clock_drift", 1'000, 1'000},
    {FaultKind::hostile_peer, "hostile_peer", 100, 1'000},
    {FaultKind::teardown_failure, "teardown_failure", 50, 300},
    {FaultKind::full_table, "full_table", 30, 150},
    {FaultKind::full_log, "full_log", 30, 100},
}};

constexpr bool are_rows_in_order() noexcept {
    for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].kind != fault_kind_at(i) || rows[i].least == 0 ||
            rows[i].most > permille_most || rows[i].least > rows[i].most) {
            return false;
        }
    }
    return true;
}
static_assert(are_rows_in_order());

[[nodiscard]] bool is_bound(uint64_t value) noexcept {
    return value > 0 && value <= bound_most;
}

/// Of a kind that has none: any.
[[nodiscard]] uint64_t bound_of(const SimFaults& faults, FaultKind kind) noexcept {
    switch (kind) {
    case FaultKind::delay: return faults.delay_most.ms;
    case FaultKind::clog: return faults.clog_most.ms;
    case FaultKind::one_way:
    case FaultKind::partition: return faults.partition_most.ms;
    case FaultKind::late_write: return faults.late_turns_most;
    case FaultKind::crash:
    case FaultKind::empty_disk:
    case FaultKind::rolled_back_disk: return faults.off_most.ms;
    case FaultKind::pause: return faults.pause_most.ms;
    case FaultKind::long_turn: return faults.long_turn_most.ms;
    case FaultKind::clock_stall: return faults.stall_most.ms;
    case FaultKind::clock_forward:
    case FaultKind::clock_back: return faults.step_most.ms;
    case FaultKind::clock_drift: return faults.drift_ppm_most;
    case FaultKind::teardown_failure: return faults.teardown_failure_most.ms;
    case FaultKind::full_table: return faults.full_table_most.ms;
    case FaultKind::full_log: return faults.full_log_most.ms;
    case FaultKind::loss:
    case FaultKind::duplicate:
    case FaultKind::corruption:
    case FaultKind::read_error:
    case FaultKind::write_error:
    case FaultKind::misdirected_write:
    case FaultKind::lost_flush:
    case FaultKind::hostile_peer: return 1;
    }
    GRAFOS_UNREACHABLE();
}

} // namespace

std::string_view name_of(FaultKind kind) noexcept {
    const auto index = static_cast<size_t>(kind);
    GRAFOS_ASSERT(index < rows.size());
    return rows[index].name;
}

Result<FaultKind> fault_of(std::string_view text) noexcept {
    for (const Row& row : rows) {
        if (row.name == text) {
            return row.kind;
        }
    }
    return Error{ErrorCode::not_found, Field::name, 0, fault_kind_count};
}

bool is_known_fault(std::string_view text) noexcept {
    return fault_of(text).is_ok();
}

void put_fault_names(TextWriter& out) noexcept {
    for (const Row& row : rows) {
        out.put(row.kind == rows[0].kind ? "" : ", ").put(row.name);
    }
}

Result<FaultSet> faults_of(std::string_view list) noexcept {
    FaultSet set;
    if (list == "none") {
        return set;
    }
    if (list == "all") {
        return FaultSet::all();
    }
    size_t begin = 0;
    for (size_t i = 0; i <= list.size(); ++i) {
        if (i < list.size() && list[i] != ',') {
            continue;
        }
        const Result<FaultKind> kind = fault_of({list.data() + begin, i - begin});
        if (!kind.is_ok()) {
            return Error{ErrorCode::not_found, Field::name, begin, fault_kind_count};
        }
        set.add(kind.value());
        begin = i + 1;
    }
    return set;
}

void SimFaults::keep(FaultSet wanted) noexcept {
    for (size_t i = 0; i < fault_kind_count; ++i) {
        permille[i] = wanted.has(fault_kind_at(i)) ? permille[i] : 0;
    }
}

FaultSet SimFaults::kinds() const noexcept {
    FaultSet set;
    for (size_t i = 0; i < fault_kind_count; ++i) {
        if (permille[i] > 0) {
            set.add(fault_kind_at(i));
        }
    }
    return set;
}

Result<> SimFaults::check() const noexcept {
    for (size_t i = 0; i < fault_kind_count; ++i) {
        if (permille[i] > permille_most) {
            return Error{ErrorCode::invalid_argument, Field::argument, i, permille_most};
        }
        const uint64_t bound = bound_of(*this, fault_kind_at(i));
        if (permille[i] > 0 && !is_bound(bound)) {
            return Error{ErrorCode::invalid_argument, Field::length, bound, bound_most};
        }
    }
    return ok();
}

SimFaults draw_faults(uint64_t seed) noexcept {
    SimFaults faults;
    for (size_t i = 0; i < fault_kind_count; ++i) {
        SeededChoice choice{SeededChoice{seed}.next() + i};
        const bool is_on = choice.chance(500);
        const auto rate = static_cast<uint32_t>(choice.between(rows[i].least, rows[i].most));
        faults.permille[i] = is_on ? rate : 0;
    }
    return faults;
}

} // namespace grafos::test
