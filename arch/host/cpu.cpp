// SPDX-License-Identifier: Apache-2.0
// CPU words of a process: nobody to mask, a counter that is steady but counts no instructions.
#include "hal/cpu.hpp"

#include <ctime>

namespace grafos::hal {

uint64_t mask_interrupts() noexcept {
    return 0;
}

void restore_interrupts(uint64_t) noexcept {}

void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void memory_barrier() noexcept {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint64_t instruction_count() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
#endif
}

} // namespace grafos::hal
