// SPDX-License-Identifier: Apache-2.0
#include "hal/cpu.hpp"

#include "arch/x86_64/words.hpp"

namespace grafos::hal {

namespace {
constexpr uint64_t interrupt_flag = 1u << 9;
} // namespace

uint64_t mask_interrupts() noexcept {
    uint64_t flags;
    asm volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return flags & interrupt_flag;
}

void restore_interrupts(uint64_t state) noexcept {
    if ((state & interrupt_flag) != 0) {
        asm volatile("sti" : : : "memory");
    }
}

void relax() noexcept {
    asm volatile("pause" : : : "memory");
}

void memory_barrier() noexcept {
    asm volatile("mfence" : : : "memory");
}

// Under -icount shift=0 the time stamp counter counts instructions, one for one.
uint64_t instruction_count() noexcept {
    return arch::read_tsc();
}

} // namespace grafos::hal
