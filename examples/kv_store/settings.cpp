// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/settings.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace grafos::kv_store {
namespace {

constexpr uint64_t delay_ms_max = 10'000;
constexpr uint64_t permille_max = 1'000;

constexpr std::array rows{
    SettingRow{"latency_ms", "of each letter (1)", delay_ms_max,
               [](Settings& to, uint64_t value) { to.network.latency = Duration{value}; }},
    SettingRow{"jitter_ms", "at most so much on top (0)", delay_ms_max,
               [](Settings& to, uint64_t value) { to.network.jitter = Duration{value}; }},
    SettingRow{"loss_permille", "letters lost of a thousand (0)", permille_max,
               [](Settings& to, uint64_t value) {
                   to.network.loss_permille = static_cast<uint32_t>(value);
               }},
    SettingRow{"duplicate_permille", "letters doubled of a thousand (0)", permille_max,
               [](Settings& to, uint64_t value) {
                   to.network.duplicate_permille = static_cast<uint32_t>(value);
               }},
};

/// What stands before the first `mark`; takes it and the mark away.
[[nodiscard]] std::string_view take_until(std::string_view& text, char mark) noexcept {
    size_t size = 0;
    while (size < text.size() && text[size] != mark) { // find would call memchr
        size += 1;
    }
    const std::string_view part{text.data(), size};
    text.remove_prefix(std::min(size + 1, text.size()));
    return part;
}

[[nodiscard]] Result<> read_word(Settings& settings, std::string_view word,
                                 uint64_t place) noexcept {
    const std::string_view name = take_until(word, '=');
    if (name == "num_clients") {
        GRAFOS_TRY_ASSIGN(settings.clients, parse_decimal(word, UINT64_MAX, Field::argument));
        return ok();
    }
    const auto row = std::ranges::find(rows, name, &SettingRow::name);
    if (row == rows.end()) {
        return Error{ErrorCode::invalid_argument, Field::option, place};
    }
    GRAFOS_TRY_ASSIGN(const uint64_t value, parse_decimal(word, row->most, Field::argument));
    row->set(settings, value);
    return ok();
}

} // namespace

std::span<const SettingRow> setting_rows() noexcept {
    return rows;
}

Result<> read_words(Settings& settings, std::string_view words) noexcept {
    for (uint64_t place = 1; !words.empty(); ++place) { // each turn takes a word away
        GRAFOS_TRY(read_word(settings, take_until(words, ','), place));
    }
    if (settings.clients == 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
    }
    return ok();
}

} // namespace grafos::kv_store
