// SPDX-License-Identifier: Apache-2.0
/// A whole node and a program whose links are two short queues: what serving costs, and nothing
/// else. For benchmarks; tests have service_rig.hpp.
#pragma once

#include "core/node/node_storage.hpp"
#include "core/node/service/service_storage.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/support/seeded_entropy.hpp"
#include "tests/support/session_pair.hpp"

namespace grafos::test {

inline constexpr lease::NodeLimits pair_limits{
    .lease_count_max = 256,
    .memory_units_max = 256,
    .block_units_max = 64,
    .group_bytes_max = 16 * 1024,
    .outbox_slots_max = 4 * 16 + 8,
    .block_accesses_max = 4,
    .events_max = 64,
    .renewals_max = 16,
    .turn_max = Duration{10},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = 128,
    .requests_per_turn_max = 32,
    .wipe_bytes_per_turn = 256 * 1024,
    .sessions_max = 4,
    .session_window = 16,
    .session_tokens_max = 4,
    .data_queue_max = 8,
    .packets_per_turn_max = 16,
    .data_per_turn_max = 32,
    .looks_per_turn_max = 32,
};

class ServicePair {
public:
    ServicePair(MutableBytes disk_bytes, MutableBytes lent) noexcept
        : disk{disk_bytes},
          node{{entropy, disk, lent, {}, lease::WallSource::scenario}, lease::LogOptions{}} {
        drbg.seed(bytes_of("service pair"));
        me.start(crypto::draw_identity_secrets(drbg));
        client_link.other = &node_link;
        node_link.other = &client_link;
        wire::Principal entry;
        entry.name[0] = 'c';
        entry.name_size = 1;
        entry.exchange_key = me.exchange_key();
        entry.roles = wire::all_roles;
        GRAFOS_ASSERT(peers.add(entry).is_ok());
        GRAFOS_ASSERT(sessions.add(session).is_ok());
        node.serve(service);
    }
    ServicePair(const ServicePair&) = delete;
    ServicePair& operator=(const ServicePair&) = delete;

    /// Until everything is wiped and the session is open.
    void open() noexcept {
        while (node.readiness() != node::Readiness::ready || !node.lessor().is_idle()) {
            turn();
        }
        wire::Principal entry;
        entry.exchange_key = node.identity().exchange_key();
        entry.address = node_link.local_address();
        GRAFOS_ASSERT(session.open(entry, raw).is_ok());
        for (int i = 0; i < 1'000 && session.state() != wire::SessionState::open; ++i) {
            (void)sessions.tick(raw);
            sessions.flush(raw);
            turn();
            (void)client_port.receive(8, raw);
        }
        GRAFOS_ASSERT(session.state() == wire::SessionState::open);
    }
    /// Seals one request; it waits at the node.
    template <typename Message>
    void ask(wire::MessageType type, const Message& message) noexcept {
        std::array<uint8_t, wire::whole_payload_bytes_max> payload;
        const size_t size = wire::encode(message, payload).value();
        request = session.start(type, Bytes{payload}.first(size), Duration{10'000}, raw).value();
        session.flush(raw);
    }
    void turn() noexcept {
        raw.ms += 1;
        node.tick(raw);
    }
    /// As many turns of the node as it takes until an answer left.
    void serve() noexcept {
        const uint64_t before = service.port().figures().sent;
        while (service.port().figures().sent == before) {
            turn();
        }
    }
    template <typename Reply>
    [[nodiscard]] Reply finish() noexcept {
        (void)client_port.receive(8, raw);
        const wire::ReplyView view = session.poll(request).value();
        copy_bytes(answer, view.payload);
        const size_t size = view.payload.size();
        session.release(request);
        return wire::decode<Reply>(Bytes{answer}.first(size)).value();
    }

    Instant raw{1};
    RamBlockDevice disk;
    SeededEntropy entropy{1};
    crypto::Drbg drbg{};
    crypto::Identity me{};
    wire::PeerList peers{};
    PairLink client_link{{1, 1}};
    PairLink node_link{{2, 2}};
    node::NodeOf<pair_limits> node;
    node::FabricServiceOf<pair_limits> service{node, node_link, peers, {.name = "pair"}};
    wire::ClientPort sessions{};
    wire::Port client_port{client_link, nullptr, &sessions};
    wire::ClientSessionOf<8> session{{client_port, me, drbg}};
    wire::RequestHandle request{};
    std::array<uint8_t, wire::payload_bytes_max> answer{};
};

} // namespace grafos::test
