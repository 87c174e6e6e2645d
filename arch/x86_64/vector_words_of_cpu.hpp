// SPDX-License-Identifier: Apache-2.0
/// What CPUID says of vector instructions (Intel SDM, CPUID leaves 1 and 7; XGETBV), shared by the
/// bare machine and the host.
#pragma once

#include <cpuid.h>

#include <cstdint>

#include "arch/vector_words.hpp"

namespace grafos::arch {

[[nodiscard]] inline VectorWords vector_words_of_cpu() noexcept {
    VectorWords words;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) {
        return words;
    }
    words.ssse3 = (ecx & bit_SSSE3) != 0;
    // The upper halves of the registers are kept only where somebody switched that on; the bare
    // board did not, so it answers no even on a CPU with AVX2.
    if ((ecx & bit_OSXSAVE) == 0 || (ecx & bit_AVX) == 0) {
        return words;
    }
    uint32_t low = 0;
    uint32_t high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    constexpr uint32_t avx_state = 0x06;
    constexpr uint32_t avx512_state = 0xe6;
    if ((low & avx_state) != avx_state || __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) {
        return words;
    }
    constexpr unsigned v3 = bit_AVX2 | bit_BMI | bit_BMI2;
    constexpr unsigned v4 =
        v3 | bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
    words.avx2 = (ebx & bit_AVX2) != 0;
    words.avx512 = (low & avx512_state) == avx512_state && (ebx & v4) == v4;
    return words;
}

} // namespace grafos::arch
