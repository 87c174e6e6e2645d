// SPDX-License-Identifier: Apache-2.0
/// The PC's serial port (16550A) as console: received by interrupt into a ring, sent without
/// waiting.
///
/// When the ring is full the receive interrupt is switched off and bytes stay in the device, which
/// holds the sender back where the line has flow control (QEMU's has) and counts an overrun where
/// it has none. When the line takes no more, the transmit interrupt is switched on, so that an idle
/// machine wakes when there is room again.
#pragma once

#include "boards/parts/uart/ns16550/line.hpp"
#include "hal/console.hpp"

namespace grafos::board {

class Ns16550 final : public hal::Console {
public:
    constexpr explicit Ns16550(Ns16550Line& line) noexcept : line_{line} {}
    Ns16550(const Ns16550&) = delete;
    Ns16550& operator=(const Ns16550&) = delete;

    /// 115200 8N1, FIFOs on, receive interrupt on. Context: boot.
    void start() noexcept;

    size_t read(MutableBytes to) noexcept override;
    size_t write(Bytes bytes) noexcept override;

    /// Sends without interrupts, waiting a bounded time for each byte. Context: any; for last
    /// words.
    void write_polled(Bytes bytes) noexcept;

    /// Bytes that the device itself lost (overruns). Context: turn.
    [[nodiscard]] uint64_t lost_count() const noexcept { return line_.lost_count; }

private:
    void enable(uint8_t bits) noexcept;

    Ns16550Line& line_;
};

} // namespace grafos::board
