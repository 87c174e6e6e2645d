// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/properties.hpp"

#include <algorithm>

#include "examples/ec_counter/rules.hpp"

namespace grafos::ec_counter {

using emulation::ActorNumber;
using emulation::ActorView;
using emulation::Letter;
using emulation::LetterKind;
using emulation::MessageWord;
using emulation::Rule;
using Kind = Properties::Role::Kind;

std::string_view name_of(Property property) noexcept {
    switch (property) {
    case Property::all_started: return "as many servers and clients are started as were asked for";
    case Property::round_robin: return "clients are spread over the servers round-robin";
    case Property::one_server: return "a client reaches only its one server";
    case Property::no_client_to_client: return "no letter goes from client to client";
    case Property::exact_requests: return "each client makes exactly its requests";
    case Property::value_in_range: return "a set's value is in its range";
    case Property::accepted_if_larger:
        return "a set is accepted if and only if it is larger than the counter";
    case Property::get_is_counter: return "a get is answered with the counter";
    case Property::never_decreases: return "a counter never decreases";
    case Property::from_a_client: return "a counter is never above what clients tried to set";
    case Property::says_what_it_holds: return "a server tells others what it holds";
    case Property::equal_at_end: return "all counters are equal at the end";
    case Property::largest_at_end: return "the value is the largest that any server ever held";
    }
    GRAFOS_UNREACHABLE();
}

namespace {

/// The number behind `word` in a line of the trace.
[[nodiscard]] uint64_t number_behind(std::string_view text, std::string_view word) noexcept {
    const auto found = std::ranges::search(text, word);
    uint64_t number = 0;
    for (auto at = found.end(); at != text.end() && *at >= '0' && *at <= '9'; ++at) {
        number = number * 10 + static_cast<uint64_t>(*at - '0');
    }
    return number;
}

[[nodiscard]] bool says(std::string_view text, std::string_view word) noexcept {
    return !std::ranges::search(text, word).empty();
}

template <typename Message>
[[nodiscard]] bool is_of(const Letter& letter, const MessageWord& word, LetterKind kind) noexcept {
    return letter.kind == kind && word.name == Message::name;
}

} // namespace

Properties::Properties(const Settings& settings, const Storage& storage) noexcept
    : settings_{settings}, storage_{storage} {}

void Properties::meet(const Cast& cast) noexcept {
    GRAFOS_ASSERT(cast.servers.size() <= storage_.servers.size());
    GRAFOS_ASSERT(cast.clients.size() <= storage_.clients.size());
    storage_.roles[index_of(cast.main)] = {Kind::main, 0};
    for (const ServerAddress& server : cast.servers) {
        const auto index = static_cast<uint16_t>(server_count_);
        storage_.roles[index_of(emulation::System::number_of(server))] = {Kind::server, index};
        server_count_ += 1;
    }
    for (const ClientAddress& client : cast.clients) {
        const auto index = static_cast<uint16_t>(client_count_);
        storage_.roles[index_of(emulation::System::number_of(client))] = {Kind::client, index};
        client_count_ += 1;
    }
}

void Properties::restart(ActorNumber server) noexcept {
    const Role role = role_of(server);
    GRAFOS_ASSERT(role.kind == Kind::server);
    storage_.servers[role.index] = {};
}

Properties::Role Properties::role_of(ActorNumber number) const noexcept {
    return index_of(number) < storage_.roles.size() ? storage_.roles[index_of(number)] : Role{};
}

emulation::Judge::Fall Properties::fallen(Property property) noexcept {
    return fall(now_, actor_, name_of(property));
}

void Properties::note_held(uint64_t value) noexcept {
    if (value > figures_.most_held) {
        figures_.most_held = value;
        figures_.most_held_at = now_;
    }
}

// --- lines ---------------------------------------------------------------------------------------

void Properties::on_line(Instant now, const ActorView& actor, const Rule& rule,
                         std::string_view text) noexcept {
    if (!is_kept()) {
        return; // what follows from a break is no other break
    }
    now_ = now;
    actor_ = actor.number;
    const Role role = role_of(actor.number);
    switch (role.kind) {
    case Kind::main: judge_main_line(rule); return;
    case Kind::server: judge_server_line(storage_.servers[role.index], rule, text); return;
    case Kind::client: judge_client_line(storage_.clients[role.index], rule, text); return;
    case Kind::nobody: return;
    }
}

void Properties::judge_main_line(const Rule& rule) noexcept {
    servers_started_ += &rule == &rules::server_started ? 1u : 0u;
    clients_started_ += &rule == &rules::client_started ? 1u : 0u;
    if (&rule == &rules::first_heading) {
        are_all_finished_at_check_ =
            std::ranges::all_of(storage_.clients.first(client_count_), &ClientBook::is_finished);
    }
    const bool is_heading = &rule == &rules::first_heading || &rule == &rules::second_heading;
    is_one_silent_ = !is_heading && (is_one_silent_ || &rule == &rules::server_silent);
    const bool is_complete =
        servers_started_ == settings_.num_servers && clients_started_ == settings_.num_clients;
    if (&rule == &rules::all_started && !is_complete) {
        fallen(Property::all_started)
            .put(servers_started_)
            .put(" servers of ")
            .put(settings_.num_servers)
            .put(" and ")
            .put(clients_started_)
            .put(" clients of ")
            .put(settings_.num_clients)
            .put(" were started");
    }
}

void Properties::judge_server_line(ServerBook& server, const Rule& rule,
                                   std::string_view text) noexcept {
    const bool is_accepted = &rule == &rules::set_accepted;
    if (is_accepted || &rule == &rules::set_rejected) {
        const uint64_t value = number_behind(text, "SET ");
        server.was_accepted = is_accepted;
        figures_.accepted += is_accepted ? 1u : 0u;
        if (is_accepted != (value > server.counter)) {
            fallen(Property::accepted_if_larger)
                .put(value)
                .put(is_accepted ? " was accepted" : " was rejected")
                .put(" while the counter was ")
                .put(server.counter);
        }
    }
    if (&rule == &rules::recovered) { // by a client of an earlier life
        most_tried_ = std::max(most_tried_, number_behind(text, "Recovered "));
    }
}

void Properties::judge_client_line(ClientBook& client, const Rule& rule,
                                   std::string_view text) noexcept {
    const bool is_silence = &rule == &rules::request_timed_out;
    const bool is_refusal = &rule == &rules::request_refused;
    const bool is_set = &rule == &rules::set_done;
    client.lines += is_silence || is_refusal || is_set || &rule == &rules::get_done ? 1u : 0u;
    figures_.timed_out += is_silence ? 1u : 0u;
    figures_.refused += is_refusal ? 1u : 0u;
    if (is_set && says(text, "accepted")) {
        note_held(number_behind(text, "SET ")); // all that is seen of a server elsewhere
    }
    if (&rule != &rules::client_finished) {
        return;
    }
    client.is_finished = true;
    if (client.requests != settings_.requests || client.lines != settings_.requests) {
        fallen(Property::exact_requests)
            .put("finished after ")
            .put(client.requests)
            .put(" requests and ")
            .put(client.lines)
            .put(" lines about them, of ")
            .put(settings_.requests);
    }
}

// --- letters -------------------------------------------------------------------------------------

void Properties::on_sent(Instant now, const Letter& letter, const MessageWord& word,
                         Instant) noexcept {
    if (!is_kept() || letter.is_timer || letter.copy_of != 0) {
        return; // to oneself, or made by the net
    }
    now_ = now;
    actor_ = letter.from;
    const Role from = role_of(letter.from);
    if (from.kind == Kind::client) {
        judge_request(letter, word);
    } else if (from.kind == Kind::server) {
        judge_from_server(storage_.servers[from.index], letter, word);
    }
}

void Properties::judge_request(const Letter& letter, const MessageWord& word) noexcept {
    const size_t index = role_of(letter.from).index;
    ClientBook& client = storage_.clients[index];
    const Role to = role_of(letter.to);
    const bool is_get = is_of<Get>(letter, word, LetterKind::question);
    const bool is_set = is_of<Set>(letter, word, LetterKind::question);
    const bool is_first = client.requests == 0;
    const size_t its_server = index % std::max<size_t>(server_count_, 1);
    client.requests += 1;
    client.server = is_first ? letter.to : client.server;
    figures_.gets += is_get ? 1u : 0u;
    figures_.sets += is_set ? 1u : 0u;
    if (to.kind == Kind::client) {
        fallen(Property::no_client_to_client).put(word.name).put(" to another client");
    } else if (to.kind != Kind::server || letter.to != client.server) {
        fallen(Property::one_server).put(word.name).put(" to somebody else");
    } else if (to.index != its_server) {
        fallen(Property::round_robin)
            .put("its server is server-")
            .put(to.index + uint64_t{1})
            .put(" and should be server-")
            .put(uint64_t{its_server + 1});
    } else if ((!is_get && !is_set) || client.requests > settings_.requests) {
        fallen(Property::exact_requests)
            .put("request ")
            .put(client.requests)
            .put(" of ")
            .put(settings_.requests)
            .put(" is ")
            .put(word.name);
    }
    if (!is_set) {
        return;
    }
    const Result<Set> set = wire::decode<Set>(letter.view());
    const uint64_t value = set.is_ok() ? set.value().value : UINT64_MAX;
    most_tried_ = std::max(most_tried_, value);
    if (value < settings_.value_least || value > settings_.value_most) {
        fallen(Property::value_in_range).put("a set of ").put(value);
    }
}

void Properties::judge_from_server(const ServerBook& server, const Letter& letter,
                                   const MessageWord& word) noexcept {
    if (is_of<Set>(letter, word, LetterKind::answer)) {
        const Result<Accepted> answer = wire::decode<Accepted>(letter.view());
        if (!answer.is_ok() || answer.value().is_accepted != server.was_accepted) {
            fallen(Property::accepted_if_larger).put("the answer is not what was printed");
        }
    }
    if (is_of<Get>(letter, word, LetterKind::answer)) {
        const Result<Counter> answer = wire::decode<Counter>(letter.view());
        const uint64_t value = answer.is_ok() ? answer.value().value : UINT64_MAX;
        if (value != server.counter) {
            fallen(Property::get_is_counter).put(value).put(" for ").put(server.counter);
        }
    }
    if (is_of<SyncValue>(letter, word, LetterKind::message)) {
        figures_.syncs += 1;
        const Result<SyncValue> told = wire::decode<SyncValue>(letter.view());
        const uint64_t value = told.is_ok() ? told.value().value : UINT64_MAX;
        if (value != server.counter || role_of(letter.to).kind != Kind::server) {
            fallen(Property::says_what_it_holds)
                .put("it told ")
                .put(value)
                .put(" and holds ")
                .put(server.counter);
        }
    }
}

// --- figures and ends ----------------------------------------------------------------------------

void Properties::on_shown(Instant now, const ActorView& actor, std::string_view name,
                          uint64_t value) noexcept {
    const Role role = role_of(actor.number);
    if (!is_kept() || role.kind != Kind::server || name != "counter") {
        return;
    }
    now_ = now;
    actor_ = actor.number;
    ServerBook& server = storage_.servers[role.index];
    const uint64_t old = server.counter;
    server.counter = value;
    server.is_seen = true;
    figures_.last_change_at = value != old ? now : figures_.last_change_at;
    note_held(value);
    if (value < old) {
        fallen(Property::never_decreases).put("it fell from ").put(old).put(" to ").put(value);
    } else if (value > most_tried_) {
        fallen(Property::from_a_client)
            .put("it holds ")
            .put(value)
            .put(", and no client tried more than ")
            .put(most_tried_);
    }
}

void Properties::on_stopped(Instant now, const ActorView& actor, const Error& why) noexcept {
    if (!is_kept()) {
        return;
    }
    const Role role = role_of(actor.number);
    now_ = now;
    actor_ = actor.number;
    if (role.kind == Kind::server) {
        storage_.servers[role.index].is_stopped = true;
    }
    if (role.kind == Kind::client && !storage_.clients[role.index].is_finished) {
        fallen(Property::exact_requests)
            .put("stopped after ")
            .put(storage_.clients[role.index].requests)
            .put(" requests: ")
            .put(grafos::name_of(why.code));
    }
}

void Properties::finish(Instant now) noexcept {
    if (!is_kept()) {
        return;
    }
    now_ = now;
    actor_ = ActorNumber::nobody;
    if (!value_.has_value()) {
        const bool is_one_gone =
            std::ranges::any_of(storage_.servers.first(server_count_), &ServerBook::is_stopped);
        // else it is too early, or no fair race, or not known
        if (are_all_finished_at_check_ && !is_one_gone && !is_one_silent_) {
            fallen(Property::equal_at_end)
                .put("the clients were done, and the servers do not agree");
        }
    } else if (*value_ != figures_.most_held) {
        fallen(Property::largest_at_end)
            .put("all agree on ")
            .put(*value_)
            .put(", and some server held ")
            .put(figures_.most_held);
    }
    is_good_ = value_.has_value() && is_kept();
}

} // namespace grafos::ec_counter
