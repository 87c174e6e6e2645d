// SPDX-License-Identifier: Apache-2.0
#include "arch/aarch64/sha256_words.hpp"
#include "hal/crypto.hpp"

namespace grafos::hal {
namespace {

constinit arch::CachedAnswer has_words;

/// ID_AA64ISAR0_EL1.SHA2, bits 15:12. Readable from EL1 up.
[[nodiscard]] bool cpu_has_words() noexcept {
    uint64_t features = 0;
    asm("mrs %0, id_aa64isar0_el1" : "=r"(features));
    return ((features >> 12) & 0xf) != 0;
}

} // namespace

bool has_sha256_blocks() noexcept {
    return has_words.get(cpu_has_words);
}

void sha256_blocks(uint32_t state[8], const uint8_t* data, size_t count) noexcept {
    arch::sha::blocks(state, data, count);
}

} // namespace grafos::hal
