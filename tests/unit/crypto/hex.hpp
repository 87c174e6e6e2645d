// SPDX-License-Identifier: Apache-2.0
/// Published vectors are printed in hexadecimal; tests want bytes.
#pragma once

#include <array>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/text.hpp"

namespace grafos::test {

/// Up to 256 bytes out of hexadecimal digits; a vector with a typing error asserts.
class Hex {
public:
    explicit Hex(std::string_view digits) noexcept : size_{digits.size() / 2} {
        GRAFOS_ASSERT(parse_hex(digits, MutableBytes{bytes_}.first(size_), Field::hex).is_ok());
    }
    [[nodiscard]] Bytes bytes() const noexcept { return Bytes{bytes_}.first(size_); }

private:
    std::array<uint8_t, 256> bytes_{};
    size_t size_;
};

/// A fixed-size value (Digest, NodeId, key array) out of exactly as many digits.
template <typename Value>
[[nodiscard]] Value from_hex(std::string_view digits) noexcept {
    Value value{};
    const MutableBytes bytes{reinterpret_cast<uint8_t*>(&value), sizeof(value)};
    GRAFOS_ASSERT(parse_hex(digits, bytes, Field::hex).is_ok());
    return value;
}

/// `count` bytes that differ from one another and from those of another `count`.
[[nodiscard]] inline std::array<uint8_t, 512> pattern(size_t step, size_t count) noexcept {
    std::array<uint8_t, 512> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(i * step + count);
    }
    return bytes;
}

} // namespace grafos::test
