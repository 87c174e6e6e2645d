// SPDX-License-Identifier: Apache-2.0
// Everything that runs in interrupt context on this board. Compiled for general registers only.
#include "arch/x86_64/entry.hpp"
#include "boards/parts/virtio/interrupt.hpp"
#include "boards/qemu_x86_64/interrupts.hpp"

void grafos_on_interrupt(uint64_t vector) noexcept {
    using namespace grafos::board;
    if (vector == vector_spurious) {
        return;
    }
    if (vector == vector_console) {
        console_line.on_interrupt();
    } else if (vector == vector_virtio) {
        acknowledge_virtio();
    }
    __atomic_store_n(&is_woken, 1u, __ATOMIC_RELAXED);
    local_apic.end_interrupt();
}
