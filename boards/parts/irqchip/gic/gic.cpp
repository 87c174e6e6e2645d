// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/irqchip/gic/gic.hpp"

#include "core/base/assert.hpp"

namespace grafos::board {

namespace {
constexpr uintptr_t distributor_control = 0x000;
constexpr uintptr_t set_enable = 0x100;
constexpr uintptr_t targets = 0x800;
constexpr uintptr_t interface_control = 0x00;
constexpr uintptr_t priority_mask = 0x04;
constexpr uint32_t shared_first = 32;
} // namespace

// The group registers are left alone: with all of group 0 enabled here an interrupt is an IRQ;
// moving them to group 1 as a secure world would do means that WFI never wakes on QEMU's virt.
void Gic::start() noexcept {
    mmio_write32(distributor_ + distributor_control, 1);
    mmio_write32(cpu_interface_ + priority_mask, 0xff);
    mmio_write32(cpu_interface_ + interface_control, 1);
}

void Gic::enable(uint32_t id) noexcept {
    GRAFOS_ASSERT(id >= 16 && id < spurious_first);
    if (id >= shared_first) {
        const uintptr_t word = distributor_ + targets + (id & ~3u);
        const uint32_t shift = 8 * (id & 3u);
        mmio_write32(word, (mmio_read32(word) & ~(0xffu << shift)) | (1u << shift));
    }
    mmio_write32(distributor_ + set_enable + 4 * (id / 32), 1u << (id % 32));
}

} // namespace grafos::board
