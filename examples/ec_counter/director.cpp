// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/director.hpp"

#include "examples/ec_counter/rules.hpp"

namespace grafos::ec_counter {

void Director::meet(std::span<const ServerAddress> servers,
                    std::span<const ClientAddress> clients) noexcept {
    GRAFOS_ASSERT(servers.size() <= servers_max);
    servers_ = servers;
    clients_ = clients;
}

void Director::on_start(Context& context) noexcept {
    context.send(context.self(), Begin{}); // handled when everybody has been started
}

void Director::on(Context& context, const Begin&) noexcept {
    context.plain_line(rules::opening)
        .put("Starting ec-counter with ")
        .put(options_.servers_asked_for)
        .put(" servers and ")
        .put(options_.clients_asked_for)
        .put(" clients");
    for (size_t i = 0; i < servers_.size(); ++i) {
        context.plain_line(rules::server_started).put("Started server-").put(uint64_t{i + 1});
    }
    for (size_t i = 0; i < servers_.size() && options_.introduces; ++i) {
        introduce(context, i);
    }
    for (size_t i = 0; i < clients_.size(); ++i) {
        context.plain_line(rules::client_started).put("Started client-").put(uint64_t{i + 1});
    }
    for (const ClientAddress& client : clients_) {
        context.send(client, Start{});
    }
    context.plain_line(rules::all_started).put("All clients started");
    context.send_after(options_.first_wait, context.self(), FirstCheck{});
}

/// Tells one server of all the others.
void Director::introduce(Context& context, size_t server) noexcept {
    std::array<uint8_t, wire::ec_counter_peers_bytes_max> buffer;
    wire::ListBuilder<Peer> peers{buffer};
    for (size_t i = 0; i < servers_.size(); ++i) {
        if (i != server) {
            const Result<> put = peers.put({servers_[i]});
            GRAFOS_ASSERT(put.is_ok()); // as many as there may be fit
        }
    }
    context.send(servers_[server], SetPeers{peers.list()});
}

void Director::on(Context& context, const FirstCheck&) noexcept {
    phase_ = Phase::first_check;
    context.plain_line(rules::empty_line).put("");
    context.plain_line(rules::first_heading).put("--- Final server counter values ---");
    round_.begin(servers_);
    ask_next(context);
}

void Director::on(Context& context, const SecondCheck&) noexcept {
    phase_ = Phase::second_check;
    context.plain_line(rules::empty_line).put("");
    context.plain_line(rules::second_heading).put("--- After additional sync ---");
    round_.begin(servers_);
    ask_next(context);
}

void Director::ask_next(Context& context) noexcept {
    if (round_.ask_next(context, options_.patience)) {
        return;
    }
    if (phase_ == Phase::first_check) {
        context.send_after(options_.second_wait, context.self(), SecondCheck{});
    } else {
        end(context);
    }
}

void Director::on(Context& context, const Answer<Get>& answer) noexcept {
    const size_t server = round_.note(answer);
    const std::optional<Counter>& counter = round_.reply(server);
    const auto number = uint64_t{server + 1};
    if (counter.has_value()) {
        context.plain_line(rules::server_value)
            .put("server-")
            .put(number)
            .put(": ")
            .put(counter->value);
    } else {
        context.plain_line(rules::server_silent).put("server-").put(number).put(": timed out");
    }
    ask_next(context);
}

void Director::end(Context& context) noexcept {
    phase_ = Phase::over;
    if (servers_.empty()) {
        return; // nobody to say anything about
    }
    context.plain_line(rules::empty_line).put("");
    if (!round_.has_converged()) {
        context.plain_line(rules::not_converged).put("Servers have not yet fully converged");
        return;
    }
    value_ = round_.reply(0)->value;
    context.plain_line(rules::converged).put("All servers converged to ").put(*value_);
}

} // namespace grafos::ec_counter
