// SPDX-License-Identifier: Apache-2.0
/// The part of the PL011 that its interrupt handler touches: registers, shadow, ring. Apart from
/// the console class, because a handler built for general registers only cannot include the
/// library's headers.
#pragma once

#include "boards/parts/mmio/mmio.hpp"
#include "boards/parts/uart/ring/byte_ring.hpp"

namespace grafos::board {

struct Pl011Line {
    static constexpr uintptr_t data = 0x00;
    static constexpr uintptr_t flags = 0x18;
    static constexpr uintptr_t line_control = 0x2c;
    static constexpr uintptr_t control = 0x30;
    static constexpr uintptr_t mask = 0x38;
    static constexpr uintptr_t clear = 0x44;
    static constexpr uint32_t data_overrun = 1u << 11;
    static constexpr uint32_t flag_receive_empty = 1u << 4;
    static constexpr uint32_t flag_transmit_full = 1u << 5;
    static constexpr uint32_t flag_transmit_empty = 1u << 7;
    static constexpr uint32_t fifo_bytes = 16;
    static constexpr uint32_t interrupt_receive = 1u << 4;
    static constexpr uint32_t interrupt_transmit = 1u << 5;
    static constexpr uint32_t interrupt_receive_timeout = 1u << 6;
    static constexpr uint32_t burst_max = 64;

    uintptr_t base;
    uint32_t enabled = 0;    ///< shadow of the mask register; changed with interrupts masked
    uint64_t lost_count = 0; ///< overruns of the device itself
    ByteRing<4096> ring{};

    /// Context: interrupt.
    [[gnu::always_inline]] void on_interrupt() noexcept {
        for (uint32_t i = 0; i < burst_max; ++i) {
            if ((mmio_read32(base + flags) & flag_receive_empty) != 0) {
                break;
            }
            if (ring.is_full()) {
                enabled &= ~(interrupt_receive | interrupt_receive_timeout);
                break;
            }
            const uint32_t word = mmio_read32(base + data);
            if ((word & data_overrun) != 0) {
                lost_count = lost_count + 1;
            }
            (void)ring.put(static_cast<uint8_t>(word));
        }
        enabled &= ~interrupt_transmit;
        mmio_write32(base + mask, enabled);
    }
};

} // namespace grafos::board
