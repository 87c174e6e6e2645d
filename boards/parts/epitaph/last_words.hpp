// SPDX-License-Identifier: Apache-2.0
/// How a machine dies: once, telling why.
///
/// Order: console first (it can hardly fail), then the disk, then the end. A second death on the
/// way skips what already failed, so that the machine ends in any case. Used by each board's
/// exception handler and, through `grafos::assertion_failed` (defined here), by every assertion.
#pragma once

#include <string_view>

#include "boards/parts/epitaph/epitaph.hpp"
#include "core/base/ids.hpp"
#include "hal/power.hpp"

namespace grafos::board {

/// Tells `epitaph` (its boot number is filled in here) and ends the machine. Context: any.
[[noreturn]] void die(const hal::Epitaph& epitaph) noexcept;

// Supplied by each board; usable at any time, interrupts masked, with nothing else working.

/// Context: any. Bounded; what the line does not take is lost.
void emergency_print(std::string_view text) noexcept;
/// Writes one sector and flushes, polling, within a bounded time; answers whether it is on the
/// disk.
[[nodiscard]] bool emergency_write(uint64_t sector, Bytes bytes) noexcept;
[[noreturn]] void emergency_power_off(hal::ExitStatus status) noexcept;
/// Masks what could interrupt dying, and says which CPU this is. Context: any.
[[nodiscard]] hal::EpitaphCpu emergency_begin() noexcept;

} // namespace grafos::board
