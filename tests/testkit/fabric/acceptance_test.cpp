// SPDX-License-Identifier: Apache-2.0
// What leases elsewhere are known to get wrong, shown from end to end on a simulated fabric. Each
// test is named after the complaint.
#include "tests/testkit/testkit.hpp"

#include <algorithm>
#include <map>

#include "tests/testkit/test.hpp"

namespace grafos::testkit {
namespace {

constexpr uint64_t all_memory = test::sim_memory_bytes;
constexpr uint64_t cycles = 100'000;

Result<fabric::MemLease> memory_of(Node& node, std::string_view home, Duration ttl,
                                   uint64_t bytes = 4096) {
    return fabric::MemBuilder{node.fabric()}.min_bytes(bytes).lease_ttl(ttl).on(home).acquire(node);
}

std::optional<LeaseView> view_of(SimFabric& fabric, const LeaseRef& ref) {
    for (const LeaseView& view : fabric.leases()) {
        if (view.ref == ref) {
            return view;
        }
    }
    return std::nullopt;
}

bool is_live(SimFabric& fabric, const LeaseRef& ref) {
    const std::optional<LeaseView> view = view_of(fabric, ref);
    return view.has_value() && view->phase == lease::Phase::active;
}

/// Asks again and again until it gets it; the time is the world's.
struct Candidate {
    std::optional<Instant> got_at{};
    void run(SimFabric& fabric, Node& node, Duration ttl) {
        for (;;) {
            auto lease = memory_of(node, "node1", ttl, all_memory);
            if (lease.is_ok()) {
                got_at = fabric.now();
                node.sleep(1'000_s);
            }
            node.sleep(5_ms);
        }
    }
};

// --- 1: the TTL grows silently when a leader changes or restarts ---------------------------------

TEST(Acceptance, A_lease_ends_within_a_turn_of_its_deadline_and_never_later) {
    SimFabric fabric{2};
    LeaseRef ref{};
    fabric.run(0, [&](Node& node) {
        const auto lease = memory_of(node, "node1", 10_s);
        ref = lease.is_ok() ? lease.value().lease_ref() : LeaseRef{};
        node.sleep(100_s);
    });
    fabric.advance(9_s); // renewed once
    fabric.kill(0);
    const Duration left = view_of(fabric, ref)->left;
    EXPECT_LE(left.ms, 10'000u);
    const Instant deadline = saturating_add(fabric.now(), left);
    ASSERT_TRUE(fabric.run_until([&] { return !is_live(fabric, ref); }, 30_s));
    EXPECT_GE(fabric.now().ms, deadline.ms);
    EXPECT_LE(fabric.now().ms, deadline.ms + 1);
}

TEST(Acceptance, A_restart_of_its_node_gives_a_lease_no_more_time) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    auto lease = memory_of(node, "node1", 10_s);
    ASSERT_TRUE(lease.is_ok());
    fabric.advance(2_s);
    fabric.kill(1);
    fabric.restart(1);
    EXPECT_FALSE(is_live(fabric, lease.value().lease_ref()));
    auto mem = lease.value().mem();
    const auto is_told = [&] {
        EXPECT_FALSE(mem.write(0, bytes_of("late"), node).is_ok());
        return !lease.value().status().is_ok();
    };
    EXPECT_TRUE(assert_eventually(fabric, is_told, 5_s));
    EXPECT_TRUE(lease.value().status().error().code == ErrorCode::stale_epoch);
    EXPECT_TRUE(lease.value().status().error().field == Field::boot);
}

// --- 2: the old holder keeps writing
// --------------------------------------------------------------

TEST(Acceptance, A_holder_that_slept_through_its_lease_writes_nothing_into_its_successors) {
    SimFabric fabric{3};
    std::optional<Error> refused;
    uint64_t written = 0;
    fabric.run(0, [&](Node& node) {
        auto lease = memory_of(node, "node1", 4_s, all_memory);
        auto mem = lease.value().mem();
        while (!refused.has_value()) {
            const Result<> answer = mem.write(0, bytes_of("the old holder"), node);
            written += answer.is_ok() ? 1u : 0u;
            if (!answer.is_ok() && answer.error().code != ErrorCode::busy) {
                refused = answer.error();
            }
        }
    });
    fabric.advance(1_s);
    EXPECT_GT(written, 10u);
    Candidate successor;
    fabric.run(2, [&](Node& node) { successor.run(fabric, node, 60_s); });
    fabric.pause(0, 10_s);
    fabric.advance(9_s);
    ASSERT_TRUE(successor.got_at.has_value());
    const uint64_t before = written;
    fabric.advance(5_s);
    EXPECT_EQ(written, before);
    ASSERT_TRUE(refused.has_value());
    EXPECT_TRUE(refused->code == ErrorCode::lease_expired) << text_of(*refused);
    EXPECT_TRUE(is_all_zero(fabric.world().machine(1).memory()));
}

// --- 3: a token is used again after a restart
// ------------------------------------------------------

TEST(Acceptance, Every_epoch_after_a_restart_is_above_all_before_and_nothing_is_resurrected) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    Epoch highest{};
    for (int boot = 0; boot < 4; ++boot) {
        for (int i = 0; i < 3; ++i) {
            auto lease = memory_of(node, "node1", 2_s);
            ASSERT_TRUE(lease.is_ok()) << text_of(lease);
            const Epoch epoch = view_of(fabric, lease.value().lease_ref())->epoch;
            EXPECT_GT(epoch.value, highest.value);
            highest = std::max(highest, epoch);
            if (i == 2) {
                fabric.expire_leases();
                EXPECT_TRUE(lease.value().status().error().code == ErrorCode::lease_expired);
                const LeaseRef ref = lease.value().lease_ref();
                fabric.kill(1);
                fabric.restart(1);
                EXPECT_FALSE(view_of(fabric, ref).has_value());
            }
        }
    }
    EXPECT_TRUE(assert_no_leaked_leases(fabric));
}

// --- 4: the holder is not told, or cannot tell why
// -------------------------------------------------

TEST(Acceptance, Each_end_has_its_own_code_at_the_first_operation_and_at_every_later_one) {
    SimFabric fabric{3};
    Node& node = fabric.node(0);
    const std::array<uint8_t, 4> data{1, 2, 3, 4};
    const auto code_twice = [&](fabric::FabricMem& mem) {
        const Result<> first = mem.write(0, data, node);
        const Result<> second = mem.write(0, data, node);
        EXPECT_FALSE(first.is_ok() || second.is_ok());
        EXPECT_TRUE(first.error() == second.error()) << text_of(first) << ", " << text_of(second);
        return first.error().code;
    };
    auto expired = memory_of(node, "node1", 4_s);
    auto mem = expired.value().mem();
    fabric.expire_leases();
    EXPECT_TRUE(code_twice(mem) == ErrorCode::lease_expired);

    auto revoked = memory_of(node, "node1", 10_s);
    mem = revoked.value().mem();
    EXPECT_TRUE(fabric.revoke(revoked.value().lease_ref()).is_ok());
    EXPECT_TRUE(code_twice(mem) == ErrorCode::revoked);

    auto away = memory_of(node, "node1", 60_s);
    mem = away.value().mem();
    fabric.partition(0, 1);
    EXPECT_TRUE(code_twice(mem) == ErrorCode::disconnected);
    EXPECT_TRUE(away.value().status().is_ok()); // that says nothing of the lease
    fabric.heal();
    const auto is_back = [&] { return mem.write(0, data, node).is_ok(); };
    EXPECT_TRUE(assert_eventually(fabric, is_back, 5_s));

    auto restarted = memory_of(node, "node2", 60_s);
    mem = restarted.value().mem();
    fabric.kill(2);
    fabric.restart(2);
    const Result<> lost = mem.write(0, data, node); // whose session is as dead as the node was
    EXPECT_TRUE(lost.error().code == ErrorCode::disconnected) << text_of(lost);
    EXPECT_TRUE(code_twice(mem) == ErrorCode::stale_epoch);
}

// --- 5: clocks jump
// -------------------------------------------------------------------------------

TEST(Acceptance, A_clock_set_forward_ends_exactly_what_is_due_and_one_set_back_ends_nothing) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    auto brief = memory_of(node, "node1", 5_s);
    auto lasting = memory_of(node, "node1", 30_s);
    ASSERT_TRUE(brief.is_ok() && lasting.is_ok());
    fabric.set_clock(1, 10'000);
    fabric.advance(100_ms);
    EXPECT_FALSE(is_live(fabric, brief.value().lease_ref()));
    EXPECT_TRUE(is_live(fabric, lasting.value().lease_ref()));
    auto mem = brief.value().mem();
    EXPECT_TRUE(mem.write(0, bytes_of("late"), node).error().code == ErrorCode::lease_expired);

    fabric.set_clock(1, -3'600'000);
    fabric.set_clock(0, -3'600'000);
    fabric.advance(60_s); // renewed all along
    EXPECT_TRUE(is_live(fabric, lasting.value().lease_ref()));
    EXPECT_TRUE(lasting.value().status().is_ok()) << text_of(lasting.value().status());
}

// --- 7: renewals come in storms; one late one is fatal
// ---------------------------------------------

TEST(Acceptance, Leases_granted_together_are_not_renewed_together) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        SimFabric fabric{2, seed};
        Node& node = fabric.node(0);
        std::vector<fabric::MemLease> leases;
        for (size_t i = 0; i < test::sim_programs.leases_max; ++i) {
            auto lease = memory_of(node, "node1", 20_s);
            ASSERT_TRUE(lease.is_ok());
            leases.push_back(std::move(lease).value());
        }
        const Instant granted = fabric.now();
        std::map<std::string, Duration> left;
        std::map<uint64_t, size_t> renewals; // by moment
        (void)fabric.run_until(
            [&] {
                for (const LeaseView& view : fabric.leases()) {
                    Duration& before = left[text_of(view.ref)];
                    if (view.left > before && before.ms > 0) {
                        renewals[(fabric.now() - granted).ms] += 1;
                    }
                    before = view.left;
                }
                return false;
            },
            18_s);
        size_t count = 0;
        for (const auto& [at, how_many] : renewals) {
            EXPECT_LE(how_many, 2u) << at;
            EXPECT_GE(at, 12'500u); // 0.65 of a life, of which the margin is taken off
            EXPECT_LE(at, 17'000u);
            count += how_many;
        }
        EXPECT_EQ(count, leases.size()) << seed;
        EXPECT_GE(renewals.rbegin()->first - renewals.begin()->first, 1'000u) << seed;
    }
}

TEST(Acceptance, A_renewal_that_gets_lost_costs_no_lease) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    auto lease = memory_of(node, "node1", 20_s);
    ASSERT_TRUE(lease.is_ok());
    const uint64_t renewed = node.fabric().figures().renewed;
    fabric.advance(12_s);
    fabric.partition(0, 1); // over its first time: 0.75 of its life, a tenth more or less
    fabric.advance(5_s);
    EXPECT_EQ(node.fabric().figures().renewed, renewed);
    fabric.heal();
    fabric.advance(20_s);
    EXPECT_TRUE(lease.value().status().is_ok()) << text_of(lease.value().status());
    EXPECT_GT(node.fabric().figures().renewed, renewed);
}

// --- 8: the renewer outlives its owner
// --------------------------------------------------------------

TEST(Acceptance, Nobody_renews_a_lease_that_was_let_go) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    std::optional<fabric::FabricMem> mem;
    {
        auto lease = memory_of(node, "node1", 4_s);
        mem.emplace(lease.value().mem());
        fabric.advance(10_s);
    }
    const uint64_t renewed = node.fabric().figures().renewed;
    EXPECT_GT(renewed, 1u);
    EXPECT_TRUE(assert_no_leaked_leases(fabric));
    fabric.advance(20_s);
    EXPECT_EQ(node.fabric().figures().renewed, renewed);
    EXPECT_EQ(node.fabric().figures().renewals_failed, 0u);
    const Result<> late = mem->write(0, bytes_of("late"), node);
    EXPECT_TRUE(late.error().code == ErrorCode::not_found) << text_of(late);
}

// --- 10: a revocation is lost, or can never be done
// --------------------------------------------------

TEST(Acceptance, What_cannot_be_wiped_is_fenced_for_all_to_see_until_somebody_clears_it) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    const uint64_t blocks = fabric.inventory(1, lease::ResourceKind::block).unit_count *
                            fabric.inventory(1, lease::ResourceKind::block).unit_bytes /
                            limits::block_bytes;
    const auto acquire = [&] {
        return fabric::BlockBuilder{node.fabric()}.min_blocks(blocks).on("node1").acquire(node);
    };
    {
        auto lease = acquire();
        ASSERT_TRUE(lease.is_ok()) << text_of(lease);
        const std::array<uint8_t, limits::block_bytes> data{1};
        auto block = lease.value().block();
        EXPECT_TRUE(block.write_block(0, data, node).is_ok());
        fabric.break_disk(1, hal::BlockOperation::write);
    }
    const auto fenced = [&] { return fabric.inventory(1, lease::ResourceKind::block).fenced; };
    EXPECT_TRUE(assert_eventually(fabric, [&] { return fenced() > 0; }, 10_s, "a fence"));
    fabric.mend_disk(1);
    fabric.advance(60_s);
    EXPECT_GT(fenced(), 0u); // nobody tries by himself
    EXPECT_TRUE(acquire().error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(fabric.clear_fences(1).is_ok());
    EXPECT_EQ(fenced(), 0u);
    auto lease = acquire();
    ASSERT_TRUE(lease.is_ok()) << text_of(lease);
    std::array<uint8_t, limits::block_bytes> back{1};
    auto block = lease.value().block();
    EXPECT_TRUE(block.read_block(0, back, node).is_ok());
    EXPECT_TRUE(is_all_zero(back));
}

// --- 14: takeover is slow
// ----------------------------------------------------------------------------

TEST(Acceptance, A_candidate_has_what_a_dead_holder_had_as_soon_as_its_lease_is_over_and_wiped) {
    SimFabric fabric{3};
    LeaseRef ref{};
    fabric.run(0, [&](Node& node) {
        const auto lease = memory_of(node, "node1", 10_s, all_memory);
        ref = lease.is_ok() ? lease.value().lease_ref() : LeaseRef{};
        node.sleep(1'000_s);
    });
    fabric.advance(1_s);
    Candidate candidate;
    fabric.run(2, [&](Node& node) { candidate.run(fabric, node, 60_s); });
    fabric.advance(2_s);
    fabric.kill(0);
    const Instant deadline = saturating_add(fabric.now(), view_of(fabric, ref)->left);
    ASSERT_TRUE(fabric.run_until([&] { return candidate.got_at.has_value(); }, 30_s));
    EXPECT_GE(candidate.got_at->ms, deadline.ms);
    EXPECT_LE(candidate.got_at->ms, deadline.ms + 50); // 256 KiB to wipe, and its next question
}

TEST(Acceptance, A_candidate_has_at_once_what_its_holder_lets_go) {
    SimFabric fabric{3};
    Instant let_go_at{};
    fabric.run(0, [&](Node& node) {
        {
            const auto lease = memory_of(node, "node1", 60_s, all_memory);
            node.sleep(3_s);
        }
        let_go_at = fabric.now();
        node.settle();
    });
    fabric.advance(1_s);
    Candidate candidate;
    fabric.run(2, [&](Node& node) { candidate.run(fabric, node, 60_s); });
    ASSERT_TRUE(fabric.run_until([&] { return candidate.got_at.has_value(); }, 10_s));
    EXPECT_LE((*candidate.got_at - let_go_at).ms, 50u);
}

// --- 16: slots or handles leak
// ------------------------------------------------------------------------

TEST(Acceptance, A_table_of_a_few_slots_is_never_used_up_by_a_hundred_thousand_leases) {
    constexpr size_t slots = test::sim_programs.leases_max;
    static_assert(slots <= 16 && cycles % slots == 0);
    SimFabric fabric{1};
    Node& node = fabric.node(0);
    std::vector<fabric::MemLease> held;
    uint64_t refused = 0;
    for (uint64_t cycle = 0; cycle < cycles; cycle += slots) {
        std::vector<fabric::Acquiring<fabric::MemLease>> asked;
        for (size_t i = 0; i < slots; ++i) {
            auto started =
                fabric::MemBuilder{node.fabric()}.lease_secs(60).on("node0").start_acquire();
            ASSERT_TRUE(started.is_ok()) << cycle + i << ": " << text_of(started);
            asked.push_back(std::move(started).value());
        }
        EXPECT_FALSE(fabric::MemBuilder{node.fabric()}.start_acquire().is_ok()); // full
        while (!asked.empty()) {
            node.turn();
            auto lease = asked.back().poll();
            refused += !lease.is_ok() && lease.error().code != ErrorCode::busy ? 1u : 0u;
            if (lease.is_ok()) {
                held.push_back(std::move(lease).value());
                asked.pop_back();
            }
            ASSERT_EQ(refused, 0u) << text_of(lease);
        }
        held.clear();
        node.settle();
    }
    EXPECT_EQ(node.fabric().figures().acquired, cycles);
    EXPECT_EQ(node.fabric().figures().released, cycles);
    const Outcome outcome = assert_no_leaked_leases(fabric);
    EXPECT_TRUE(outcome) << outcome;
}

} // namespace
} // namespace grafos::testkit
