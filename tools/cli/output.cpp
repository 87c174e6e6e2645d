// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/output.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "core/base/text.hpp"
#include "core/wire/principal.hpp"

namespace grafos::cli {
namespace {

std::string cell_of(const Json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return value.is_null() ? "-" : value.dump();
}

std::string padded(const std::string& text, size_t width, bool is_right) {
    const std::string blanks(width - std::min(width, text.size()), ' ');
    return is_right ? blanks + text : text + blanks;
}

bool is_number(const std::string& text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void print_line(std::FILE* to, const std::string& line) {
    (void)std::fputs((line + "\n").c_str(), to);
}

} // namespace

std::string table_of(const Json& rows) {
    if (rows.empty()) {
        return "  (none)\n";
    }
    std::vector<std::vector<std::string>> cells{{}};
    for (const auto& [name, value] : rows.front().items()) {
        cells.front().push_back(name);
    }
    for (const Json& row : rows) {
        cells.emplace_back();
        for (const std::string& name : cells.front()) {
            cells.back().push_back(row.contains(name) ? cell_of(row[name]) : "-");
        }
    }
    std::string out;
    std::vector<size_t> widths(cells.front().size(), 0);
    std::vector<bool> is_right(cells.front().size(), true);
    for (size_t row = 0; row < cells.size(); ++row) {
        for (size_t column = 0; column < widths.size(); ++column) {
            const std::string& cell = cells[row][column];
            widths[column] = std::max(widths[column], cell.size());
            is_right[column] = is_right[column] && (row == 0 || is_number(cell));
        }
    }
    for (const auto& row : cells) {
        std::string line;
        for (size_t column = 0; column < widths.size(); ++column) {
            line += "  " + padded(row[column], widths[column], is_right[column]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

void Output::show(const Json& value, const std::string& list) const {
    if (is_json_) {
        print_line(stdout, value.dump());
        return;
    }
    size_t width = 0;
    for (const auto& [name, member] : value.items()) {
        width = name == list ? width : std::max(width, name.size());
    }
    for (const auto& [name, member] : value.items()) {
        if (name != list) {
            print_line(stdout, padded(name, width, false) + "  " + cell_of(member));
        }
    }
    if (!list.empty() && value.contains(list)) {
        (void)std::fputs(table_of(value[list]).c_str(), stdout);
    }
}

Exit Output::refuse(const std::string& what, const Error& error) const {
    return refuse(what, error, nullptr);
}

Exit Output::refuse(const std::string& what, const Error& error, const Explanation& because) const {
    return refuse(what, error, &because);
}

Exit Output::refuse(const std::string& what, const Error& error, const Explanation* because) const {
    const std::string next = because != nullptr ? because->next : next_step_of(error);
    if (is_json_) {
        Json out{{"error",
                  {{"operation", what},
                   {"code", name_of(error.code)},
                   {"field", name_of(error.field)},
                   {"value", number_of(error.value)},
                   {"expected", number_of(error.expected)},
                   {"failure", name_of(failure_of(error.code))},
                   {"next", next}}}};
        if (because != nullptr) {
            out["error"]["address"] = because->address;
            out["error"]["why"] = because->why;
        }
        print_line(stderr, out.dump());
        return Exit::refused;
    }
    std::array<char, 256> buffer{};
    TextWriter text{buffer};
    if (because != nullptr) {
        text.put(name_of(error.code)).put(": ").put(because->why);
    } else {
        put_error(text, error);
    }
    const char* const red = has_colour_ ? "\033[31m" : "";
    const char* const plain = has_colour_ ? "\033[0m" : "";
    print_line(stderr, "grafos: " + what + ": " + red + std::string{text.text()} + plain);
    print_line(stderr, "  next: " + next);
    return Exit::refused;
}

Exit Output::misuse(const std::string& why) const {
    if (is_json_) {
        const Json out{{"error",
                        {{"code", "bad_usage"},
                         {"why", why},
                         {"next", "nothing was tried: correct what is named, or see --help"}}}};
        print_line(stderr, out.dump());
    } else {
        print_line(stderr, "grafos: " + why);
    }
    return Exit::bad_usage;
}

void Output::progress(const std::string& text) const {
    if (!is_json_ && isatty(STDERR_FILENO) == 1) {
        (void)std::fputs(("\r\033[K" + text).c_str(), stderr);
        (void)std::fflush(stderr);
    }
}

namespace {

std::string roles_of(uint64_t bits) {
    const wire::Roles roles{static_cast<uint8_t>(bits)};
    std::string names;
    for (const wire::Role role : wire::every_role) {
        if (roles.has(role)) {
            names += (names.empty() ? "" : ", ") + std::string{wire::name_of(role)};
        }
    }
    return names.empty() ? "none" : names;
}

std::string where_to_find(Field field) {
    if (field == Field::fence_sequence) {
        return "see `grafos fence list`";
    }
    if (field == Field::lease) {
        return "no lease has this ID there: it is what the grant answered as `lease`. A ref, as "
               "`grafos "
               "lease list` shows it, goes to `lease revoke REF` and `lease query --ref REF`";
    }
    if (field == Field::lease_ref) {
        return "no lease has this ref there: `grafos lease list` shows refs; an ID is none";
    }
    return field == Field::sequence ? "see `grafos audit head` for what the node keeps"
                                    : "see `grafos lease list` and `grafos inventory`";
}

} // namespace

std::string next_step_of(const Error& error) {
    switch (error.code) {
    case ErrorCode::lease_expired: return "allocate again; `grafos hold` keeps a lease alive";
    case ErrorCode::revoked: return "an authority took it back; the audit chain says who";
    case ErrorCode::released: return "it was given back; allocate again";
    case ErrorCode::fenced: return "`grafos fence list`, then `grafos fence clear`";
    case ErrorCode::stale_epoch: return "the node or the lease moved on; allocate again";
    case ErrorCode::disconnected:
        return "it was ended before the answer came: the outcome is unknown";
    case ErrorCode::capacity_exceeded:
        if (error.field == Field::offset || error.field == Field::length) {
            return "it lies beyond the lease's end: ask for less";
        }
        return "ask for less, or see `grafos inventory`";
    case ErrorCode::busy: return "try again in a moment";
    case ErrorCode::not_found: return where_to_find(error.field);
    case ErrorCode::invalid_argument: return "see --help for what is accepted";
    case ErrorCode::denied:
        if (error.field == Field::role) {
            return "it takes the role " + roles_of(error.expected) + ", and this key has " +
                   roles_of(error.value) + " in the node's peer list";
        }
        if (error.field == Field::ttl) {
            return "at most " + std::to_string(error.expected) +
                   " ms at a time: so says the lease's grant, or the node's peer list";
        }
        if (error.field == Field::offset || error.field == Field::length) {
            return "the lease's token does not reach so far: ask for less";
        }
        return "the node's peer list does not give this key that role, right or tenant";
    case ErrorCode::rate_limited: return "the quota is used up: free something, or raise it";
    case ErrorCode::corrupt:
        if (error.field == Field::signature && error.expected == 1) {
            return "no signed head at the end, so the end may be missing: a store's is in "
                   "NAME.head; --unsigned does without";
        }
        return "bytes do not prove themselves: keep them, and look at the node";
    case ErrorCode::io: return "a device refused: see the node's counters and events";
    case ErrorCode::unsupported: return "this node cannot do it; see `grafos identity`";
    case ErrorCode::unsupported_version: return "one side is older: update it";
    case ErrorCode::out_of_fuel: return "give it more fuel";
    case ErrorCode::not_ready: return "the node is booting: `grafos readiness`";
    case ErrorCode::degraded: return "`grafos readiness` names the reason";
    case ErrorCode::foreign: return "it belongs to another node";
    case ErrorCode::exhausted: return "a counter ended: restart the node";
    }
    return "see --help";
}

std::string hex_of(Bytes bytes) {
    std::string text(bytes.size() * 2, ' ');
    TextWriter writer{text};
    writer.put_hex(bytes);
    return text;
}

Json number_of(uint64_t value) {
    constexpr uint64_t exact_max = 1ull << 53;
    return value <= exact_max ? Json(value) : Json(std::to_string(value));
}

std::string bytes_text(uint64_t bytes) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    const bool is_whole = value == static_cast<double>(static_cast<uint64_t>(value));
    (void)std::snprintf(text.data(), text.size(), is_whole ? "%.0f %s" : "%.1f %s", value,
                        units[unit]);
    return text.data();
}

} // namespace grafos::cli
