// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/config.hpp"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace grafos::cli {
namespace {

using Path = std::filesystem::path;

/// Reads tables and remembers the first thing that is wrong; after that it only answers defaults.
class Reader {
public:
    explicit Reader(const Path& file) : file_{file} {}

    [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }

    void refuse(const toml::node& at, std::string field, std::string value, std::string accepted) {
        refuse(at.source().begin.line, std::move(field), std::move(value), std::move(accepted));
    }
    void refuse(size_t line, std::string field, std::string value, std::string accepted) {
        if (!problem_) {
            problem_ = Problem{file_.string(), line, std::move(field), std::move(value),
                               std::move(accepted)};
        }
    }

    /// Every key of `table` is one of `known`, and the `needed` ones are there.
    void check_keys(const toml::table& table, const std::string& where,
                    std::initializer_list<std::string_view> needed,
                    std::initializer_list<std::string_view> optional) {
        std::string known;
        for (const auto& list : {needed, optional}) {
            for (const std::string_view key : list) {
                known += (known.empty() ? "" : ", ") + std::string{key};
            }
        }
        const auto is_in = [](const auto& list, std::string_view key) {
            return std::find(list.begin(), list.end(), key) != list.end();
        };
        for (const auto& [key, value] : table) {
            if (!is_in(needed, key.str()) && !is_in(optional, key.str())) {
                refuse(key.source().begin.line, where + "." + std::string{key.str()},
                       "an unknown key", "one of " + known);
            }
        }
        for (const std::string_view key : needed) {
            if (table.get(key) == nullptr) {
                refuse(table.source().begin.line, where + "." + std::string{key}, "nothing",
                       "a value: this key is needed");
            }
        }
    }

    std::string text(const toml::table& table, const std::string& where, std::string_view key,
                     const std::string& accepted) {
        const toml::node* const node = table.get(key);
        if (node == nullptr) {
            return {};
        }
        const auto value = node->value_exact<std::string>();
        if (!value || value->empty()) {
            refuse(*node, field(where, key), shown(*node), accepted);
            return {};
        }
        return *value;
    }

    uint64_t number(const toml::table& table, const std::string& where, std::string_view key,
                    uint64_t least, uint64_t most, uint64_t otherwise) {
        const toml::node* const node = table.get(key);
        if (node == nullptr) {
            return otherwise;
        }
        const auto value = node->value_exact<int64_t>();
        if (!value || *value < 0 || static_cast<uint64_t>(*value) < least ||
            static_cast<uint64_t>(*value) > most) {
            refuse(*node, field(where, key), shown(*node),
                   "a number, " + std::to_string(least) + " to " + std::to_string(most));
            return otherwise;
        }
        return static_cast<uint64_t>(*value);
    }

    void key(const toml::table& table, const std::string& where, std::string_view name,
             MutableBytes to) {
        const toml::node* const node = table.get(name);
        if (node == nullptr) {
            return;
        }
        const auto value = node->value_exact<std::string>();
        if (!value || !parse_hex(*value, to, Field::key).is_ok() || is_all_zero(to)) {
            refuse(*node, field(where, name), shown(*node),
                   std::to_string(2 * to.size()) + " hexadecimal digits, not all zero");
        }
    }

    hal::DatagramAddress address(const toml::table& table, const std::string& where,
                                 std::string_view name) {
        const toml::node* const node = table.get(name);
        if (node == nullptr) {
            return {};
        }
        const auto value = node->value_exact<std::string>();
        const auto address = value ? parse_address(*value) : std::nullopt;
        if (!address) {
            refuse(*node, field(where, name), shown(*node), "A.B.C.D:PORT");
        }
        return address.value_or(hal::DatagramAddress{});
    }

    Path path(const toml::table& table, const std::string& where, std::string_view name) {
        const Path given{text(table, where, name, "a path")};
        return given.empty() || given.is_absolute() ? given : file_.parent_path() / given;
    }

    void name(const toml::table& table, const std::string& where, wire::Principal& to) {
        const std::string value = text(table, where, "name", name_accepted);
        if (!value.empty() && !is_name(value)) {
            refuse(*table.get("name"), field(where, "name"), value, name_accepted);
            return;
        }
        std::copy(value.begin(), value.end(), to.name.begin());
        to.name_size = static_cast<uint8_t>(value.size());
    }

