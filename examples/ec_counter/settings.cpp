// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/settings.hpp"

namespace grafos::ec_counter {
namespace {

using Kind = SettingProblem::Kind;

constexpr uint64_t wait_ms_max = 3'600'000;
constexpr uint64_t delay_ms_max = 10'000;
constexpr uint64_t value_max = 1'000'000'000;

// clang-format off
constinit const std::array<SettingRow, 14> rows{{
    {"num_servers", "servers", &Settings::num_servers, 1, servers_max},
    {"num_clients", "clients", &Settings::num_clients, 0, clients_max},
    {"seed", "of all that is drawn", &Settings::seed, 0, INT64_MAX},
    {"requests", "of each client", &Settings::requests, 0, 100'000},
    {"sync_period_ms", "from round to round", &Settings::sync_period_ms, 10, wait_ms_max},
    {"value_least", "smallest value of a set", &Settings::value_least, 0, value_max},
    {"value_most", "largest value of a set", &Settings::value_most, 0, value_max},
    {"call_timeout_ms", "a request waits so long", &Settings::call_timeout_ms, 1, wait_ms_max},
    {"first_wait_ms", "before the first check", &Settings::first_wait_ms, 0, wait_ms_max},
    {"second_wait_ms", "from there to the second", &Settings::second_wait_ms, 0, wait_ms_max},
    {"latency_ms", "of each letter", &Settings::latency_ms, 0, delay_ms_max},
    {"jitter_ms", "most on top of it, drawn", &Settings::jitter_ms, 0, delay_ms_max},
    {"loss_permille", "letters lost of a thousand", &Settings::loss_permille, 0, 1000},
    {"duplicate_permille", "letters doubled of a thousand", &Settings::duplicate_permille, 0, 1000},
}};
// clang-format on

/// What stands in front of `mark`, and what behind it; nothing: it does not stand there.
struct Halves {
    std::string_view before;
    std::string_view behind;
    bool has_mark;
};
[[nodiscard]] Halves halves_of(std::string_view text, char mark) noexcept {
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == mark) {
            return {{text.data(), i}, {text.data() + i + 1, text.size() - i - 1}, true};
        }
    }
    return {text, {}, false};
}

[[nodiscard]] std::optional<uint64_t> number_in(std::string_view text) noexcept {
    const Result<uint64_t> number = parse_decimal(text, INT64_MAX, Field::argument);
    return number.is_ok() ? std::optional{number.value()} : std::nullopt;
}

[[nodiscard]] SettingProblem out_of_range(const SettingRow& row, int64_t found) noexcept {
    return {.kind = Kind::out_of_range,
            .setting = row.name,
            .found = found,
            .least = row.least,
            .most = row.most};
}

[[nodiscard]] std::optional<SettingProblem> set_word(Settings& settings, std::string_view name,
                                                     std::string_view text) noexcept {
    if (name == "drop") {
        return add_drop(settings, text);
    }
    if (name == "cut") {
        return add_cut(settings, text);
    }
    const SettingRow* const row = setting_row(name);
    if (row == nullptr) {
        return SettingProblem{.kind = Kind::unknown, .setting = name};
    }
    const bool is_negative = !text.empty() && text.front() == '-';
    const size_t sign = is_negative ? 1 : 0;
    const auto amount = number_in({text.data() + sign, text.size() - sign});
    if (!amount.has_value()) {
        return SettingProblem{.kind = Kind::not_a_number,
                              .setting = name,
                              .text = text,
                              .least = row->least,
                              .most = row->most};
    }
    const auto value = static_cast<int64_t>(*amount);
    return set_number(settings, name, is_negative ? -value : value);
}

[[nodiscard]] std::optional<SettingProblem> check_cut(const Settings& settings,
                                                      const CutSetting& cut) noexcept {
    if (cut.until_ms < cut.from_ms) {
        return SettingProblem{
            .kind = Kind::not_a_cut, .setting = "cut", .text = "until is before from"};
    }
    for (const NodeName& node : std::span{cut.nodes}.first(cut.count)) {
        const uint64_t most = node.is_client ? settings.num_clients : settings.num_servers;
        if (node.number < 1 || node.number > most) {
            return SettingProblem{.kind = Kind::no_such_node,
                                  .setting = "cut",
                                  .text = node.is_client ? "client-" : "server-",
                                  .found = node.number,
                                  .least = 1,
                                  .most = most};
        }
    }
    return std::nullopt;
}

} // namespace

std::span<const SettingRow> setting_rows() noexcept {
    return rows;
}

const SettingRow* setting_row(std::string_view name) noexcept {
    for (const SettingRow& row : rows) {
        if (row.name == name) {
            return &row;
        }
    }
    return nullptr;
}

std::optional<SettingProblem> check(const Settings& settings) noexcept {
    for (const SettingRow& row : rows) {
        const uint64_t value = settings.*row.member;
        if (value < row.least || value > row.most) {
            return out_of_range(row, static_cast<int64_t>(value));
        }
    }
    if (settings.value_most < settings.value_least) {
        SettingRow row = *setting_row("value_most");
        row.least = settings.value_least;
        return out_of_range(row, static_cast<int64_t>(settings.value_most));
    }
    for (const CutSetting& cut : std::span{settings.cuts}.first(settings.cut_count)) {
        if (auto problem = check_cut(settings, cut); problem.has_value()) {
            return problem;
        }
    }
    return std::nullopt;
}

