// SPDX-License-Identifier: Apache-2.0
#include "core/observe/line.hpp"

namespace grafos::observe {
namespace {

void put_key(TextWriter& out, std::string_view key) noexcept {
    GRAFOS_ASSERT(!key.empty());
    out.put(' ').put(key).put('=');
}

} // namespace

void put_field(TextWriter& out, std::string_view key, uint64_t value) noexcept {
    put_key(out, key);
    out.put(value);
}

void put_field(TextWriter& out, std::string_view key, std::string_view text) noexcept {
    put_key(out, key);
    for (const char c : text) {
        out.put(c > ' ' && c <= '~' ? c : '_');
    }
}

void put_field(TextWriter& out, std::string_view key, Bytes bytes) noexcept {
    put_key(out, key);
    out.put_hex(bytes);
}

} // namespace grafos::observe
