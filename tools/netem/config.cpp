// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/config.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace grafos::netem {
namespace {

constexpr size_t name_bytes_max = 31;

/// A value of the file that knows its path, so that every complaint does.
class Field {
public:
    Field(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

    [[nodiscard]] const std::string& where() const { return where_; }
    [[noreturn]] void refuse(const std::string& expected) const {
        throw Problem{where_, line_of(json_), expected};
    }
    [[nodiscard]] std::string text() const {
        if (!json_.is_string()) {
            refuse("a string");
        }
        return json_.get<std::string>();
    }
    [[nodiscard]] uint64_t number() const {
        if (!json_.is_number_unsigned()) {
            refuse("a whole number, 0 or more");
        }
        return json_.get<uint64_t>();
    }
    template <class Each>
    void for_each_item(Each each) const {
        if (!json_.is_array()) {
            refuse("a list");
        }
        size_t index = 0;
        for (const Json& item : json_) {
            each(Field{item, where_ + "[" + std::to_string(index++) + "]"});
        }
    }
    /// `each` answers whether it knows the name.
    template <class Each>
    void for_each_field(const std::string& names, Each each) const {
        if (!json_.is_object()) {
            refuse("an object with " + names);
        }
        for (const auto& [name, value] : json_.items()) {
            if (!each(name, Field{value, where_ + (where_.ends_with(": ") ? "" : ".") + name})) {
                throw Problem{where_, name, "one of " + names};
            }
        }
    }
    /// A string, number or boolean as a person would type it after `key=`.
    [[nodiscard]] std::string word() const {
        if (json_.is_boolean()) {
            return json_.get<bool>() ? "on" : "off";
        }
        if (!json_.is_string() && !json_.is_number()) {
            refuse("a string, a number, true or false");
        }
        return json_.is_string() ? json_.get<std::string>() : json_.dump();
    }

private:
    const Json& json_;
    std::string where_;
};

void read_node(const Field& node, Config& config) {
    std::string name, address;
    node.for_each_field("name, address", [&](const std::string& key, const Field& value) {
        (key == "name" ? name : address) = value.text();
        return key == "name" || key == "address";
    });
    add_node(config, node.where(), address.empty() ? name : name + "=" + address);
}

void read_faults(const Field& faults, Config& config) {
    std::string pairs = "all", words;
    faults.for_each_field("pairs, " + std::string{fault_keys},
                          [&](const std::string& key, const Field& value) {
                              if (key == "pairs") {
                                  pairs = value.text();
                                  return true;
                              }
                              Faults scratch;
                              try {
                                  set_fault(scratch, key, value.word());
                              } catch (const Problem& problem) {
                                  throw Problem{value.where(), problem.value, problem.expected};
                              }
                              words += " " + key + "=" + value.word();
                              return true;
                          });
    if (words.empty()) {
        faults.refuse("at least one of " + std::string{fault_keys});
    }
    config.faults.emplace_back(faults.where(), pairs + words);
}

void read_pcap(const Field& pcap, Config& config) {
    pcap.for_each_field("file, what", [&](const std::string& key, const Field& value) {
        if (key == "file") {
            config.pcap = value.text();
        } else if (key == "what") {
            config.pcap_what = capture_what_of(value.text());
        }
        return key == "file" || key == "what";
    });
}

bool read_field(const std::string& key, const Field& value, Config& config) {
    if (key == "nodes") {
        value.for_each_item([&](const Field& node) { read_node(node, config); });
    } else if (key == "listen") {
        value.for_each_item(
            [&](const Field& item) { add_listen(config, item.where(), item.text()); });
    } else if (key == "listen_on") {
        config.relay.listen_on = address_of(value.where(), value.text() + ":0").ipv4;
    } else if (key == "seed") {
        config.relay.seed = value.number();
    } else if (key == "control") {
        config.control = value.text();
        static_cast<void>(control_address_of(value.where(), config.control));
    } else if (key == "faults") {
        value.for_each_item([&](const Field& faults) { read_faults(faults, config); });
    } else if (key == "pcap") {
        read_pcap(value, config);
    } else {
        return false;
    }
    return true;
}

} // namespace

void read_config(const std::string& file, Config& config) {
    std::ifstream stream{file};
    if (!stream) {
        throw SystemProblem{file, errno};
    }
    Json json;
    try {
        json = Json::parse(stream);
    } catch (const Json::parse_error& error) {
        throw Problem{file, "byte " + std::to_string(error.byte),
                      "JSON: " + std::string{error.what()}};
    }
    Field{json, file + ": "}.for_each_field(
        "nodes, listen, listen_on, seed, control, faults, pcap",
        [&](const std::string& key, const Field& value) { return read_field(key, value, config); });
}

void add_node(Config& config, const std::string& where, const std::string& text) {
    const size_t equals = text.find('=');
    NodeSpec node{text.substr(0, equals), std::nullopt};
    const bool is_name = !node.name.empty() && node.name.size() <= name_bytes_max &&
                         node.name != "all" &&
                         std::all_of(node.name.begin(), node.name.end(), [](char letter) {
                             return (letter >= 'a' && letter <= 'z') || letter == '_' ||
                                    (letter >= '0' && letter <= '9') || letter == '-';
                         });
    if (!is_name) {
        throw Problem{where, node.name, "a name of 1 to 31 of a-z, 0-9, _ and -, but not all"};
    }
    if (equals != std::string::npos) {
        node.address = address_of(where, text.substr(equals + 1));
        if (node.address->port == 0) {
            throw Problem{where, text, "a port from 1 to 65535"};
        }
    }
    for (const NodeSpec& other : config.relay.nodes) {
        if (other.name == node.name || (node.address && other.address == node.address)) {
            throw Problem{where, text,
                          "a name and an address of its own; '" + other.name + "' has one of them"};
        }
    }
    config.relay.nodes.push_back(std::move(node));
}

void add_listen(Config& config, const std::string& where, const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || text.substr(0, equals).find(':') == std::string::npos) {
        throw Problem{where, text, "FROM:TO=ADDRESS:PORT"};
    }
    config.relay.listen[text.substr(0, equals)] = address_of(where, text.substr(equals + 1));
}

void check_config(const Config& config) {
    const std::vector<NodeSpec>& nodes = config.relay.nodes;
    const auto fixed = std::count_if(nodes.begin(), nodes.end(),
                                     [](const NodeSpec& node) { return node.address.has_value(); });
    if (nodes.size() < 2 || nodes.size() > nodes_max || fixed == 0) {
        throw Problem{"nodes", std::to_string(nodes.size()),
                      "2 to " + std::to_string(nodes_max) + " nodes, one with an address at least"};
    }
    for (const auto& [pair, address] : config.relay.listen) {
        const auto is_known = [&nodes](const std::string& name) {
            return std::any_of(nodes.begin(), nodes.end(),
                               [&](const NodeSpec& node) { return node.name == name; });
        };
        const size_t colon = pair.find(':');
        if (!is_known(pair.substr(0, colon)) || !is_known(pair.substr(colon + 1))) {
            throw Problem{"listen", pair, "FROM:TO of two known nodes"};
        }
    }
}

} // namespace grafos::netem
