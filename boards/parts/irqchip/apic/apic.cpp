// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/irqchip/apic/apic.hpp"

#include "core/base/assert.hpp"

namespace grafos::board {

namespace {

constexpr uintptr_t io_select = 0x00;
constexpr uintptr_t io_window = 0x10;
constexpr uint32_t io_redirection_first = 0x10;
constexpr uint32_t redirection_level = 1u << 15;

constexpr uintptr_t task_priority = 0x80;
constexpr uintptr_t spurious = 0xf0;
constexpr uintptr_t timer_entry = 0x320;
constexpr uintptr_t timer_initial = 0x380;
constexpr uintptr_t timer_current = 0x390;
constexpr uintptr_t timer_divide = 0x3e0;
constexpr uint32_t apic_enable = 1u << 8;
constexpr uint32_t divide_by_16 = 3;

} // namespace

void route_io_apic(uintptr_t base, uint32_t pin, uint32_t vector) noexcept {
    GRAFOS_ASSERT(pin < 24 && vector >= 32 && vector < 256);
    const uint32_t entry = io_redirection_first + 2 * pin;
    mmio_write32(base + io_select, entry + 1);
    mmio_write32(base + io_window, 0); // to APIC 0, the only CPU
    mmio_write32(base + io_select, entry);
    mmio_write32(base + io_window, vector | redirection_level);
}

void LocalApic::start(uint32_t timer_vector, uint32_t spurious_vector) noexcept {
    GRAFOS_ASSERT((spurious_vector & 0xf) == 0xf);
    mmio_write32(base_ + spurious, apic_enable | spurious_vector);
    mmio_write32(base_ + task_priority, 0);
    mmio_write32(base_ + timer_divide, divide_by_16);
    mmio_write32(base_ + timer_entry, timer_vector); // one shot, not masked
    disarm();
}

void LocalApic::arm(uint32_t ticks) noexcept {
    GRAFOS_ASSERT(ticks != 0);
    mmio_write32(base_ + timer_initial, ticks);
}

void LocalApic::disarm() noexcept {
    mmio_write32(base_ + timer_initial, 0);
}

uint32_t LocalApic::ticks_left() const noexcept {
    return mmio_read32(base_ + timer_current);
}

} // namespace grafos::board
