// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/uart/ns16550/ns16550.hpp"

#include <algorithm>

#include "hal/cpu.hpp"

namespace grafos::board {

namespace {
using Line = Ns16550Line;
constexpr uint8_t line_8n1 = 0x03;
constexpr uint8_t divisor_access = 0x80;
constexpr uint8_t divisor_115200 = 1;
/// The interrupt comes at 14 bytes, or four characters' time after the last.
constexpr uint8_t fifos_on_and_empty = 0xc7;
constexpr uint8_t ready_request_interrupt_out = 0x0b;
constexpr uint32_t polls_max = 1'000'000; // about a second of a line that takes nothing
} // namespace

void Ns16550::start() noexcept {
    arch::port_write8(line_.at(Line::enable), 0);
    arch::port_write8(line_.at(Line::line_control), divisor_access);
    arch::port_write8(line_.at(Line::data), divisor_115200);
    arch::port_write8(line_.at(Line::enable), 0);
    arch::port_write8(line_.at(Line::line_control), line_8n1);
    arch::port_write8(line_.at(Line::fifo_control), fifos_on_and_empty);
    arch::port_write8(line_.at(Line::modem_control), ready_request_interrupt_out);
    enable(Line::enable_receive);
}

/// The handler changes the same register and its shadow, hence the mask.
void Ns16550::enable(uint8_t bits) noexcept {
    const uint64_t state = hal::mask_interrupts();
    if ((line_.enabled & bits) != bits) {
        line_.enabled = static_cast<uint8_t>(line_.enabled | bits);
        arch::port_write8(line_.at(Line::enable), line_.enabled);
    }
    hal::restore_interrupts(state);
}

size_t Ns16550::read(MutableBytes to) noexcept {
    size_t count = 0;
    while (count < to.size() && line_.ring.take(to[count])) {
        ++count;
    }
    if ((line_.enabled & Line::enable_receive) == 0 && !line_.ring.is_full()) {
        enable(Line::enable_receive);
    }
    return count;
}

size_t Ns16550::write(Bytes bytes) noexcept {
    size_t count = 0;
    // An empty transmitter has room for a whole FIFO; each pass sends one.
    while (count < bytes.size() &&
           (arch::port_read8(line_.at(Line::line_status)) & Line::status_transmit_empty) != 0) {
        const size_t burst = std::min<size_t>(Line::fifo_bytes, bytes.size() - count);
        for (size_t i = 0; i < burst; ++i) {
            arch::port_write8(line_.at(Line::data), bytes[count + i]);
        }
        count += burst;
    }
    if (count < bytes.size()) {
        enable(Line::enable_transmit);
    }
    return count;
}

void Ns16550::write_polled(Bytes bytes) noexcept {
    for (const uint8_t byte : bytes) {
        uint32_t polls = 0;
        while ((arch::port_read8(line_.at(Line::line_status)) & Line::status_transmit_empty) == 0) {
            if (++polls == polls_max) {
                return;
            }
        }
        arch::port_write8(line_.at(Line::data), byte);
    }
}

} // namespace grafos::board
