// SPDX-License-Identifier: Apache-2.0
/// What was wrong with a word somebody gave us: where, what it was, what would have been right.
#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace grafos::netem {

using Json = nlohmann::ordered_json;

/// One line; bytes that are no UTF-8 are replaced, so that it never throws.
[[nodiscard]] inline std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Thrown where a word is read; caught where the command ends (exit 2) or is answered.
struct Problem {
    std::string where; ///< option, field or file, as the person wrote it
    std::string value;
    std::string expected;

    [[nodiscard]] std::string text() const {
        return where + ": got '" + value + "', expected " + expected;
    }
    [[nodiscard]] Json json() const {
        return {{"field", where}, {"value", value}, {"expected", expected}};
    }
};

/// The system refused something that was asked of it rightly (exit 1).
struct SystemProblem {
    std::string what;
    int error = 0; ///< errno
    [[nodiscard]] std::string text() const;
};

} // namespace grafos::netem
