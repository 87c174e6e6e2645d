// SPDX-License-Identifier: Apache-2.0
/// One line of `noun key=value key=value`, for consoles and logs: read by people, split at blanks
/// by programs. No value can break the line or forge a field: in text, everything that is not a
/// printable ASCII character other than a blank is written as `_`.
#pragma once

#include <string_view>

#include "core/base/text.hpp"

namespace grafos::observe {

/// Appends to `out`, whose bound is the line's: what does not fit is cut and `out.is_cut()`.
class Line {
public:
    Line(TextWriter& out, std::string_view noun) noexcept : out_{out} { out_.put(noun); }

    Line& field(std::string_view key, uint64_t value) noexcept;
    Line& field(std::string_view key, std::string_view text) noexcept;
    /// Lower-case hexadecimal at full width.
    Line& field(std::string_view key, Bytes bytes) noexcept;

private:
    void put_key(std::string_view key) noexcept;

    TextWriter& out_;
};

} // namespace grafos::observe
