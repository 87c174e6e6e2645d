// SPDX-License-Identifier: Apache-2.0
/// Lines of `noun key=value key=value`, for consoles and logs: read by people, split at blanks by
/// programs. No value can break the line or forge a field: in text, everything that is not a
/// printable ASCII character other than a blank is written as `_`.
#pragma once

#include <string_view>

#include "core/base/text.hpp"

namespace grafos::observe {

/// Appends ` key=value` to `out`, whose bound is the line's: what does not fit is cut and
/// `out.is_cut()`. `key` is not empty. Context: any.
void put_field(TextWriter& out, std::string_view key, uint64_t value) noexcept;
void put_field(TextWriter& out, std::string_view key, std::string_view text) noexcept;
/// Lower-case hexadecimal at full width.
void put_field(TextWriter& out, std::string_view key, Bytes bytes) noexcept;

} // namespace grafos::observe
