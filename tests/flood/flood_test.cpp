// SPDX-License-Identifier: Apache-2.0
// A node in a storm: millions of frames, half of them valid but for one field, from strangers and
// from a holder with a valid session. It stays up, serves, and every refusal it has is counted.
#include "tests/flood/flood_rig.hpp"

namespace grafos::test {

FloodTotals flood_totals;
alignas(FloodArea) std::array<uint8_t, sizeof(FloodArea)> flood_area;

namespace {

TEST_F(Flood, Strangers_cannot_stop_a_node_nor_learn_from_it) {
    const uint64_t requests = rig.service().figures().requests;
    uint64_t sent = 0;
    while (sent < frames_total / 2) {
        storm_turn();
        sent += frames_per_turn;
        if (sent % (frames_total / 16) < frames_per_turn) {
            expect_service("in the storm");
        }
    }
    expect_service("after the storm");
    EXPECT_LE(rig.service().figures().requests - requests, 4'000u)
        << "only the valid client's own requests came through";
    const node::FabricService& service = rig.service();
    const wire::SessionFigures& figures = service.sessions().figures();
    using wire::SessionDrop;
    for (const SessionDrop drop :
         {SessionDrop::hello_malformed, SessionDrop::init_malformed, SessionDrop::session_unknown,
          SessionDrop::address_foreign, SessionDrop::kind_refused, SessionDrop::counter_repeated,
          SessionDrop::tag_wrong}) {
        EXPECT_GT(figures.of(drop), 0u) << wire::name_of(drop);
    }
    EXPECT_GT(rig.service().port().figures().dropped_header, 0u);
}

TEST_F(Flood, A_hostile_holder_cannot_either) {
    RawClient mallory{around(), hostile_address, rig.bob.identity, 5};
    ASSERT_TRUE(mallory.open());
    uint64_t sent = 0;
    uint64_t sessions = 1;
    uint64_t number = 1;
    while (sent < frames_total / 2) {
        for (uint32_t i = 0; i < frames_per_turn; ++i) {
            const WireFrame frame = area.frames.next();
            const size_t size = frame.packet.size();
            const size_t header = wire::packet_header_bytes;
            const size_t body = size > header ? size - header : 0;
            const Bytes first = first_message(frame.packet.subspan(size - body));
            std::array<uint8_t, wire::packet_bytes_max> bytes;
            copy_bytes(bytes, first);
            if (first.size() >= wire::message_header_bytes) {
                renumber(bytes, i % 8, number);
            }
            mallory.send_sealed(Bytes{bytes}.first(first.size()));
        }
        sent += frames_per_turn;
        flood_totals.frames += frames_per_turn;
        mallory.turn();
        if (sent % (frames_total / 16) < frames_per_turn) {
            expect_service("with a hostile holder");
            sessions += mallory.open() ? 1u : 0u;
            number = 1;
        }
    }
    expect_service("after a hostile holder");
    EXPECT_GT(sessions, 1u);
    EXPECT_GT(rig.service().figures().requests, frames_total / 100);
    EXPECT_GT(rig.service().figures().refused, frames_total / 200);
    const wire::SessionFigures& figures = rig.service().sessions().figures();
    using wire::SessionDrop;
    for (const SessionDrop drop : {SessionDrop::message_malformed, SessionDrop::request_below_floor,
                                   SessionDrop::request_beyond_window}) {
        EXPECT_GT(figures.of(drop), 0u) << wire::name_of(drop);
    }
}

/// What a storm alone does not bring about: each trouble a node can be in, in the storm.
class FloodTrouble : public Flood {
protected:
    void storm(uint32_t turns = 200) {
        for (uint32_t i = 0; i < turns; ++i) {
            storm_turn();
        }
    }
    template <typename T>
    static void expect(ErrorCode code, const Result<T>& result) {
        EXPECT_FALSE(result.is_ok()) << name_of(code);
        if (!result.is_ok()) {
            EXPECT_EQ(result.error().code, code) << name_of(result.error().code);
        }
    }
    void expect_sample(ErrorCode code, wire::MessageType type, const ServiceRig::Held& held) {
        const size_t size = sample_request(type, held, held.token, bytes);
        expect(code, rig.ask_raw(rig.oper, type, Bytes{bytes}.first(size)));
    }
    /// As many at once as the window takes: some are refused with `code`.
    void expect_crowd(ErrorCode code, wire::MessageType type, const ServiceRig::Held& held) {
        const size_t size = sample_request(type, held, held.token, bytes);
        std::array<wire::RequestHandle, 64> requests{};
        for (wire::RequestHandle& request : requests) {
            request = rig.oper.session
                          .start(type, Bytes{bytes}.first(size), ServiceRig::patience, rig.raw)
                          .value();
        }
        size_t refused = 0;
        for (const wire::RequestHandle& request : requests) {
            const auto answer = rig.wait_for(rig.oper, type, request);
            refused += !answer.is_ok() && answer.error().code == code ? 1u : 0u;
        }
        EXPECT_GT(refused, 0u) << name_of(code);
    }

    std::array<uint8_t, wire::whole_payload_bytes_max> bytes{};
};

TEST_F(FloodTrouble, A_holder_asks_for_what_it_has_no_more) {
    const ServiceRig::Held freed = rig.must_hold(rig.oper, 4'096);
    EXPECT_TRUE(rig.free(rig.oper, freed).is_ok());
    expect(ErrorCode::released, rig.read(rig.oper, freed, 0, 8));
    const ServiceRig::Held taken = rig.must_hold(rig.oper, 4'096);
    EXPECT_TRUE(rig.ask<wire::LeaseRevokeReply>(
                       rig.oper, wire::MessageType::lease_revoke,
                       wire::LeaseRevokeRequest{taken.ref, {}, lease::Reason::none})
                    .is_ok());
    expect(ErrorCode::revoked, rig.read(rig.oper, taken, 0, 8));
    const ServiceRig::Held ended =
        rig.must_hold(rig.oper, 4'096, lease::ResourceKind::memory, Duration{1'000});
    storm(1'000);
    expect(ErrorCode::lease_expired, rig.read(rig.oper, ended, 0, 8));
    ServiceRig::Held newer = rig.must_hold(rig.oper, 4'096);
    expect_sample(ErrorCode::unsupported, wire::MessageType::block_read, newer);
    const lease::Token cap = rig.must_cap(rig.oper, 16'384);
    expect(ErrorCode::foreign,
           rig.alloc(rig.oper, cap, 16'384, Duration{5'000}, lease::ResourceKind::block));
    const ServiceRig::Held old = newer;
    newer.token.bytes[0] = 2;
    expect(ErrorCode::unsupported_version, rig.read(rig.oper, newer, 0, 8));
    restart();
    storm();
    expect(ErrorCode::stale_epoch, rig.read(rig.oper, old, 0, 8));
    expect_service("after a restart");
}

TEST_F(FloodTrouble, A_holder_writes_a_lock_of_its_own_making) {
    const ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    std::array<uint8_t, 256> lock{'g', 'L', 'c', 'k', 1};
    lock[8] = 1;  // of another boot, so that nobody has it
    lock[24] = 1; // the nonce of its last grant
    for (size_t i = 0; i < 8; ++i) {
        lock[16 + i] = 0xFF; // granted as often as can be counted
    }
    ASSERT_TRUE(rig.write(rig.oper, held, 256, lock).is_ok());
    storm();
    expect_sample(ErrorCode::exhausted, wire::MessageType::mem_lock, held);
    lock[0] = 'x';
    ASSERT_TRUE(rig.write(rig.oper, held, 256, lock).is_ok());
    expect_sample(ErrorCode::corrupt, wire::MessageType::mem_lock, held);
    expect_crowd(ErrorCode::rate_limited, wire::MessageType::ping, held);
    expect_crowd(ErrorCode::busy, wire::MessageType::mem_read, held);
    expect_service("after a forged lock");
}

TEST_F(FloodTrouble, A_disk_fails_a_wipe_and_then_the_log) {
    const ServiceRig::Held block = rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block);
    const lease::DiskLayout layout = rig.node().log().layout();
    for (const auto operation : {hal::BlockOperation::read, hal::BlockOperation::write}) {
        rig.disk.fail_sectors(operation, layout.data_first(), layout.data_sectors());
    }
    storm();
    expect_sample(ErrorCode::io, wire::MessageType::block_read, block);
    ASSERT_TRUE(rig.free(rig.oper, block).is_ok());
    const lease::Resource& resource = *rig.node().lessor().resources()[1];
    for (int turns = 0; turns < 5'000 && resource.info().fenced == 0; ++turns) {
        storm_turn();
    }
    ASSERT_GT(resource.info().fenced, 0u);
    wire::FenceClearRequest clear;
    clear.resource = resource.info().id;
    clear.fence = resource.fence_of(resource.find_run(lease::UnitState::fenced, 0).first_unit);
    const auto fenced =
        rig.ask<wire::FenceClearReply>(rig.oper, wire::MessageType::fence_clear, clear);
    expect(ErrorCode::fenced, fenced);
    rig.disk.heal();
    clear.fence = {fenced.error().value};
    EXPECT_TRUE(
        rig.ask<wire::FenceClearReply>(rig.oper, wire::MessageType::fence_clear, clear).is_ok());
    expect_service("with a disk that is well again");
    const ServiceRig::Held last = rig.must_hold(rig.oper, 4'096);
    rig.disk.fail_sectors(hal::BlockOperation::write, 0, service_disk_bytes / 512);
    static_cast<void>(rig.free(rig.oper, last).is_ok());
    for (int turns = 0; turns < 5'000 && rig.node().readiness() != node::Readiness::degraded;
         ++turns) {
        storm_turn();
    }
    expect_sample(ErrorCode::degraded, wire::MessageType::audit_trim, last);
    rig.disk.heal();
    restart();
    expect_service("after a log that could not be written");
}

TEST_F(FloodTrouble, A_node_is_asked_before_it_is_ready) {
    keep_totals();
    rig.cut_power();
    rig.power_on();
    lease::Request request;
    request.operation = lease::Operation::grant;
    request.caller = {ServiceRig::tenant, rig.alice.identity.exchange_key().view()};
    expect(ErrorCode::not_ready, rig.node().start(request));
    for (int turns = 0; turns < 5'000 && rig.node().readiness() != node::Readiness::ready;
         ++turns) {
        storm_turn();
    }
    for (ServiceClient* const client : {&rig.alice, &rig.bob, &rig.oper}) {
        ASSERT_TRUE(rig.open(*client));
    }
    expect_service("after a boot in the storm");
}

/// What only somebody with a key, or a cookie, can send.
class FloodSessions : public FloodTrouble {
protected:
    [[nodiscard]] uint64_t dropped(wire::SessionDrop drop) {
        return rig.service().sessions().figures().of(drop);
    }
    void expect_drop(wire::SessionDrop drop) {
        rig.run(Duration{60});
        EXPECT_GT(dropped(drop), 0u) << wire::name_of(drop);
    }
};

TEST_F(FloodSessions, Strangers_have_cookies) {
    crypto::Identity nobody;
    nobody.start(crypto::draw_identity_secrets(rig.alice.drbg));
    RawClient stranger{around(), stranger_address(1), nobody, 61};
    ASSERT_TRUE(stranger.fetch_cookie());
    for (int i = 0; i < 6; ++i) {
        stranger.send(stranger.make_init()); // more than one host's places
    }
    expect_drop(wire::SessionDrop::queue_full);
    expect_drop(wire::SessionDrop::principal_unknown);
    rig.run(Duration{1'000}); // a fresh ration
    wire::InitPacket forged = stranger.make_init();
    forged[forged.size() - 1] = static_cast<uint8_t>(forged[forged.size() - 1] ^ 1);
    forged[wire::packet_header_bytes + wire::cookie_body_bytes + 40] ^= 1;
    stranger.send(forged);
    expect_drop(wire::SessionDrop::key_refused);
    storm();
    expect_service("with strangers at the door");
}

TEST_F(FloodSessions, A_holder_shakes_hands_wrongly) {
    RawClient bob{around(), stranger_address(2), rig.bob.identity, 62};
    ASSERT_TRUE(bob.fetch_cookie());
    const wire::InitPacket init = bob.make_init();
    bob.send(init);
    bob.send(init);
    expect_drop(wire::SessionDrop::init_repeated);
    auto payload = wire::encode_init_payload({});
    payload[0] = 9; // a version that nobody has
    const crypto::EphemeralSecret ephemeral{bob.drbg};
    bob.noise.start(rig.bob.identity, around().node_key, bytes_of(wire::handshake_prologue),
                    payload, ephemeral);
    while (bob.noise.is_step_due()) {
        static_cast<void>(bob.noise.step());
    }
    wire::InitBody body{.proof = {bob.random, bob.cookie}, .noise = {}};
    copy_bytes(body.noise, bob.noise.message());
    bob.send(wire::encode_init(body));
    expect_drop(wire::SessionDrop::init_payload);
    // Who has a session gives one of his own; so guests come until each place is another's.
    constexpr std::array<std::string_view, 4> guests{"carol", "dave", "erin", "frank"};
    for (uint32_t i = 0; i < guests.size() && dropped(wire::SessionDrop::table_full) == 0; ++i) {
        crypto::Identity guest;
        guest.start(crypto::draw_identity_secrets(rig.alice.drbg));
        ASSERT_TRUE(rig.peers().add(test::SessionRig::peer_entry(guest, guests[i])).is_ok());
        RawClient more{around(), stranger_address(10 + i), guest, 70 + i};
        static_cast<void>(more.open());
        rig.run(Duration{1'000});
    }
    expect_drop(wire::SessionDrop::table_full);
    storm();
}

TEST_F(FloodSessions, A_holder_breaks_the_rules_of_its_session) {
    RawClient bob{around(), stranger_address(3), rig.oper.identity, 63};
    ASSERT_TRUE(bob.open());
    const ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    const size_t size = sample_request(wire::MessageType::lease_free, held, held.token, bytes);
    bob.ask(1, 1, wire::MessageType::lease_free, Bytes{bytes}.first(size));
    bob.ask(1, 1, wire::MessageType::lease_free, Bytes{bytes}.first(size));
    expect_drop(wire::SessionDrop::request_executing);
    const std::array<uint8_t, 4> echo{};
    wire::MessageWriter pings{bytes};
    for (uint64_t request = 2; request < 42; ++request) {
        ASSERT_TRUE(pings
                        .put({.type = static_cast<uint16_t>(wire::MessageType::ping),
                              .request = {request},
                              .open = static_cast<uint16_t>(request - 2),
                              .payload = echo})
                        .is_ok());
    }
    bob.send_sealed(Bytes{bytes}.first(pings.size()));
    bob.send_sealed(Bytes{bytes}.first(pings.size()));
    expect_drop(wire::SessionDrop::request_over_budget);
    std::array<uint8_t, 128> piece{};
    wire::MessageWriter writer{piece};
    ASSERT_TRUE(writer
                    .put({.type = static_cast<uint16_t>(wire::MessageType::mem_write),
                          .flags = wire::message_flags::continued,
                          .request = {50},
                          .fragment = wire::Fragment{0, 5'000},
                          .payload = echo})
                    .is_ok());
    bob.send_sealed(Bytes{piece}.first(writer.size()));
    expect_drop(wire::SessionDrop::fragment_refused);
    Datagram old = *area.recorder.newest();
    bob.channel.skip_to(bob.channel.sent_count() + 2'000);
    bob.send_sealed({});
    rig.run(Duration{2});
    rig.net.inject(old.from, ServiceRig::address, old.view());
    expect_drop(wire::SessionDrop::counter_old);
    storm();
    expect_service("after a holder that knows no rules");
}

/// Never said by a node: a client's own word, and a word of tasklets, which there are none of.
constexpr bool is_never_said(ErrorCode code) {
    return code == ErrorCode::disconnected || code == ErrorCode::out_of_fuel;
}

/// The port hands what is directed to a program to the program's side, and reads no header of a
/// cookie or an accept that is not: a node behind a port never sees either.
constexpr bool is_never_seen(wire::SessionDrop drop) {
    return drop == wire::SessionDrop::kind_unexpected;
}

// Stands last by place and by name: frames differ in which they go by.
TEST(FloodWhole, With_these_every_refusal_has_been_counted) {
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        EXPECT_EQ(flood_totals.refusals[number] > 0, !is_never_said(code))
            << name_of(code) << ": " << flood_totals.refusals[number];
    }
    for (size_t index = 0; index < wire::session_drop_count; ++index) {
        const auto drop = static_cast<wire::SessionDrop>(index);
        EXPECT_EQ(flood_totals.drops[index] > 0, !is_never_seen(drop))
            << wire::name_of(drop) << ": " << flood_totals.drops[index];
    }
    EXPECT_GT(flood_totals.no_header, 0u);
    EXPECT_GT(flood_totals.for_nobody, 0u);
    EXPECT_GE(flood_totals.frames, frames_total);
}

} // namespace
} // namespace grafos::test
