// SPDX-License-Identifier: Apache-2.0
/// The life of one lease slot, as a closed machine.
///
/// A slot is taken by a grant, is live while its holder may use the units, is torn down once it
/// ended, and is free again when its units are clean or when the fence over them is recorded: the
/// units carry the fence, never the slot. Whether a live phase still gives access is decided by
/// time as well (see `LeaseTable::check_access`): an unswept lease is dead from its deadline on.
///
/// | event              | from                                   | to                  |
/// |--------------------|----------------------------------------|---------------------|
/// | grant              | free                                   | active              |
/// | renew              | active                                 | active              |
/// | release            | any live                               | tearing_down        |
/// | expire             | any live                               | tearing_down        |
/// | revoke_now         | any live                               | tearing_down        |
/// | warn               | active                                 | revoke_warning      |
/// | start_grace        | revoke_warning                         | grace_running       |
/// | report_checkpoint  | grace_running                          | checkpoint_reported |
/// | grace_ended        | grace_running, checkpoint_reported     | tearing_down        |
/// | teardown_done      | tearing_down                           | free                |
/// | teardown_failed    | tearing_down                           | fenced              |
/// | fence_recorded     | fenced                                 | free                |
///
/// live = active, revoke_warning, grace_running, checkpoint_reported. Every pair not named is
/// forbidden.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/result.hpp"

namespace grafos::lease {

enum class Phase : uint8_t {
    free = 0, ///< zero, so that a table in zeroed memory is a table of free slots
    active,
    revoke_warning,      ///< the holder is being told; renewals are over
    grace_running,       ///< the grace timer runs; access goes on
    checkpoint_reported, ///< the holder has saved what it needs; ends with the next turn
    tearing_down,        ///< ended; its units are drained and wiped
    fenced,              ///< the teardown failed; waits for the record of its fence
};
inline constexpr size_t phase_count = 7;

enum class PhaseEvent : uint8_t {
    grant,
    renew,
    release,
    expire,
    revoke_now,
    warn,
    start_grace,
    report_checkpoint,
    grace_ended,
    teardown_done,
    teardown_failed,
    fence_recorded,
};
inline constexpr size_t phase_event_count = 12;

/// The phase after `event`, or invalid_argument (operation; value = event, expected = phase) for a
/// forbidden pair. Context: any.
[[nodiscard]] Result<Phase> phase_after(Phase phase, PhaseEvent event) noexcept;

/// Whether `phase` can give access at all (time decides the rest). Context: any.
[[nodiscard]] constexpr bool is_live(Phase phase) noexcept {
    return phase >= Phase::active && phase <= Phase::checkpoint_reported;
}

/// snake_case. Context: any.
[[nodiscard]] std::string_view name_of(Phase phase) noexcept;
[[nodiscard]] std::string_view name_of(PhaseEvent event) noexcept;

static_assert(is_live(Phase::active) && is_live(Phase::revoke_warning));
static_assert(is_live(Phase::grace_running) && is_live(Phase::checkpoint_reported));
static_assert(!is_live(Phase::free) && !is_live(Phase::tearing_down) && !is_live(Phase::fenced));

} // namespace grafos::lease
