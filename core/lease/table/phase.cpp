// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/phase.hpp"

namespace grafos::lease {
namespace {

using Sources = uint8_t; // one bit a phase

constexpr Sources bit(Phase phase) noexcept {
    return static_cast<Sources>(1u << static_cast<unsigned>(phase));
}
constexpr Sources live =
    static_cast<Sources>(bit(Phase::active) | bit(Phase::revoke_warning) |
                         bit(Phase::grace_running) | bit(Phase::checkpoint_reported));

struct Edge {
    Sources from;
    Phase to;
    std::string_view name;
};

/// The table of the header, row by row.
constexpr Edge edges[] = {
    {bit(Phase::free), Phase::active, "grant"},
    {bit(Phase::active), Phase::active, "renew"},
    {live, Phase::tearing_down, "release"},
    {live, Phase::tearing_down, "expire"},
    {live, Phase::tearing_down, "revoke_now"},
    {bit(Phase::active), Phase::revoke_warning, "warn"},
    {bit(Phase::revoke_warning), Phase::grace_running, "start_grace"},
    {bit(Phase::grace_running), Phase::checkpoint_reported, "report_checkpoint"},
    {static_cast<Sources>(bit(Phase::grace_running) | bit(Phase::checkpoint_reported)),
     Phase::tearing_down, "grace_ended"},
    {bit(Phase::tearing_down), Phase::free, "teardown_done"},
    {bit(Phase::tearing_down), Phase::fenced, "teardown_failed"},
    {bit(Phase::fenced), Phase::free, "fence_recorded"},
};
constexpr std::string_view phase_names[] = {
    "free",         "active", "revoke_warning", "grace_running", "checkpoint_reported",
    "tearing_down", "fenced",
};
static_assert(std::size(phase_names) == phase_count);
static_assert(std::size(edges) == phase_event_count);

} // namespace

Result<Phase> phase_after(Phase phase, PhaseEvent event) noexcept {
    const auto row = static_cast<size_t>(event);
    GRAFOS_ASSERT(row < phase_event_count);
    GRAFOS_ASSERT(static_cast<size_t>(phase) < phase_count);
    if ((edges[row].from & bit(phase)) == 0) {
        return Error{ErrorCode::invalid_argument, Field::operation, row,
                     static_cast<uint64_t>(phase)};
    }
    return edges[row].to;
}

std::string_view name_of(Phase phase) noexcept {
    const auto row = static_cast<size_t>(phase);
    GRAFOS_ASSERT(row < phase_count);
    return phase_names[row];
}

std::string_view name_of(PhaseEvent event) noexcept {
    const auto row = static_cast<size_t>(event);
    GRAFOS_ASSERT(row < phase_event_count);
    return edges[row].name;
}

} // namespace grafos::lease