    [[nodiscard]] static std::string field(const std::string& where, std::string_view key) {
        return where + "." + std::string{key};
    }
    [[nodiscard]] static std::string shown(const toml::node& node) {
        std::ostringstream out;
        node.visit([&](const auto& value) {
            if constexpr (toml::is_string<decltype(value)>) {
                out << value.get();
            } else if constexpr (toml::is_table<decltype(value)>) {
                out << "a table";
            } else if constexpr (toml::is_array<decltype(value)>) {
                out << "a list";
            } else {
                out << value.get();
            }
        });
        return out.str();
    }

    static constexpr const char* name_accepted = "1 to 24 of a-z A-Z 0-9 . _ -";

private:
    [[nodiscard]] static bool is_name(std::string_view text) {
        constexpr std::string_view others = "._-";
        return text.size() <= wire::peer_name_bytes_max &&
               std::all_of(text.begin(), text.end(), [&](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
               });
    }

    Path file_;
    std::optional<Problem> problem_;
};

wire::Roles roles_of(Reader& reader, const toml::table& table, const std::string& where) {
    wire::Roles roles;
    const toml::node* const node = table.get("roles");
    if (node == nullptr) {
        return roles;
    }
    std::string accepted = "a list of";
    for (const wire::Role role : wire::every_role) {
        accepted += " " + std::string{name_of(role)};
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr) {
        reader.refuse(*node, where + ".roles", Reader::shown(*node), accepted);
        return roles;
    }
    for (const toml::node& entry : *list) {
        const auto text = entry.value_exact<std::string>();
        const auto* const role =
            std::find_if(std::begin(wire::every_role), std::end(wire::every_role),
                         [&](wire::Role each) { return text && name_of(each) == *text; });
        if (role == std::end(wire::every_role)) {
            reader.refuse(entry, where + ".roles", Reader::shown(entry), accepted);
            return roles;
        }
        roles = roles | *role;
    }
    return roles;
}

Me read_me(Reader& reader, const toml::table& table) {
    reader.check_keys(table, "me", {"name", "key"}, {"tenant"});
    Me me;
    me.name = reader.text(table, "me", "name", Reader::name_accepted);
    me.key = reader.path(table, "me", "key");
    me.tenant = static_cast<uint32_t>(reader.number(table, "me", "tenant", 0, UINT32_MAX, 0));
    return me;
}

Daemon read_daemon(Reader& reader, const toml::table& table) {
    reader.check_keys(table, "daemon", {"name", "listen", "disk"}, {"disk_bytes", "memory_bytes"});
    constexpr uint64_t most = 1ull << 40;
    Daemon daemon;
    daemon.name = reader.text(table, "daemon", "name", Reader::name_accepted);
    daemon.listen = reader.address(table, "daemon", "listen");
    daemon.disk = reader.path(table, "daemon", "disk");
    daemon.disk_bytes =
        reader.number(table, "daemon", "disk_bytes", 1 << 20, most, daemon.disk_bytes);
    daemon.memory_bytes =
        reader.number(table, "daemon", "memory_bytes", 1 << 20, most, daemon.memory_bytes);
    return daemon;
}

wire::Principal read_node(Reader& reader, const toml::table& table, const std::string& where) {
    reader.check_keys(table, where, {"name", "address", "exchange_key"}, {"node_id"});
    wire::Principal node;
    reader.name(table, where, node);
    node.address = reader.address(table, where, "address");
    reader.key(table, where, "exchange_key", node.exchange_key.bytes);
    reader.key(table, where, "node_id", node.node_id.bytes);
    return node;
}

wire::Principal read_principal(Reader& reader, const toml::table& table, const std::string& where) {
    reader.check_keys(table, where, {"name", "exchange_key"},
                      {"roles", "tenant", "quota_bytes", "quota_leases", "ttl_max_ms"});
    wire::Principal who;
    reader.name(table, where, who);
    reader.key(table, where, "exchange_key", who.exchange_key.bytes);
    who.roles = roles_of(reader, table, where);
    const toml::node* const tenant = table.get("tenant");
    if (tenant != nullptr && tenant->value_exact<std::string>() != "any") {
        who.has_tenant = true;
        who.tenant = {
            static_cast<uint32_t>(reader.number(table, where, "tenant", 0, UINT32_MAX, 0))};
    }
    who.quota_bytes = reader.number(table, where, "quota_bytes", 0, INT64_MAX, 0);
    who.quota_leases =
        static_cast<uint32_t>(reader.number(table, where, "quota_leases", 0, UINT32_MAX, 0));
    who.ttl_max = {reader.number(table, where, "ttl_max_ms", limits::lease_ttl_min.ms,
                                 limits::lease_ttl_max.ms, limits::lease_ttl_max.ms)};
    return who;
}

/// Two entries of one list must not share a name or a key.
void check_twins(Reader& reader, const toml::array& list, const std::string& kind,
                 const std::vector<wire::Principal>& entries) {
    for (size_t i = 0; i < entries.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
            const std::string where = kind + "[" + std::to_string(i + 1) + "]";
            const std::string other = kind + "[" + std::to_string(j + 1) + "]";
            if (entries[i].name_view() == entries[j].name_view()) {
                reader.refuse(*list.get(i), where + ".name", std::string{entries[i].name_view()},
                              "a name that " + other + " does not have");
            }
            if (entries[i].exchange_key == entries[j].exchange_key) {
                reader.refuse(*list.get(i), where + ".exchange_key", "the key of " + other,
                              "a key of its own");
            }
        }
    }
}

