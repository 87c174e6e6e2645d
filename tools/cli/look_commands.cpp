// SPDX-License-Identifier: Apache-2.0
// identity, inventory, readiness, counters, ping: what nodes say of themselves.
#include <chrono>

#include "core/node/readiness.hpp"
#include "tools/cli/asking.hpp"

namespace grafos::cli {
namespace {

using wire::MessageType;

Answer ask_identity(Asker& asker, size_t node) {
    return asker.ask<wire::GetIdentityReply>(
        node, MessageType::get_identity, wire::GetIdentityRequest{},
        [](const wire::GetIdentityReply& reply) {
            return Json{{"name", std::string{reply.name.begin(), reply.name.end()}},
                        {"node_id", hex_of(reply.node_id.view())},
                        {"exchange_key", hex_of(reply.exchange_key.view())},
                        {"boot", number_of(reply.boot.value)},
                        {"version", reply.version},
                        {"is_sealed", reply.is_sealed},
                        {"turn_max_ms", number_of(reply.turn_max.ms)},
                        {"peers", hex_of(reply.peers.view())}};
        });
}

Answer ask_counters(Asker& asker, size_t node) {
    return ask_pages<wire::GetCountersReply, wire::GetCountersRequest>(
        asker, node, MessageType::get_counters,
        [](const wire::GetCountersReply& reply, Json& rows) {
            for (const wire::CounterEntry& entry : reply.counters) {
                rows.push_back({{"counter", std::string{entry.name.begin(), entry.name.end()}},
                                {"value", number_of(entry.value)}});
            }
        });
}

Answer ask_ping(Asker& asker, size_t node) {
    using Clock = std::chrono::steady_clock;
    const auto echo = [](const wire::PingReply&) { return Json::object(); };
    // The first opens the session; the second is what a question costs.
    const auto began = Clock::now();
    Answer first = asker.ask<wire::PingReply>(node, MessageType::ping, wire::PingRequest{}, echo);
    if (std::holds_alternative<Error>(first)) {
        return first;
    }
    const auto opened = Clock::now();
    Answer second = asker.ask<wire::PingReply>(node, MessageType::ping, wire::PingRequest{}, echo);
    if (std::holds_alternative<Error>(second)) {
        return second;
    }
    const auto us_of = [](Clock::duration time) {
        return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    };
    return Json{{"open_us", us_of(opened - began)},
                {"round_trip_us", us_of(Clock::now() - opened)}};
}

} // namespace

Answer ask_inventory(Asker& asker, size_t node) {
    return asker.ask<wire::GetInventoryReply>(
        node, MessageType::get_inventory, wire::GetInventoryRequest{},
        [](const wire::GetInventoryReply& reply) {
            Json rows = Json::array();
            for (const wire::InventoryEntry& entry : reply.resources) {
                rows.push_back(
                    {{"resource", hex_of(entry.resource.view())},
                     {"kind", name_of(entry.kind)},
                     {"capacity_bytes", number_of(entry.capacity)},
                     {"available_bytes", number_of(entry.available)},
                     {"is_fenced", (entry.flags & wire::inventory_flags::fenced) != 0},
                     {"is_degraded", (entry.flags & wire::inventory_flags::degraded) != 0}});
            }
            return rows;
        });
}

Answer ask_readiness(Asker& asker, size_t node) {
    return asker.ask<wire::GetReadinessReply>(
        node, MessageType::get_readiness, wire::GetReadinessRequest{},
        [](const wire::GetReadinessReply& reply) {
            return Json{{"state", name_of(static_cast<node::Readiness>(reply.state))},
                        {"reason", name_of(reply.reason)},
                        {"epoch", number_of(reply.epoch.value)},
                        {"up_ms", number_of(reply.up.ms)},
                        {"leases", reply.leases},
                        {"leases_max", reply.leases_max},
                        {"sessions", reply.sessions}};
        });
}

Answer ask_requests_refused(Asker& asker, size_t node) {
    Answer counters = ask_counters(asker, node);
    if (const Json* const rows = std::get_if<Json>(&counters)) {
        for (const Json& row : *rows) {
            if (row["counter"] == "requests_refused") {
                return row["value"];
            }
        }
        return Json();
    }
    return counters;
}

void add_looks(CLI::App& app, Context& context, Action& chosen) {
    const struct {
        const char* name;
        const char* about;
        const char* list;
        Answer (*ask)(Asker&, size_t);
    } looks[] = {
        {"identity", "keys, boot and trusted list of each node", "nodes", ask_identity},
        {"inventory", "what each node has to lease", "resources", ask_inventory},
        {"readiness", "whether each node serves, and why not", "nodes", ask_readiness},
        {"counters", "what each node has counted since its boot", "counters", ask_counters},
        {"ping", "time to open a session with each node, and of one question", "nodes", ask_ping},
    };
    for (const auto& entry : looks) {
        app.add_subcommand(entry.name, entry.about)->callback([&context, &chosen, entry] {
            chosen = [&context, entry] { return look(context, entry.name, entry.list, entry.ask); };
        });
    }
}

} // namespace grafos::cli
