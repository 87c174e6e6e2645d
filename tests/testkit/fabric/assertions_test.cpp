// SPDX-License-Identifier: Apache-2.0
// Each assertion on a program that passes it, and on one that deserves to fail.
#include "tests/testkit/testkit.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::testkit {
namespace {

Result<fabric::MemLease> memory_of(Node& node, std::string_view home, Duration ttl = 10_s) {
    return fabric::MemBuilder{node.fabric()}.min_bytes(4096).lease_ttl(ttl).on(home).acquire(node);
}

TEST(Outcome, Is_a_finding_and_a_sentence) {
    EXPECT_TRUE(Outcome::good()) << Outcome::good();
    const Outcome bad = Outcome::bad("three were sold, and two are booked");
    EXPECT_FALSE(bad);
    EXPECT_TRUE(bad.finding() == Finding::wrong);
    EXPECT_TRUE(bad.text() == "three were sold, and two are booked");
}

TEST(AssertEventually, Waits_for_what_comes_and_says_what_did_not) {
    SimFabric fabric{1};
    bool is_done = false;
    fabric.run(0, [&](Node& node) {
        node.sleep(2_s);
        is_done = true;
    });
    const Outcome late = assert_eventually(fabric, [&] { return is_done; }, 1_s, "its end");
    EXPECT_TRUE(late.finding() == Finding::never_came) << late;
    EXPECT_TRUE(late.text().find("its end did not come to be within 1000 ms") == 0) << late;
    EXPECT_TRUE(assert_eventually(fabric, [&] { return is_done; }, 2_s));
}

TEST(AssertNoLeakedLeases, Finds_a_lease_that_somebody_keeps_and_one_that_only_its_TTL_ends) {
    SimFabric fabric{2};
    EXPECT_TRUE(assert_no_leaked_leases(fabric));
    Node& node = fabric.node(0);
    auto kept = memory_of(node, "node1");
    ASSERT_TRUE(kept.is_ok());
    const Outcome leaked = assert_no_leaked_leases(fabric);
    EXPECT_TRUE(leaked.finding() == Finding::leaked);
    EXPECT_TRUE(leaked.text().find("node1 lends 4096 bytes of memory") != std::string::npos &&
                leaked.text().find("to node0") != std::string::npos)
        << leaked;
    { const auto dropped = std::move(kept); }
    const Outcome released = assert_no_leaked_leases(fabric);
    EXPECT_TRUE(released) << released;

    fabric.run(0, [](Node& me) {
        const auto lease = memory_of(me, "node1", 20_s);
        me.sleep(100_s);
    });
    fabric.advance(1_s);
    fabric.kill(0); // nobody lets go of it
    EXPECT_TRUE(assert_no_leaked_leases(fabric).finding() == Finding::leaked);
    const Outcome expired = assert_no_leaked_leases(fabric, 21_s);
    EXPECT_TRUE(expired) << expired;
}

/// Works under a lease, and gets another one if it is told to look.
struct Worker {
    std::optional<LeaseRef> bound{};
    bool looks = true; ///< at what its lease says
    bool keeps = true; ///< the lease it has
    void run(Node& node) {
        for (;;) {
            auto lease = memory_of(node, "node1");
            if (!lease.is_ok()) {
                node.sleep(100_ms);
                continue;
            }
            bound = lease.value().lease_ref();
            while (!looks || lease.value().status().is_ok()) {
                node.sleep(100_ms);
                if (!keeps) {
                    break;
                }
            }
            bound.reset();
        }
    }
};

Outcome rebind(Worker worker) {
    SimFabric fabric{2};
    fabric.run(0, [&](Node& node) { worker.run(node); });
    return assert_rebind_converges(fabric, [&] { return worker.bound; }, 10_s);
}

TEST(AssertRebindConverges, Passes_who_leases_anew_and_fails_who_does_not_look_or_not_stay) {
    const Outcome good = rebind({});
    EXPECT_TRUE(good) << good;
    const Outcome blind = rebind({.looks = false});
    EXPECT_TRUE(blind.finding() == Finding::never_rebound) << blind;
    EXPECT_TRUE(blind.text().find("still works under it") != std::string::npos) << blind;
    const Outcome restless = rebind({.keeps = false});
    EXPECT_TRUE(restless.finding() == Finding::let_go_again) << restless;
    SimFabric idle{1};
    const Outcome none =
        assert_rebind_converges(idle, [] { return std::optional<LeaseRef>{}; }, 1_s);
    EXPECT_TRUE(none.finding() == Finding::no_lease) << none;
}

TEST(AssertStaleEpochRejected, Passes_the_real_fabric_near_and_far) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    for (const std::string_view home : {"node1", "node0"}) {
        auto lease = memory_of(node, home);
        ASSERT_TRUE(lease.is_ok());
        const Outcome outcome = assert_stale_epoch_rejected(fabric, 0, lease.value());
        EXPECT_TRUE(outcome) << home << ": " << outcome;
        EXPECT_TRUE(lease.value().status().error().code == ErrorCode::revoked);
        const Outcome again = assert_stale_epoch_rejected(fabric, 0, lease.value());
        EXPECT_TRUE(again.finding() == Finding::no_lease) << again;
    }
    auto blocks = fabric::BlockBuilder{node.fabric()}.min_blocks(1).on("node1").acquire(node);
    ASSERT_TRUE(blocks.is_ok());
    const auto write = [&](Node& me) {
        std::array<uint8_t, limits::block_bytes> data{1};
        return blocks.value().block().write_block(0, data, me);
    };
    const Outcome outcome = assert_stale_epoch_rejected(fabric, 0, blocks.value(), write);
    EXPECT_TRUE(outcome) << outcome;
}

TEST(AssertStaleEpochRejected, Fails_a_program_that_says_ok_whatever_it_was_told) {
    SimFabric fabric{2};
    auto lease = memory_of(fabric.node(0), "node1");
    ASSERT_TRUE(lease.is_ok());
    const auto write = [&](Node& me) -> Result<> {
        auto mem = lease.value().mem();
        (void)mem.write(0, bytes_of("careless"), me).is_ok();
        return ok();
    };
    const Outcome outcome = assert_stale_epoch_rejected(fabric, 0, lease.value(), write);
    EXPECT_TRUE(outcome.finding() == Finding::stale_accepted) << outcome;
}

TEST(AssertStaleEpochRejected, Fails_a_program_that_writes_into_what_others_have_by_now) {
    SimFabric fabric{2};
    auto lease = memory_of(fabric.node(0), "node0");
    ASSERT_TRUE(lease.is_ok());
    const auto write = [&](Node&) -> Result<> { // by an address it kept, past every check
        const Bytes memory = fabric.world().machine(0).memory();
        const_cast<uint8_t*>(memory.data())[0] = 1;
        return Error{ErrorCode::revoked};
    };
    const Outcome outcome = assert_stale_epoch_rejected(fabric, 0, lease.value(), write);
    EXPECT_TRUE(outcome.finding() == Finding::stale_accepted) << outcome;
    EXPECT_TRUE(outcome.text().find("with the next holder") != std::string::npos) << outcome;
}

} // namespace
} // namespace grafos::testkit
