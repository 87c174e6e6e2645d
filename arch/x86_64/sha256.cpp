// SPDX-License-Identifier: Apache-2.0
#include "arch/x86_64/sha256_words.hpp"
#include "hal/crypto.hpp"

namespace grafos::hal {
namespace {

constinit arch::CachedAnswer has_words;

} // namespace

bool has_sha256_blocks() noexcept {
    return has_words.get(arch::sha::cpu_has_words);
}

void sha256_blocks(uint32_t state[8], const uint8_t* data, size_t count) noexcept {
    arch::sha::blocks(state, data, count);
}

} // namespace grafos::hal