template <typename ReadEntry>
std::vector<wire::Principal> read_list(Reader& reader, const toml::table& root,
                                       const std::string& kind, ReadEntry read_entry) {
    std::vector<wire::Principal> entries;
    const toml::node* const node = root.get(kind);
    if (node == nullptr) {
        return entries;
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
        reader.refuse(*node, kind, "not a list of tables", "[[" + kind + "]] for each entry");
        return entries;
    }
    if (list->size() > wire::peers_max) {
        reader.refuse(*node, kind, std::to_string(list->size()) + " entries",
                      "at most " + std::to_string(wire::peers_max));
        return entries;
    }
    for (size_t i = 0; i < list->size(); ++i) {
        entries.push_back(read_entry(reader, *list->get(i)->as_table(),
                                     kind + "[" + std::to_string(i + 1) + "]"));
    }
    check_twins(reader, *list, kind, entries);
    return entries;
}

const toml::table* section(Reader& reader, const toml::table& root, std::string_view name) {
    const toml::node* const node = root.get(name);
    if (node == nullptr) {
        return nullptr;
    }
    if (!node->is_table()) {
        reader.refuse(*node, std::string{name}, Reader::shown(*node),
                      "a table: [" + std::string{name} + "]");
    }
    return node->as_table();
}

} // namespace

std::string Problem::text() const {
    std::string out = file;
    out += line > 0 ? ":" + std::to_string(line) : "";
    out += ": " + (field.empty() ? "" : field + ": ");
    return out + "got " + value + ", accepted: " + accepted;
}

std::variant<Config, Problem> parse_config(std::string_view text, const Path& file) {
    const toml::parse_result parsed = toml::parse(text, file.string());
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        return Problem{file.string(), error.source().begin.line, "",
                       std::string{error.description()}, "TOML 1.0"};
    }
    const toml::table& root = parsed.table();
    Reader reader{file};
    for (const auto& [key, value] : root) {
        const std::string_view name = key.str();
        if (name != "me" && name != "node" && name != "daemon" && name != "principal") {
            reader.refuse(key.source().begin.line, std::string{name}, "an unknown section",
                          "me, node, daemon or principal");
        }
    }
    Config config;
    config.file = file;
    if (const toml::table* const me = section(reader, root, "me")) {
        config.me = read_me(reader, *me);
    }
    if (const toml::table* const daemon = section(reader, root, "daemon")) {
        config.daemon = read_daemon(reader, *daemon);
    }
    config.nodes = read_list(reader, root, "node", read_node);
    config.principals = read_list(reader, root, "principal", read_principal);
    if (reader.problem()) {
        return *reader.problem();
    }
    return config;
}

std::variant<Config, Problem> read_config(const Path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    if (in) {
        text << in.rdbuf();
    }
    if (!in) {
        return Problem{file.string(), 0, "", "a file that cannot be read",
                       "a readable fabric.toml (make one with `grafos config init`)"};
    }
    return parse_config(text.str(), file);
}

} // namespace grafos::cli
