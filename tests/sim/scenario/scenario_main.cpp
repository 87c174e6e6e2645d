// SPDX-License-Identifier: Apache-2.0
/// The scenarios as an executable of every board. First one node through thousands of operations:
/// its anchor, then its chain as JSON lines. Then two nodes over a net that fails: their figures,
/// each one's anchor and chain, and the trace of all of it.
#include "tests/sim/scenario/fabric_scenario.hpp"
#include "tests/sim/scenario/scenario.hpp"
#include "tests/sim/scenario/scenario_chain.hpp"

namespace grafos::board {
namespace {

alignas(64) constinit std::array<uint8_t, sizeof(test::Scenario::NodeType)> node_area{};
alignas(64) constinit std::array<uint8_t, sizeof(test::Scenario)> scenario_area{};

/// The fabric's machines lie in the memory that the first node was lent: it is done by then.
constexpr size_t memory_bytes_least =
    std::max(sizeof(test::FabricScenario), test::scenario_memory_bytes);

[[nodiscard]] bool run_node(Machine& machine) noexcept {
    std::array<char, 256> buffer;
    TextWriter line{buffer};
    const test::ScenarioOptions options{machine.arguments.seed, machine.arguments.operations,
                                        machine.arguments.restarts};
    auto& scenario = *new (scenario_area.data()) test::Scenario{
        options, *machine.block_device, machine.leasable.first(test::scenario_memory_bytes),
        node_area};
    const test::ScenarioOutcome outcome = scenario.run();
    line.put("scenario seed=").put(options.seed).put(" operations=").put(outcome.operations);
    line.put(" records=").put(outcome.records).put(" fences=").put(outcome.fences);
    say(machine, line);
    if (!outcome.is_good) {
        line.put("scenario failed at operation ").put(outcome.failed_at).put(": ");
        line.put(outcome.failure);
        say(machine, line);
        return false;
    }
    line.put("anchor ").put(name_of(machine.kind)).put(' ');
    line.put_hex(outcome.anchor.hash.view());
    say(machine, line);
    const bool is_exported = export_chain(machine, scenario.node(), [&] { scenario.turn(); });
    scenario.~Scenario();
    return is_exported;
}

/// A world of two machines, made anew in the same place.
class World {
public:
    explicit World(Machine& machine) noexcept
        : scenario_{*new(machine.leasable.data()) test::FabricScenario{machine.arguments.seed}} {}
    ~World() { scenario_.~FabricScenario(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    [[nodiscard]] test::FabricScenario& operator*() noexcept { return scenario_; }

private:
    test::FabricScenario& scenario_;
};

/// Always false.
bool say_failure(Machine& machine, const test::FabricOutcome& outcome) noexcept {
    std::array<char, 256> buffer;
    TextWriter line{buffer};
    line.put("fabric failed at ").put(outcome.failed_at.ms).put(" ms: ").put(outcome.failure);
    say(machine, line);
    return false;
}

/// The trace is worth its name: the same beginning gives the same one, and one bit of one delivery
/// another.
[[nodiscard]] bool check_trace(Machine& machine) noexcept {
    constexpr std::array<uint64_t, 3> changed_deliveries{0, 0, 40};
    std::array<Digest, 3> traces{};
    for (size_t i = 0; i < traces.size(); ++i) {
        World world{machine};
        const test::FabricOutcome outcome = (*world).run_opening(changed_deliveries[i]);
        if (!outcome.is_good) {
            return say_failure(machine, outcome);
        }
        traces[i] = outcome.trace;
    }
    if (traces[0] != traces[1] || traces[0] == traces[2]) {
        print(machine.console, "fabric failed: a trace does not tell two runs apart\r\n");
        return false;
    }
    return true;
}

void say_figures(Machine& machine, test::FabricScenario& scenario,
                 const test::FabricOutcome& outcome) noexcept {
    std::array<char, 512> buffer;
    TextWriter line{buffer};
    const test::SimulatedNet& net = scenario.world().net();
    line.put("fabric seed=").put(machine.arguments.seed);
    line.put(" machines=").put(uint64_t{test::FabricScenario::machines_count});
    line.put(" ms=").put(outcome.ended_at.ms).put(" steps=").put(scenario.world().steps());
    line.put(" sent=").put(net.sent).put(" deliveries=").put(net.received);
    line.put(" lost=").put(net.lost).put(" duplicated=").put(net.duplicated);
    line.put(" changed=").put(net.changed).put(" overtaken=").put(net.overtaken);
    line.put(" held=").put(net.held_back).put(" cut=").put(net.cut_off);
    line.put(" operations=").put(outcome.operations).put(" renewed=").put(outcome.renewed);
    line.put(" ended=").put(outcome.ended).put(" stopped_first=").put(outcome.stopped);
    line.put(" refused_late=").put(outcome.refused).put(" events=").put(outcome.events);
    say(machine, line);
}

[[nodiscard]] bool run_fabric(Machine& machine) noexcept {
    std::array<char, 256> buffer;
    TextWriter line{buffer};
    World world{machine};
    test::FabricScenario& scenario = *world;
    const test::FabricOutcome outcome = scenario.run();
    say_figures(machine, scenario, outcome);
    if (!outcome.is_good) {
        return say_failure(machine, outcome);
    }
    for (size_t i = 0; i < test::FabricScenario::machines_count; ++i) {
        node::Node& node = scenario.world().machine(i).node();
        line.put("fabric-anchor ").put(name_of(machine.kind)).put(' ');
        line.put(test::FabricScenario::names[i]).put(' ').put_hex(node.log().anchor().hash.view());
        say(machine, line);
        if (!export_chain(machine, node, [&] { scenario.step(); })) {
            return false;
        }
    }
    line.put("trace ").put(name_of(machine.kind)).put(' ').put_hex(outcome.trace.view());
    say(machine, line);
    return true;
}

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    if (machine.block_device == nullptr ||
        machine.block_device->geometry().sector_count < test::scenario_sectors ||
        machine.leasable.size() < memory_bytes_least) {
        std::array<char, 256> buffer;
        TextWriter line{buffer};
        line.put("scenario needs a disk of ").put(test::scenario_sectors).put(" sectors and ");
        line.put(uint64_t{memory_bytes_least}).put(" bytes of memory");
        say(machine, line);
        return hal::ExitStatus::refused;
    }
    const bool is_good = run_node(machine) && check_trace(machine) && run_fabric(machine);
    return is_good ? hal::ExitStatus::success : hal::ExitStatus::failure;
}

} // namespace grafos::board
