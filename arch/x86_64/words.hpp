// SPDX-License-Identifier: Apache-2.0
/// Single instructions of x86-64 that no language has words for.
#pragma once

#include <cstdint>

namespace grafos::arch {

[[gnu::always_inline]] inline void port_write8(uint16_t port, uint8_t value) noexcept {
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
[[gnu::always_inline]] inline void port_write16(uint16_t port, uint16_t value) noexcept {
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
[[gnu::always_inline]] inline void port_write32(uint16_t port, uint32_t value) noexcept {
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
[[gnu::always_inline]] inline uint8_t port_read8(uint16_t port) noexcept {
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/// Time stamp counter. Fenced, so that what stands before it in the program has happened.
[[gnu::always_inline]] inline uint64_t read_tsc() noexcept {
    uint32_t low;
    uint32_t high;
    asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (static_cast<uint64_t>(high) << 32) | low;
}

[[gnu::always_inline]] inline uint64_t read_fault_address() noexcept {
    uint64_t address;
    asm volatile("movq %%cr2, %0" : "=r"(address));
    return address;
}

[[gnu::always_inline]] inline void enable_interrupts() noexcept {
    asm volatile("sti" : : : "memory");
}

/// Lets interrupts in and halts as one step: the CPU takes none between the two. Returns after one
/// was served, masked again.
[[gnu::always_inline]] inline void halt_until_interrupt() noexcept {
    asm volatile("sti\n\thlt\n\tcli" : : : "memory");
}

[[noreturn]] inline void halt_for_ever() noexcept {
    for (;;) {
        asm volatile("cli\n\thlt" : : : "memory");
    }
}

} // namespace grafos::arch
