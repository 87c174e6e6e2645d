// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/json.hpp"

#include <array>
#include <cstdio>

namespace grafos::emulation_host {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            std::array<char, 8> escaped{};
            (void)std::snprintf(escaped.data(), escaped.size(), "\\u%04x",
                                static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escaped.data();
        } else {
            out += c;
        }
    }
    return out + '"';
}

void JsonObject::begin(std::string_view key) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += quoted(key) + ":";
}

JsonObject& JsonObject::add(std::string_view key, uint64_t value) {
    return add_json(key, std::to_string(value));
}

JsonObject& JsonObject::add(std::string_view key, std::string_view value) {
    return add_json(key, quoted(value));
}

JsonObject& JsonObject::add(std::string_view key, bool value) {
    return add_json(key, value ? "true" : "false");
}

JsonObject& JsonObject::add_json(std::string_view key, std::string_view json) {
    begin(key);
    text_ += json;
    return *this;
}

} // namespace grafos::emulation_host
