// SPDX-License-Identifier: Apache-2.0
/// What interrupt handlers and the rest of this board share. Includes no library header, because
/// handlers are compiled for general registers only.
#pragma once

#include "boards/parts/irqchip/gic/gic.hpp"
#include "boards/parts/uart/pl011/line.hpp"

namespace grafos::board {

inline constexpr uint32_t interrupt_timer = 27;        ///< CNTV, a private one
inline constexpr uint32_t interrupt_console = 33;      ///< shared 1
inline constexpr uint32_t interrupt_virtio_first = 48; ///< shared 16: slot 0

extern Pl011Line console_line;
extern Gic gic;
/// Not 0: an interrupt came since the last rest, so nothing that came before is slept over.
/// Accessed by atomic builtins.
extern uint32_t is_woken;

} // namespace grafos::board
