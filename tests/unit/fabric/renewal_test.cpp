// SPDX-License-Identifier: Apache-2.0
/// Time: renewals, the holder's own deadline, and everything that puts it in doubt.
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

using test::OneNode;
using wire::MessageType;

[[nodiscard]] MemLease must_acquire(OneNode& rig, Duration ttl = Duration{10'000}) {
    Result<MemLease> lease = MemBuilder{rig->fabric()}.min_bytes(4096).lease_ttl(ttl).acquire(*rig);
    EXPECT_TRUE(lease.is_ok());
    return std::move(lease).value();
}

TEST(FabricRenewal, The_deadline_counts_from_the_first_transmission_less_the_margin) {
    OneNode rig;
    rig->nodes[0].delay = Duration{40}; // of the answer: it must not lengthen the lease
    const MemLease lease = must_acquire(rig);
    // 1 ms until the token is asked for, 40 for its answer, then the grant leaves.
    const Duration margin = lease::holder_margin(Duration{10'000}, Duration{5 + 5});
    EXPECT_EQ(margin.ms, 200u + 2 + 10);
    const uint64_t sent_after = lease.expires_at().ms + margin.ms - 10'000 - rig->start.ms;
    EXPECT_GE(sent_after, 40u);
    EXPECT_LE(sent_after, 44u);
}

TEST(FabricRenewal, A_held_lease_lives_on_and_keeps_its_token_fresh) {
    OneNode rig;
    MemLease lease = must_acquire(rig, Duration{1'000});
    for (int i = 0; i < 60; ++i) {
        rig->run(Duration{100});
        ASSERT_TRUE(lease.status().is_ok()) << i;
        ASSERT_TRUE(lease.mem().write(0, bytes_of("alive"), *rig).is_ok()) << i;
    }
    EXPECT_GE(rig->nodes[0].renewals, 7u);
    EXPECT_LE(rig->nodes[0].renewals, 12u);
    EXPECT_EQ(rig->fabric().figures().renewals_failed, 0u);
    EXPECT_EQ(rig->nodes[0].leases[0].generation.value, rig->nodes[0].renewals);
}

/// Uses the lease in every turn until it is refused; answers that time on the holder's clock.
Instant use_until_refused(OneNode& rig, MemLease& lease) {
    FabricMem mem = lease.mem();
    std::array<uint8_t, 8> bytes{};
    for (int i = 0; i < 20'000; ++i) {
        const Result<lease::RegionTicket> ticket = mem.start_read(0, bytes);
        if (!ticket.is_ok() && ticket.error().code != ErrorCode::busy) {
            EXPECT_TRUE(ticket.error().code == ErrorCode::lease_expired);
            return rig->now;
        }
        rig->step(Duration{1});
        if (ticket.is_ok()) {
            (void)mem.poll(ticket.value()).is_ok();
        }
    }
    ADD_FAILURE() << "it never ended";
    return {};
}

TEST(FabricRenewal, The_holder_stops_first_whatever_the_drift) {
    for (const uint64_t ttl : {200u, 1'000u, 7'000u}) {
        for (int64_t drift = -10'000; drift <= 10'000; drift += 2'500) {
            OneNode rig;
            rig->drift_ppm = drift;
            MemLease lease = must_acquire(rig, Duration{ttl});
            rig->nodes[0].refuse_renewals = Error{ErrorCode::rate_limited};
            const Instant stopped = use_until_refused(rig, lease);
            EXPECT_LT(rig->nodes[0].last_use.ms, rig->nodes[0].leases[0].expires_at.ms)
                << ttl << " " << drift;
            EXPECT_GT(rig->nodes[0].uses, ttl / 2); // and it was not timid
            EXPECT_TRUE(stopped > rig->start);
        }
    }
}

TEST(FabricRenewal, Without_renewals_the_lease_is_used_for_nearly_all_of_its_life) {
    OneNode rig;
    MemLease lease = must_acquire(rig, Duration{10'000});
    rig->nodes[0].is_deaf = true;
    const Instant deadline = lease.expires_at();
    ASSERT_TRUE(rig->run_until([&] { return !lease.status().is_ok(); }, 12'000));
    EXPECT_EQ(rig->now.ms, deadline.ms);
    EXPECT_TRUE(lease.status().error().code == ErrorCode::lease_expired);
    EXPECT_GE(deadline.ms - rig->start.ms, 9'700u);
    // Nothing brings it back.
    rig->nodes[0].is_deaf = false;
    rig->run(Duration{100});
    EXPECT_TRUE(lease.status().error().code == ErrorCode::lease_expired);
}

TEST(FabricRenewal, Data_that_arrives_after_the_deadline_is_not_handed_over) {
    for (uint64_t before = 1; before < 10; ++before) {
        OneNode rig;
        MemLease lease = must_acquire(rig, Duration{1'000});
        const Instant deadline = lease.expires_at();
        ASSERT_TRUE(lease.mem().write(0, bytes_of("secret!!"), *rig).is_ok());
        rig->nodes[0].refuse_renewals = Error{ErrorCode::rate_limited};
        rig->run(Duration{deadline.ms - before - rig->now.ms});
        rig->nodes[0].delay = Duration{before}; // arrives at the deadline or just after
        std::array<uint8_t, 8> bytes{};
        FabricMem mem = lease.mem();
        const Result<lease::RegionTicket> ticket = mem.start_read(0, bytes);
        ASSERT_TRUE(ticket.is_ok()) << before;
        Result<lease::RegionAnswer> answer = mem.poll(ticket.value());
        for (uint64_t i = 0; i < before + 2; ++i) {
            rig->step(Duration{1});
            new (&answer) Result<lease::RegionAnswer>{mem.poll(ticket.value())};
            if (answer.is_ok() || answer.error().code != ErrorCode::busy) {
                break;
            }
        }
        ASSERT_FALSE(answer.is_ok()) << before;
        EXPECT_TRUE(answer.error().code == ErrorCode::lease_expired) << before;
        EXPECT_TRUE(is_all_zero(bytes)) << before;
    }
}

TEST(FabricRenewal, A_step_back_of_the_clock_stops_use_until_a_renewal_is_answered) {
    OneNode rig;
    MemLease lease = must_acquire(rig);
    FabricMem mem = lease.mem();
    std::array<uint8_t, 8> bytes{};
    rig->run(Duration{100});
    rig->nodes[0].is_deaf = true;
    rig->now.ms -= 50;
    rig->run(Duration{5});
    EXPECT_EQ(rig->fabric().figures().suspicions, 1u);
    const Result<> status = lease.status();
    ASSERT_FALSE(status.is_ok());
    EXPECT_TRUE(status.error().code == ErrorCode::busy);
    EXPECT_TRUE(status.error().field == Field::clock);
    EXPECT_TRUE(mem.start_read(0, bytes).error().field == Field::clock);
    rig->run(Duration{900});
    EXPECT_FALSE(lease.status().is_ok());
    rig->nodes[0].is_deaf = false;
    ASSERT_TRUE(rig->run_until([&] { return lease.status().is_ok(); }, 2'000));
    EXPECT_GE(rig->nodes[0].renewals, 1u);
    EXPECT_TRUE(mem.read(0, bytes, *rig).is_ok());
}

TEST(FabricRenewal, What_was_in_flight_when_doubt_arose_waits_for_the_confirmation) {
    OneNode rig;
    MemLease lease = must_acquire(rig);
    FabricMem mem = lease.mem();
    ASSERT_TRUE(mem.write(0, bytes_of("patience"), *rig).is_ok());
    std::array<uint8_t, 8> bytes{};
    const Result<lease::RegionTicket> ticket = mem.start_read(0, bytes);
    ASSERT_TRUE(ticket.is_ok());
    rig->step(Duration{1});
    rig->fabric().mark_suspect();
    rig->nodes[0].is_deaf = true;
    rig->run(Duration{3});
    EXPECT_TRUE(mem.poll(ticket.value()).error().field == Field::clock);
    EXPECT_TRUE(is_all_zero(bytes));
    rig->nodes[0].is_deaf = false;
    ASSERT_TRUE(rig->run_until([&] { return lease.status().is_ok(); }, 2'000));
    ASSERT_TRUE(mem.poll(ticket.value()).is_ok());
    EXPECT_TRUE(is_equal(bytes, bytes_of("patience")));
}

TEST(FabricRenewal, A_turn_that_takes_too_long_makes_leases_suspect_once) {
    OneNode rig;
    MemLease lease = must_acquire(rig);
    rig->fabric().tick(rig->now);
    rig->fabric().flush(saturating_add(rig->now, Duration{5}));
    EXPECT_TRUE(lease.status().is_ok());
    rig->fabric().tick(rig->now);
    rig->fabric().flush(saturating_add(rig->now, Duration{6}));
    EXPECT_TRUE(lease.status().error().field == Field::clock);
    EXPECT_EQ(rig->fabric().figures().suspicions, 1u);
    ASSERT_TRUE(rig->run_until([&] { return lease.status().is_ok(); }, 1'200));
}

TEST(FabricRenewal, A_node_that_has_booted_anew_has_ended_its_leases) {
    OneNode rig;
    MemLease lease = must_acquire(rig);
    rig->nodes[0].restart();
    rig->run(Duration{2});
    const Result<> status = lease.status();
    ASSERT_FALSE(status.is_ok());
    EXPECT_TRUE(status.error().code == ErrorCode::stale_epoch);
    EXPECT_TRUE(status.error().field == Field::boot);
    EXPECT_EQ(status.error().value, 7u);
    EXPECT_EQ(status.error().expected, 8u);
    const uint32_t uses = rig->nodes[0].uses;
    std::array<uint8_t, 8> bytes{};
    EXPECT_TRUE(lease.mem().read(0, bytes, *rig).error().code == ErrorCode::stale_epoch);
    EXPECT_EQ(rig->nodes[0].uses, uses);
    const MemLease next = must_acquire(rig);
    EXPECT_TRUE(next.status().is_ok());
}

TEST(FabricRenewal, Nobody_asks_a_node_of_another_boot_for_more) {
    OneNode rig;
    const MemLease lease = must_acquire(rig, Duration{1'000});
    rig->nodes[0].restart();
    rig->run(Duration{900}); // nobody looks at the lease
    EXPECT_EQ(rig->nodes[0].count(MessageType::lease_renew), 0u);
    EXPECT_TRUE(lease.status().error().code == ErrorCode::stale_epoch);
}

TEST(FabricRenewal, A_lease_dropped_while_its_renewal_is_out_leaves_nothing_behind) {
    OneNode rig;
    for (uint32_t round = 0; round < 12; ++round) { // more than there are calls
        {
            const MemLease lease = must_acquire(rig, Duration{1'000});
            rig->nodes[0].delay = Duration{100};
            const uint32_t asked = rig->nodes[0].count(MessageType::lease_renew);
            ASSERT_TRUE(rig->run_until(
                [&] { return rig->nodes[0].count(MessageType::lease_renew) > asked; }, 1'000));
            rig->nodes[0].delay = {};
            if (round % 2 == 0) { // over already: nothing but that answer is waited for
                rig->nodes[0].end_lease(round, ErrorCode::revoked);
                std::array<uint8_t, 4> bytes{};
                EXPECT_FALSE(lease.mem().read(0, bytes, *rig).is_ok());
            }
        }
        rig->run(Duration{200});
        ASSERT_EQ(rig->fabric().count(), 0u) << round;
        ASSERT_EQ(rig->nodes[0].live_count(), 0u) << round;
        ASSERT_EQ(rig->nodes[0].open_count(), 0u) << round;
    }
}

TEST(FabricRenewal, A_revocation_ends_the_lease_at_the_next_renewal_at_the_latest) {
    OneNode rig;
    MemLease lease = must_acquire(rig, Duration{1'000});
    rig->nodes[0].end_lease(0, ErrorCode::revoked);
    ASSERT_TRUE(rig->run_until([&] { return !lease.status().is_ok(); }, 1'000));
    EXPECT_TRUE(lease.status().error().code == ErrorCode::revoked);
}

TEST(FabricRenewal, Loss_delays_renewals_and_loses_no_lease) {
    for (const uint32_t permille : {100u, 300u}) {
        OneNode rig;
        rig->nodes[0].loss_permille = 0;
        MemLease lease = must_acquire(rig, Duration{10'000});
        rig->nodes[0].loss_permille = permille; // of each way, without repetition below
        for (int i = 0; i < 120; ++i) {
            rig->run(Duration{1'000});
            ASSERT_TRUE(lease.status().is_ok()) << permille << " " << i;
        }
    }
}

constexpr FabricLimits many{
    .leases_max = 1'000,
    .peers_max = 1,
    .window = 32,
    .turn_max = Duration{5},
    .request_patience = Duration{500},
    .steps_per_turn_max = 64,
};
using ManyRig = test::FabricRig<many, 1>;

struct Shelf {
    std::array<std::optional<MemLease>, 1'000> leases{};
};

TEST(FabricRenewal, A_thousand_leases_granted_together_are_not_renewed_in_one_turn) {
    test::FreshRig<ManyRig> rig;
    test::FreshRig<Shelf> shelf;
    for (std::optional<MemLease>& each : shelf->leases) {
        Result<MemLease> lease = MemBuilder{rig->fabric()}.lease_secs(20).acquire(*rig);
        ASSERT_TRUE(lease.is_ok());
        each.emplace(std::move(lease).value());
    }
    rig->nodes[0].leases[0].ttl = Duration{20'000};
    uint32_t most = 0;
    uint32_t before = 0;
    for (int i = 0; i < 20'000; ++i) {
        rig->step(Duration{1});
        most = std::max(most, rig->nodes[0].renewals - before);
        before = rig->nodes[0].renewals;
    }
    EXPECT_GE(before, 900u);
    EXPECT_LE(most, 32u);
    uint32_t live = 0;
    for (std::optional<MemLease>& each : shelf->leases) {
        live += each->status().is_ok() ? 1u : 0u;
        each.reset();
    }
    EXPECT_EQ(live, 1'000u);
    rig->run(Duration{2'000});
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->nodes[0].live_count(), 0u);
}

TEST(FabricRenewal, It_is_never_later_than_what_is_due_and_never_in_the_past_after_a_tick) {
    OneNode rig;
    MemLease lease = must_acquire(rig, Duration{2'000});
    uint32_t asleep = 0;
    while (rig->now.ms < rig->start.ms + 20'000) {
        const Instant next = rig->fabric().next_deadline();
        ASSERT_GE(next.ms, rig->now.ms);
        const Duration sleep{
            std::min<uint64_t>(std::max<uint64_t>(next.ms - rig->now.ms, 1), 5'000)};
        asleep += sleep.ms > 100 ? 1u : 0u;
        rig->step(sleep);
        ASSERT_TRUE(lease.status().is_ok()) << (rig->now.ms - rig->start.ms);
    }
    EXPECT_GE(asleep, 10u);
}

} // namespace
} // namespace grafos::fabric
