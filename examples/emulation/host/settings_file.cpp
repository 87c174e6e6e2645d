// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/settings_file.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "examples/emulation/host/nearest.hpp"

namespace grafos::emulation_host {
namespace {

std::string shown(const toml::node& node) {
    std::ostringstream out;
    node.visit([&](const auto& value) {
        if constexpr (toml::is_table<decltype(value)>) {
            out << "a table";
        } else if constexpr (toml::is_array<decltype(value)>) {
            out << "a list";
        } else if constexpr (toml::is_string<decltype(value)>) {
            out << '"' << value.get() << '"';
        } else {
            out << value; // as it would stand in a file
        }
    });
    return out.str();
}

/// `key[2]` is the second entry; returns 0 without brackets.
size_t entry_of(std::string& part) {
    const size_t bracket = part.find('[');
    if (bracket == std::string::npos) {
        return 0;
    }
    const size_t entry = std::stoul(part.substr(bracket + 1));
    part.resize(bracket);
    return entry;
}

const toml::node* find(const toml::table& root, const std::string& key) {
    std::istringstream parts{key};
    std::string part;
    const toml::node* at = &root;
    while (std::getline(parts, part, '.')) {
        const size_t entry = entry_of(part);
        const toml::table* const table = at->as_table();
        at = table == nullptr ? nullptr : table->get(part);
        if (at != nullptr && entry > 0) {
            at = at->is_array() ? at->as_array()->get(entry - 1) : nullptr;
        }
        if (at == nullptr) {
            return nullptr;
        }
    }
    return at;
}

std::string an_integer(Range range) {
    return "an integer, " + std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::optional<uint64_t> integer_in(const toml::node& node, Range range) {
    const auto value = node.value_exact<int64_t>();
    if (!value || *value < 0 || static_cast<uint64_t>(*value) < range.least ||
        static_cast<uint64_t>(*value) > range.most) {
        return std::nullopt;
    }
    return static_cast<uint64_t>(*value);
}

} // namespace

struct SettingsFile::Contents {
    std::string file;
    toml::table root;
    std::set<std::string> asked;
    std::vector<std::string> needed;
    std::optional<Problem> problem;

    [[nodiscard]] const toml::node* ask(const std::string& key) {
        asked.insert(key);
        return problem ? nullptr : find(root, key);
    }
    void refuse(const toml::source_position& at, const std::string& key, const std::string& value,
                const std::string& accepted) {
        if (!problem) {
            problem = Problem{file, at.line, at.column, key, value, accepted};
        }
    }
    void refuse(const toml::node& at, const std::string& key, const std::string& accepted) {
        refuse(at.source().begin, key, shown(at), accepted);
    }

