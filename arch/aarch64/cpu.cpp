// SPDX-License-Identifier: Apache-2.0
#include "hal/cpu.hpp"

#include "arch/aarch64/words.hpp"

namespace grafos::hal {

namespace {

constexpr uint64_t interrupts_masked = 1u << 7;
constexpr uint64_t event_instructions_retired = 0x08;

/// The counter has 32 bits; the upper ones are counted here, which is right as long as somebody
/// asks at least once in 2^32 instructions: enough for a benchmark.
constinit uint64_t wraps = 0;
constinit uint32_t last = 0;
constinit bool is_counting = false;

bool counts_instructions() noexcept {
    uint64_t events;
    asm volatile("mrs %0, pmceid0_el0" : "=r"(events));
    return (events & (1u << event_instructions_retired)) != 0;
}

void start_counting() noexcept {
    uint64_t control;
    asm volatile("mrs %0, pmcr_el0" : "=r"(control));
    asm volatile("msr pmcr_el0, %0\n\t"
                 "msr pmevtyper0_el0, %1\n\t"
                 "msr pmcntenset_el0, %2\n\t"
                 "isb"
                 :
                 : "r"(control | 1), "r"(event_instructions_retired), "r"(uint64_t{1})
                 : "memory");
    is_counting = true;
}

} // namespace

uint64_t mask_interrupts() noexcept {
    uint64_t flags;
    asm volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(flags) : : "memory");
    return flags & interrupts_masked;
}

void restore_interrupts(uint64_t state) noexcept {
    if ((state & interrupts_masked) == 0) {
        asm volatile("msr daifclr, #2" : : : "memory");
    }
}

void relax() noexcept {
    asm volatile("yield" : : : "memory");
}

void memory_barrier() noexcept {
    asm volatile("dmb sy" : : : "memory");
}

// QEMU offers the event only under -icount; without it the counter at 62.5 MHz is the nearest
// thing.
uint64_t instruction_count() noexcept {
    if (!counts_instructions()) {
        return arch::read_counter();
    }
    if (!is_counting) {
        start_counting();
    }
    uint64_t count;
    asm volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(count) : : "memory");
    const uint32_t low = static_cast<uint32_t>(count);
    if (low < last) {
        wraps += 1;
    }
    last = low;
    return (wraps << 32) | low;
}

} // namespace grafos::hal
