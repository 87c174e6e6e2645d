// SPDX-License-Identifier: Apache-2.0
/// Forgetting. The compiler may drop a store that nobody reads, and the last store to a key is just
/// that; so secrets are erased through `erase_secret`, which the compiler must keep.
#pragma once

#include "core/base/bytes.hpp"

namespace grafos::crypto {

/// Zeroes `secret` for certain. Copies that the compiler spilled elsewhere are out of reach.
/// Context: any.
inline void erase_secret(MutableBytes secret) noexcept {
    zero_bytes(secret);
    asm volatile("" : : "r"(secret.data()) : "memory"); // "somebody reads this memory"
}

} // namespace grafos::crypto
