// SPDX-License-Identifier: Apache-2.0
// Every CPU of this kind has the 128-bit instructions that the compiler uses; nothing is asked.
#include "arch/vector_words.hpp"

namespace grafos::arch {

VectorWords vector_words() noexcept {
    return {};
}

} // namespace grafos::arch
