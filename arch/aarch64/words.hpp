// SPDX-License-Identifier: Apache-2.0
/// Single instructions of AArch64 that no language has words for.
#pragma once

#include <cstdint>

namespace grafos::arch {

/// Virtual counter. Not read ahead of what stands before it in the program.
[[gnu::always_inline]] inline uint64_t read_counter() noexcept {
    uint64_t value;
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}
[[gnu::always_inline]] inline uint64_t read_counter_hz() noexcept {
    uint64_t value;
    asm volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

/// One shot of the virtual timer: its interrupt is raised once the counter has reached `at`.
[[gnu::always_inline]] inline void arm_timer(uint64_t at) noexcept {
    asm volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
                 :
                 : "r"(at), "r"(uint64_t{1})
                 : "memory");
}
[[gnu::always_inline]] inline void disarm_timer() noexcept {
    asm volatile("msr cntv_ctl_el0, xzr\n\tisb" : : : "memory");
}

/// Interrupts, and errors that the memory system reports late (SError).
[[gnu::always_inline]] inline void enable_interrupts() noexcept {
    asm volatile("msr daifclr, #6" : : : "memory");
}

/// Rests until an interrupt is pending, masked or not. One that is pending already ends it at once,
/// so none is lost between the last look and the rest.
[[gnu::always_inline]] inline void wait_for_interrupt() noexcept {
    asm volatile("dsb sy\n\twfi" : : : "memory");
}

/// ARM semihosting (exit codes): what QEMU does with `-semihosting-config enable=on`.
[[gnu::always_inline]] inline void semihosting_call(uint64_t operation,
                                                    const void* block) noexcept {
    register uint64_t x0 asm("x0") = operation;
    register const void* x1 asm("x1") = block;
    asm volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

/// PSCI through hvc: SYSTEM_OFF.
[[gnu::always_inline]] inline void system_off() noexcept {
    register uint64_t x0 asm("x0") = 0x84000008;
    asm volatile("hvc #0" : "+r"(x0) : : "memory");
}

[[noreturn]] inline void halt_for_ever() noexcept {
    for (;;) {
        asm volatile("msr daifset, #15\n\twfi" : : : "memory");
    }
}

} // namespace grafos::arch
