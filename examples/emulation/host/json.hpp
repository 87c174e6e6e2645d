// SPDX-License-Identifier: Apache-2.0
/// JSON as the programs write it: flat objects, built from front to back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace grafos::emulation_host {

/// The text in quotation marks, as JSON wants it.
[[nodiscard]] std::string quoted(std::string_view text);

/// `JsonObject{}.add("seed", 1).add("name", "server-1").text()`
class JsonObject {
public:
    JsonObject& add(std::string_view key, uint64_t value);
    JsonObject& add(std::string_view key, std::string_view value);
    JsonObject& add(std::string_view key, const char* value) {
        return add(key, std::string_view{value});
    }
    JsonObject& add(std::string_view key, bool value);
    /// What is JSON already.
    JsonObject& add_json(std::string_view key, std::string_view json);
    [[nodiscard]] std::string text() const { return text_ + "}"; }

private:
    void begin(std::string_view key);

    std::string text_ = "{";
};

} // namespace grafos::emulation_host
