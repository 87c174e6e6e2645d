// SPDX-License-Identifier: Apache-2.0
/// SHA-256 compression with the ARMv8 SHA2 instructions (Arm ARM, SHA256H, SHA256H2, SHA256SU0/1),
/// shared by the bare machine and an aarch64 host. FP/SIMD access must be enabled (CPACR_EL1.FPEN);
/// the bare board does that at entry, since compiled code uses the vector registers anyway.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "arch/sha256_common.hpp"

namespace grafos::arch::sha {

// "+crypto" rather than "+sha2": GCC 12 declares the intrinsics under the wider name only.
#define GRAFOS_SHA_WORDS __attribute__((target("+crypto"), always_inline)) inline

struct State {
    uint32x4_t abcd;
    uint32x4_t efgh;
};

GRAFOS_SHA_WORDS uint32x4_t load_words(const uint8_t* data, unsigned quad) noexcept {
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * quad)));
}

GRAFOS_SHA_WORDS void four_rounds(State& s, uint32x4_t w, unsigned quad) noexcept {
    const uint32x4_t added = vaddq_u32(w, vld1q_u32(round_constants + 4 * quad));
    const uint32x4_t abcd = s.abcd;
    s.abcd = vsha256hq_u32(s.abcd, s.efgh, added);
    s.efgh = vsha256h2q_u32(s.efgh, abcd, added);
}

/// The next four schedule words, from the sixteen before them (w0 oldest).
GRAFOS_SHA_WORDS uint32x4_t extend(uint32x4_t w0, uint32x4_t w1, uint32x4_t w2,
                                   uint32x4_t w3) noexcept {
    return vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3);
}

GRAFOS_SHA_WORDS void one_block(State& s, const uint8_t* data) noexcept {
    const State before = s;
    uint32x4_t w0 = load_words(data, 0);
    uint32x4_t w1 = load_words(data, 1);
    uint32x4_t w2 = load_words(data, 2);
    uint32x4_t w3 = load_words(data, 3);
    four_rounds(s, w0, 0);
    four_rounds(s, w1, 1);
    four_rounds(s, w2, 2);
    four_rounds(s, w3, 3);
#pragma GCC unroll 3
    for (unsigned quad = 4; quad < 16; quad += 4) {
        w0 = extend(w0, w1, w2, w3);
        four_rounds(s, w0, quad);
        w1 = extend(w1, w2, w3, w0);
        four_rounds(s, w1, quad + 1);
        w2 = extend(w2, w3, w0, w1);
        four_rounds(s, w2, quad + 2);
        w3 = extend(w3, w0, w1, w2);
        four_rounds(s, w3, quad + 3);
    }
    s.abcd = vaddq_u32(s.abcd, before.abcd);
    s.efgh = vaddq_u32(s.efgh, before.efgh);
}

__attribute__((target("+crypto"))) inline void blocks(uint32_t state[8], const uint8_t* data,
                                                      size_t count) noexcept {
    State s{vld1q_u32(state), vld1q_u32(state + 4)};
    for (size_t block = 0; block < count; ++block) {
        one_block(s, data + 64 * block);
    }
    vst1q_u32(state, s.abcd);
    vst1q_u32(state + 4, s.efgh);
}

#undef GRAFOS_SHA_WORDS

} // namespace grafos::arch::sha
