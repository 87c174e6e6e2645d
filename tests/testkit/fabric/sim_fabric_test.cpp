// SPDX-License-Identifier: Apache-2.0
// The fabric itself: that ordinary code runs on it, and that what is done to it happens.
#include "tests/testkit/testkit.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::testkit {
namespace {

Result<fabric::MemLease> memory_of(Node& node, std::string_view home, Duration ttl = 10_s) {
    return fabric::MemBuilder{node.fabric()}.min_bytes(4096).lease_ttl(ttl).on(home).acquire(node);
}

TEST(SimFabric, Straight_code_leases_memory_of_another_machine_and_its_own) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    for (const std::string_view home : {"node1", "node0"}) {
        auto lease = memory_of(node, home);
        ASSERT_TRUE(lease.is_ok()) << text_of(lease);
        auto mem = lease.value().mem();
        std::array<uint8_t, 5> back{};
        EXPECT_TRUE(mem.write(10, bytes_of("hello"), node).is_ok());
        EXPECT_TRUE(mem.read(10, back, node).is_ok());
        EXPECT_TRUE(grafos::text_of(back) == "hello");
    }
    node.settle();
    EXPECT_EQ(fabric.inventory(1, lease::ResourceKind::memory).leased, 0u);
}

TEST(SimFabric, Runs_the_first_example_of_the_README) {
    testkit::SimFabric fabric{3};
    testkit::Node& node = fabric.node(0);
    auto lease =
        fabric::MemBuilder{node.fabric()}.min_bytes(64).lease_secs(10).on("node1").acquire(node);
    ASSERT_TRUE(lease.is_ok()) << testkit::text_of(lease);
    auto mem = lease.value().mem();
    EXPECT_TRUE(mem.write(0, bytes_of("hello"), node).is_ok());
    fabric.partition(0, 1);
    fabric.advance(11_s);
    EXPECT_EQ(mem.write(0, bytes_of("late"), node).error().code, ErrorCode::lease_expired);
}

TEST(SimFabric, A_partition_ends_a_lease_and_heal_lets_another_be_had) {
    SimFabric fabric{3};
    Node& node = fabric.node(0);
    auto lease = memory_of(node, "node1", 4_s);
    ASSERT_TRUE(lease.is_ok());
    fabric.advance(20_s); // renewed
    EXPECT_TRUE(lease.value().status().is_ok());
    fabric.partition(0, 1);
    fabric.advance(5_s);
    ASSERT_FALSE(lease.value().status().is_ok());
    EXPECT_TRUE(lease.value().status().error().code == ErrorCode::lease_expired);
    EXPECT_TRUE(memory_of(node, "node2").is_ok());
    EXPECT_FALSE(memory_of(node, "node1").is_ok());
    fabric.heal();
    fabric.advance(5_s);
    EXPECT_TRUE(memory_of(node, "node1").is_ok());
}

TEST(SimFabric, Programs_run_side_by_side_and_begin_anew_with_their_machine) {
    SimFabric fabric{2};
    uint64_t writes = 0;
    const auto work = [&](Node& node) {
        auto lease = memory_of(node, "node1");
        node.say(text_of(lease));
        while (lease.is_ok()) {
            writes += lease.value().mem().write(0, bytes_of("x"), node).is_ok() ? 1u : 0u;
            node.sleep(100_ms);
        }
    };
    const Program& first = fabric.run(0, work);
    const Program& second = fabric.run("node0", work);
    bool is_done = false;
    const Program& third = fabric.run(1, [&](Node& node) {
        node.sleep(3_s);
        is_done = true;
    });
    fabric.advance(2_s);
    EXPECT_GT(writes, 20u);
    EXPECT_FALSE(is_done);
    fabric.advance(2_s);
    EXPECT_TRUE(is_done && third.is_over());
    fabric.kill(0);
    EXPECT_FALSE(fabric.is_on(0));
    const uint64_t before = writes;
    fabric.advance(2_s);
    EXPECT_EQ(writes, before);
    fabric.restart(0);
    fabric.advance(2_s);
    EXPECT_GT(writes, before) << fabric.story().tell(20);
    EXPECT_EQ(first.starts(), 2u);
    EXPECT_EQ(second.starts(), 2u);
    EXPECT_EQ(third.starts(), 1u);
}

TEST(SimFabric, Refuses_machines_there_cannot_be_and_says_which_there_can) {
    EXPECT_DEATH(SimFabric{6}, "testkit: 6 machines: there can be 1 … 5");
    EXPECT_DEATH(SimFabric{0}, "testkit: 0 machines: there can be 1 … 5");
    SimFabricOptions twins;
    twins.names = {"a", "a"};
    EXPECT_DEATH(SimFabric{twins}, "'a': a machine has a name of 1 … 16 letters, of its own");
    SimFabric fabric{2};
    EXPECT_DEATH(fabric.kill(2), "machine 2: there are 0 … 1");
    EXPECT_DEATH((void)fabric.node("node7"), "machine 'node7': there are node0, node1");
    EXPECT_DEATH(fabric.partition(1, 1), "a machine cannot be parted from itself");
    auto lease = memory_of(fabric.node(0), "node1");
    EXPECT_DEATH(fabric.kill(0), "node0 loses power while the test itself may hold leases");
    fabric.kill(1);
    EXPECT_DEATH((void)fabric.node(1).fabric(), "node1 is off: it has no fabric");
}

TEST(SimFabric, The_same_seed_is_the_same_story) {
    const auto head = [](uint64_t seed) {
        SimFabric fabric{2, seed};
        fabric.run(0, [](Node& node) { (void)memory_of(node, "node1").is_ok(); });
        fabric.advance(3_s);
        return fabric.world().trace().head();
    };
    EXPECT_TRUE(head(7) == head(7));
    EXPECT_FALSE(head(7) == head(8));
}

} // namespace
} // namespace grafos::testkit
