// SPDX-License-Identifier: Apache-2.0
/// SHA-256 compression in plain words, for CPUs without instructions for it (FIPS 180-4 §6.2.2).
#include "core/crypto/sha256.hpp"

#include <bit>

namespace grafos::crypto {
namespace {

constexpr std::array<uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/// One round without moving the eight words: the caller rotates their names instead.
inline void round(uint32_t a, uint32_t b, uint32_t c, uint32_t& d, uint32_t e, uint32_t f,
                  uint32_t g, uint32_t& h, uint32_t added) noexcept {
    const uint32_t sum_e = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t choice = g ^ (e & (f ^ g));
    const uint32_t first = h + sum_e + choice + added;
    const uint32_t sum_a = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t majority = (a & b) | (c & (a | b));
    d += first;
    h = first + sum_a + majority;
}

void one_block(std::array<uint32_t, 8>& words, const uint8_t* data) noexcept {
    std::array<uint32_t, 64> w;
    for (size_t t = 0; t < 16; ++t) {
        w[t] = load_big_endian<uint32_t>(data + 4 * t);
    }
    for (size_t t = 16; t < 64; ++t) {
        const uint32_t x = w[t - 15];
        const uint32_t y = w[t - 2];
        w[t] = w[t - 16] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3)) + w[t - 7] +
               (std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10));
    }
    auto [a, b, c, d, e, f, g, h] = words;
    for (size_t t = 0; t < 64; t += 8) {
        round(a, b, c, d, e, f, g, h, round_constants[t] + w[t]);
        round(h, a, b, c, d, e, f, g, round_constants[t + 1] + w[t + 1]);
        round(g, h, a, b, c, d, e, f, round_constants[t + 2] + w[t + 2]);
        round(f, g, h, a, b, c, d, e, round_constants[t + 3] + w[t + 3]);
        round(e, f, g, h, a, b, c, d, round_constants[t + 4] + w[t + 4]);
        round(d, e, f, g, h, a, b, c, round_constants[t + 5] + w[t + 5]);
        round(c, d, e, f, g, h, a, b, round_constants[t + 6] + w[t + 6]);
        round(b, c, d, e, f, g, h, a, round_constants[t + 7] + w[t + 7]);
    }
    const std::array<uint32_t, 8> added = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < words.size(); ++i) {
        words[i] += added[i];
    }
}

} // namespace

void sha256_blocks_portable(std::array<uint32_t, 8>& words, const uint8_t* data,
                            size_t count) noexcept {
    for (size_t block = 0; block < count; ++block) {
        one_block(words, data + block * sha256_block_bytes);
    }
}

} // namespace grafos::crypto
