// SPDX-License-Identifier: Apache-2.0
#include "arch/x86_64/vector_words_of_cpu.hpp"

namespace grafos::arch {

VectorWords vector_words() noexcept {
    return vector_words_of_cpu();
}

} // namespace grafos::arch
