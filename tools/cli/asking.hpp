// SPDX-License-Identifier: Apache-2.0
/// What the commands that talk to nodes have in common: which nodes, how long, and how the answers
/// are shown.
///
/// A look without --node goes over all nodes, and one that does not answer does not hide the
/// others. Everything else needs one node: the one named, or the only one there is.
#pragma once

#include "tools/cli/asker.hpp"
#include "tools/cli/command.hpp"

namespace grafos::cli {

/// Asks node `node` whatever it takes.
using Question = std::function<Answer(Asker& asker, size_t node)>;

/// A started asker with the nodes a command is about; empty, with the reason said, if it cannot be.
struct Party {
    std::optional<Config> config;
    std::unique_ptr<Asker> asker;
    std::vector<size_t> chosen;

    [[nodiscard]] std::string name_of(size_t node) const {
        return std::string{config->nodes[node].name_view()};
    }
};
/// `is_one`: more than one node is a mistake of the caller.
[[nodiscard]] std::optional<Party> gather(const Context& context, bool is_one);

/// Says a refusal; of an answer that did not come, why, as far as it can be told.
Exit refuse(const Output& out, Asker& asker, size_t node, const std::string& what,
            const Error& error);

/// Rows of all chosen nodes under `list`, each with its `node` first. The question answers a row,
/// or a list of rows.
[[nodiscard]] Exit look(const Context& context, const std::string& what, const std::string& list,
                        const Question& question);
/// One node, one object with its `node` first.
[[nodiscard]] Exit act(const Context& context, const std::string& what, const Question& question);

/// A list that takes several answers: `put` adds the rows of each.
template <typename Reply, typename Request, typename Put>
[[nodiscard]] Answer ask_pages(Asker& asker, size_t node, wire::MessageType type, Put put) {
    Json rows = Json::array();
    wire::Cursor next{};
    do { // until the node says that it is over
        const Answer answer = asker.ask<Reply>(node, type, Request{next}, [&](const Reply& reply) {
            put(reply, rows);
            next = reply.next;
            return Json();
        });
        if (const Error* const error = std::get_if<Error>(&answer)) {
            return *error;
        }
    } while (next.value != 0);
    return rows;
}

// Questions that more than one command asks.
[[nodiscard]] Answer ask_inventory(Asker& asker, size_t node);
[[nodiscard]] Answer ask_readiness(Asker& asker, size_t node);
[[nodiscard]] Answer ask_requests_refused(Asker& asker, size_t node);
[[nodiscard]] Answer ask_audit_head(Asker& asker, size_t node);

/// `{"node": name}` and then the members of `row`.
[[nodiscard]] Json with_node(const std::string& name, const Json& row);

/// Exactly `Id::size_bytes` bytes in hexadecimal, checked while parsing (`hex_digits`).
template <typename Id>
[[nodiscard]] Id id_of(const std::string& hex) {
    Id id{};
    const Result<> parsed = parse_hex(hex, MutableBytes{id.bytes}, Field::hex);
    return parsed.is_ok() ? id : Id{};
}
/// Refuses what is not exactly `digits` hexadecimal digits, or is all zero.
[[nodiscard]] CLI::Validator hex_digits(size_t digits);
/// Any whole number of bytes in hexadecimal, at least one.
[[nodiscard]] CLI::Validator hex_bytes();
/// A number that has a sign would wrap to a large one.
[[nodiscard]] CLI::Validator not_negative();
[[nodiscard]] std::vector<uint8_t> bytes_of_hex(const std::string& hex);

/// A lease's token and what was learnt with it.
struct Held {
    std::vector<uint8_t> token;
    lease::ResourceKind kind{};
    LeaseRef lease_ref{};
    Generation generation{};
    Duration left{};
    uint64_t size_bytes = 0;
    uint64_t unit_bytes = 0;
};
/// LEASE_ATTACH: fills `held`, and answers what is shown of it.
[[nodiscard]] Answer attach(Asker& asker, size_t node, const LeaseId& lease, Held& held);

} // namespace grafos::cli
