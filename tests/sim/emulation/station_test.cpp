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

/// Four machines, booted, each with the station that its words say.
World& boot_world(const std::array<std::string_view, 4>& words, emulation::Observer& observer) {
    auto& world = *new (area.data()) World{1};
    world.has_calls = true;
    for (size_t i = 0; i < names.size(); ++i) {
        SimMachine& machine = world.add_machine(names[i], {.start = Instant{5'000 * (i + 1)}});
        StationProgram::Parts parts{machine, observer, {}, 7};
        std::array<char, 160> accepted;
        const auto problem = ec_counter::read_fabric_words(words[i], parts.words, accepted);
        EXPECT_FALSE(problem.has_value());
        programs[i].emplace(parts);
        machine.add(*programs[i]);
    }
    world.net().faults = {.delay_least = Duration{1}, .delay_most = Duration{3}};
    EXPECT_TRUE(world.boot());
    return world;
}

void end_world(World& world) {
    world.power_off();
    for (std::optional<StationProgram>& program : programs) {
        program.reset();
    }
    world.~World();
}

void expect_convergence(const std::array<std::string_view, 4>& words) {
    Largest largest;
    World& world = boot_world(words, largest);
    ec_counter::ClientsStation* clients = nullptr;
    EXPECT_TRUE(world.run_until(Duration{20'000}, [&] {
        clients = programs.back()->clients();
        return clients != nullptr && clients->is_over();
    }));
    EXPECT_TRUE(clients->is_finished());
    EXPECT_GT(largest.value, 0u);
    EXPECT_EQ(clients->value().value_or(0), largest.value);
    end_world(world);
}

constexpr std::array<std::string_view, 4> plain{
    "server=1,nodes=east+west+north", "server=2,nodes=east+west+north",
    "server=3,nodes=east+west+north", "clients=5,nodes=east+west+north,requests=20"};

TEST(Stations, Converge_over_a_calm_net) {
    expect_convergence(plain);
}

TEST(Stations, Converge_with_counters_in_blocks_of_other_machines) {
    expect_convergence(
        {"server=1,nodes=east+west+north,durable", "server=2,nodes=east+west+north,durable",
         "server=3,nodes=east+west+north,durable", "clients=5,nodes=east+west+north,requests=20"});
}

/// What a server printed when it stopped.
class Stops final : public emulation::Observer {
public:
    void on_line(Instant, const emulation::ActorView&, const emulation::Rule&,
                 std::string_view text) noexcept override {
        is_told = is_told || text == "[server-2] Stopped: revoked";
    }
    void on_stopped(Instant, const emulation::ActorView&, const Error& error) noexcept override {
        why = error.code == ErrorCode::released ? why : error.code;
    }
    bool is_told = false;
    ErrorCode why{};
};

TEST(Stations, A_server_stops_when_the_lease_behind_its_counter_is_revoked) {
    Stops stops;
    World& world = boot_world(plain, stops);
    const auto has_lease = [] {
        const ec_counter::ServerStation* const server = programs[1]->server();
        return server != nullptr && server->memory()->lease().has_value();
    };
    ASSERT_TRUE(world.run_until(Duration{5'000}, has_lease));
    lease::Request request;
    request.operation = lease::Operation::revoke;
    request.caller.identity = bytes_of("operator");
    request.reason = lease::Reason::authority_request;
    request.lease_ref = programs[1]->server()->memory()->lease()->lease_ref();
    EXPECT_TRUE(world.machine(1).node().start(request).is_ok());
    EXPECT_TRUE(world.run_until(Duration{2'000}, [] { return programs[1]->server()->is_over(); }));
    EXPECT_TRUE(stops.is_told);
    EXPECT_EQ(stops.why, ErrorCode::revoked);
    EXPECT_FALSE(programs[0]->server()->is_over());
    end_world(world);
}

TEST(Stations, Only_what_is_announced_is_taken_in_from_outside) {
    Largest largest;
    World& world = boot_world(plain, largest);
    ASSERT_TRUE(world.run_until(Duration{5'000}, [] { return programs[0]->server() != nullptr; }));
    fabric::Fabric& fabric = world.machine(3).fabric();
    const Result<uint8_t> east = fabric.find_home("east");
    ASSERT_TRUE(east.is_ok());
    const auto answer_to = [&](uint64_t to, Bytes message) {
        const auto call = fabric.start_call(east.value(), to, message, Duration{500});
        EXPECT_TRUE(call.is_ok());
        std::array<uint8_t, 256> answer;
        (void)world.run_until(Duration{600}, [&] {
            const Result<size_t> polled = fabric.poll_call(call.value(), answer);
            return polled.is_ok() || polled.error().field != Field::ticket;
        });
        const Result<size_t> last = fabric.poll_call(call.value(), answer);
        fabric.release_call(call.value());
        return last.is_ok() ? ErrorCode{} : last.error().code;
    };
    using Server = ec_counter::ServerProtocol;
    const uint8_t set_peers[] = {0, Server::number_of<ec_counter::SetPeers>(), 0, 1, 0xff, 0xfe};
    const uint8_t do_sync[] = {0, Server::number_of<ec_counter::DoSync>()};
    const uint8_t get_told[] = {0, Server::number_of<ec_counter::Get>()};
    const uint8_t no_message[] = {1, 0xff};
    const uint8_t no_kind[] = {2, 0};
    const uint8_t sync[] = {0, Server::number_of<ec_counter::SyncValue>(), 0, 0, 0, 0, 0, 0, 0, 9};
    EXPECT_EQ(answer_to(1, set_peers), ErrorCode::denied);
    EXPECT_EQ(answer_to(1, do_sync), ErrorCode::denied);
    EXPECT_EQ(answer_to(1, no_message), ErrorCode::denied);
    EXPECT_EQ(answer_to(1, get_told), ErrorCode::invalid_argument);
    EXPECT_EQ(answer_to(1, no_kind), ErrorCode::corrupt);
    EXPECT_EQ(answer_to(1, {}), ErrorCode::corrupt);
    EXPECT_EQ(answer_to(2, sync), ErrorCode::not_found); // that one is another machine's
    EXPECT_EQ(answer_to(1, sync), ErrorCode{});
    end_world(world);
}

} // namespace
} // namespace grafos::test
