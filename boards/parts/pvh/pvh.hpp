// SPDX-License-Identifier: Apache-2.0
/// The memory map that QEMU hands to a PVH kernel.
/// Source: Xen public/arch-x86/hvm/start_info.h.
#pragma once

#include <span>

#include "boards/parts/memory_map/memory_map.hpp"
#include "core/base/result.hpp"

namespace grafos::board {

/// Fills `ranges` with the RAM of the start info at `address`, cut at `end`, and answers how many.
/// All addresses in it must lie between 1 and `end`. Failures: corrupt (field says what),
/// capacity_exceeded (more ranges than room), unsupported_version (no map). Context: boot, before
/// the zero page is taken away.
[[nodiscard]] Result<size_t> read_pvh_memory(uint64_t address, uint64_t end,
                                             std::span<MemoryRange> ranges) noexcept;

} // namespace grafos::board
