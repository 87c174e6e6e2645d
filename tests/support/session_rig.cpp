// SPDX-License-Identifier: Apache-2.0
#include "tests/support/session_rig.hpp"

namespace grafos::test {
namespace {

void start_identity(crypto::Identity& identity, crypto::Drbg& drbg, uint64_t seed) noexcept {
    std::array<uint8_t, 8> bytes;
    store_big_endian<uint64_t>(bytes.data(), seed);
    drbg.seed(bytes);
    crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg);
    identity.start(secrets);
    crypto::erase_secrets(secrets);
}

} // namespace

// --- sink ----------------------------------------------------------------------------------------

void CountingSink::on_request(const wire::RequestOrigin& origin, const wire::MessageView& message,
                              Instant now) noexcept {
    executed += 1;
    note(origin, message.type);
    last = origin;
    last_type = message.type;
    last_flags = message.flags;
    last_size = message.payload.size();
    last_trace = message.trace;
    last_checksum = crc32c(message.payload);
    const size_t kept = last_size < last_payload.size() ? last_size : last_payload.size();
    copy_bytes(last_payload, message.payload.first(kept));
    if (message.type == static_cast<uint16_t>(rig_write) && last_size == 8) {
        const uint64_t operation = load_big_endian<uint64_t>(message.payload.data());
        if (operation < operations_max) {
            times_of[operation] = static_cast<uint8_t>(times_of[operation] + 1);
            execution_of[operation] = executed;
        }
    }
    if (!holds) {
        answer(origin, now);
    } else if (held_count < held.size()) {
        held[held_count] = origin;
        held_count += 1;
    }
}

void CountingSink::note(const wire::RequestOrigin& origin, uint16_t type) noexcept {
    const wire::MessageEntry* entry = wire::find_message(type);
    if (entry == nullptr || !entry->is_mutating) {
        return;
    }
    for (const wire::RequestOrigin& before : log_) {
        const bool is_it = before.session == origin.session && before.request == origin.request;
        executed_twice += is_it ? 1u : 0u;
    }
    log_[log_next_ % log_.size()] = origin;
    log_next_ += 1;
}

void CountingSink::answer(const wire::RequestOrigin& origin, Instant now) noexcept {
    std::array<uint8_t, wire::payload_bytes_max> payload{};
    store_big_endian<uint64_t>(payload.data(), executed);
    for (size_t i = 8; i < reply_bytes; ++i) {
        payload[i] = static_cast<uint8_t>(i * executed);
    }
    const Result<> answered = server->answer(
        origin,
        refusal.has_value() ? wire::Reply{.error = refusal}
                            : wire::Reply{.payload = Bytes{payload}.first(reply_bytes)},
        now);
    static_cast<void>(answered.is_ok());
}

bool CountingSink::answer_one(Instant now) noexcept {
    if (held_count == 0) {
        return false;
    }
    answer(held[0], now);
    held_count -= 1;
    for (size_t i = 0; i < held_count; ++i) {
        held[i] = held[i + 1];
    }
    return true;
}

// --- machines ------------------------------------------------------------------------------------

NodeEnd::NodeEnd(SimulatedNet& net, uint64_t seed) noexcept : link{net, node_address} {
    start_identity(identity, drbg, seed);
}

void NodeEnd::start() noexcept {
    stop();
    boot += 1;
    auto* server_at = reinterpret_cast<Server*>(server_area_.data());
    port_ = new (port_area_.data()) wire::Port{link, server_at, nullptr};
    server_ = new (server_area_.data()) Server{{*port_, identity, drbg, peers, sink}};
    sink.server = server_;
    server_->start({boot}, Duration{10});
}

void NodeEnd::stop() noexcept {
    if (server_ != nullptr) {
        server_->~Server();
        server_ = nullptr;
        port_->~Port();
        port_ = nullptr;
    }
    sink.held_count = 0;
}

void NodeEnd::turn(Instant now) noexcept {
    if (server_ == nullptr) {
        std::array<uint8_t, hal::datagram_bytes_max> nobody;
        while (link.receive(nobody).is_ok()) {}
        return;
    }
    while (port_->receive(8, now)) {}
    static_cast<void>(server_->tick(now));
    server_->flush(now);
}

ClientEnd::ClientEnd(SimulatedNet& net, const hal::DatagramAddress& address, uint64_t seed) noexcept
    : link{net, address},
      port{link, nullptr, &sessions},
      session{wire::ClientSession::Parts{port, identity, drbg}} {
    start_identity(identity, drbg, seed);
    static_cast<void>(sessions.add(session).is_ok());
}

void ClientEnd::turn(Instant now) noexcept {
    while (port.receive(8, now)) {}
    static_cast<void>(sessions.tick(now));
    sessions.flush(now);
    port.flush();
}

// --- rig -----------------------------------------------------------------------------------------

SessionRig::SessionRig(uint64_t seed, Instant start) noexcept
    : net{seed},
      now{start},
      node{net, 100},
      alice{net, {0x0A000002, 40'001}, 101},
      bob{net, {0x0A000003, 40'002}, 102} {
    net.set_now(now);
    static_cast<void>(node.peers.add(peer_entry(alice.identity, "alice")).is_ok());
    static_cast<void>(node.peers.add(peer_entry(bob.identity, "bob")).is_ok());
    node.start();
}

void SessionRig::turn() noexcept {
    net.set_now(now);
    alice.turn(now);
    bob.turn(now);
    node.turn(now);
    now.ms += 1;
}

void SessionRig::run(Duration time) noexcept {
    for (uint64_t i = 0; i < time.ms; ++i) {
        turn();
    }
}

void SessionRig::skip(Duration time) noexcept {
    now.ms += time.ms;
    turn();
}

bool SessionRig::open(ClientEnd& client) noexcept {
    if (client.session.state() == wire::SessionState::closed &&
        !client.session.open(node_entry(), now).is_ok()) {
        return false;
    }
    const uint64_t before = node.server().figures().opened;
    for (uint64_t i = 0; i < 10'000; ++i) {
        turn();
        if (client.session.state() == wire::SessionState::open &&
            node.server().figures().opened > before) {
            return true;
        }
    }
    return false;
}

bool SessionRig::wait_for(ClientEnd& client, wire::RequestHandle request, Duration most) noexcept {
    for (uint64_t i = 0; i < most.ms; ++i) {
        const Result<wire::ReplyView> reply = client.session.poll(request);
        if (reply.is_ok() || reply.error().code != ErrorCode::busy) {
            return true;
        }
        turn();
    }
    return false;
}

wire::Principal SessionRig::node_entry() const noexcept {
    wire::Principal entry = peer_entry(node.identity, "node");
    entry.node_id = node.identity.node_id();
    entry.address = node_address;
    return entry;
}

wire::Principal SessionRig::peer_entry(const crypto::Identity& identity,
                                       std::string_view name) noexcept {
    wire::Principal entry;
    entry.exchange_key = identity.exchange_key();
    copy_bytes({reinterpret_cast<uint8_t*>(entry.name.data()), entry.name.size()}, bytes_of(name));
    entry.name_size = static_cast<uint8_t>(name.size());
    return entry;
}

} // namespace grafos::test
