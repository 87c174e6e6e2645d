// SPDX-License-Identifier: Apache-2.0
// Each fault of a machine: that it happens, that it is all that happens, and that it is in the
// trace.
#include "tests/sim/world/sim_fabric.hpp"

#include <new>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using World = SimFabricOf<2>;
alignas(World) std::array<uint8_t, sizeof(World)> area;

class MachineFaults : public ::testing::Test {
protected:
    MachineFaults() : world_{*new(area.data()) World{7}} {
        world_.add_machine("east", {Instant{5'000}, 0});
        world_.add_machine("west", {Instant{9'000}, 0});
        world_.net().faults.delay_least = world_.net().faults.delay_most = Duration{1};
        is_booted_ = world_.boot();
    }
    ~MachineFaults() override {
        world_.power_off();
        world_.~World();
    }
    [[nodiscard]] SimMachine& east() noexcept { return world_.machine(0); }
    void run_for(Duration length) noexcept {
        (void)world_.run_until(length, [] { return false; });
    }
    /// A turn is had at least so often: something always arrives.
    void knock() noexcept {
        const std::array<uint8_t, 4> nonsense{};
        world_.net().inject(world_.machine(1).setup().address, east().setup().address, nonsense);
    }
    [[nodiscard]] uint64_t all_faults() noexcept {
        uint64_t sum = 0;
        for (size_t i = 0; i < 2 * machine_fault_count; ++i) {
            sum += world_.machine(i / machine_fault_count)
                       .fault_count(static_cast<MachineFault>(i % machine_fault_count));
        }
        for (size_t i = 0; i < 2 * disk_fault_count; ++i) {
            sum += world_.machine(i / disk_fault_count)
                       .disk()
                       .fault_count(static_cast<DiskFault>(i % disk_fault_count));
        }
        return sum;
    }

    World& world_;
    bool is_booted_ = false;
};

TEST_F(MachineFaults, None_happens_by_itself) {
    ASSERT_TRUE(is_booted_);
    run_for(Duration{5'000});
    EXPECT_EQ(all_faults(), 0u);
}

TEST_F(MachineFaults, A_paused_machine_takes_no_turn_and_its_clock_goes_on) {
    const uint64_t local = east().node().now().ms;
    const Instant began = world_.now();
    const uint64_t events = world_.trace().count();
    east().pause(Duration{3'000});
    EXPECT_EQ(world_.trace().count(), events + 1);
    knock();
    run_for(Duration{2'999});
    EXPECT_TRUE(east().turn_began() <= began && east().is_paused());
    EXPECT_EQ(east().node().now().ms, local);
    run_for(Duration{2});
    EXPECT_TRUE(east().turn_began() >= saturating_add(began, Duration{3'000}));
    EXPECT_GE(east().node().now().ms, local + 3'000);
    EXPECT_EQ(world_.net().next_arrival(east().setup().address).ms, Instant::never().ms);
    EXPECT_EQ(east().fault_count(MachineFault::pause), 1u);
    EXPECT_EQ(all_faults(), 1u);
}

TEST_F(MachineFaults, A_long_turn_is_one_turn_that_the_node_sees) {
    knock();
    east().lengthen_turn(Duration{700});
    run_for(Duration{1});
    const Instant began = east().turn_began();
    EXPECT_TRUE(east().is_in_turn());
    knock();
    run_for(Duration{600});
    EXPECT_TRUE(east().turn_began() == began);
    run_for(Duration{200});
    EXPECT_GE(east().turn_began().ms, began.ms + 701);
    EXPECT_FALSE(east().is_in_turn());
    EXPECT_EQ(east().fault_count(MachineFault::long_turn), 1u);
    EXPECT_EQ(all_faults(), 1u);
}

TEST_F(MachineFaults, A_clock_that_is_set_moves_that_machine_alone) {
    knock();
    run_for(Duration{2});
    const uint64_t before = east().node().now().ms;
    east().step_clock(5'000);
    knock();
    run_for(Duration{2});
    EXPECT_GE(east().node().now().ms, before + 5'000);
    EXPECT_EQ(world_.machine(1).setup().clock.stepped_ms, 0);
    const uint64_t later = east().node().now().ms;
    east().step_clock(-3'000);
    knock();
    run_for(Duration{2});
    EXPECT_GE(east().node().now().ms, later) << "a node's own time never goes back";
    EXPECT_EQ(east().node().counters().value(observe::Counter::clock_steps_back), 1u);
    EXPECT_EQ(east().fault_count(MachineFault::clock_step), 2u);
    EXPECT_EQ(all_faults(), 2u);
}

TEST_F(MachineFaults, A_stalled_clock_stands_still_while_turns_go_on) {
    ASSERT_TRUE(east().stall_clock(Duration{1'000}));
    EXPECT_FALSE(east().stall_clock(Duration{1'000})) << "one at a time";
    knock();
    run_for(Duration{2});
    const uint64_t local = east().node().now().ms;
    knock();
    run_for(Duration{500});
    knock();
    run_for(Duration{2});
    EXPECT_EQ(east().node().now().ms, local);
    run_for(Duration{600});
    knock();
    run_for(Duration{2});
    EXPECT_GT(east().node().now().ms, local);
    EXPECT_LT(east().node().now().ms, local + 200);
    EXPECT_EQ(all_faults(), 1u);
}

TEST_F(MachineFaults, A_crashed_machine_is_silent_and_comes_back_with_what_was_durable) {
    const Digest before = east().node().log().anchor().hash;
    const uint64_t boots = east().boots();
    east().crash(11);
    EXPECT_FALSE(east().is_on());
    EXPECT_EQ(east().fault_count(MachineFault::crash), 1u);
    knock();
    run_for(Duration{1'000});
    world_.start(0);
    EXPECT_EQ(east().boots(), boots + 1);
    EXPECT_TRUE(world_.run_until(Duration{30'000}, [&] { return east().is_settled(); }));
    EXPECT_TRUE(east().node().log().anchor().hash != before) << "a boot more";
}

TEST_F(MachineFaults, Another_fault_is_another_trace) {
    std::array<Digest, 4> traces{};
    for (size_t run = 0; run < traces.size(); ++run) {
        world_.power_off();
        world_.~World();
        auto& world = *new (area.data()) World{7};
        world.add_machine("east", {Instant{5'000}, 0});
        world.add_machine("west", {Instant{9'000}, 0});
        ASSERT_TRUE(world.boot());
        if (run == 2) {
            world.machine(0).pause(Duration{1});
        } else if (run == 3) {
            world.machine(0).disk().write_fails_at(1);
            (void)world.machine(0).disk().start_write(0, Bytes{area}.first(hal::sector_bytes));
        }
        traces[run] = world.trace().head();
    }
    EXPECT_TRUE(traces[0] == traces[1]);
    EXPECT_TRUE(traces[1] != traces[2]);
    EXPECT_TRUE(traces[1] != traces[3] && traces[2] != traces[3]);
}

} // namespace
} // namespace grafos::test
