// SPDX-License-Identifier: Apache-2.0
#include "core/base/ipv4.hpp"

namespace grafos {
namespace {

constexpr size_t parts = 4;
constexpr size_t text_bytes_max = 15; // 255.255.255.255

/// Decimal without leading zeroes.
[[nodiscard]] Result<uint64_t> parse_plain(std::string_view text, uint64_t most,
                                           Field field) noexcept {
    if (text.size() > 1 && text[0] == '0') {
        return Error{ErrorCode::invalid_argument, field, 0, most};
    }
    return parse_decimal(text, most, field);
}

/// Index of the first `c` at or after `from`, or the text's size.
[[nodiscard]] size_t index_of(std::string_view text, char c, size_t from) noexcept {
    size_t at = from;
    while (at < text.size() && text[at] != c) {
        ++at;
    }
    return at;
}

} // namespace

Result<uint32_t> parse_ipv4(std::string_view text, Field field) noexcept {
    if (text.size() > text_bytes_max) {
        return Error{ErrorCode::invalid_argument, field, text.size(), text_bytes_max};
    }
    uint32_t address = 0;
    size_t begin = 0;
    for (size_t part = 0; part < parts; ++part) {
        const bool is_last = part + 1 == parts;
        const size_t end = is_last ? text.size() : index_of(text, '.', begin);
        if (end == text.size() && !is_last) {
            return Error{ErrorCode::invalid_argument, field, part + 1, parts};
        }
        GRAFOS_ASSERT(begin <= end);
        GRAFOS_TRY_ASSIGN(const uint64_t number,
                          parse_plain({text.data() + begin, end - begin}, 255, field));
        address = (address << 8) | static_cast<uint32_t>(number);
        begin = end + 1;
    }
    return address;
}

Result<Ipv4Port> parse_ipv4_port(std::string_view text, Field field) noexcept {
    const size_t colon = index_of(text, ':', 0);
    if (colon == text.size()) {
        return Error{ErrorCode::invalid_argument, field, text.size(), 0};
    }
    GRAFOS_TRY_ASSIGN(const uint32_t address, parse_ipv4({text.data(), colon}, field));
    GRAFOS_TRY_ASSIGN(
        const uint64_t port,
        parse_plain({text.data() + colon + 1, text.size() - colon - 1}, UINT16_MAX, field));
    return Ipv4Port{address, static_cast<uint16_t>(port)};
}

void put_ipv4(TextWriter& out, uint32_t address) noexcept {
    for (unsigned part = parts; part-- > 0;) {
        out.put(uint64_t{(address >> (8 * part)) & 255});
        if (part != 0) {
            out.put('.');
        }
    }
}

} // namespace grafos
