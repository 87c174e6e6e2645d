// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/emulation/ec_judge.hpp"

#include <algorithm>

#include "examples/ec_counter/messages.hpp"

namespace grafos::test {
namespace {

/// The number at the end of a line.
[[nodiscard]] uint64_t last_number(std::string_view text) noexcept {
    uint64_t value = 0;
    uint64_t place = 1;
    for (size_t at = text.size(); at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9'; --at) {
        value += place * static_cast<uint64_t>(text[at - 1] - '0');
        place *= 10;
    }
    return value;
}

} // namespace

// --- what servers say
// ----------------------------------------------------------------------------

void EcJudge::on_counter(size_t server, uint64_t value) noexcept {
    Server& at = servers_[server];
    expect(value >= at.counter, "a counter never decreases while its machine is on");
    expect(value <= value_most && (value == 0 || wanted_.test(static_cast<size_t>(value))),
           "a counter is a value that some client wanted to set");
    if (value != at.counter) {
        at.counter = value;
        at.since = observers_.now();
        forget_telling(server, false);
    }
    largest_ = std::max(largest_, value);
    for (LostValue& lost : std::span{lost_}.first(lost_count_)) {
        lost.came_back = lost.came_back || value >= lost.value;
    }
}

void EcJudge::note_server(size_t server, bool is_on) noexcept {
    Server& at = servers_[server];
    if (at.is_on != is_on) {
        const bool is_first = is_on && at.since == Instant{};
        at = {.is_on = is_on, .since = observers_.now(), .round_at = observers_.now()};
        for (size_t i = 0; i < servers_max && is_first; ++i) {
            in_reach_from_[i][server] = saturating_add(at.since, first_session);
        }
        forget_telling(server, true);
    }
}

void EcJudge::forget_telling(size_t server, bool as_peer_too) noexcept {
    for (size_t i = 0; i < servers_max; ++i) {
        could_tell_[server][i] = {};
        could_tell_[i][server] = as_peer_too ? Duration{} : could_tell_[i][server];
    }
}

Duration EcJudge::could_tell(size_t server) const noexcept {
    Duration most{};
    for (size_t i = 0; i < servers_max; ++i) {
        most = servers_[i].is_on ? std::max(most, could_tell_[server][i]) : most;
    }
    return most;
}

uint64_t EcJudge::largest_of_others(size_t server) const noexcept {
    uint64_t largest = 0;
    for (size_t i = 0; i < servers_max; ++i) {
        const bool counts = i != server && servers_[i].is_on;
        largest = counts ? std::max(largest, servers_[i].counter) : largest;
    }
    return largest;
}

bool EcJudge::is_alone_ahead(size_t server) const noexcept {
    return servers_[server].is_on && servers_[server].counter > largest_of_others(server);
}

/// Its counter goes with it. What others had is what is left; more may still be on its way.
void EcJudge::on_crash(size_t server) noexcept {
    expect(rules_.may_crash, "no machine loses power unless it is to");
    const Server& at = servers_[server];
    if (!rules_.is_durable && is_alone_ahead(server)) {
        const Instant now = observers_.now();
        const uint64_t left = largest_of_others(server);
        expect(could_tell(server) <= saturating_add(rules_.sync_period, slack),
               "no value is lost that a peer could have heard of for a whole period");
        if (lost_count_ < lost_max) {
            lost_[lost_count_] = {.server = server,
                                  .value = at.counter,
                                  .left = left,
                                  .held = left_until(now, at.since),
                                  .since_round = left_until(now, at.round_at),
                                  .could_tell = could_tell(server)};
            lost_count_ += 1;
        }
        largest_ = left;
    }
    note_server(server, false);
}

void EcJudge::on_event(const SimEvent& event) noexcept {
    const bool is_way =
        event.what == SimEvent::What::way_closed || event.what == SimEvent::What::way_opened;
    if (is_way && event.machine < servers_max && event.number < servers_max) {
        closed_[event.machine][event.number] = event.what == SimEvent::What::way_closed;
    }
}

void EcJudge::look_at_link(size_t from, size_t to) noexcept {
    const Instant now = observers_.now();
    Duration wait{};
    wait = !servers_[from].is_on ? first_session : wait; // whoever begins opens a new session
    wait = is_cut(from, to) ? session_after_cut : wait;
    wait = !servers_[to].is_on ? std::max(wait, session_after_power) : wait;
    Instant& from_when = in_reach_from_[from][to];
    from_when = wait > Duration{} ? std::max(from_when, saturating_add(now, wait)) : from_when;
}

/// How long each server could have told a peer that was on, in reach, and had a session by then.
void EcJudge::tick() noexcept {
    const Instant now = observers_.now();
    for (size_t a = 0; a < servers_max; ++a) {
        const Duration passed = left_until(now, std::max(ticked_at_, servers_[a].since));
        for (size_t b = 0; b < servers_max; ++b) {
            look_at_link(a, b);
            if (a != b && in_reach_from_[a][b] < ticked_at_) {
                could_tell_[a][b] = saturating_add(could_tell_[a][b], passed);
            }
        }
    }
    ticked_at_ = now;
}

// --- what clients say
// ----------------------------------------------------------------------------

void EcJudge::on_set(size_t client, uint64_t value) noexcept {
    expect(value <= value_most, "a client sets values of its range");
    clients_[client].value = value;
    wanted_.set(static_cast<size_t>(std::min(value, value_most)));
    largest_wanted_ = std::max(largest_wanted_, value);
}

void EcJudge::on_answer(size_t client, const emulation::Rule& rule,
                        std::string_view text) noexcept {
    namespace rules = ec_counter::rules;
    Client& at = clients_[client];
    if (rule.name == rules::get_done.name) {
        at.answered += 1;
        hear_answer(last_number(text));
    } else if (rule.name == rules::set_done.name) {
        at.answered += 1;
        hear_answer(text.ends_with("accepted") ? at.value : 0);
    } else if (rule.name == rules::request_timed_out.name) {
        at.timed_out += 1;
    } else if (rule.name == rules::request_refused.name) {
        at.refused += 1;
    } else if (rule.name == rules::client_finished.name) {
        at.finished += 1;
        expect(at.answered + at.timed_out + at.refused == rules_.requests,
               "a client makes exactly its requests");
    }
    expect(at.answered + at.timed_out + at.refused <= rules_.requests,
           "a client makes no more than its requests");
}

void EcJudge::on_count(size_t client, std::string_view name, uint64_t value) noexcept {
    Client& at = clients_[client];
    (name == "timed out" ? at.shown_timed_out : at.shown_refused) = value;
}

uint64_t EcJudge::timed_out() const noexcept {
    uint64_t sum = 0;
    for (const Client& client : clients_) {
        sum += client.timed_out;
    }
    return sum;
}

uint64_t EcJudge::refused() const noexcept {
    uint64_t sum = 0;
    for (const Client& client : clients_) {
        sum += client.refused;
    }
    return sum;
}

// --- the end
// -------------------------------------------------------------------------------------

void EcJudge::finish(std::optional<uint64_t> value) noexcept {
    for (size_t i = 0; i < rules_.clients; ++i) {
        const Client& client = clients_[i];
        expect(client.finished == 1, "every client finishes, once, before the checks");
        expect(client.shown_timed_out == client.timed_out && client.shown_refused == client.refused,
               "requests that timed out or were refused are counted");
    }
    expect(value.has_value(), "all servers answer the second check, with the same value");
    const uint64_t last = value.value_or(0);
    for (const Server& server : servers_) {
        expect(server.is_on && server.counter == last, "every server's counter is the last value");
    }
    expect(last <= largest_wanted_, "no client wanted a larger value than the last");
    expect(last == largest_, "the last value is the largest that was held and not lost");
    expect(!rules_.is_durable || last >= told_, "nothing that a client was told is lost");
}

// --- ears
// ----------------------------------------------------------------------------------------

std::optional<size_t> EcEar::client_of(emulation::ActorNumber number) noexcept {
    const size_t index = emulation::index_of(number);
    const size_t first = 1 + EcJudge::servers_max;
    return index >= first && index < first + EcJudge::clients_max ? std::optional{index - first}
                                                                  : std::nullopt;
}

void EcEar::on_line(Instant, const emulation::ActorView& actor, const emulation::Rule& rule,
                    std::string_view text) noexcept {
    const std::optional<size_t> client = client_of(actor.number);
    if (!parts_.server.has_value() && client.has_value()) {
        parts_.judge.on_answer(*client, rule, text);
    }
    if (parts_.reader != nullptr) {
        parts_.reader->on_line(parts_.observers.now(), text);
    }
}

void EcEar::on_sent(Instant, const emulation::Letter& letter, const emulation::MessageWord& word,
                    Instant) noexcept {
    if (letter.from == emulation::ActorNumber::nobody) {
        return; // it came from another machine
    }
    if (parts_.server.has_value()) {
        if (word.name == ec_counter::SyncValue::name) {
            parts_.judge.on_round(*parts_.server);
        }
        return;
    }
    const std::optional<size_t> client = client_of(letter.from);
    if (client.has_value() && word.name == ec_counter::Set::name && !letter.is_answer()) {
        const Result<ec_counter::Set> set = wire::decode<ec_counter::Set>(letter.view());
        GRAFOS_ASSERT(set.is_ok());
        parts_.judge.on_set(*client, set.value().value);
    }
}

void EcEar::on_shown(Instant, const emulation::ActorView& actor, std::string_view name,
                     uint64_t value) noexcept {
    const std::optional<size_t> client = client_of(actor.number);
    if (parts_.server.has_value() && name == "counter") {
        parts_.judge.on_counter(*parts_.server, value);
    } else if (!parts_.server.has_value() && client.has_value()) {
        parts_.judge.on_count(*client, name, value);
    }
}

void EcEar::on_stopped(Instant, const emulation::ActorView&, const Error&) noexcept {
    if (parts_.server.has_value()) {
        parts_.judge.on_server_stopped();
    }
}

} // namespace grafos::test
