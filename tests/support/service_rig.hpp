// SPDX-License-Identifier: Apache-2.0
/// A whole node that serves others over a simulated net, and programs that ask it: sealed sessions,
/// real tokens, a disk that can fail. The test moves time.
#pragma once

#include "core/node/service/service_storage.hpp"
#include "tests/support/node_rig.hpp"
#include "tests/support/session_rig.hpp"

namespace grafos::test {

inline constexpr lease::NodeLimits service_limits{
    .lease_count_max = 96,
    .memory_units_max = 128,
    .block_units_max = 32,
    .group_bytes_max = 16 * 1024,
    .outbox_slots_max = 4 * 64 + 8,
    .block_accesses_max = 2,
    .events_max = 32,
    .renewals_max = 4,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{1'000},
    .expiries_per_turn_max = 16,
    .requests_per_turn_max = 16,
    .wipe_bytes_per_turn = 64 * 1024,
    .sessions_max = 4,
    .session_window = 64,
    .session_tokens_max = 2,
    .data_queue_max = 4,
    .packets_per_turn_max = 16,
    .data_per_turn_max = 8,
    .looks_per_turn_max = 16,
};
inline constexpr size_t service_memory_bytes = 128 * 4096;
inline constexpr size_t service_disk_bytes = 2 * 1024 * 1024;

/// A program with its own machine: a key, a link, one session.
class ServiceClient {
public:
    ServiceClient(SimulatedNet& net, uint32_t host, uint64_t seed, bool seals = true) noexcept
        : link{net, {host, 40'000}},
          port{link, nullptr, &sessions},
          session{wire::ClientSession::Parts{port, identity, drbg, seals}} {
        std::array<uint8_t, 8> bytes;
        store_big_endian<uint64_t>(bytes.data(), seed);
        drbg.seed(bytes);
        crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg);
        identity.start(secrets);
        crypto::erase_secrets(secrets);
        static_cast<void>(sessions.add(session).is_ok());
    }
    ServiceClient(const ServiceClient&) = delete;
    ServiceClient& operator=(const ServiceClient&) = delete;

    void turn(Instant now) noexcept {
        while (port.receive(8, now)) {}
        static_cast<void>(sessions.tick(now));
        sessions.flush(now);
        port.flush();
    }

    crypto::Drbg drbg{};
    crypto::Identity identity{};
    SimulatedLink link;
    wire::ClientPort sessions{};
    wire::Port port;
    wire::ClientSessionOf<64, 4096> session;
};

/// The bytes live in static storage that the test owns, since a bare image's stack is small.
struct ServiceRigArea {
    using NodeType = node::NodeOf<service_limits>;
    using ServiceType = node::FabricServiceOf<service_limits>;
    alignas(64) std::array<uint8_t, sizeof(NodeType)> node;
    alignas(64) std::array<uint8_t, sizeof(ServiceType)> service;
    alignas(64) std::array<uint8_t, 3 * sizeof(ServiceClient)> clients;
    alignas(64) std::array<uint8_t, sizeof(SimulatedNet)> net;
    alignas(64) std::array<uint8_t, service_memory_bytes> memory;
    std::array<uint8_t, service_disk_bytes> disk;
    std::array<uint8_t, wire::payload_bytes_max> answer;
};

/// Who seals packets: everybody, but in builds for a trusted fabric.
struct Sealing {
    bool node = true;
    bool alice = true;
    bool bob = true;
    bool oper = true;
};

/// One for all tests: it is big, and an image has little room.
extern ServiceRigArea service_rig_area;

/// One answer that was a refusal, for the table reason × message.
struct SeenRefusal {
    wire::MessageType type{};
    Error error{};
};

class ServiceRig {
public:
    using NodeType = ServiceRigArea::NodeType;
    using ServiceType = ServiceRigArea::ServiceType;
    static constexpr TenantId tenant{7};

    explicit ServiceRig(ServiceRigArea& area = service_rig_area,
                        const Sealing& sealing = {}) noexcept;
    ~ServiceRig() { cut_power(); }
    ServiceRig(const ServiceRig&) = delete;
    ServiceRig& operator=(const ServiceRig&) = delete;

    /// Before `boot`: what the node is told of its three peers. By default alice may ask for tokens
    /// and holds for tenant 7, bob holds for tenant 8, and the operator may everything for all.
    wire::Principal alice_entry;
    wire::Principal bob_entry;
    wire::Principal operator_entry;
    /// What it was told, from power-on; a guest may be added.
    [[nodiscard]] wire::PeerList& peers() noexcept {
        return *std::launder(reinterpret_cast<wire::PeerList*>(peers_area_.data()));
    }

    /// On, ready, every unit wiped, and all three have a session, but those who cannot: who seals
    /// and whose node does not, or the reverse.
    void boot() noexcept;
    void power_on() noexcept;
    void cut_power() noexcept;
    /// Whether it came to be.
    bool open(ServiceClient& client) noexcept;

    void turn(Duration step = Duration{1}) noexcept;
    void run(Duration time) noexcept {
        for (uint64_t i = 0; i < time.ms; ++i) {
            turn();
        }
    }
    template <typename Condition>
    bool turn_until(const Condition& condition, int turns_max = 8'000) noexcept {
        for (int turns = 0; turns < turns_max; ++turns) {
            if (condition()) {
                return true;
            }
            turn();
        }
        ADD_FAILURE() << "it did not come to be in " << turns_max << " turns";
        return false;
    }

    /// Sends, turns until there is an answer, and takes it apart. Spans in it hold until the next.
    template <typename Reply, typename Request>
    [[nodiscard]] Result<Reply> ask(ServiceClient& client, wire::MessageType type,
                                    const Request& request, bool takes_fragments = false) noexcept {
        std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
        const Result<size_t> size = wire::encode(request, bytes);
        if (!size.is_ok()) {
            ADD_FAILURE() << "a request that no client would send";
            return size.error();
        }
        GRAFOS_TRY_ASSIGN(const Bytes payload,
                          ask_raw(client, type, Bytes{bytes}.first(size.value()), takes_fragments));
        return wire::decode<Reply>(payload);
    }
    /// The same with bytes that need not be a request at all.
    [[nodiscard]] Result<Bytes> ask_raw(ServiceClient& client, wire::MessageType type,
                                        Bytes payload, bool takes_fragments = false) noexcept;
    /// Turns until `request` is answered; its payload, and the request forgotten.
    [[nodiscard]] Result<Bytes> wait_for(ServiceClient& client, wire::MessageType type,
                                         wire::RequestHandle request) noexcept;
    template <typename Request>
    [[nodiscard]] wire::RequestHandle start(ServiceClient& client, wire::MessageType type,
                                            const Request& request) noexcept {
        std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
        const Result<size_t> size = wire::encode(request, bytes);
        if (!size.is_ok()) {
            ADD_FAILURE() << "a request that no client would send";
            return {};
        }
        const Result<wire::RequestHandle> started =
            client.session.start(type, Bytes{bytes}.first(size.value()), patience, raw);
        if (!started.is_ok()) {
            ADD_FAILURE() << "not even started: " << name_of(started.error().code);
            return {};
        }
        return started.value();
    }

    // --- what most tests begin with
    [[nodiscard]] lease::Token must_cap(ServiceClient& client, uint64_t bytes,
                                        lease::ResourceKind kind = lease::ResourceKind::memory,
                                        Duration ttl = Duration{60'000}) noexcept;
    /// A lease as its holder knows it.
    struct Held {
        LeaseId id{};
        LeaseRef ref{};
        Epoch epoch{};
        Generation generation{};
        lease::Token token{};
        Sequence record{};
    };
    [[nodiscard]] Result<Held> alloc(ServiceClient& client, const lease::Token& token,
                                     uint64_t bytes, Duration ttl,
                                     lease::ResourceKind kind = lease::ResourceKind::memory,
                                     const AllocKey& key = {}) noexcept;
    [[nodiscard]] Held must_hold(ServiceClient& client, uint64_t bytes,
                                 lease::ResourceKind kind = lease::ResourceKind::memory,
                                 Duration ttl = Duration{60'000}) noexcept;
    [[nodiscard]] Result<> write(ServiceClient& client, const Held& held, uint64_t offset,
                                 Bytes data) noexcept;
    [[nodiscard]] Result<Bytes> read(ServiceClient& client, const Held& held, uint64_t offset,
                                     uint32_t length) noexcept;
    [[nodiscard]] Result<> free(ServiceClient& client, const Held& held) noexcept;

    [[nodiscard]] node::Node& node() noexcept { return *node_; }
    [[nodiscard]] node::FabricService& service() noexcept { return *service_; }

    static constexpr Duration patience{20'000};
    static constexpr hal::DatagramAddress address{0x0A000001, 7000};

private:
    ServiceRigArea& area_;
    Sealing sealing_;
    NodeType* node_ = nullptr;
    ServiceType* service_ = nullptr;
    SimulatedLink* link_ = nullptr;
    alignas(SimulatedLink) std::array<uint8_t, sizeof(SimulatedLink)> link_area_;
    alignas(wire::PeerList) std::array<uint8_t, sizeof(wire::PeerList)> peers_area_;

public:
    SimulatedNet& net;
    ServiceClient& alice;
    ServiceClient& bob;
    ServiceClient& oper;
    RamBlockDevice disk;
    RigEntropy entropy{1};
    lease::LogOptions options{.log_percent = 50};
    Instant raw = saturating_add(start_time(), Duration{1'000});
    bool was_warned = false; ///< the last answer
    std::array<SeenRefusal, 64> refusals{};
    size_t refusal_count = 0;
};

/// A well-formed request of each kind, about `held`: its payload's size, which may be 0.
[[nodiscard]] size_t sample_request(wire::MessageType type, const ServiceRig::Held& held,
                                    const lease::Token& cap, MutableBytes to) noexcept;

} // namespace grafos::test
