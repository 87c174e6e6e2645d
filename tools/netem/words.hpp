// SPDX-License-Identifier: Apache-2.0
/// Reading numbers and splitting lines, without surprises: all of a word or nothing.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grafos::netem {

[[nodiscard]] inline std::optional<uint64_t> whole_number(std::string_view text, uint64_t max) {
    uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && at == end && value <= max ? std::optional{value} : std::nullopt;
}

/// Never negative, infinite or not a number.
[[nodiscard]] inline std::optional<double> fraction(std::string_view text, double max) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    const bool is_good = error == std::errc{} && at == end && std::isfinite(value);
    return is_good && value >= 0 && value <= max ? std::optional{value} : std::nullopt;
}

[[nodiscard]] inline std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    size_t at = 0;
    while (at < line.size()) {
        const size_t begin = line.find_first_not_of(" \t\r", at);
        if (begin == std::string_view::npos) {
            break;
        }
        const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
        words.emplace_back(line.substr(begin, end - begin));
        at = end;
    }
    return words;
}

} // namespace grafos::netem
