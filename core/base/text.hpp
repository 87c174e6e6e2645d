// SPDX-License-Identifier: Apache-2.0
/// Text without allocation: a writer into a caller's buffer, and strict parsers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos {

/// Appends to a fixed buffer. What does not fit is cut and remembered (`is_cut()`), never overrun:
/// text is for people, and a cut line is better than none.
class TextWriter {
public:
    explicit TextWriter(std::span<char> buffer) noexcept : buffer_{buffer} {}

    TextWriter& put(std::string_view text) noexcept;
    TextWriter& put(char c) noexcept;
    /// Decimal.
    TextWriter& put(uint64_t value) noexcept;
    /// Lower-case hexadecimal at full width: two digits a byte.
    TextWriter& put_hex(Bytes bytes) noexcept;
    /// Lower-case hexadecimal, `digits` wide (1 … 16).
    TextWriter& put_hex(uint64_t value, unsigned digits) noexcept;

    [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data(), size_}; }
    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }
    void clear() noexcept {
        size_ = 0;
        is_cut_ = false;
    }

private:
    std::span<char> buffer_;
    size_t size_ = 0;
    bool is_cut_ = false;
};

/// Decimal digits only, no sign, no blanks, at most `most`. Failures: invalid_argument with
/// `field`.
[[nodiscard]] Result<uint64_t> parse_decimal(std::string_view text, uint64_t most,
                                             Field field) noexcept;

/// Exactly `to.size()` bytes as lower- or upper-case hexadecimal. Failures: invalid_argument with
/// `field`; value = the length or the offset of the bad digit, expected = the length wanted.
[[nodiscard]] Result<> parse_hex(std::string_view text, MutableBytes to, Field field) noexcept;

/// `<code> at <field>: got <value>, expected <expected>`, the form in which every console prints
/// one.
void put_error(TextWriter& out, const Error& error) noexcept;

} // namespace grafos
