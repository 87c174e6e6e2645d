// SPDX-License-Identifier: Apache-2.0
#include "tests/support/service_rig.hpp"

namespace grafos::test {

ServiceRigArea service_rig_area;

namespace {

[[nodiscard]] ServiceClient& place_client(ServiceRigArea& area, size_t index, SimulatedNet& net,
                                          bool seals) noexcept {
    void* const at = area.clients.data() + index * sizeof(ServiceClient);
    return *new (at)
        ServiceClient{net, static_cast<uint32_t>(0x0A000002 + index), 100 + index, seals};
}

} // namespace

ServiceRig::ServiceRig(ServiceRigArea& area, const Sealing& sealing) noexcept
    : area_{area},
      sealing_{sealing},
      net{*new(area.net.data()) SimulatedNet{7}},
      alice{place_client(area, 0, net, sealing.alice)},
      bob{place_client(area, 1, net, sealing.bob)},
      oper{place_client(area, 2, net, sealing.oper)},
      disk{area.disk} {
    area.disk = {};
    for (uint8_t& byte : area.memory) {
        byte = 0xa5; // what a warm reset leaves behind
    }
    net.set_now(raw);
    alice_entry = SessionRig::peer_entry(alice.identity, "alice");
    alice_entry.roles = wire::Roles{} | wire::Role::cap;
    alice_entry.has_tenant = true;
    alice_entry.tenant = tenant;
    bob_entry = SessionRig::peer_entry(bob.identity, "bob");
    bob_entry.has_tenant = true;
    bob_entry.tenant = {8};
    operator_entry = SessionRig::peer_entry(oper.identity, "operator");
    operator_entry.roles = wire::all_roles;
}

void ServiceRig::power_on() noexcept {
    const node::Machine machine{entropy, disk, area_.memory, UnixMillis{1'700'000'000'000},
                                lease::WallSource::scenario};
    node_ = new (area_.node.data()) NodeType{machine, options};
    link_ = new (link_area_.data()) SimulatedLink{net, address};
    auto& peers = *new (peers_area_.data()) wire::PeerList{};
    for (const wire::Principal* const entry : {&alice_entry, &bob_entry, &operator_entry}) {
        if (!peers.add(*entry).is_ok()) {
            ADD_FAILURE() << "a peer that is none";
        }
    }
    service_ = new (area_.service.data())
        ServiceType{*node_, *link_, peers, {.name = "rig", .seals = sealing_.node}};
    node_->serve(*service_);
}

void ServiceRig::cut_power() noexcept {
    if (node_ != nullptr) {
        service_->~ServiceType();
        node_->~NodeType();
        node_ = nullptr;
        service_ = nullptr;
    }
}

void ServiceRig::boot() noexcept {
    power_on();
    turn_until([&] {
        return node_->readiness() == node::Readiness::ready ||
               node_->readiness() == node::Readiness::degraded;
    });
    turn_until([&] {
        for (const lease::Resource* const resource : node_->lessor().resources()) {
            const lease::ResourceInfo info = resource->info();
            if (info.dirty + info.tearing > 0) {
                return false;
            }
        }
        return true;
    });
    const std::array clients{&alice, &bob, &oper};
    const std::array seals{sealing_.alice, sealing_.bob, sealing_.oper};
    for (size_t i = 0; i < clients.size(); ++i) {
        if (seals[i] == sealing_.node && !open(*clients[i])) {
            ADD_FAILURE() << "no session";
        }
    }
}

bool ServiceRig::open(ServiceClient& client) noexcept {
    wire::Principal entry;
    entry.exchange_key = node_->identity().exchange_key();
    entry.address = address;
    if (client.session.state() != wire::SessionState::closed) {
        client.session.close();
    }
    if (!client.session.open(entry, raw).is_ok()) {
        return false;
    }
    return turn_until([&] { return client.session.state() == wire::SessionState::open; });
}

void ServiceRig::turn(Duration step) noexcept {
    raw = saturating_add(raw, step);
    net.set_now(raw);
    disk.turn();
    alice.turn(raw);
    bob.turn(raw);
    oper.turn(raw);
    if (node_ != nullptr) {
        node_->tick(raw);
        node_->end_turn(raw);
    }
}

Result<Bytes> ServiceRig::wait_for(ServiceClient& client, wire::MessageType type,
                                   wire::RequestHandle request) noexcept {
    for (int turns = 0; turns < 30'000; ++turns) {
        const Result<wire::ReplyView> reply = client.session.poll(request);
        if (reply.is_ok()) {
            const Bytes payload = reply.value().payload;
            was_warned = reply.value().is_warned;
            copy_bytes(area_.answer, payload);
            client.session.release(request);
            return Bytes{area_.answer}.first(payload.size());
        }
        if (reply.error().code != ErrorCode::busy || reply.error().field != Field::request) {
            client.session.release(request);
            if (refusal_count < refusals.size()) {
                refusals[refusal_count] = {type, reply.error()};
                refusal_count += 1;
            }
            return reply.error();
        }
        turn();
    }
    ADD_FAILURE() << "no answer";
    return Error{ErrorCode::disconnected, Field::request, 0, 0};
}

Result<Bytes> ServiceRig::ask_raw(ServiceClient& client, wire::MessageType type, Bytes payload,
                                  bool takes_fragments) noexcept {
    GRAFOS_TRY_ASSIGN(
        const wire::RequestHandle request,
        client.session.start(type, payload,
                             {.patience = patience, .takes_fragments = takes_fragments}, raw));
    return wait_for(client, type, request);
}

lease::Token ServiceRig::must_cap(ServiceClient& client, uint64_t bytes, lease::ResourceKind kind,
                                  Duration ttl) noexcept {
    wire::CapRequestRequest request;
    request.tenant = tenant;
    request.kind = kind;
    request.bytes_max = bytes;
    request.ttl_max = ttl;
    request.token_ttl = Duration{300'000};
    const auto reply = ask<wire::CapRequestReply>(client, wire::MessageType::cap_request, request);
    if (!reply.is_ok()) {
        ADD_FAILURE() << "no token: " << name_of(reply.error().code) << " at "
                      << name_of(reply.error().field);
        return {};
    }
    return lease::token_of(reply.value().token).value();
}

Result<ServiceRig::Held> ServiceRig::alloc(ServiceClient& client, const lease::Token& token,
                                           uint64_t bytes, Duration ttl, lease::ResourceKind kind,
                                           const AllocKey& key) noexcept {
    wire::LeaseAllocRequest request;
    request.token = token.view();
    request.kind = kind;
    request.amount_bytes = bytes;
    request.ttl = ttl;
    request.alloc_key = key;
    GRAFOS_TRY_ASSIGN(const wire::LeaseAllocReply reply,
                      ask<wire::LeaseAllocReply>(client, wire::MessageType::lease_alloc, request));
    GRAFOS_TRY_ASSIGN(const lease::Token lease_token, lease::token_of(reply.token));
    return Held{reply.lease,      reply.lease_ref, reply.epoch,
                reply.generation, lease_token,     reply.record};
}

ServiceRig::Held ServiceRig::must_hold(ServiceClient& client, uint64_t bytes,
                                       lease::ResourceKind kind, Duration ttl) noexcept {
    const Result<Held> held = alloc(client, must_cap(oper, bytes, kind, ttl), bytes, ttl, kind);
    if (!held.is_ok()) {
        ADD_FAILURE() << "not granted: " << name_of(held.error().code) << " at "
                      << name_of(held.error().field);
        return {};
    }
    return held.value();
}

Result<> ServiceRig::write(ServiceClient& client, const Held& held, uint64_t offset,
                           Bytes data) noexcept {
    wire::MemWriteRequest request;
    request.token = held.token.view();
    request.offset = offset;
    request.data = data;
    GRAFOS_TRY_ASSIGN(const auto reply,
                      ask<wire::MemWriteReply>(client, wire::MessageType::mem_write, request));
    static_cast<void>(reply);
    return ok();
}

Result<Bytes> ServiceRig::read(ServiceClient& client, const Held& held, uint64_t offset,
                               uint32_t length) noexcept {
    wire::MemReadRequest request;
    request.token = held.token.view();
    request.offset = offset;
    request.length = length;
    GRAFOS_TRY_ASSIGN(const auto reply,
                      ask<wire::MemReadReply>(client, wire::MessageType::mem_read, request));
    return reply.data;
}

Result<> ServiceRig::free(ServiceClient& client, const Held& held) noexcept {
    GRAFOS_TRY_ASSIGN(const auto reply,
                      ask<wire::LeaseFreeReply>(client, wire::MessageType::lease_free,
                                                wire::LeaseFreeRequest{held.id}));
    static_cast<void>(reply);
    return ok();
}

size_t sample_request(wire::MessageType type, const ServiceRig::Held& held, const lease::Token& cap,
                      MutableBytes to) noexcept {
    const auto put = [&](const auto& message) {
        const Result<size_t> size = wire::encode(message, to);
        EXPECT_TRUE(size.is_ok());
        return size.is_ok() ? size.value() : 0;
    };
    const Bytes token = held.token.view();
    static constexpr std::array<uint8_t, 512> block{};
    switch (type) {
    case wire::MessageType::ping: return put(wire::PingRequest{bytes_of("hello")});
    case wire::MessageType::get_identity:
    case wire::MessageType::get_inventory:
    case wire::MessageType::get_readiness:
    case wire::MessageType::audit_head: return 0;
    case wire::MessageType::time_sync: return put(wire::TimeSyncRequest{UnixMillis{1ull << 40}});
    case wire::MessageType::get_counters: return put(wire::GetCountersRequest{});
    case wire::MessageType::cap_request:
        return put(wire::CapRequestRequest{ServiceRig::tenant,
                                           lease::ResourceKind::memory,
                                           {},
                                           4'096,
                                           Duration{1'000},
                                           Duration{1'000}});
    case wire::MessageType::token_refresh: return put(wire::TokenRefreshRequest{token});
    case wire::MessageType::lease_alloc:
        return put(wire::LeaseAllocRequest{
            cap.view(), lease::ResourceKind::memory, {}, 4'096, Duration{1'000}, {}, {}});
    case wire::MessageType::lease_renew:
        return put(wire::LeaseRenewRequest{token, Duration{1'000}});
    case wire::MessageType::lease_free: return put(wire::LeaseFreeRequest{held.id});
    case wire::MessageType::lease_query: return put(wire::LeaseQueryRequest{true, held.ref.bytes});
    case wire::MessageType::lease_list_active: return put(wire::LeaseListActiveRequest{});
    case wire::MessageType::lease_checkpoint: return put(wire::LeaseCheckpointRequest{held.id});
    case wire::MessageType::lease_attach: return put(wire::LeaseAttachRequest{held.id});
    case wire::MessageType::lease_revoke:
        return put(wire::LeaseRevokeRequest{held.ref, Duration{100}, lease::Reason::none});
    case wire::MessageType::mem_read: return put(wire::MemReadRequest{token, 0, 64});
    case wire::MessageType::mem_write:
        return put(wire::MemWriteRequest{token, 0, bytes_of("bytes")});
    case wire::MessageType::mem_compare_exchange:
        return put(wire::MemCompareExchangeRequest{token, 8, 0, 1});
    case wire::MessageType::mem_fetch_add: return put(wire::MemFetchAddRequest{token, 8, 1});
    case wire::MessageType::mem_lock: {
        wire::MemLockRequest request;
        request.token = token;
        request.offset = 256;
        request.nonce = {77};
        request.ttl = Duration{1'000};
        return put(request);
    }
    case wire::MessageType::mem_commit: {
        wire::MemCommitRequest request;
        request.token = token;
        request.offset = 256;
        request.generation = {1};
        request.nonce = {77};
        return put(request);
    }
    case wire::MessageType::block_read: return put(wire::BlockReadRequest{token, 0, 512});
    case wire::MessageType::block_write: return put(wire::BlockWriteRequest{token, 0, block});
    case wire::MessageType::block_flush: return put(wire::BlockFlushRequest{token});
    case wire::MessageType::fence_list: return put(wire::FenceListRequest{});
    case wire::MessageType::fence_clear:
        return put(
            wire::FenceClearRequest{lease::resource_id_of(lease::ResourceKind::memory, 0), {5}});
    case wire::MessageType::audit_read: return put(wire::AuditReadRequest{{0}, 4});
    case wire::MessageType::audit_trim: return put(wire::AuditTrimRequest{{1'000}, Digest{{1}}});
    case wire::MessageType::program_call:
        return put(wire::ProgramCallRequest{7, bytes_of("hello")});
    }
    return 0;
}

} // namespace grafos::test
