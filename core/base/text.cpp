// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"

namespace grafos {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

[[nodiscard]] int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

} // namespace

TextWriter& TextWriter::put(std::string_view text) noexcept {
    const size_t room = buffer_.size() - size_;
    const size_t count = text.size() < room ? text.size() : room;
    if (count > 0) {
        __builtin_memcpy(buffer_.data() + size_, text.data(), count);
    }
    size_ += count;
    is_cut_ = is_cut_ || count < text.size();
    return *this;
}

TextWriter& TextWriter::put(char c) noexcept {
    return put(std::string_view{&c, 1});
}

TextWriter& TextWriter::put(uint64_t value) noexcept {
    char digits[20];
    size_t first = sizeof(digits);
    do {
        digits[--first] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return put(std::string_view{digits + first, sizeof(digits) - first});
}

TextWriter& TextWriter::put_hex(Bytes bytes) noexcept {
    for (const uint8_t byte : bytes) {
        put(hex_digits[byte >> 4]);
        put(hex_digits[byte & 15]);
    }
    return *this;
}

TextWriter& TextWriter::put_hex(uint64_t value, unsigned digits) noexcept {
    GRAFOS_ASSERT(digits >= 1 && digits <= 16);
    for (unsigned digit = digits; digit-- > 0;) {
        put(hex_digits[(value >> (4 * digit)) & 15]);
    }
    return *this;
}

Result<uint64_t> parse_decimal(std::string_view text, uint64_t most, Field field) noexcept {
    if (text.empty() || text.size() > 20) {
        return Error{ErrorCode::invalid_argument, field, text.size(), most};
    }
    uint64_t value = 0;
    for (const char c : text) {
        const unsigned digit = static_cast<unsigned char>(c) - static_cast<unsigned>('0');
        if (digit > 9) {
            return Error{ErrorCode::invalid_argument, field, static_cast<unsigned char>(c), most};
        }
        if (value > (most - digit) / 10 || digit > most) {
            return Error{ErrorCode::invalid_argument, field, value, most};
        }
        value = value * 10 + digit;
    }
    return value;
}

Result<> parse_hex(std::string_view text, MutableBytes to, Field field) noexcept {
    if (text.size() != 2 * to.size()) {
        return Error{ErrorCode::invalid_argument, field, text.size(), 2 * to.size()};
    }
    for (size_t i = 0; i < text.size(); ++i) {
        if (hex_value(text[i]) < 0) {
            return Error{ErrorCode::invalid_argument, field, i, 2 * to.size()};
        }
    }
    for (size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<uint8_t>((hex_value(text[2 * i]) << 4) | hex_value(text[2 * i + 1]));
    }
    return ok();
}

void put_error(TextWriter& out, const Error& error) noexcept {
    out.put(name_of(error.code));
    if (error.field != Field::none) {
        out.put(" at ").put(name_of(error.field));
        out.put(": got ").put(error.value).put(", expected ").put(error.expected);
    }
}

} // namespace grafos
