// SPDX-License-Identifier: Apache-2.0
// Recipe 13: which step reports what; and that faults by step are real ones.
#include "tests/testkit/testkit.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::testkit {
namespace {

using Steps = std::vector<size_t>;

const FaultConfig recipe = FaultConfig{}.read_fails_at(3).write_fails_at(5).lease_expires_at(7);

TEST(ScenarioRunner, Only_step_3_reads_badly_only_5_writes_badly_and_from_7_on_the_lease_is_over) {
    for (const std::string_view home : {"node0", "node1"}) {
        SimFabric fabric{2};
        Node& node = fabric.node(0);
        auto lease = fabric::BlockBuilder{node.fabric()}.min_blocks(2).on(home).acquire(node);
        ASSERT_TRUE(lease.is_ok()) << text_of(lease);
        fabric::FabricBlock block = lease.value().block();
        std::array<uint8_t, limits::block_bytes> data{1, 2, 3};
        std::array<uint8_t, limits::block_bytes> back{};
        ScenarioRunner runner{fabric, recipe};
        const ScenarioReport report = runner.run(9, [&](Step& step) {
            step.write(block.write_block(1, data, node));
            step.read(block.read_block(1, back, node));
        });
        EXPECT_TRUE(report.read_failures() == Steps{3}) << report.text();
        EXPECT_TRUE(report.write_failures() == Steps{5}) << report.text();
        EXPECT_TRUE((report.lease_failures() == Steps{7, 8, 9})) << report.text();
        EXPECT_TRUE(report.steps[2].read_failure->code == ErrorCode::io) << report.text();
        EXPECT_TRUE(report.steps[4].write_failure->code == ErrorCode::io) << report.text();
        EXPECT_TRUE(report.steps[6].lease_failure->code == ErrorCode::lease_expired)
            << report.text();
    }
}

TEST(ScenarioRunner, On_a_link_nothing_arrives_in_the_steps_that_fail) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    auto lease = fabric::MemBuilder{node.fabric()}.lease_secs(30).on("node1").acquire(node);
    ASSERT_TRUE(lease.is_ok()) << text_of(lease);
    fabric::FabricMem mem = lease.value().mem();
    std::array<uint8_t, 8> back{};
    FaultConfig config = recipe;
    ScenarioRunner runner{fabric, config.on_link()};
    const ScenarioReport report = runner.run(8, [&](Step& step) {
        if (step.number() % 2 == 1 && step.number() != 5) {
            step.read(mem.read(0, back, node));
        } else {
            step.write(mem.write(0, bytes_of("a step"), node));
        }
    });
    EXPECT_TRUE(report.read_failures() == Steps{3}) << report.text();
    EXPECT_TRUE(report.write_failures() == Steps{5}) << report.text();
    EXPECT_TRUE((report.lease_failures() == Steps{7, 8})) << report.text();
    EXPECT_TRUE(report.steps[2].read_failure->code == ErrorCode::disconnected) << report.text();
}

TEST(ScenarioRunner, A_lease_had_after_the_expiry_is_as_good_as_any) {
    SimFabric fabric{2};
    Node& node = fabric.node(0);
    std::optional<fabric::MemLease> lease;
    const auto acquire = [&] {
        auto got = fabric::MemBuilder{node.fabric()}.lease_secs(4).on("node1").acquire(node);
        ASSERT_TRUE(got.is_ok()) << text_of(got);
        lease.emplace(std::move(got).value());
    };
    acquire();
    ScenarioRunner runner{fabric, FaultConfig{}.lease_expires_at(2)};
    const ScenarioReport report = runner.run(4, [&](Step& step) {
        if (!step.lease(lease->status())) {
            acquire();
        }
    });
    EXPECT_TRUE(report.lease_failures() == Steps{2}) << report.text();
    EXPECT_TRUE(runner.injector().should_fail_lease());
}

TEST(FaultInjector, Ticks_before_each_step) {
    FaultInjector injector{recipe};
    EXPECT_EQ(injector.step(), 0u);
    std::string seen;
    for (size_t i = 1; i <= 9; ++i) {
        injector.tick();
        seen += injector.should_fail_read() ? 'r' : '-';
        seen += injector.should_fail_write() ? 'w' : '-';
        seen += injector.should_fail_lease() ? 'l' : '-';
    }
    EXPECT_TRUE(seen == "------r------w------l--l--l") << seen;
}

} // namespace
} // namespace grafos::testkit
