// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/server.hpp"

#include "examples/ec_counter/rules.hpp"

namespace grafos::ec_counter {

void Server::on_start(Context& context) noexcept {
    context.show("counter", counter_);
    context.send_after(options_.sync_period, context.self(), DoSync{}); // peers come meanwhile
    if (has_keeper()) {
        context.call(options_.keeper, Recover{}, options_.patience);
    }
}

void Server::on(Context& context, const Get&, const Asked<Counter>& asked) noexcept {
    context.line(rules::get_answered).put("GET -> ").put(counter_);
    context.reply(asked, Counter{counter_});
}

void Server::on(Context& context, const Set& message, const Asked<Accepted>& asked) noexcept {
    if (takes(message.value)) {
        raise(context, {message.value, asked});
        return;
    }
    context.line(rules::set_rejected)
        .put("SET ")
        .put(message.value)
        .put(" -> rejected (current ")
        .put(counter_)
        .put(')');
    context.reply(asked, Accepted{false});
}

void Server::on(Context& context, const SetPeers& message) noexcept {
    context.line(rules::registered)
        .put("Registered ")
        .put(uint64_t{message.peers.size()})
        .put(" peers");
    peer_count_ = 0;
    for (const Peer& peer : message.peers) {
        GRAFOS_ASSERT(peer_count_ < peers_.size()); // the row of the list allows no more
        peers_[peer_count_] = peer.address;
        peer_count_ += 1;
    }
}

// The same comparison as for a set; but a value that brings nothing new is no event worth a line.
void Server::on(Context& context, const SyncValue& message) noexcept {
    if (takes(message.value)) {
        raise(context, {message.value, std::nullopt});
    }
}

// A round goes to everybody, whether the counter changed or not: the letters of the last round may
// have been lost. The next one is ordered first, so that nothing below can end the rounds.
void Server::on(Context& context, const DoSync&) noexcept {
    context.send_after(options_.sync_period, context.self(), DoSync{});
    if (has_keeper()) {
        context.call(options_.keeper, Check{}, options_.patience); // nobody else would tell us
    } else {
        tell_peers(context);
    }
}

void Server::tell_peers(Context& context) noexcept {
    for (size_t i = 0; i < peer_count_; ++i) {
        context.send(peers_[i], SyncValue{counter_});
    }
}

void Server::raise(Context& context, const Raise& wanted) noexcept {
    if (!has_keeper()) {
        commit(context, wanted);
        return;
    }
    raise_ = wanted; // until the answer nothing else is handled, so the comparison stays true
    context.call(options_.keeper, Keep{wanted.value}, options_.patience);
}

void Server::commit(Context& context, const Raise& wanted) noexcept {
    const bool was_asked = wanted.asked.has_value();
    context.line(was_asked ? rules::set_accepted : rules::sync_updated)
        .put(was_asked ? "SET " : "SYNC received ")
        .put(wanted.value)
        .put(was_asked ? " -> accepted (was " : " -> updated (was ")
        .put(counter_)
        .put(')');
    counter_ = wanted.value;
    context.show("counter", counter_);
    if (was_asked) {
        context.reply(*wanted.asked, Accepted{true});
    }
}

void Server::on(Context& context, const Answer<Recover>& answer) noexcept {
    if (!answer.result.is_ok()) { // without it the server would begin lower than it once was
        context.line(rules::server_stopped)
            .put("Stopped: ")
            .put(name_of(answer.result.error().code));
        context.stop(answer.result.error());
        return;
    }
    counter_ = answer.result.value().value;
    if (counter_ > 0) {
        context.line(rules::recovered).put("Recovered ").put(counter_);
        context.show("counter", counter_);
    }
}

// Not kept: as if the value had never been heard of. If in truth it was kept (no answer came), it
// is found at the next start: a value that some client did want.
void Server::on(Context& context, const Answer<Keep>& answer) noexcept {
    const Raise wanted = raise_;
    raise_ = {};
    if (answer.result.is_ok()) {
        commit(context, wanted);
        return;
    }
    if (wanted.asked.has_value()) {
        context.refuse(*wanted.asked, answer.result.error());
    }
    stop_if_over(context, answer.result.error());
}

void Server::on(Context& context, const Answer<Check>& answer) noexcept {
    if (answer.result.is_ok() || !stop_if_over(context, answer.result.error())) {
        tell_peers(context);
    }
}

bool Server::stop_if_over(Context& context, const Error& why) noexcept {
    const Failure failure = failure_of(why.code);
    const bool is_over = failure == Failure::lease_expired || failure == Failure::revoked ||
                         failure == Failure::fenced;
    if (is_over) {
        context.line(rules::server_stopped).put("Stopped: ").put(name_of(why.code));
        context.stop(why);
    }
    return is_over;
}

} // namespace grafos::ec_counter
