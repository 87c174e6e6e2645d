// SPDX-License-Identifier: Apache-2.0
/// CPU words: exactly one body per image, chosen at link time by `arch`.
#pragma once

#include <cstdint>

namespace grafos::hal {

/// Masks interrupts and returns what to hand to `restore_interrupts`. Nests. Context: any.
[[nodiscard]] uint64_t mask_interrupts() noexcept;
void restore_interrupts(uint64_t state) noexcept;

/// Hint in a spin loop. Context: any.
void relax() noexcept;

/// Full barrier against other cores and devices. Context: any.
void memory_barrier() noexcept;

/// Instructions retired (bare boards under instruction counting) or the nearest steady counter.
/// For benchmarks only; decides nothing. Context: any.
[[nodiscard]] uint64_t instruction_count() noexcept;

} // namespace grafos::hal
