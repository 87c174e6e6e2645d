// SPDX-License-Identifier: Apache-2.0
// Stations on simulated machines, over a calm net.
#include <new>

#include "tests/sim/emulation/station_program.hpp"
#include "tests/sim/world/sim_fabric.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

/// The largest counter that any server showed.
class Largest final : public emulation::Observer {
public:
    void on_shown(Instant, const emulation::ActorView&, std::string_view name,
                  uint64_t shown) noexcept override {
        value = name == "counter" && shown > value ? shown : value;
    }
    uint64_t value = 0;
};

constexpr std::array<std::string_view, 4> names{"east", "west", "north", "south"};
using World = SimFabricOf<names.size()>;
alignas(World) std::array<uint8_t, sizeof(World)> area;
std::array<std::optional<StationProgram>, names.size()> programs;

void expect_convergence(const std::array<std::string_view, 4>& words) {
    Largest largest;
    auto& world = *new (area.data()) World{1};
    world.has_calls = true;
    for (size_t i = 0; i < names.size(); ++i) {
        SimMachine& machine = world.add_machine(names[i], {.start = Instant{5'000 * (i + 1)}});
        StationProgram::Parts parts{machine, largest, {}, 7};
        std::array<char, 160> accepted;
        const auto problem = ec_counter::read_fabric_words(words[i], parts.words, accepted);
        ASSERT_FALSE(problem.has_value());
        programs[i].emplace(parts);
        machine.add(*programs[i]);
    }
    world.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    ASSERT_TRUE(world.boot());
    ec_counter::ClientsStation* clients = nullptr;
    EXPECT_TRUE(world.run_until(Duration{20'000}, [&] {
        clients = programs.back()->clients();
        return clients != nullptr && clients->is_over();
    }));
    EXPECT_TRUE(clients->is_finished());
    EXPECT_GT(largest.value, 0u);
    EXPECT_EQ(clients->value().value_or(0), largest.value);
    world.power_off();
    for (std::optional<StationProgram>& program : programs) {
        program.reset();
    }
    world.~World();
}

TEST(Stations, Converge_over_a_calm_net) {
    expect_convergence({"server=1,nodes=east+west+north", "server=2,nodes=east+west+north",
                        "server=3,nodes=east+west+north",
                        "clients=5,nodes=east+west+north,requests=20"});
}

TEST(Stations, Converge_with_counters_in_blocks_of_other_machines) {
    expect_convergence(
        {"server=1,nodes=east+west+north,durable", "server=2,nodes=east+west+north,durable",
         "server=3,nodes=east+west+north,durable", "clients=5,nodes=east+west+north,requests=20"});
}

} // namespace
} // namespace grafos::test
