// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.hpp"

namespace grafos {
namespace {

constexpr uint32_t crc32c_polynomial = 0x82f63b78u; // reflected

constexpr std::array<uint32_t, 256> make_crc32c_table() noexcept {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < table.size(); ++byte) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1u) != 0 ? (crc >> 1) ^ crc32c_polynomial : crc >> 1;
        }
        table[byte] = crc;
    }
    return table;
}

constexpr std::array<uint32_t, 256> crc32c_table = make_crc32c_table();

} // namespace

bool is_all_zero(Bytes bytes) noexcept {
    uint8_t seen = 0;
    for (const uint8_t byte : bytes) {
        seen = static_cast<uint8_t>(seen | byte);
    }
    return seen == 0;
}

uint32_t crc32c(Bytes bytes, uint32_t seed) noexcept {
    uint32_t crc = ~seed;
    for (const uint8_t byte : bytes) {
        crc = (crc >> 8) ^ crc32c_table[(crc ^ byte) & 0xffu];
    }
    return ~crc;
}

} // namespace grafos