std::optional<SettingProblem> set_number(Settings& settings, std::string_view name,
                                         int64_t value) noexcept {
    const SettingRow* const row = setting_row(name);
    if (row == nullptr) {
        return SettingProblem{.kind = Kind::unknown, .setting = name};
    }
    const auto amount = static_cast<uint64_t>(value); // of a negative one: beyond every range
    if (amount < row->least || amount > row->most) {
        return out_of_range(*row, value);
    }
    settings.*row->member = amount;
    return std::nullopt;
}

std::optional<SettingProblem> add_drop(Settings& settings, std::string_view message) noexcept {
    if (settings.drop_count == settings.drops.size()) {
        return SettingProblem{
            .kind = Kind::too_many, .setting = "drop", .most = settings.drops.size()};
    }
    for (const std::string_view name : droppable) {
        if (name == message) { // our own text, which outlives the caller's
            settings.drops[settings.drop_count] = name;
            settings.drop_count += 1;
            return std::nullopt;
        }
    }
    return SettingProblem{.kind = Kind::not_droppable, .setting = "drop", .text = message};
}

std::optional<NodeName> node_named(std::string_view text) noexcept {
    const Halves halves = halves_of(text, '-');
    const auto number = number_in(halves.behind);
    const bool is_client = halves.before == "client";
    if ((!is_client && halves.before != "server") || !number.has_value() || *number > UINT16_MAX) {
        return std::nullopt;
    }
    return NodeName{is_client, static_cast<uint16_t>(*number)};
}

std::optional<SettingProblem> add_cut(Settings& settings, std::string_view text) noexcept {
    if (settings.cut_count == settings.cuts.size()) {
        return SettingProblem{
            .kind = Kind::too_many, .setting = "cut", .most = settings.cuts.size()};
    }
    const SettingProblem bad{.kind = Kind::not_a_cut, .setting = "cut", .text = text};
    const Halves parts = halves_of(text, ':');
    const Halves times = halves_of(parts.before, '-');
    const auto from = number_in(times.before);
    const auto until = number_in(times.behind);
    if (!from.has_value() || !until.has_value()) {
        return bad;
    }
    CutSetting cut{.from_ms = *from, .until_ms = *until};
    std::string_view rest = parts.behind;
    for (bool has_more = true; has_more;) { // each round takes at least one byte of the text
        const Halves nodes = halves_of(rest, '+');
        const auto node = node_named(nodes.before);
        if (!node.has_value() || cut.count == cut.nodes.size()) {
            return bad;
        }
        cut.nodes[cut.count] = *node;
        cut.count += 1;
        rest = nodes.behind;
        has_more = nodes.has_mark;
    }
    settings.cuts[settings.cut_count] = cut;
    settings.cut_count += 1;
    return std::nullopt;
}

std::optional<SettingProblem> read_words(Settings& settings, std::string_view text) noexcept {
    std::string_view rest = text;
    for (bool has_more = !text.empty(); has_more;) {
        const Halves words = halves_of(rest, ',');
        const Halves word = halves_of(words.before, '=');
        if (auto problem = set_word(settings, word.before, word.behind); problem.has_value()) {
            return problem;
        }
        rest = words.behind;
        has_more = words.has_mark;
    }
    return check(settings);
}

namespace {

void put_signed(TextWriter& to, int64_t value) noexcept {
    if (value < 0) {
        to.put('-');
    }
    to.put(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
}

void put_range(TextWriter& to, const SettingProblem& problem) noexcept {
    to.put(", accepted: ").put(problem.least).put(" to ").put(problem.most);
}

} // namespace

void put_problem(TextWriter& to, const SettingProblem& problem) noexcept {
    to.put(problem.setting).put(": ");
    switch (problem.kind) {
    case Kind::out_of_range:
        to.put("found ");
        put_signed(to, problem.found);
        put_range(to, problem);
        return;
    case Kind::not_a_number:
        to.put("found \"").put(problem.text).put('"');
        put_range(to, problem);
        return;
    case Kind::unknown:
        to.put("no such setting, accepted:");
        for (const SettingRow& row : rows) {
            to.put(' ').put(row.name);
        }
        to.put(" drop cut");
        return;
    case Kind::not_droppable:
        to.put("found \"").put(problem.text).put("\", accepted:");
        for (const std::string_view name : droppable) {
            to.put(' ').put(name);
        }
        return;
    case Kind::not_a_cut:
        to.put("found \"")
            .put(problem.text)
            .put("\", accepted: FROM-UNTIL:NODE+NODE, as 900-1500:server-1+client-1");
        return;
    case Kind::no_such_node:
        to.put("found ").put(problem.text);
        put_signed(to, problem.found);
        put_range(to, problem);
        return;
    case Kind::too_many: to.put("accepted: at most ").put(problem.most); return;
    }
}

} // namespace grafos::ec_counter
