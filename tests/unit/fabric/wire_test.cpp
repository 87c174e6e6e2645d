// SPDX-License-Identifier: Apache-2.0
/// A program and a node, whole: sealed sessions, real tokens, a net that loses, a disk that counts.
#include "core/fabric/builder.hpp"
#include "core/fabric/fabric_storage.hpp"
#include "tests/support/service_rig.hpp"

namespace grafos::fabric {
namespace {

constexpr FabricLimits holder_limits{
    .leases_max = 24,
    .peers_max = 2,
    .window = 16,
    .turn_max = Duration{5},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 16,
};
using HolderFabric = FabricOf<holder_limits>;

test::ServiceRigArea node_area;
alignas(HolderFabric) std::array<uint8_t, sizeof(HolderFabric)> fabric_area;

class FabricOverTheWire : public ::testing::Test, public Pump {
protected:
    FabricOverTheWire() {
        rig.alice_entry.roles =
            wire::Roles{} | wire::Role::cap | wire::Role::revoke | wire::Role::call;
        rig.boot();
        wire::Principal node;
        node.exchange_key = rig.node().identity().exchange_key();
        node.address = test::ServiceRig::address;
        copy_bytes(MutableBytes{reinterpret_cast<uint8_t*>(node.name.data()), 4}, bytes_of("node"));
        node.name_size = 4;
        EXPECT_TRUE(peers.add(node).is_ok());
        start_program();
        EXPECT_TRUE(fabric_->check_peers().is_ok());
        begun = rig.raw;
    }
    /// Of one that was there before nothing is left but its key: it let go of nothing.
    void start_program() noexcept {
        clients.emplace();
        port.emplace(link, nullptr, &*clients);
        const FabricMachine machine{
            .peers = peers,
            .identity = rig.alice.identity,
            .drbg = rig.alice.drbg,
            .port = &*port,
            .clients = &*clients,
        };
        fabric_ = new (fabric_area.data()) HolderFabric{machine};
    }
    ~FabricOverTheWire() {
        for (std::optional<MemLease>& each : many) {
            each.reset();
        }
        fabric_->~HolderFabric();
    }

