// SPDX-License-Identifier: Apache-2.0
/// ARM's serial port (PL011) as console: received by interrupt into a ring, sent without waiting.
///
/// Full ring: the receive interrupt is masked and bytes stay in the device. Full line: the transmit
/// interrupt is let in, so that an idle machine wakes when there is room again.
/// Source: ARM DDI 0183.
#pragma once

#include "boards/parts/uart/pl011/line.hpp"
#include "hal/console.hpp"

namespace grafos::board {

class Pl011 final : public hal::Console {
public:
    constexpr explicit Pl011(Pl011Line& line) noexcept : line_{line} {}
    Pl011(const Pl011&) = delete;
    Pl011& operator=(const Pl011&) = delete;

    /// 8N1, FIFOs on, receive interrupt on; the rate is what firmware left. Context: boot.
    void start() noexcept;

    size_t read(MutableBytes to) noexcept override;
    size_t write(Bytes bytes) noexcept override;

    /// Sends without interrupts, waiting a bounded time for each byte. Context: any; for last
    /// words.
    void write_polled(Bytes bytes) noexcept;

    /// Bytes that the device itself lost (overruns). Context: turn.
    [[nodiscard]] uint64_t lost_count() const noexcept { return line_.lost_count; }

private:
    void enable(uint32_t bits) noexcept;

    Pl011Line& line_;
};

} // namespace grafos::board
