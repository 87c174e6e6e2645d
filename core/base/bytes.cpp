// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.hpp"

namespace grafos {
namespace {

constexpr uint32_t crc32c_polynomial = 0x82f63b78u; // reflected

using Crc32cTable = std::array<uint32_t, 256>;

/// Four bytes a step: a byte at a time waits for the load before it, and every durable group is
/// summed. Table i is the checksum of a byte with i zeroes behind it.
constexpr std::array<Crc32cTable, 4> make_crc32c_tables() noexcept {
    std::array<Crc32cTable, 4> tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1u) != 0 ? (crc >> 1) ^ crc32c_polynomial : crc >> 1;
        }
        tables[0][byte] = crc;
    }
    for (size_t i = 1; i < tables.size(); ++i) {
        for (size_t byte = 0; byte < 256; ++byte) {
            const uint32_t before = tables[i - 1][byte];
            tables[i][byte] = (before >> 8) ^ tables[0][before & 0xffu];
        }
    }
    return tables;
}

constexpr std::array<Crc32cTable, 4> crc32c_tables = make_crc32c_tables();

} // namespace

bool is_all_zero(Bytes bytes) noexcept {
    uint8_t seen = 0;
    for (const uint8_t byte : bytes) {
        seen = static_cast<uint8_t>(seen | byte);
    }
    return seen == 0;
}

uint32_t crc32c(Bytes bytes, uint32_t seed) noexcept {
    const auto& [last, third, second, first] = crc32c_tables;
    constexpr size_t step = sizeof(uint32_t);
    uint32_t crc = ~seed;
    const uint8_t* at = bytes.data();
    size_t left = bytes.size();
    for (; left > 0 && reinterpret_cast<uintptr_t>(at) % step != 0; --left, ++at) {
        crc = (crc >> 8) ^ last[(crc ^ *at) & 0xffu];
    }
    for (; left >= step; left -= step, at += step) {
        uint32_t word = 0; // aligned: one load also where others take several
        __builtin_memcpy(&word, __builtin_assume_aligned(at, step), step);
        crc ^= std::endian::native == std::endian::little ? word : __builtin_bswap32(word);
        crc = first[crc & 0xffu] ^ second[(crc >> 8) & 0xffu] ^ third[(crc >> 16) & 0xffu] ^
              last[crc >> 24];
    }
    for (; left > 0; --left, ++at) {
        crc = (crc >> 8) ^ last[(crc ^ *at) & 0xffu];
    }
    return ~crc;
}

} // namespace grafos
