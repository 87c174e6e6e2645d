// SPDX-License-Identifier: Apache-2.0
/// The nine states in which the end of a lease is told to people and programs.
///
/// Phases are what the node does; a `RevokeState` is the vocabulary of the SDK for the same thing.
/// Its pair table (a row may go to the states named; nothing else, not even itself):
///
/// | from                | to                                                       |
/// |---------------------|----------------------------------------------------------|
/// | active              | revoke_warning, forced_teardown, expired                 |
/// | revoke_warning      | grace_running, forced_teardown                           |
/// | grace_running       | checkpoint_reported, forced_teardown                     |
/// | checkpoint_reported | forced_teardown, torndown                                |
/// | forced_teardown     | torndown, fenced                                         |
/// | expired             | failed_closed, fenced                                    |
/// | torndown, fenced, failed_closed | terminal                                     |
///
/// `expired` is driven by the TTL only: a lease that runs out inside its grace was revoked, since
/// the end reason is what first left `active`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/error.hpp"
#include "core/lease/table/phase.hpp"

namespace grafos::lease {

enum class RevokeState : uint8_t {
    active,
    revoke_warning,
    grace_running,
    checkpoint_reported,
    forced_teardown,
    torndown,
    expired,
    fenced,
    failed_closed,
};
inline constexpr size_t revoke_state_count = 9;

/// snake_case label. Context: any.
[[nodiscard]] std::string_view as_str(RevokeState state) noexcept;
/// One sentence for people; not interchangeable with the label. Context: any.
[[nodiscard]] std::string_view human_summary(RevokeState state) noexcept;
[[nodiscard]] bool legal_transition_to(RevokeState state, RevokeState next) noexcept;
[[nodiscard]] bool is_terminal(RevokeState state) noexcept;

/// What a slot in `phase` whose end is `end` (none yet: no code) shows. A slot that was never used
/// has no state; one that was freed with its units fenced shows `fenced`. Context: any.
[[nodiscard]] std::optional<RevokeState> revoke_state_of(Phase phase, std::optional<ErrorCode> end,
                                                         bool was_fenced) noexcept;

} // namespace grafos::lease
