// SPDX-License-Identifier: Apache-2.0
/// The part of the 16550 that its interrupt handler touches: registers, shadow, ring. Apart from
/// the console class, because a handler built for general registers only cannot include the
/// library's headers.
#pragma once

#include "arch/x86_64/words.hpp"
#include "boards/parts/uart/ring/byte_ring.hpp"

namespace grafos::board {

struct Ns16550Line {
    static constexpr uint16_t data = 0;
    static constexpr uint16_t enable = 1;
    static constexpr uint16_t identify = 2;
    static constexpr uint16_t fifo_control = 2;
    static constexpr uint16_t line_control = 3;
    static constexpr uint16_t modem_control = 4;
    static constexpr uint16_t line_status = 5;
    static constexpr uint8_t enable_receive = 1;
    static constexpr uint8_t enable_transmit = 2;
    static constexpr uint8_t status_received = 1 << 0;
    static constexpr uint8_t status_overrun = 1 << 1;
    static constexpr uint8_t status_transmit_empty = 1 << 5;
    static constexpr uint32_t fifo_bytes = 16;
    static constexpr uint32_t burst_max = 64;

    uint16_t port;
    uint8_t enabled = 0;     ///< shadow of the enable register; changed with interrupts masked
    uint64_t lost_count = 0; ///< overruns of the device itself
    ByteRing<4096> ring{};

    [[gnu::always_inline]] uint16_t at(uint16_t offset) const noexcept {
        return static_cast<uint16_t>(port + offset);
    }

    /// Context: interrupt.
    [[gnu::always_inline]] void on_interrupt() noexcept {
        (void)arch::port_read8(at(identify)); // ends a transmit interrupt
        for (uint32_t i = 0; i < burst_max; ++i) {
            const uint8_t status = arch::port_read8(at(line_status));
            if ((status & status_overrun) != 0) {
                lost_count = lost_count + 1;
            }
            if ((status & status_received) == 0) {
                break;
            }
            if (ring.is_full()) {
                enabled = static_cast<uint8_t>(enabled & ~enable_receive);
                break;
            }
            (void)ring.put(arch::port_read8(at(data)));
        }
        enabled = static_cast<uint8_t>(enabled & ~enable_transmit);
        arch::port_write8(at(enable), enabled);
    }
};

} // namespace grafos::board
