// SPDX-License-Identifier: Apache-2.0
// A build for a trusted fabric: it says so wherever it is asked, and does not mix with the other.
#include "core/lease/audit/canonical.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/node/console.hpp"
#include "core/wire/session/trusted_fabric.hpp"
#include "tests/support/memory_console.hpp"
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

static_assert(wire::is_trusted_fabric_build);

constexpr Sealing nobody_seals{false, false, false, false};
constexpr Sealing bob_seals{false, false, true, false};
constexpr Sealing bob_is_plain{true, true, false, true};

constinit std::array<uint8_t, 4'096> transcript_area{};

[[nodiscard]] bool has(std::string_view text, std::string_view part) {
    for (size_t at = 0; at + part.size() <= text.size(); ++at) {
        if (std::string_view{text.data() + at, part.size()} == part) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] lease::BootData boot_record_of(ServiceRig& rig) {
    const auto reply = rig.ask<wire::AuditReadReply>(rig.oper, wire::MessageType::audit_read,
                                                     wire::AuditReadRequest{{0}, 1}, true);
    const wire::AuditRecordEntry entry = *reply.value().records.begin();
    const auto view = lease::decode_record(entry.canonical);
    return lease::decode_data<lease::BootData>(view.value().event.event_data).value();
}

/// What the operator reads: the line of a node that is ready, and the answer to `identity`.
[[nodiscard]] std::string_view console_of(ServiceRig& rig) {
    MemoryConsole port{transcript_area};
    node::Console console{rig.node(), port, {"rig", false}};
    port.type("identity\n");
    for (int i = 0; i < 8; ++i) {
        console.tick();
    }
    return port.transcript();
}

/// Counts what goes to the node, and what of it holds `secret` as it is.
class Tap final : public Listener {
public:
    explicit Tap(Bytes secret) noexcept : secret_{secret} {}
    void on_sent(const Datagram& datagram) noexcept override {
        const wire::PacketKind kind{datagram.bytes[3]};
        plain += kind == wire::PacketKind::plain ? 1u : 0u;
        sealed += kind == wire::PacketKind::sealed ? 1u : 0u;
        for (size_t at = 0; at + secret_.size() <= datagram.size; ++at) {
            readable += is_equal(datagram.view().subspan(at, secret_.size()), secret_) ? 1u : 0u;
        }
    }
    uint64_t plain = 0;
    uint64_t sealed = 0;
    uint64_t readable = 0;

private:
    Bytes secret_;
};

constexpr std::string_view secret = "anybody reads this";

void use(ServiceRig& rig, ServiceClient& client, bool seals) {
    Tap tap{bytes_of(secret)};
    rig.net.listen(&tap);
    const ServiceRig::Held held = rig.must_hold(client, 4'096);
    EXPECT_TRUE(rig.write(client, held, 5, bytes_of(secret)).is_ok());
    const Result<Bytes> read = rig.read(client, held, 5, static_cast<uint32_t>(secret.size()));
    EXPECT_TRUE(read.is_ok() && is_equal(read.value(), bytes_of(secret)));
    EXPECT_TRUE(rig.free(client, held).is_ok());
    rig.net.listen(nullptr);
    EXPECT_TRUE(seals ? tap.readable == 0 : tap.readable >= 2);
    EXPECT_EQ(seals ? tap.plain : tap.sealed, 0u);
}

TEST(TrustedFabric, Is_said_in_boot_record_identity_and_console) {
    for (const bool seals : {false, true}) {
        SCOPED_TRACE(seals);
        ServiceRig rig{service_rig_area, seals ? Sealing{} : nobody_seals};
        rig.boot();
        const lease::BootData boot = boot_record_of(rig);
        EXPECT_TRUE(boot.has_peers && boot.is_sealed == seals);
        const auto identity = rig.ask<wire::GetIdentityReply>(
            rig.alice, wire::MessageType::get_identity, wire::GetIdentityRequest{});
        ASSERT_TRUE(identity.is_ok());
        EXPECT_EQ(identity.value().is_sealed, seals);
        const std::string_view said = console_of(rig);
        EXPECT_TRUE(has(said, "state=ready"));
        const std::string_view ours = seals ? "sealed=yes" : "sealed=no";
        const std::string_view other = seals ? "sealed=no" : "sealed=yes";
        EXPECT_TRUE(has(said, ours) && !has(said, other)) << said;
        use(rig, rig.alice, seals);
    }
}

/// Bob is of the other kind than the node: he is told so, and everybody else goes on.
void expect_refusal(ServiceRig& rig, bool node_seals) {
    wire::Principal entry;
    entry.exchange_key = rig.node().identity().exchange_key();
    entry.address = ServiceRig::address;
    ASSERT_TRUE(rig.bob.session.open(entry, rig.raw).is_ok());
    const uint64_t opened = rig.service().sessions().figures().opened;
    for (int times = 0; times < 2; ++times) {
        const wire::RequestHandle request =
            rig.start(rig.bob, wire::MessageType::ping, wire::PingRequest{});
        const Result<Bytes> answer = rig.wait_for(rig.bob, wire::MessageType::ping, request);
        ASSERT_FALSE(answer.is_ok());
        EXPECT_TRUE(answer.error() == (Error{ErrorCode::unsupported, Field::session,
                                             node_seals ? 1u : 0u, node_seals ? 0u : 1u}))
            << name_of(answer.error().code);
    }
    EXPECT_TRUE(rig.bob.session.state() == wire::SessionState::opening);
    EXPECT_EQ(rig.bob.session.figures().packets_sent, 0u) << "not one word";
    EXPECT_GE(rig.bob.session.figures().accepts_refused, 2u);
    EXPECT_EQ(rig.service().sessions().figures().opened, opened);
    use(rig, rig.alice, node_seals);
}

TEST(TrustedFabric, A_client_that_seals_is_refused_by_a_plain_node) {
    ServiceRig rig{service_rig_area, bob_seals};
    rig.boot();
    expect_refusal(rig, false);
}

TEST(TrustedFabric, A_plain_client_is_refused_by_a_node_that_seals) {
    ServiceRig rig{service_rig_area, bob_is_plain};
    rig.boot();
    expect_refusal(rig, true);
}

/// Repeats what passes as the other kind, from the same address and under the next number.
class Turncoat final : public Listener {
public:
    void on_sent(const Datagram& datagram) noexcept override {
        const bool is_it = datagram.to == ServiceRig::address &&
                           (datagram.bytes[3] == static_cast<uint8_t>(wire::PacketKind::plain) ||
                            datagram.bytes[3] == static_cast<uint8_t>(wire::PacketKind::sealed));
        if (is_it) {
            last = datagram;
            count += 1;
        }
    }
    Datagram last{};
    uint64_t count = 0;
};

TEST(TrustedFabric, No_session_ever_changes_its_kind) {
    for (const bool seals : {false, true}) {
        SCOPED_TRACE(seals);
        ServiceRig rig{service_rig_area, seals ? Sealing{} : nobody_seals};
        rig.boot();
        Turncoat turncoat;
        rig.net.listen(&turncoat);
        use(rig, rig.alice, seals);
        rig.net.listen(&turncoat);
        ASSERT_TRUE(
            rig.ask<wire::PingReply>(rig.alice, wire::MessageType::ping, wire::PingRequest{})
                .is_ok());
        ASSERT_GT(turncoat.count, 0u);
        rig.net.listen(nullptr);
        const uint64_t requests = rig.service().figures().requests;
        Datagram& packet = turncoat.last;
        packet.bytes[3] =
            static_cast<uint8_t>(seals ? wire::PacketKind::plain : wire::PacketKind::sealed);
        store_big_endian<uint64_t>(packet.bytes.data() + 16, 500); // a fresh counter
        rig.net.inject(packet.from, ServiceRig::address, packet.view());
        rig.run(Duration{10});
        EXPECT_EQ(rig.service().figures().requests, requests);
        EXPECT_EQ(rig.service().sessions().figures().of(wire::SessionDrop::kind_refused), 1u);
    }
}

} // namespace
} // namespace grafos::test
