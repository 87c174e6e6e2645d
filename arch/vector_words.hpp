// SPDX-License-Identifier: Apache-2.0
/// Vector instructions beyond those that every CPU of the kind has. A library that brings a body
/// for each asks here, once, which of them may run.
#pragma once

namespace grafos::arch {

/// True: the CPU has the instructions, and whoever switches contexts here keeps their registers.
struct VectorWords {
    bool ssse3 = false;  ///< x86_64, 128 bits
    bool avx2 = false;   ///< x86_64, 256 bits
    bool avx512 = false; ///< x86-64-v4: AVX2, and AVX-512 F, BW, CD, DQ and VL
};

/// Fixed from entry on; asks the CPU each time. Context: any.
[[nodiscard]] VectorWords vector_words() noexcept;

} // namespace grafos::arch