    /// What may stand where `where` begins a key: beside it in its entry, or outside of entries.
    [[nodiscard]] std::vector<std::string> accepted_at(const std::string& where) const {
        std::vector<std::string> keys;
        const bool is_entry = where.find('[') != std::string::npos;
        std::copy_if(asked.begin(), asked.end(), std::back_inserter(keys), [&](const auto& key) {
            return is_entry ? key.starts_with(where) : key.find('[') == std::string::npos;
        });
        return keys;
    }
    [[nodiscard]] bool is_asked_below(const std::string& key) const {
        const auto next = asked.lower_bound(key + ".");
        return next != asked.end() && next->starts_with(key + ".");
    }
    void check_needed() {
        for (const std::string& key : needed) {
            const toml::node* const table = find(root, key.substr(0, key.find_last_of('.')));
            if (table != nullptr && find(root, key) == nullptr) {
                refuse(table->source().begin, key, "nothing", "a value: this key is needed");
            }
        }
    }
    void check_keys(const toml::table& table, const std::string& where);
    void check_key(const toml::key& name, const toml::node& node, const std::string& where);
};

// Tables lie as deep as the file nests them, and toml++ bounds that.
void SettingsFile::Contents::check_keys(const toml::table& table, const std::string& where) {
    for (const auto& [name, node] : table) {
        check_key(name, node, where);
    }
}

void SettingsFile::Contents::check_key(const toml::key& name, const toml::node& node,
                                       const std::string& where) {
    const std::string key = where + std::string{name.str()};
    if (asked.contains(key)) { // its value was looked at when it was asked for; entries were not
        const toml::array* const list = node.as_array();
        for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
            if (const toml::table* const entry = list->get(i)->as_table()) {
                check_keys(*entry, key + "[" + std::to_string(i + 1) + "].");
            }
        }
    } else if (!is_asked_below(key)) {
        refuse(name.source().begin, key, "an unknown key", one_of(accepted_at(where), key));
    } else if (const toml::table* const inner = node.as_table()) {
        check_keys(*inner, key + ".");
    } else {
        refuse(node, key, "a table: [" + key + "]");
    }
}

std::string Problem::text() const {
    std::string out = file;
    if (line > 0) {
        out += ":" + std::to_string(line) + ":" + std::to_string(column);
    }
    out += ": " + (key.empty() ? "" : key + ": ");
    return out + "got " + value + ", accepted: " + accepted;
}

SettingsFile::SettingsFile(const std::filesystem::path& file)
    : contents_{std::make_unique<Contents>()} {
    contents_->file = file.string();
    std::error_code ignored;
    std::ostringstream text;
    std::ifstream in{file, std::ios::binary};
    if (in && !std::filesystem::is_directory(file, ignored)) {
        text << in.rdbuf();
    } else {
        contents_->refuse({}, "", "a file that cannot be read",
                          "a readable TOML file (--config FILE)");
        return;
    }
    toml::parse_result parsed = toml::parse(text.str(), file.string());
    if (!parsed) {
        contents_->refuse(parsed.error().source().begin, "",
                          "no TOML (" + std::string{parsed.error().description()} + ")",
                          "TOML 1.0");
        return;
    }
    contents_->root = std::move(parsed).table();
}

SettingsFile::~SettingsFile() = default;

uint64_t SettingsFile::number(const std::string& key, Range range, uint64_t otherwise) {
    const toml::node* const node = contents_->ask(key);
    if (node == nullptr) {
        return otherwise;
    }
    const auto value = integer_in(*node, range);
    if (!value) {
        contents_->refuse(*node, key, an_integer(range));
    }
    return value.value_or(otherwise);
}

std::vector<std::string> SettingsFile::words(const std::string& key,
                                             const std::vector<std::string>& accepted,
                                             Range count) {
    std::vector<std::string> found;
    const toml::node* const node = contents_->ask(key);
    if (node == nullptr) {
        return found;
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr || list->size() < count.least || list->size() > count.most) {
        contents_->refuse(*node, key,
                          "a list of " + std::to_string(count.least) + " to " +
                              std::to_string(count.most) + ", each " + one_of(accepted, ""));
        return found;
    }
    for (const toml::node& entry : *list) {
        const auto value = entry.value_exact<std::string>();
        if (!value || std::find(accepted.begin(), accepted.end(), *value) == accepted.end()) {
            contents_->refuse(entry, key, one_of(accepted, value.value_or("")));
            break;
        }
        found.push_back(*value);
    }
    return found;
}

size_t SettingsFile::tables(const std::string& key, size_t count_max) {
    const toml::node* const node = contents_->ask(key);
    if (node == nullptr) {
        return 0;
    }
    const toml::array* const list = node->as_array();
    const bool are_tables =
        list != nullptr && std::all_of(list->begin(), list->end(),
                                       [](const toml::node& entry) { return entry.is_table(); });
    if (!are_tables || list->size() > count_max) {
        contents_->refuse(*node, key,
                          "[[" + key + "]] for each, at most " + std::to_string(count_max));
        return 0;
    }
    return list->size();
}

void SettingsFile::need(const std::string& key) {
    contents_->needed.push_back(key);
}

void SettingsFile::refuse(const std::string& key, const std::string& accepted) {
    if (const toml::node* const node = contents_->ask(key)) {
        contents_->refuse(*node, key, accepted);
    } else {
        contents_->refuse({}, key, "its default", accepted);
    }
}

std::optional<Problem> SettingsFile::finish() {
    if (!contents_->problem) {
        contents_->check_keys(contents_->root, "");
        contents_->check_needed(); // after those that are misspelt
    }
    return contents_->problem;
}

} // namespace grafos::emulation_host
