// SPDX-License-Identifier: Apache-2.0
// Everything that runs in interrupt context on this board. Compiled for general registers only.
#include "arch/aarch64/entry.hpp"
#include "arch/aarch64/words.hpp"
#include "boards/parts/virtio/interrupt.hpp"
#include "boards/qemu_aarch64/interrupts.hpp"

void grafos_on_interrupt() noexcept {
    using namespace grafos;
    using namespace grafos::board;
    const uint32_t word = gic.begin();
    const uint32_t id = word & 0x3ff;
    if (id >= Gic::spurious_first) {
        return;
    }
    if (id == interrupt_timer) {
        arch::disarm_timer(); // its line stays high until then
    } else if (id == interrupt_console) {
        console_line.on_interrupt();
    } else if (id >= interrupt_virtio_first) {
        acknowledge_virtio();
    }
    __atomic_store_n(&is_woken, 1u, __ATOMIC_RELAXED);
    gic.end(word);
}
