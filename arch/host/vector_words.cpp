// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)

#include "arch/x86_64/vector_words_of_cpu.hpp"

namespace grafos::arch {

VectorWords vector_words() noexcept {
    return vector_words_of_cpu();
}

} // namespace grafos::arch

#else

#include "arch/vector_words.hpp"

namespace grafos::arch {

VectorWords vector_words() noexcept {
    return {};
}

} // namespace grafos::arch

#endif
