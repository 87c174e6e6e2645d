// SPDX-License-Identifier: Apache-2.0
/// What the hot paths cost, in instructions, at their worst over an adversarial set.
///
/// A time on an emulator says little; an instruction count under QEMU's instruction counting is
/// exact and the same tomorrow. Each row is the largest count seen over a full table, colliding
/// deadlines, slots that cascade and turns in which everything is due.
/// `tools/checks/instructions.py` holds the rows against their ceilings, and breaks the build when
/// one grows.
#include <new>

#include "boards/parts/machine/machine.hpp"
#include "core/crypto/noise.hpp"
#include "core/lease/audit/chain.hpp"
#include "core/node/node_storage.hpp"
#include "tests/bench/instructions/rows.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/support/seeded_entropy.hpp"
#include "tests/support/session_pair.hpp"
#include "tests/support/token_rig.hpp"

namespace grafos::board {
namespace {

constexpr uint32_t lease_count = 4096;
constexpr uint32_t turn_budget = 128;

constexpr lease::NodeLimits bench_limits{
    .lease_count_max = 256,
    .memory_units_max = 256,
    .block_units_max = 64,
    .group_bytes_max = 16 * 1024,
    .outbox_slots_max = 64,
    .block_accesses_max = 4,
    .events_max = 64,
    .renewals_max = 16,
    .turn_max = Duration{10},
    .teardown_deadline = Duration{5'000},
    .expiries_per_turn_max = turn_budget,
    .requests_per_turn_max = 32,
    .wipe_bytes_per_turn = 256 * 1024,
};

using SmallTable = lease::LeaseTableOf<lease_count, lease::small_wheel>;
using FlatTable = lease::LeaseTableOf<lease_count, lease::flat_wheel>;
using NodeType = node::NodeOf<bench_limits>;

alignas(64) constinit std::array<uint8_t, sizeof(SmallTable)> small_area{};
alignas(64) constinit std::array<uint8_t, sizeof(FlatTable)> flat_area{};
alignas(64) constinit std::array<uint8_t, sizeof(NodeType)> node_area{};
alignas(64) constinit std::array<uint8_t, sizeof(test::SessionPair)> pair_area{};
alignas(64) constinit std::array<uint8_t, sizeof(test::TokenRig)> rig_area{};
constinit std::array<uint8_t, 4 * 1024 * 1024> disk_area{};
alignas(64) constinit std::array<uint8_t, 256 * 4096> memory_area{};

[[nodiscard]] lease::GrantSpec spec_of(const lease::LeaseTable& table, crypto::Drbg& drbg,
                                       uint64_t number) noexcept {
    lease::GrantSpec spec;
    store_big_endian<uint32_t>(spec.id.bytes.data(), table.next_free().value().value);
    drbg.fill(MutableBytes{spec.id.bytes}.subspan(4));
    drbg.fill(spec.ref.bytes);
    drbg.fill(spec.alloc_key.bytes);
    spec.extent = {number, 1};
    spec.amount_bytes = 4096;
    spec.epoch = {number + 1};
    spec.ttl = Duration{limits::lease_ttl_min.ms + (number * 7919) % 250'000};
    return spec;
}

/// A full table, each lease renewed, shortened, looked up; then all of time until each has ended.
void measure_table(lease::LeaseTable& table, std::string_view group, Report& report) noexcept {
    crypto::Drbg drbg;
    drbg.seed(bytes_of("instructions"));
    Instant now{1'000};
    table.start(now, {1, 2});
    Row grant;
    Row renew;
    Row shorten;
    Row access;
    Row release;
    Row idle;
    Row expiry;
    std::array<LeaseId, lease_count>& ids =
        *reinterpret_cast<std::array<LeaseId, lease_count>*>(memory_area.data());
    for (uint32_t i = 0; i < lease_count; ++i) {
        const lease::GrantSpec spec = spec_of(table, drbg, i);
        ids[i] = spec.id;
        grant.measure([&] { (void)table.grant(spec, now).is_ok(); });
    }
    now.ms += 50;
    for (uint32_t i = 0; i < lease_count; ++i) {
        renew.measure([&] {
            const SlotIndex slot = table.find(ids[i], now).value();
            table.renew(slot, table.plan_renew(slot, {0}, now, 300_s).value());
        });
        shorten.measure([&] {
            const SlotIndex slot = table.find(ids[i], now).value();
            table.renew(slot, table.plan_renew(slot, {1}, now, Duration{0}).value());
        });
        access.measure([&] { (void)table.check_access(ids[i], {i + 1}, {1}, now).is_ok(); });
    }
    for (uint32_t i = 0; i < lease_count; i += 4) {
        release.measure([&] {
            const SlotIndex slot = table.find(ids[i], now).value();
            table.enter_tearing_down(slot, {ErrorCode::released, lease::Reason::none}, now, now);
            table.enter_free(slot);
        });
    }
    // Half of what is left falls due in the same millisecond.
    for (uint32_t i = 1; i < lease_count; i += 2) {
        const Result<SlotIndex> slot = table.find(ids[i], now);
        if (slot.is_ok()) {
            table.renew(slot.value(), table.plan_renew(slot.value(), {2}, now, 300_s).value());
        }
    }
    for (uint64_t tick = 0; table.live_count() > 0 && tick < 700'000; ++tick) {
        now.ms += 1;
        const uint32_t before = table.live_count();
        uint32_t budget = turn_budget;
        Row turn;
        turn.measure([&] {
            for (auto slot = table.next_due(now, budget); slot.has_value();
                 slot = table.next_due(now, budget)) {
                table.enter_tearing_down(*slot, {ErrorCode::lease_expired, lease::Reason::none},
                                         now, now);
                table.enter_free(*slot);
            }
        });
        Row& row = table.live_count() == before ? idle : expiry;
        row.most = turn.most > row.most ? turn.most : row.most;
    }
    report.print_row(group, "grant", grant);
    report.print_row(group, "renew", renew);
    report.print_row(group, "renew_shorter", shorten);
    report.print_row(group, "check_access", access);
    report.print_row(group, "release", release);
    report.print_row(group, "idle_turn", idle);
    report.print_row(group, "expiry_turn_128", expiry);
}

void measure_seal(Report& report) noexcept {
    const lease::NullSigner signer{NodeId{{1}}};
    lease::ChainAssembler chain{{}, {1}, signer};
    std::array<uint8_t, limits::record_bytes_max> out;
    std::array<uint8_t, limits::event_data_bytes_max> data{};
    lease::AuditEvent event;
    event.kind = lease::EventKind::edge_rewritten;
    event.identity = bytes_of("identity");
    Row typical;
    Row longest;
    for (int i = 0; i < 100; ++i) {
        event.event_data = Bytes{data}.first(32);
        typical.measure([&] { (void)chain.seal(event, out).is_ok(); });
        event.event_data = data;
        longest.measure([&] { (void)chain.seal(event, out).is_ok(); });
    }
    report.print_row("", "seal_200_bytes", typical);
    report.print_row("", "seal_longest", longest);
}

void measure_packet(Report& report) noexcept {
    crypto::AeadKey key;
    std::array<uint8_t, 1350 + crypto::seal_tag_bytes> body{};
    const std::array<uint8_t, 24> header{};
    key.set(Bytes{body}.first(32));
    for (const size_t size : {size_t{200}, size_t{1350}}) {
        Row seal;
        Row open;
        const MutableBytes used = MutableBytes{body}.first(size + crypto::seal_tag_bytes);
        for (uint64_t counter = 0; counter < 20; ++counter) {
            seal.measure([&] { key.seal(counter, header, used); });
            open.measure([&] { GRAFOS_ASSERT(key.open(counter, header, used)); });
        }
        report.print_row("packet", size == 200 ? "seal_200" : "seal_1350", seal);
        report.print_row("packet", size == 200 ? "open_200" : "open_1350", open);
    }
}

/// Each step of a handshake, which is the most of it that a turn may take.
void measure_handshake(Report& report) noexcept {
    crypto::Drbg drbg;
    drbg.seed(bytes_of("handshake"));
    crypto::Identity client;
    crypto::Identity node;
    client.start(crypto::draw_identity_secrets(drbg));
    node.start(crypto::draw_identity_secrets(drbg));
    const std::array<uint8_t, 64> payload{};
    crypto::NoiseInitiator initiator;
    crypto::NoiseResponder responder;
    std::array<Row, 5> asks;
    std::array<Row, 5> answers;
    for (int round = 0; round < 3; ++round) {
        const auto step_all = [](auto& end, std::span<Row> rows) {
            for (Row& row : rows) {
                row.measure([&] { GRAFOS_ASSERT(end.step() != crypto::Step::refused); });
            }
        };
        initiator.start(client, node.exchange_key(), {}, payload, crypto::EphemeralSecret{drbg});
        step_all(initiator, std::span{asks}.first(3));
        GRAFOS_ASSERT(responder.start_read(node, {}, initiator.message()));
        step_all(responder, std::span{answers}.first(2));
        responder.start_write(payload, crypto::EphemeralSecret{drbg});
        step_all(responder, std::span{answers}.last(3));
        GRAFOS_ASSERT(initiator.start_read(responder.message()));
        step_all(initiator, std::span{asks}.last(2));
    }
    constexpr std::string_view asks_names[] = {"write_e", "write_es", "write_ss", "read_ee",
                                               "read_se"};
    constexpr std::string_view answers_names[] = {"read_es", "read_ss", "write_e", "write_ee",
                                                  "write_se"};
    for (size_t i = 0; i < asks.size(); ++i) {
        report.print_row("initiator", asks_names[i], asks[i]);
        report.print_row("responder", answers_names[i], answers[i]);
    }
}

/// A token's check, first and again, a refused one, and the verbs that it lets in.
void measure_token(Report& report) noexcept {
    auto& rig = *new (rig_area.data()) test::TokenRig{};
    std::array<uint8_t, 64> data{};
    lease::Token narrow = rig.token;
    while (attenuate(narrow, lease::Caveat::only_rights(lease::right::read)).is_ok()) {
    } // as many as there is room for
    Row first, caveats, refused, again, mint, access, exchange, add, lock, wait, commit;
    bool is_good = rig.check_again();
    for (uint64_t nonce = 1; nonce <= 100; ++nonce) {
        first.measure([&] { is_good = is_good && rig.check_first(); });
        caveats.measure([&] { is_good = is_good && rig.keeper.open(narrow.view()).is_ok(); });
        again.measure([&] { is_good = is_good && rig.check_again(); });
        lease::Token forged = rig.token;
        forged.bytes[nonce % forged.size] ^= 0x10;
        refused.measure([&] { is_good = is_good && !rig.keeper.open(forged.view()).is_ok(); });
        const lease::LeaseTerms terms = rig.terms();
        mint.measure([&] { is_good = is_good && rig.keeper.mint_lease(terms).size > 0; });
        access.measure([&] { is_good = is_good && rig.read_by_ref(data); });
        exchange.measure([&] {
            is_good =
                is_good &&
                rig.verbs.compare_exchange(rig.authority, 2048, nonce - 1, nonce, rig.now).is_ok();
        });
        add.measure([&] {
            is_good = is_good && rig.verbs.fetch_add(rig.authority, 2056, 1, rig.now).is_ok();
        });
        lease::LockGrant held;
        lock.measure([&] { held = rig.lock(nonce); });
        for (uint64_t waiter = 0; waiter < limits::lock_waiters_max + 1; ++waiter) {
            wait.measure([&] { (void)rig.lock(1'000 + waiter); });
        }
        commit.measure([&] { is_good = is_good && rig.commit(held, nonce, data); });
        rig.now.ms += limits::lock_poll_max.ms; // all waiters lose their place
    }
    GRAFOS_ASSERT(is_good);
    report.print_row("token", "check_first", first);
    report.print_row("token", "open_8_caveats", caveats);
    report.print_row("token", "open_refused", refused);
    report.print_row("token", "check_again", again);
    report.print_row("token", "mint", mint);
    report.print_row("region", "read_64_by_ref", access);
    report.print_row("region", "compare_exchange", exchange);
    report.print_row("region", "fetch_add", add);
    report.print_row("region", "lock", lock);
    report.print_row("region", "lock_wait", wait);
    report.print_row("region", "commit_64", commit);
}

/// Packets through a node's sessions, with a table of 64 of which one is open.
void measure_session(Report& report) noexcept {
    auto& pair = *new (pair_area.data()) test::SessionPair{};
    pair.open();
    const std::array<uint8_t, 100> payload{};
    const wire::HelloPacket hello = wire::encode_hello({});
    const wire::InitPacket init = wire::encode_init({});
    Row ask, answer, finish, forged, asked_hello, refused_init, idle;
    for (int i = 0; i < 50; ++i) {
        ask.measure([&] { pair.ask(wire::MessageType::mem_fetch_add, payload); });
        pair.node_link.front()[60] ^= 1;
        forged.measure([&] { pair.serve(); });
        pair.session.release(pair.request);
        pair.ask(wire::MessageType::mem_fetch_add, payload);
        answer.measure([&] { pair.serve(); });
        finish.measure([&] { pair.finish(); });
        (void)pair.client_link.send({2, 2}, hello).is_ok();
        asked_hello.measure([&] { pair.serve(); });
        (void)pair.client_link.send({2, 2}, init).is_ok();
        refused_init.measure([&] { pair.serve(); });
        idle.measure([&] { pair.serve(); });
        (void)pair.client_port.receive(8, pair.now);
        pair.now.ms += 1;
    }
    GRAFOS_ASSERT(pair.server.figures().requests == 50);
    report.print_row("session", "ask_100", ask);
    report.print_row("session", "answer_100", answer);
    report.print_row("session", "finish_100", finish);
    report.print_row("session", "forged_100", forged);
    report.print_row("session", "hello", asked_hello);
    report.print_row("session", "init_refused", refused_init);
    report.print_row("session", "idle_turn", idle);
    pair.~SessionPair();
}

void measure_node(Report& report) noexcept {
    test::RamBlockDevice disk{disk_area};
    test::SeededEntropy entropy{1};
    auto& node = *new (node_area.data()) NodeType{
        {entropy, disk, memory_area, {}, lease::WallSource::scenario}, lease::LogOptions{}};
    Instant raw{1};
    Row boot;
    const auto is_clean = [&] {
        const auto resources = node.lessor().resources();
        return resources[0]->info().free == resources[0]->info().unit_count &&
               resources[1]->info().free == resources[1]->info().unit_count;
    };
    while (node.readiness() != node::Readiness::ready || !is_clean()) {
        raw.ms += 1;
        boot.measure([&] { node.tick(raw); });
    }
    Row idle;
    for (int i = 0; i < 1'000; ++i) {
        raw.ms += 1;
        idle.measure([&] { node.tick(raw); });
    }
    Row one;
    Row full;
    const lease::Request request{.operation = lease::Operation::grant,
                                 .resource = lease::resource_id_of(lease::ResourceKind::memory, 0),
                                 .amount_bytes = 4096,
                                 .ttl = 1_s};
    for (uint32_t round = 0; round < 8; ++round) {
        const uint32_t requests = round % 2 == 0 ? 1 : bench_limits.requests_per_turn_max;
        std::array<lease::Ticket, bench_limits.requests_per_turn_max> tickets;
        for (uint32_t i = 0; i < requests; ++i) {
            tickets[i] = node.start(request).value();
        }
        raw.ms += 1;
        (requests == 1 ? one : full).measure([&] { node.tick(raw); });
        for (uint32_t turns = 0; turns < 2'000; ++turns) {
            raw.ms += 1;
            node.tick(raw);
        }
        for (uint32_t i = 0; i < requests; ++i) {
            GRAFOS_ASSERT(node.poll(tickets[i]).is_ok());
        }
    }
    report.print_row("node", "boot_turn", boot);
    report.print_row("node", "idle_turn", idle);
    report.print_row("node", "grant_turn_1", one);
    report.print_row("node", "grant_turn_32", full);
    node.~NodeType();
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    Report report{machine};
    measure_table(*new (small_area.data()) SmallTable{}, "small", report);
    measure_table(*new (flat_area.data()) FlatTable{}, "flat", report);
    measure_seal(report);
    measure_token(report);
    measure_packet(report);
    measure_handshake(report);
    measure_session(report);
    measure_node(report);
    measure_service(report, disk_area, memory_area);
    measure_codec(report);
    measure_emulation(report, memory_area);
    measure_fabric(report, disk_area, memory_area);
    return hal::ExitStatus::success;
}

} // namespace grafos::board
