// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/asking.hpp"

#include <algorithm>

namespace grafos::cli {

std::optional<Party> gather(const Context& context, bool is_one) {
    const Output out = context.output();
    const auto say = [&out](const std::string& why) -> std::optional<Party> {
        (void)out.misuse(why);
        return std::nullopt;
    };
    Party party;
    party.config = context.config();
    if (!party.config) {
        return std::nullopt;
    }
    const auto& nodes = party.config->nodes;
    if (!party.config->me) {
        return say(context.config_file.string() + ": has no [me]: name and key of this program");
    }
    if (nodes.empty()) {
        return say(context.config_file.string() + ": has no [[node]]: whom to ask");
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (context.node.empty() || nodes[i].name_view() == context.node) {
            party.chosen.push_back(i);
        }
    }
    if (party.chosen.empty()) {
        return say("--node: got " + context.node + ", accepted: a name in " +
                   context.config_file.string());
    }
    if (is_one && party.chosen.size() > 1) {
        return say("--node: got nothing, accepted: the one of " +
                   std::to_string(party.chosen.size()) + " nodes that is meant");
    }
    party.asker = std::make_unique<Asker>(nodes, Duration{context.timeout_ms});
    if (const auto problem = party.asker->start(party.config->me->key)) {
        return say(*problem);
    }
    return party;
}

Json with_node(const std::string& name, const Json& row) {
    Json out{{"node", name}};
    out.update(row);
    return out;
}

Exit refuse(const Output& out, Asker& asker, size_t node, const std::string& what,
            const Error& error) {
    const std::optional<Explanation> because = asker.explanation(what, node, error);
    return because ? out.refuse(what, error, *because) : out.refuse(what, error);
}

Exit look(const Context& context, const std::string& what, const std::string& list,
          const Question& question) {
    const std::optional<Party> party = gather(context, false);
    if (!party) {
        return Exit::bad_usage;
    }
    const Output out = context.output();
    Json rows = Json::array();
    Exit exit = Exit::done;
    for (const size_t node : party->chosen) {
        const std::string name = party->name_of(node);
        const Answer answer = question(*party->asker, node);
        if (const Error* const error = std::get_if<Error>(&answer)) {
            exit = refuse(out, *party->asker, node, what + " of " + name, *error);
            continue;
        }
        const Json& found = std::get<Json>(answer);
        if (!found.is_array()) {
            rows.push_back(with_node(name, found));
            continue;
        }
        for (const Json& row : found) {
            rows.push_back(with_node(name, row));
        }
    }
    if (exit == Exit::done || !rows.empty()) {
        out.show(Json{{list, rows}}, list);
    }
    return exit;
}

Exit act(const Context& context, const std::string& what, const Question& question) {
    const std::optional<Party> party = gather(context, true);
    if (!party) {
        return Exit::bad_usage;
    }
    const size_t node = party->chosen.front();
    const Answer answer = question(*party->asker, node);
    if (const Error* const error = std::get_if<Error>(&answer)) {
        return refuse(context.output(), *party->asker, node, what, *error);
    }
    context.output().show(with_node(party->name_of(node), std::get<Json>(answer)));
    return Exit::done;
}

namespace {

bool is_hex(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isxdigit(c) != 0; });
}

} // namespace

CLI::Validator hex_digits(size_t digits) {
    return CLI::Validator{[digits](const std::string& text) {
                              const bool is_good = text.size() == digits && is_hex(text) &&
                                                   text.find_first_not_of('0') != std::string::npos;
                              return is_good ? std::string{}
                                             : "accepted: " + std::to_string(digits) +
                                                   " hexadecimal digits, not all zero; got " + text;
                          },
                          "HEX" + std::to_string(digits)};
}

CLI::Validator hex_bytes() {
    return CLI::Validator{[](const std::string& text) {
                              return !text.empty() && text.size() % 2 == 0 && is_hex(text)
                                         ? std::string{}
                                         : "accepted: bytes of two hexadecimal digits; got " + text;
                          },
                          "HEX"};
}

CLI::Validator not_negative() {
    return CLI::Validator{[](const std::string& text) {
                              return text.starts_with('-')
                                         ? "accepted: a number from 0 on; got " + text
                                         : std::string{};
                          },
                          ""};
}

std::vector<uint8_t> bytes_of_hex(const std::string& hex) {
    std::vector<uint8_t> bytes(hex.size() / 2);
    const Result<> parsed = parse_hex(hex, MutableBytes{bytes}, Field::hex);
    return parsed.is_ok() ? bytes : std::vector<uint8_t>{};
}

Answer attach(Asker& asker, size_t node, const LeaseId& lease, Held& held) {
    return asker.ask<wire::LeaseAttachReply>(
        node, wire::MessageType::lease_attach, wire::LeaseAttachRequest{lease},
        [&held](const wire::LeaseAttachReply& reply) {
            held.token.assign(reply.token.begin(), reply.token.end());
            held.kind = reply.kind;
            held.lease_ref = reply.lease_ref;
            held.generation = reply.generation;
            held.left = reply.left;
            held.size_bytes = reply.size_bytes;
            held.unit_bytes = reply.unit_bytes;
            return Json{{"ref", hex_of(reply.lease_ref.view())},
                        {"generation", reply.generation.value},
                        {"left_ms", number_of(reply.left.ms)}};
        });
}

} // namespace grafos::cli
