// SPDX-License-Identifier: Apache-2.0
/// A node and a program whose links are two short queues: the cost of sessions and of nothing else.
/// For benchmarks; tests have session_rig.hpp.
#pragma once

#include "core/wire/session/client_port.hpp"
#include "core/wire/session/server.hpp"

namespace grafos::test {

/// What one end sent and the other has not read.
class PairLink final : public hal::DatagramLink {
public:
    explicit PairLink(const hal::DatagramAddress& address) noexcept : address_{address} {}

    [[nodiscard]] Result<> send(const hal::DatagramAddress&, Bytes payload) noexcept override {
        if (other == nullptr || other->count_ == other->queue_.size()) {
            return Error{ErrorCode::busy};
        }
        Place& place = other->queue_[(other->first_ + other->count_) % other->queue_.size()];
        place.size = payload.size();
        copy_bytes(place.bytes, payload);
        other->count_ += 1;
        return ok();
    }
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(MutableBytes into) noexcept override {
        if (count_ == 0) {
            return Error{ErrorCode::busy};
        }
        const Place& place = queue_[first_];
        copy_bytes(into, Bytes{place.bytes}.first(place.size));
        first_ = (first_ + 1) % queue_.size();
        count_ -= 1;
        return hal::ReceivedDatagram{other->address_, place.size};
    }
    void flush() noexcept override {}
    [[nodiscard]] hal::DatagramAddress local_address() const noexcept override { return address_; }

    /// The datagram that waits longest, to be changed.
    [[nodiscard]] MutableBytes front() noexcept {
        GRAFOS_ASSERT(count_ > 0);
        return MutableBytes{queue_[first_].bytes}.first(queue_[first_].size);
    }
    /// Datagrams that this end has not read.
    [[nodiscard]] size_t waiting() const noexcept { return count_; }
    PairLink* other = nullptr;

private:
    struct Place {
        size_t size = 0;
        std::array<uint8_t, hal::datagram_bytes_max> bytes{};
    };
    hal::DatagramAddress address_;
    std::array<Place, 8> queue_{};
    size_t first_ = 0;
    size_t count_ = 0;
};

/// Answers at once with what it was asked.
class EchoSink final : public wire::RequestSink {
public:
    void on_request(const wire::RequestOrigin& origin, const wire::MessageView& message,
                    Instant now) noexcept override {
        GRAFOS_ASSERT(server->answer(origin, {.payload = message.payload}, now).is_ok());
    }
    void on_session_end(wire::SessionRef) noexcept override {}
    wire::SessionServer* server = nullptr;
};

class SessionPair {
public:
    /// `seals` false: only where `wire::is_trusted_fabric_build`.
    explicit SessionPair(bool seals = true) noexcept
        : server{{node_port, node, drbg, peers, sink, seals}},
          session{{client_port, me, drbg, seals}} {
        drbg.seed(bytes_of("session pair"));
        me.start(crypto::draw_identity_secrets(drbg));
        node.start(crypto::draw_identity_secrets(drbg));
        client_link.other = &node_link;
        node_link.other = &client_link;
        sink.server = &server;
        entry.name[0] = 'c';
        entry.name_size = 1;
        entry.exchange_key = me.exchange_key();
        GRAFOS_ASSERT(peers.add(entry).is_ok());
        server.start({1}, Duration{10});
        entry.exchange_key = node.exchange_key();
        entry.address = node_link.local_address();
        GRAFOS_ASSERT(sessions.add(session).is_ok());
    }
    SessionPair(const SessionPair&) = delete;
    SessionPair& operator=(const SessionPair&) = delete;

    /// A new session, from hello to its confirmation.
    void open() noexcept {
        session.close();
        now.ms += 1'000; // a whole ration
        GRAFOS_ASSERT(session.open(entry, now).is_ok());
        const uint64_t before = server.figures().opened;
        for (int i = 0; i < 100 && server.figures().opened == before; ++i) {
            ask_turn();
            serve();
            finish_turn();
        }
        GRAFOS_ASSERT(server.figures().opened == before + 1);
    }
    /// Seals one request; it waits at the node.
    void ask(wire::MessageType type, Bytes payload) noexcept {
        request = session.start(type, payload, Duration{1'000}, now).value();
        session.flush(now);
    }
    /// One turn of the node.
    void serve() noexcept {
        (void)node_port.receive(8, now);
        (void)server.tick(now);
        server.flush(now);
    }
    /// Opens the reply.
    void finish() noexcept {
        (void)client_port.receive(8, now);
        GRAFOS_ASSERT(session.poll(request).is_ok());
        session.release(request);
    }
    void ask_turn() noexcept {
        (void)sessions.tick(now);
        sessions.flush(now);
    }
    void finish_turn() noexcept {
        (void)client_port.receive(8, now);
        now.ms += 1;
    }

    Instant now{1'000'000};
    crypto::Drbg drbg{};
    crypto::Identity me{};
    crypto::Identity node{};
    wire::PeerList peers{};
    wire::Principal entry{};
    EchoSink sink{};
    PairLink client_link{{1, 1}};
    PairLink node_link{{2, 2}};
    wire::Port node_port{node_link, &server, nullptr};
    wire::SessionServerOf<wire::large_sessions> server;
    wire::ClientPort sessions{};
    wire::Port client_port{client_link, nullptr, &sessions};
    wire::ClientSessionOf<8> session;
    wire::RequestHandle request{};
};

} // namespace grafos::test
