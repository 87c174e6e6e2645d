// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/breaks.hpp"

namespace grafos::ec_counter {

std::optional<Break> break_named(std::string_view name) noexcept {
    for (const BreakWord& word : break_words) {
        if (word.name == name) {
            return word.planted;
        }
    }
    return std::nullopt;
}

} // namespace grafos::ec_counter