    /// The holder's own clock, as far from true as drift allows.
    [[nodiscard]] Instant holder_time() const noexcept {
        const int64_t elapsed = static_cast<int64_t>(rig.raw.ms - begun.ms);
        return {static_cast<uint64_t>(static_cast<int64_t>(begun.ms) + 5'000 + elapsed +
                                      elapsed * drift_ppm / 1'000'000)};
    }
    void turn() noexcept override {
        is_turning_ = true;
        rig.turn();
        const Instant now = holder_time();
        while (port->receive(16, now)) {}
        fabric_->tick(now);
        fabric_->flush(now);
        port->flush();
        is_turning_ = false;
    }
    [[nodiscard]] bool is_turning() const noexcept override { return is_turning_; }
    void run(Duration length) noexcept {
        for (uint64_t i = 0; i < length.ms; ++i) {
            turn();
        }
    }
    template <typename Condition>
    [[nodiscard]] bool run_until(const Condition& condition, uint32_t turns_max) noexcept {
        for (uint32_t i = 0; i < turns_max && !condition(); ++i) {
            turn();
        }
        return condition();
    }
    [[nodiscard]] MemLease must_acquire(Duration ttl) {
        Result<MemLease> lease = MemBuilder{fabric()}
                                     .min_bytes(4096)
                                     .lease_ttl(ttl)
                                     .patience(Duration{20'000})
                                     .acquire(*this);
        if (!lease.is_ok()) {
            ADD_FAILURE() << name_of(lease.error().code) << " " << name_of(lease.error().field);
        }
        return std::move(lease).value();
    }
    [[nodiscard]] uint32_t live() noexcept { return rig.node().lessor().table().live_count(); }
    [[nodiscard]] Fabric& fabric() noexcept { return *fabric_; }

    test::ServiceRig rig{node_area};
    wire::PeerList peers{};
    test::SimulatedLink link{rig.net, {0x0A000010, 41'000}};
    std::optional<wire::ClientPort> clients{};
    std::optional<wire::Port> port{};
    Instant begun{};
    int64_t drift_ppm = 0;
    std::array<std::optional<MemLease>, 20> many{};

private:
    HolderFabric* fabric_ = nullptr;
    bool is_turning_ = false;
};

TEST_F(FabricOverTheWire, A_lease_is_acquired_used_renewed_and_let_go) {
    {
        MemLease lease = must_acquire(Duration{3'000});
        EXPECT_EQ(live(), 1u);
        EXPECT_TRUE(lease.node_id() == rig.node().identity().node_id());
        FabricMem mem = lease.mem();
        std::array<uint8_t, 3'000> out{};
        for (size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<uint8_t>(3 * i + 1);
        }
        ASSERT_TRUE(mem.write(1'000, out, *this).is_ok());
        run(Duration{9'000});
        std::array<uint8_t, 3'000> in{};
        ASSERT_TRUE(mem.read(1'000, in, *this).is_ok());
        EXPECT_TRUE(is_equal(in, out));
        EXPECT_GE(fabric().figures().renewed, 3u);
        EXPECT_EQ(fabric().figures().renewals_failed, 0u);
    }
    EXPECT_EQ(live(), 1u);
    run(Duration{50});
    EXPECT_EQ(live(), 0u);
    EXPECT_EQ(fabric().count(), 0u);
}

TEST_F(FabricOverTheWire, What_was_asked_since_the_last_turn_is_due_at_once) {
    const MemLease lease = must_acquire(Duration{60'000});
    run(Duration{20});
    EXPECT_GT(fabric().next_deadline().ms, holder_time().ms + 1'000); // nothing to do
    std::array<uint8_t, 8> bytes{};
    FabricMem mem = lease.mem();
    ASSERT_TRUE(mem.start_read(0, bytes).is_ok());
    EXPECT_LE(fabric().next_deadline().ms, holder_time().ms); // or a board that rests never sends
}

TEST_F(FabricOverTheWire, Blocks_words_and_locks_work_as_on_the_machine_itself) {
    Result<BlockLease> blocks = BlockBuilder{fabric()}.min_blocks(4).lease_secs(5).acquire(*this);
    ASSERT_TRUE(blocks.is_ok());
    FabricBlock block = blocks.value().block();
    std::array<uint8_t, 512> out{};
    out[5] = 6;
    std::array<uint8_t, 512> in{};
    ASSERT_TRUE(block.write_block(2, out, *this).is_ok());
    ASSERT_TRUE(block.flush(*this).is_ok());
    ASSERT_TRUE(block.read_block(2, in, *this).is_ok());
    EXPECT_TRUE(is_equal(in, out));

    const MemLease lease = must_acquire(Duration{5'000});
    FabricMem mem = lease.mem();
    lease::Region& region = mem.region();
    const auto finish = [&](const Result<lease::RegionTicket>& ticket) -> lease::RegionAnswer {
        EXPECT_TRUE(ticket.is_ok());
        for (int i = 0; ticket.is_ok() && i < 500; ++i) {
            const Result<lease::RegionAnswer> answer = region.poll(ticket.value(), fabric().now());
            if (answer.is_ok()) {
                return answer.value();
            }
            turn();
        }
        ADD_FAILURE() << "no answer";
        return {};
    };
    EXPECT_EQ(finish(region.start_fetch_add(8, 5, fabric().now())).value, 0u);
    EXPECT_EQ(finish(region.start_fetch_add(8, 1, fabric().now())).value, 5u);
    const lease::RegionAnswer exchanged =
        finish(region.start_compare_exchange(8, 6, 70, fabric().now()));
    EXPECT_TRUE(exchanged.exchanged);
    EXPECT_EQ(exchanged.value, 6u);
    lease::LockRequest lock{.offset = 512, .nonce = {4'711}, .ttl = Duration{1'000}};
    const lease::RegionAnswer held = finish(region.start_lock(lock, fabric().now()));
    ASSERT_TRUE(held.lock.is_granted);
    const lease::CommitExtent extent{1'024, bytes_of("committed")};
    lease::CommitRequest commit{.offset = 512,
                                .generation = held.lock.generation,
                                .nonce = {4'711},
                                .extents = std::span{&extent, 1},
                                .release = true};
    EXPECT_EQ(finish(region.start_commit(commit, fabric().now())).lock.commits, 1u);
    std::array<uint8_t, 9> text{};
    ASSERT_TRUE(mem.read(1'024, text, *this).is_ok());
    EXPECT_TRUE(is_equal(text, bytes_of("committed")));
}

TEST_F(FabricOverTheWire, Renewals_get_through_a_lossy_net) {
    for (const uint32_t permille : {100u, 300u, 500u}) {
        rig.net.faults = {};
        MemLease lease = must_acquire(Duration{20'000});
        rig.net.faults = {.loss_permille = permille,
                          .duplicate_permille = 50,
                          .delay_least = Duration{1},
                          .delay_most = Duration{30}};
        for (int i = 0; i < 60; ++i) {
            run(Duration{1'000});
            ASSERT_TRUE(lease.status().is_ok()) << permille << " after " << i << " s";
        }
        rig.net.faults = {}; // one write's six tries may all be lost: that is another matter
        EXPECT_TRUE(lease.mem().write(0, bytes_of("through"), *this).is_ok()) << permille;
    }
}

TEST_F(FabricOverTheWire, Grants_under_loss_leave_exactly_the_leases_that_are_held) {
    rig.net.faults = {.loss_permille = 300, .delay_most = Duration{20}};
    uint32_t held = 0;
    for (std::optional<MemLease>& each : many) {
        Result<MemLease> lease =
            MemBuilder{fabric()}.lease_secs(60).patience(Duration{30'000}).acquire(*this);
        ASSERT_TRUE(lease.is_ok());
        each.emplace(std::move(lease).value());
        held += 1;
        ASSERT_EQ(live(), held); // however often it was asked for
    }
    for (std::optional<MemLease>& each : many) {
        each.reset();
    }
    ASSERT_TRUE(run_until([&] { return fabric().count() == 0; }, 30'000));
    EXPECT_EQ(live(), 0u);
    EXPECT_EQ(fabric().figures().released, held);
}

TEST_F(FabricOverTheWire, A_cut_net_ends_the_holders_use_before_the_nodes) {
    for (const int64_t drift : {-10'000, 0, 10'000}) {
        rig.net.heal();
        drift_ppm = drift;
        begun = rig.raw;
        MemLease lease = must_acquire(Duration{4'000});
        const LeaseId id = lease.lease_id();
        run(Duration{100});
        rig.net.cut(test::ServiceRig::address, {0x0A000010, 41'000}); // answers only
        ASSERT_TRUE(run_until([&] { return !lease.status().is_ok(); }, 9'000));
        EXPECT_TRUE(lease.status().error().code == ErrorCode::lease_expired);
        // Renewals still arrive there: it lives on, and nobody uses it.
        const bool is_live_at_node = rig.node().lessor().table().find(id, rig.node().now()).is_ok();
        EXPECT_TRUE(is_live_at_node) << drift;
    }
}

TEST_F(FabricOverTheWire, A_restart_of_the_node_ends_its_leases_and_new_ones_come) {
    MemLease lease = must_acquire(Duration{60'000});
    ASSERT_TRUE(lease.mem().write(0, bytes_of("gone soon"), *this).is_ok());
    rig.cut_power();
    run(Duration{500});
    EXPECT_TRUE(lease.status().is_ok()); // nobody knows yet
    rig.boot();
    std::array<uint8_t, 4> bytes{};
    Result<> read = lease.mem().read(0, bytes, *this);
    for (int i = 0; i < 20 && (read.is_ok() || read.error().code == ErrorCode::disconnected); ++i) {
        run(Duration{100});
        new (&read) Result<>{lease.mem().read(0, bytes, *this)};
    }
    ASSERT_FALSE(read.is_ok());
    EXPECT_TRUE(read.error().code == ErrorCode::stale_epoch) << name_of(read.error().code);
    EXPECT_TRUE(lease.status().error().code == ErrorCode::stale_epoch);
    const MemLease next = must_acquire(Duration{5'000});
    EXPECT_TRUE(next.status().is_ok());
}

TEST_F(FabricOverTheWire, A_revocation_warns_its_holder_and_lets_it_save_its_work) {
    MemLease lease = must_acquire(Duration{60'000});
    FabricMem mem = lease.mem();
    wire::LeaseRevokeRequest revoke;
    revoke.lease_ref = lease.lease_ref();
    revoke.grace = Duration{2'000};
    revoke.reason = lease::Reason::operator_request;
    ASSERT_TRUE((rig.ask<wire::LeaseRevokeReply>(rig.oper, wire::MessageType::lease_revoke, revoke))
                    .is_ok());
    EXPECT_FALSE(lease.is_warned());
    ASSERT_TRUE(mem.write(0, bytes_of("saved"), *this).is_ok());
    EXPECT_TRUE(lease.is_warned());
    ASSERT_TRUE(run_until(
        [&] {
            std::array<uint8_t, 5> bytes{};
            return !mem.read(0, bytes, *this).is_ok();
        },
        3'000));
    EXPECT_TRUE(lease.status().error().code == ErrorCode::revoked)
        << name_of(lease.status().error().code);
}

TEST_F(FabricOverTheWire, Attach_over_the_wire_finds_what_was_written) {
    // Granted to the same principal in another session.
    const test::ServiceRig::Held held =
        rig.must_hold(rig.alice, 4'096, lease::ResourceKind::memory, Duration{8'000});
    ASSERT_TRUE(rig.write(rig.alice, held, 7, bytes_of("kept")).is_ok());
    Result<MemLease> lease = MemBuilder{fabric()}.attach(held.id, *this);
    ASSERT_TRUE(lease.is_ok());
    std::array<uint8_t, 4> bytes{};
    ASSERT_TRUE(lease.value().mem().read(7, bytes, *this).is_ok());
    EXPECT_TRUE(is_equal(bytes, bytes_of("kept")));
    run(Duration{20'000});
    EXPECT_TRUE(lease.value().status().is_ok()); // and it is renewed from now on
    LeaseId unknown = held.id;
    unknown.bytes[15] ^= 1;
    EXPECT_TRUE(MemBuilder{fabric()}.attach(unknown, *this).error().code == ErrorCode::not_found);
}

TEST_F(FabricOverTheWire, A_remote_grantor_serves_every_operation_of_the_door) {
    MemLease lease = must_acquire(Duration{60'000});
    lease::Grantor& grantor = *fabric().homes()[0].grantor;
    const auto ask = [&](const lease::Request& request) -> Result<lease::Answer> {
        const Result<lease::Ticket> ticket = grantor.start(request);
        if (!ticket.is_ok()) {
            return ticket.error();
        }
        for (int i = 0; i < 4'000; ++i) {
            const Result<lease::Answer> answer = grantor.poll(ticket.value());
            if (answer.is_ok()) {
                return answer.value();
            }
            if (answer.error().code != ErrorCode::busy || answer.error().field != Field::ticket) {
                return answer.error();
            }
            turn();
        }
        ADD_FAILURE() << "no answer";
        return Error{ErrorCode::disconnected};
    };
    lease::Request grant;
    grant.operation = lease::Operation::grant;
    grant.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
    grant.amount_bytes = 4'096;
    grant.ttl = Duration{60'000};
    const Result<lease::Answer> granted = ask(grant);
    ASSERT_TRUE(granted.is_ok()) << name_of(granted.error().code);
    EXPECT_FALSE(granted.value().lease.is_zero());

    lease::Request renew;
    renew.operation = lease::Operation::renew;
    renew.lease = lease.lease_id();
    const Result<lease::Answer> renewed = ask(renew);
    ASSERT_TRUE(renewed.is_ok());
    EXPECT_EQ(renewed.value().generation.value, 1u);
    renew.lease = granted.value().lease; // not held here: nobody has its token
    EXPECT_TRUE(ask(renew).error().code == ErrorCode::not_found);

    lease::Request checkpoint;
    checkpoint.operation = lease::Operation::report_checkpoint;
    checkpoint.lease = granted.value().lease;
    EXPECT_TRUE(ask(checkpoint).error().code == ErrorCode::denied); // no grace is running

    lease::Request release;
    release.operation = lease::Operation::release;
    release.lease = granted.value().lease;
    EXPECT_TRUE(ask(release).is_ok());

    lease::Request revoke;
    revoke.operation = lease::Operation::revoke;
    revoke.lease_ref = lease.lease_ref();
    revoke.reason = lease::Reason::operator_request;
    EXPECT_TRUE(ask(revoke).is_ok());
    EXPECT_TRUE(ask(revoke).error().code == ErrorCode::not_found ||
                ask(revoke).error().code == ErrorCode::revoked);

    lease::Request clear;
    clear.operation = lease::Operation::clear_fence;
    clear.resource = grant.resource;
    clear.fence = {3};
    EXPECT_TRUE(ask(clear).error().code == ErrorCode::denied); // without the role
    lease::Request other;
    other.operation = lease::Operation::look;
    EXPECT_TRUE(ask(other).error().code == ErrorCode::unsupported);
}

// --- calls, and leases found again by their key

/// A program that counts what it is told: the first byte of a message says which.
class CountingDesk final : public node::ProgramDesk {
public:
    explicit CountingDesk(node::FabricService& service) noexcept : service_{service} {}
    Result<> on_call(const node::CallTicket& ticket, const wire::Principal&, uint64_t to,
                     Bytes message, Instant now) noexcept override {
        executed[message[0]] += 1;
        std::array<uint8_t, 9> answer{message[0]};
        store_big_endian<uint64_t>(answer.data() + 1, to);
        return is_mute ? Result<>{ok()} : service_.answer_call(ticket, answer, now);
    }
    bool is_mute = false;
    std::array<uint32_t, 256> executed{};

private:
    node::FabricService& service_;
};

TEST_F(FabricOverTheWire, Calls_get_through_a_lossy_net_once_each) {
    CountingDesk desk{rig.service()};
    rig.service().open_desk(desk);
    rig.net.faults = {.loss_permille = 150,
                      .duplicate_permille = 200,
                      .delay_least = Duration{0},
                      .delay_most = Duration{20}};
    turn(); // patience counts from the time of a turn
    for (uint8_t i = 0; i < 60; ++i) {
        const std::array<uint8_t, 1> message{i};
        const Result<CallHandle> call =
            fabric().start_call(0, 1'000u + i, message, Duration{20'000});
        ASSERT_TRUE(call.is_ok()) << name_of(call.error().code);
        std::array<uint8_t, 9> answer{};
        ASSERT_TRUE(
            run_until([&] { return fabric().poll_call(call.value(), answer).is_ok(); }, 20'000))
            << i;
        EXPECT_EQ(fabric().poll_call(call.value(), answer).value(), 9u);
        EXPECT_EQ(answer[0], i);
        EXPECT_EQ(load_big_endian<uint64_t>(answer.data() + 1), 1'000u + i);
        EXPECT_EQ(desk.executed[i], 1u);
        fabric().release_call(call.value());
    }
}

TEST_F(FabricOverTheWire, A_call_whose_session_is_lost_has_an_unknown_outcome) {
    CountingDesk desk{rig.service()};
    desk.is_mute = true;
    rig.service().open_desk(desk);
    const std::array<uint8_t, 1> message{3};
    turn();
    const Result<CallHandle> call = fabric().start_call(0, 1, message, Duration{60'000});
    ASSERT_TRUE(call.is_ok());
    ASSERT_TRUE(run_until([&] { return desk.executed[3] == 1; }, 4'000));
    rig.cut_power();
    rig.power_on();
    std::array<uint8_t, 9> answer{};
    ASSERT_TRUE(run_until(
        [&] {
            const Result<size_t> size = fabric().poll_call(call.value(), answer);
            return !size.is_ok() && size.error().code == ErrorCode::disconnected;
        },
        30'000));
    EXPECT_EQ(fabric().poll_call(call.value(), answer).error().value, 1u);
}

TEST_F(FabricOverTheWire, Calls_that_nobody_answers_do_not_hold_up_a_renewal) {
    CountingDesk desk{rig.service()};
    desk.is_mute = true;
    rig.service().open_desk(desk);
    const MemLease lease = must_acquire(Duration{600});
    const std::array<uint8_t, 1> message{5};
    uint32_t started = 0;
    for (int turns = 0; turns < 3'000; ++turns) { // as many as it takes, and they last
        started += fabric().start_call(0, 1, message, Duration{60'000}).is_ok() ? 1u : 0u;
        turn();
        ASSERT_TRUE(lease.status().is_ok()) << turns;
    }
    EXPECT_EQ(started, holder_limits.window / 2u);
    EXPECT_EQ(desk.executed[5], started);
}

TEST_F(FabricOverTheWire, A_restarted_program_finds_its_lease_again_by_its_key) {
    const AllocKey key{{'s', 'e', 'r', 'v', 'e', 'r'}};
    const auto acquire = [&] {
        return MemBuilder{fabric()}
            .min_bytes(4'096)
            .lease_ttl(Duration{4'000})
            .key(key)
            .on("node")
            .acquire(*this);
    };
    alignas(MemLease) std::array<uint8_t, sizeof(MemLease)> lost; // its program died with it
    MemLease& before = *new (lost.data()) MemLease{acquire().value()};
    ASSERT_TRUE(before.mem().write(8, bytes_of("kept"), *this).is_ok());
    run(Duration{6'000});
    const LeaseId id = before.lease_id();
    EXPECT_GE(fabric().figures().renewed, 1u);

    start_program();
    const Result<MemLease> again = acquire();
    ASSERT_TRUE(again.is_ok()) << name_of(again.error().code);
    EXPECT_EQ(live(), 1u);
    EXPECT_TRUE(again.value().lease_id() == id);
    std::array<uint8_t, 4> bytes{};
    ASSERT_TRUE(again.value().mem().read(8, bytes, *this).is_ok());
    EXPECT_TRUE(is_equal(bytes, bytes_of("kept")));
    run(Duration{10'000}); // it is renewed from where it stood
    EXPECT_TRUE(again.value().status().is_ok());
    EXPECT_TRUE(again.value().mem().write(8, bytes_of("more"), *this).is_ok());
}

TEST_F(FabricOverTheWire, After_its_end_or_the_nodes_restart_a_key_gets_a_new_lease) {
    const AllocKey key{{'s'}};
    const auto acquire = [&] {
        return MemBuilder{fabric()}.lease_ttl(Duration{2'000}).key(key).on("node").acquire(*this);
    };
    alignas(MemLease) std::array<uint8_t, 2 * sizeof(MemLease)> lost;
    const LeaseId first = (new (lost.data()) MemLease{acquire().value()})->lease_id();
    start_program();
    rig.run(Duration{2'500});
    const LeaseId second =
        (new (lost.data() + sizeof(MemLease)) MemLease{acquire().value()})->lease_id();
    EXPECT_FALSE(first == second);
    start_program();
    rig.cut_power();
    rig.power_on();
    const Result<MemLease> third = acquire();
    ASSERT_TRUE(third.is_ok()) << name_of(third.error().code);
    EXPECT_FALSE(third.value().lease_id() == second);
}

} // namespace
} // namespace grafos::fabric
