// SPDX-License-Identifier: Apache-2.0
/// What a board has when it has come up, and the one function an executable supplies.
///
/// Problem: three machines, and several executables on each (the node, the unit tests, benchmarks).
/// Idea: the board brings everything up, describes it in one `Machine`, and calls `board_main`;
/// which executable it is depends only on whose `board_main` is linked. Rule: no executable knows
/// the board.
#pragma once

#include "boards/parts/arguments/arguments.hpp"
#include "core/base/ids.hpp"
#include "hal/block_device.hpp"
#include "hal/clock.hpp"
#include "hal/console.hpp"
#include "hal/datagram_link.hpp"
#include "hal/entropy.hpp"
#include "hal/power.hpp"

namespace grafos::board {

/// Where an executable runs; for banners, reports and lists of known differences.
enum class BoardKind : uint8_t { qemu_x86_64, qemu_aarch64, linux };

/// Everything lives until the machine ends. Devices that are not there are null: a node without a
/// disk or without entropy says so in its readiness instead of dying at boot.
struct Machine {
    BoardKind kind;
    const Arguments& arguments;
    hal::Clock& clock;
    hal::WallClock& wall_clock;
    hal::Console& console;
    hal::Power& power;
    hal::BlockDevice* block_device; ///< null: none found, or it refused to start
    hal::Entropy* entropy;          ///< null: none found, or it refused to start
    hal::DatagramLink* link;        ///< null: none
    MutableBytes leasable;          ///< the largest span of RAM that nothing else uses; not zeroed
};

/// Supplied by each executable, exactly once. Called once, with interrupts on, on the main stack.
/// What it returns ends the machine with that exit status. Context: the main loop; it may run for
/// ever.
[[nodiscard]] hal::ExitStatus board_main(Machine& machine) noexcept;

/// snake_case, as the board's folder is called. Context: any.
[[nodiscard]] std::string_view name_of(BoardKind kind) noexcept;

/// Where and under which boot number the epitaph of this boot is to be written; before the first
/// call it goes to the console only. Supplied by each board. Context: turn.
void set_epitaph_target(uint64_t sector, BootNumber boot) noexcept;

/// Called by `assertion_failed` before anything else, if set; may leave by longjmp, and if it
/// returns the machine ends as without it. For the test frame's EXPECT_ASSERTION. Null: none.
/// Context: turn.
using AssertionHook = void (*)(uint32_t site) noexcept;
void set_assertion_hook(AssertionHook hook) noexcept;

/// Writes all of `text`, waiting for the line where it must: for banners, test output and reports
/// of executables without a turn. Gives up when the line takes nothing for about a second, so that
/// a closed terminal cannot hang a machine. Context: outside turns only.
void print(hal::Console& console, std::string_view text) noexcept;

} // namespace grafos::board
