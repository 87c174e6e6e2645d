// SPDX-License-Identifier: Apache-2.0
// top: all nodes at a glance, once a second on a terminal.
#include <csignal>
#include <cstdio>

#include <unistd.h>

#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

volatile std::sig_atomic_t is_stopped = 0;

void stop(int) {
    is_stopped = 1;
}

/// A node that is away must not hold up the table for long.
constexpr Duration glance_patience{1'000};
constexpr Duration period{1'000};

/// The member of a row, or nothing where the node refused to say.
Json member_of(const Answer& answer, const char* name) {
    const Json* const found = std::get_if<Json>(&answer);
    return found != nullptr ? (*found)[name] : Json();
}

Json memory_used(const Answer& inventory) {
    const Json* const rows = std::get_if<Json>(&inventory);
    if (rows == nullptr) {
        return {};
    }
    uint64_t used = 0;
    for (const Json& row : *rows) {
        if (row["kind"] == "memory" && row["capacity_bytes"].is_number()) {
            used += row["capacity_bytes"].get<uint64_t>() - row["available_bytes"].get<uint64_t>();
        }
    }
    return number_of(used);
}

Json glance(Asker& asker, size_t node, const std::string& name) {
    const Answer ready = ask_readiness(asker, node);
    if (const Error* const error = std::get_if<Error>(&ready)) {
        return {{"node", name},       {"state", name_of(error->code)}, {"leases", Json()},
                {"sessions", Json()}, {"memory_used", Json()},         {"audit_next", Json()},
                {"refused", Json()}};
    }
    const Answer refused = ask_requests_refused(asker, node);
    const Json* const count = std::get_if<Json>(&refused);
    return {{"node", name},
            {"state", member_of(ready, "state")},
            {"leases", member_of(ready, "leases")},
            {"sessions", member_of(ready, "sessions")},
            {"memory_used", memory_used(ask_inventory(asker, node))},
            {"audit_next", member_of(ask_audit_head(asker, node), "next")},
            {"refused", count != nullptr ? *count : Json()}};
}

Exit top(const Context& context, bool is_once) {
    const std::optional<Party> party = gather(context, false);
    if (!party) {
        return Exit::bad_usage;
    }
    (void)std::signal(SIGINT, stop);
    (void)std::signal(SIGTERM, stop);
    const Output out = context.output();
    Asker& asker = *party->asker;
    asker.set_patience(glance_patience);
    const bool is_terminal = isatty(STDOUT_FILENO) == 1 && !out.is_json();
    const bool is_single = is_once || (!is_terminal && !out.is_json());
    while (is_stopped == 0) {
        const Instant next = saturating_add(asker.station().now(), period);
        Json rows = Json::array();
        for (const size_t node : party->chosen) {
            rows.push_back(glance(asker, node, party->name_of(node)));
        }
        if (is_terminal && !is_single) {
            (void)std::fputs("\033[H\033[2J", stdout);
        }
        out.show(Json{{"nodes", rows}}, "nodes");
        (void)std::fflush(stdout);
        if (is_single) {
            break;
        }
        asker.idle_until(next, is_stopped);
    }
    return Exit::done;
}

} // namespace

void add_top(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const command = app.add_subcommand("top", "all nodes at a glance, each second");
    const auto is_once = std::make_shared<bool>(false);
    command->add_flag("--once", *is_once, "once, then end; also where stdout is no terminal");
    command->callback([&context, &chosen, is_once] {
        chosen = [&context, is_once] { return top(context, *is_once); };
    });
}

} // namespace grafos::cli
