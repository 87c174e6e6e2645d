// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/breaks.hpp"

namespace grafos::kv_store {

std::optional<Break> break_named(std::string_view name) noexcept {
    for (const BreakWord& word : break_words) {
        if (word.name == name) {
            return word.planted;
        }
    }
    return std::nullopt;
}

} // namespace grafos::kv_store
