// SPDX-License-Identifier: Apache-2.0
/// SHA-256 compression with the SHA extensions (Intel SDM, SHA256RNDS2, SHA256MSG1, SHA256MSG2),
/// shared by the bare machine and the host. The SSE state must be enabled (CR4.OSFXSR) before
/// either function runs; the bare boards do that at entry, since compiled code uses SSE anyway.
#pragma once

#include <cpuid.h>
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "arch/sha256_common.hpp"

namespace grafos::arch::sha {

[[nodiscard]] inline bool cpu_has_words() noexcept {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (ebx & bit_SHA) == 0) {
        return false;
    }
    constexpr unsigned needed = bit_SSSE3 | bit_SSE4_1;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & needed) == needed;
}

#define GRAFOS_SHA_WORDS __attribute__((target("sha,ssse3,sse4.1"), always_inline)) inline

/// The state in the order the instructions want it: {A,B,E,F} and {C,D,G,H}.
struct State {
    __m128i abef;
    __m128i cdgh;
};

GRAFOS_SHA_WORDS __m128i load_words(const uint8_t* data, unsigned quad) noexcept {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
    return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 16 * quad)),
                            swap);
}

GRAFOS_SHA_WORDS void four_rounds(State& s, __m128i w, unsigned quad) noexcept {
    const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(round_constants + 4 * quad));
    __m128i added = _mm_add_epi32(w, k);
    s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, added);
    added = _mm_shuffle_epi32(added, 0x0e);
    s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, added);
}

/// The next four schedule words, from the sixteen before them (w0 oldest).
GRAFOS_SHA_WORDS __m128i extend(__m128i w0, __m128i w1, __m128i w2, __m128i w3) noexcept {
    const __m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(part, w3);
}

GRAFOS_SHA_WORDS void one_block(State& s, const uint8_t* data) noexcept {
    const State before = s;
    __m128i w0 = load_words(data, 0);
    __m128i w1 = load_words(data, 1);
    __m128i w2 = load_words(data, 2);
    __m128i w3 = load_words(data, 3);
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
    s.abef = _mm_add_epi32(s.abef, before.abef);
    s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
}

__attribute__((target("sha,ssse3,sse4.1"))) inline void blocks(uint32_t state[8],
                                                               const uint8_t* data,
                                                               size_t count) noexcept {
    auto* const memory = reinterpret_cast<__m128i*>(state);
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(memory), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(memory + 1), 0x1b);
    State s{_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
    for (size_t block = 0; block < count; ++block) {
        one_block(s, data + 64 * block);
    }
    const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);
    _mm_storeu_si128(memory, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(memory + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#undef GRAFOS_SHA_WORDS

} // namespace grafos::arch::sha
