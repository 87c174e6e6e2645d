// SPDX-License-Identifier: Apache-2.0
#include "core/observe/line.hpp"

namespace grafos::observe {

void Line::put_key(std::string_view key) noexcept {
    GRAFOS_ASSERT(!key.empty());
    out_.put(' ').put(key).put('=');
}

Line& Line::field(std::string_view key, uint64_t value) noexcept {
    put_key(key);
    out_.put(value);
    return *this;
}

Line& Line::field(std::string_view key, std::string_view text) noexcept {
    put_key(key);
    for (const char c : text) {
        out_.put(c > ' ' && c <= '~' ? c : '_');
    }
    return *this;
}

Line& Line::field(std::string_view key, Bytes bytes) noexcept {
    put_key(key);
    out_.put_hex(bytes);
    return *this;
}

} // namespace grafos::observe
