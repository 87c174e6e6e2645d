// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/sodium/bodies.hpp"

/// What the library for this CPU has (tools/libs).
extern "C" {
extern const crypto_stream_chacha20_implementation crypto_stream_chacha20_ref_implementation;
#if defined(__x86_64__)
extern const crypto_stream_chacha20_implementation
    crypto_stream_chacha20_dolbeau_ssse3_implementation;
extern const crypto_onetimeauth_poly1305_implementation
    crypto_onetimeauth_poly1305_sse2_implementation;
#if __STDC_HOSTED__
extern const crypto_stream_chacha20_implementation
    crypto_stream_chacha20_dolbeau_avx2_implementation;
extern const crypto_stream_chacha20_implementation grafos_chacha20_avx512;
extern const crypto_onetimeauth_poly1305_implementation grafos_poly1305_avx512;
#endif
#else
extern const crypto_onetimeauth_poly1305_implementation
    crypto_onetimeauth_poly1305_donna_implementation;
#endif
}

namespace grafos::board {
namespace {

constexpr size_t block_bytes = 64;

constexpr Bodies table[] = {
#if defined(__x86_64__)
#if __STDC_HOSTED__
    {"avx512", &grafos_chacha20_avx512, &grafos_poly1305_avx512, 4 * block_bytes,
     [](const arch::VectorWords& words) noexcept { return words.avx512; }},
    {"avx2", &crypto_stream_chacha20_dolbeau_avx2_implementation,
     &crypto_onetimeauth_poly1305_sse2_implementation, 4 * block_bytes,
     [](const arch::VectorWords& words) noexcept { return words.avx2; }},
#endif
    {"ssse3", &crypto_stream_chacha20_dolbeau_ssse3_implementation,
     &crypto_onetimeauth_poly1305_sse2_implementation, 4 * block_bytes,
     [](const arch::VectorWords& words) noexcept { return words.ssse3; }},
    {"sse2", &crypto_stream_chacha20_ref_implementation,
     &crypto_onetimeauth_poly1305_sse2_implementation, block_bytes,
     [](const arch::VectorWords&) noexcept { return true; }},
#else
    {"reference", &crypto_stream_chacha20_ref_implementation,
     &crypto_onetimeauth_poly1305_donna_implementation, block_bytes,
     [](const arch::VectorWords&) noexcept { return true; }},
#endif
};

} // namespace

std::span<const Bodies> every_bodies() noexcept {
    return table;
}

const Bodies& best_bodies(const arch::VectorWords& words) noexcept {
    for (const Bodies& bodies : table) {
        if (bodies.may_run(words)) {
            return bodies;
        }
    }
    GRAFOS_UNREACHABLE(); // the last one runs everywhere
}

} // namespace grafos::board
