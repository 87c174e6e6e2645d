// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/uart/pl011/pl011.hpp"

#include <algorithm>

#include "hal/cpu.hpp"

namespace grafos::board {

namespace {
using Line = Pl011Line;
constexpr uint32_t line_8n1_fifos = 0x70;
constexpr uint32_t on_transmit_receive = 0x301;
constexpr uint32_t all_interrupts = 0x7ff;
constexpr uint32_t polls_max = 1'000'000; // about a second of a line that takes nothing
} // namespace

void Pl011::start() noexcept {
    mmio_write32(line_.base + Line::control, 0);
    mmio_write32(line_.base + Line::mask, 0);
    mmio_write32(line_.base + Line::clear, all_interrupts);
    mmio_write32(line_.base + Line::line_control, line_8n1_fifos);
    mmio_write32(line_.base + Line::control, on_transmit_receive);
    enable(Line::interrupt_receive | Line::interrupt_receive_timeout);
}

/// The handler changes the same register and its shadow, hence the mask.
void Pl011::enable(uint32_t bits) noexcept {
    const uint64_t state = hal::mask_interrupts();
    if ((line_.enabled & bits) != bits) {
        line_.enabled |= bits;
        mmio_write32(line_.base + Line::mask, line_.enabled);
    }
    hal::restore_interrupts(state);
}

size_t Pl011::read(MutableBytes to) noexcept {
    size_t count = 0;
    while (count < to.size() && line_.ring.take(to[count])) {
        ++count;
    }
    if ((line_.enabled & Line::interrupt_receive) == 0 && !line_.ring.is_full()) {
        enable(Line::interrupt_receive | Line::interrupt_receive_timeout);
    }
    return count;
}

size_t Pl011::write(Bytes bytes) noexcept {
    size_t count = 0;
    // An empty transmitter has room for a whole FIFO, one that is not full for a byte.
    while (count < bytes.size()) {
        const uint32_t state = mmio_read32(line_.base + Line::flags);
        if ((state & Line::flag_transmit_full) != 0) {
            break;
        }
        const bool is_empty = (state & Line::flag_transmit_empty) != 0;
        const size_t burst =
            std::min<size_t>(is_empty ? Line::fifo_bytes : 1, bytes.size() - count);
        for (size_t i = 0; i < burst; ++i) {
            mmio_write32(line_.base + Line::data, bytes[count + i]);
        }
        count += burst;
    }
    if (count < bytes.size()) {
        enable(Line::interrupt_transmit);
    }
    return count;
}

void Pl011::write_polled(Bytes bytes) noexcept {
    for (const uint8_t byte : bytes) {
        uint32_t polls = 0;
        while ((mmio_read32(line_.base + Line::flags) & Line::flag_transmit_full) != 0) {
            if (++polls == polls_max) {
                return;
            }
        }
        mmio_write32(line_.base + Line::data, byte);
    }
}

} // namespace grafos::board
