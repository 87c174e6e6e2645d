// SPDX-License-Identifier: Apache-2.0
/// The PC's interrupt hardware: I/O APICs that turn device lines into vectors, and the local APIC
/// that takes them and holds a one-shot timer. Source: Intel SDM volume 3, chapter "Advanced
/// programmable interrupt controller"; 82093AA.
#pragma once

#include "boards/parts/mmio/mmio.hpp"

namespace grafos::board {

/// Routes `pin` of the I/O APIC at `base` to `vector` on this CPU: level triggered, active high,
/// on. Context: boot.
void route_io_apic(uintptr_t base, uint32_t pin, uint32_t vector) noexcept;

class LocalApic {
public:
    constexpr explicit LocalApic(uintptr_t base) noexcept : base_{base} {}

    /// Accepts all vectors; timer interrupts come as `timer_vector`, none armed. Context: boot.
    void start(uint32_t timer_vector, uint32_t spurious_vector) noexcept;

    /// One interrupt after `ticks` (1 … 2^32 − 1) of the timer; replaces an earlier one.
    void arm(uint32_t ticks) noexcept;
    void disarm() noexcept;
    /// What is left of an armed timer, ticks.
    [[nodiscard]] uint32_t ticks_left() const noexcept;

    /// Context: interrupt, at the end of each but the spurious.
    [[gnu::always_inline]] void end_interrupt() const noexcept { mmio_write32(base_ + 0xb0, 0); }

private:
    uintptr_t base_;
};

} // namespace grafos::board
