// SPDX-License-Identifier: Apache-2.0
/// What interrupt handlers and the rest of this board share. Includes no library header, because
/// handlers are compiled for general registers only.
#pragma once

#include "boards/parts/irqchip/apic/apic.hpp"
#include "boards/parts/uart/ns16550/line.hpp"

namespace grafos::board {

inline constexpr uint32_t vector_timer = 32;
inline constexpr uint32_t vector_console = 33;
inline constexpr uint32_t vector_virtio = 34;
inline constexpr uint32_t vector_spurious = 47;

extern Ns16550Line console_line;
extern LocalApic local_apic;
/// Not 0: an interrupt came since the last rest, so nothing that came before is slept over.
/// Accessed by atomic builtins.
extern uint32_t is_woken;

} // namespace grafos::board
