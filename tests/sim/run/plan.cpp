// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/run/plan.hpp"

#include <initializer_list>

namespace grafos::test {
namespace {

constexpr std::array<std::string_view, profile_count> names{
    "calm", "net", "disk", "power", "clock", "pressure", "hostile", "swarm"};

[[nodiscard]] constexpr FaultSet set_of(std::initializer_list<FaultKind> kinds) noexcept {
    FaultSet set;
    for (const FaultKind kind : kinds) {
        set.add(kind);
    }
    return set;
}

[[nodiscard]] constexpr FaultSet all_but(FaultKind kind) noexcept {
    FaultSet set;
    for (size_t i = 0; i < fault_kind_count; ++i) {
        if (fault_kind_at(i) != kind) {
            set.add(fault_kind_at(i));
        }
    }
    return set;
}

} // namespace

std::string_view name_of(Profile profile) noexcept {
    return names[static_cast<size_t>(profile)];
}

Result<Profile> profile_of(std::string_view text) noexcept {
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) {
            return static_cast<Profile>(i);
        }
    }
    return Error{ErrorCode::not_found, Field::name, 0, profile_count};
}

void put_profile_names(TextWriter& out) noexcept {
    for (size_t i = 0; i < names.size(); ++i) {
        out.put(i == 0 ? "" : ", ").put(names[i]);
    }
}

FaultSet kinds_of(Profile profile) noexcept {
    switch (profile) {
    case Profile::calm: return {};
    case Profile::net:
        return set_of({FaultKind::loss, FaultKind::duplicate, FaultKind::corruption,
                       FaultKind::delay, FaultKind::clog, FaultKind::one_way,
                       FaultKind::partition});
    case Profile::disk:
        return set_of({FaultKind::read_error, FaultKind::write_error, FaultKind::misdirected_write,
                       FaultKind::lost_flush, FaultKind::late_write, FaultKind::crash});
    case Profile::power:
        return set_of({FaultKind::crash, FaultKind::empty_disk, FaultKind::rolled_back_disk,
                       FaultKind::pause, FaultKind::long_turn});
    case Profile::clock:
        return set_of({FaultKind::clock_stall, FaultKind::clock_forward, FaultKind::clock_back,
                       FaultKind::clock_drift});
    case Profile::pressure:
        return set_of({FaultKind::loss, FaultKind::crash, FaultKind::teardown_failure,
                       FaultKind::full_table, FaultKind::full_log});
    case Profile::hostile:
        return set_of({FaultKind::loss, FaultKind::duplicate, FaultKind::delay, FaultKind::crash,
                       FaultKind::hostile_peer});
    case Profile::swarm: return all_but(FaultKind::full_log);
    }
    GRAFOS_UNREACHABLE();
}

Result<> check_plan(const RunPlan& plan) noexcept {
    if (plan.nodes != 0 && (plan.nodes < nodes_least || plan.nodes > nodes_most)) {
        return Error{ErrorCode::invalid_argument, Field::amount, plan.nodes, nodes_most};
    }
    if (plan.length == Duration{} || plan.length > length_most) {
        return Error{ErrorCode::invalid_argument, Field::length, plan.length.ms, length_most.ms};
    }
    const Duration to = plan.faults_to == Duration{} ? plan.length : plan.faults_to;
    if (plan.faults_from >= to || to > plan.length) {
        return Error{ErrorCode::invalid_argument, Field::offset, plan.faults_from.ms, to.ms};
    }
    return ok();
}

} // namespace grafos::test
