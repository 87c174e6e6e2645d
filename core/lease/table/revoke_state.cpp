// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/revoke_state.hpp"

namespace grafos::lease {
namespace {

constexpr uint16_t bit(RevokeState state) noexcept {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(state));
}
template <typename... States>
constexpr uint16_t set_of(States... states) noexcept {
    return static_cast<uint16_t>((0u | ... | bit(states)));
}

struct Entry {
    uint16_t next; // one bit a state
    std::string_view label;
    std::string_view summary;
};

using enum RevokeState;

constexpr Entry entries[] = {
    {set_of(revoke_warning, forced_teardown, expired), "active",
     "The lease is in force; its holder may use it until the deadline."},
    {set_of(grace_running, forced_teardown), "revoke_warning",
     "The lease is being revoked; its holder has been told and the grace timer starts."},
    {set_of(checkpoint_reported, forced_teardown), "grace_running",
     "The grace timer runs; the holder may still save its work."},
    {set_of(forced_teardown, torndown), "checkpoint_reported",
     "The holder has saved its work; the lease ends at once."},
    {set_of(torndown, fenced), "forced_teardown",
     "Access has ended; what was leased is being drained and wiped."},
    {0, "torndown", "Access has ended and what was leased has been wiped."},
    {set_of(failed_closed, fenced), "expired",
     "The time to live ran out; access has ended and what was leased is being wiped."},
    {0, "fenced",
     "The teardown failed; what was leased is quarantined until an operator clears it."},
    {0, "failed_closed", "The lease ran out; every further use of it is refused."},
};
static_assert(std::size(entries) == revoke_state_count);

const Entry& entry_of(RevokeState state) noexcept {
    GRAFOS_ASSERT(static_cast<size_t>(state) < revoke_state_count);
    return entries[static_cast<size_t>(state)];
}

} // namespace

std::string_view as_str(RevokeState state) noexcept {
    return entry_of(state).label;
}

std::string_view human_summary(RevokeState state) noexcept {
    return entry_of(state).summary;
}

bool legal_transition_to(RevokeState state, RevokeState next) noexcept {
    GRAFOS_ASSERT(static_cast<size_t>(next) < revoke_state_count);
    return (entry_of(state).next & bit(next)) != 0;
}

bool is_terminal(RevokeState state) noexcept {
    return entry_of(state).next == 0;
}

std::optional<RevokeState> revoke_state_of(Phase phase, std::optional<ErrorCode> end,
                                           bool was_fenced) noexcept {
    const bool ran_out = end == ErrorCode::lease_expired;
    switch (phase) {
    case Phase::active: return active;
    case Phase::revoke_warning: return revoke_warning;
    case Phase::grace_running: return grace_running;
    case Phase::checkpoint_reported: return checkpoint_reported;
    case Phase::tearing_down: return ran_out ? expired : forced_teardown;
    case Phase::fenced: return fenced;
    case Phase::free: break;
    }
    if (!end.has_value()) {
        return std::nullopt;
    }
    if (was_fenced) {
        return fenced;
    }
    return ran_out ? failed_closed : torndown;
}

} // namespace grafos::lease
