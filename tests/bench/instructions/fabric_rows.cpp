// SPDX-License-Identifier: Apache-2.0
/// What a program spends on a lease of another machine: its own turns, the node's left out.
#include <new>

#include "core/fabric/builder.hpp"
#include "core/fabric/fabric_storage.hpp"
#include "tests/bench/instructions/rows.hpp"
#include "tests/support/service_pair.hpp"

namespace grafos::board {
namespace {

constexpr fabric::FabricLimits limits{
    .leases_max = 8,
    .peers_max = 4,
    .window = 8,
    .turn_max = Duration{50},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 8,
};
using FabricType = fabric::FabricOf<limits>;
alignas(64) constinit std::array<uint8_t, sizeof(test::ServicePair)> pair_area{};
alignas(64) constinit std::array<uint8_t, sizeof(FabricType)> fabric_area{};
constinit wire::PeerList nodes{};

/// The program and the node it leases from, in turns.
class Turns final : public fabric::Pump {
public:
    Turns(test::ServicePair& with, FabricType& own) noexcept : pair{with}, fabric{own} {}

    void hear() noexcept {
        (void)pair.client_port.receive(8, pair.raw);
        fabric.tick(pair.raw);
    }
    void speak() noexcept { fabric.flush(pair.raw); }
    void serve() noexcept {
        pair.turn();
        pair.turn();
    }
    void turn() noexcept override {
        hear();
        speak();
        serve();
    }
    [[nodiscard]] bool is_turning() const noexcept override { return false; }

    test::ServicePair& pair;
    FabricType& fabric;
};

void measure_reads(Report& report, Turns& turns, const fabric::MemLease& lease) noexcept {
    Row ask, take;
    auto mem = lease.mem();
    std::array<uint8_t, 64> data;
    for (int round = 0; round < 10; ++round) {
        lease::RegionTicket ticket{};
        bool is_done = false;
        turns.turn();
        ask.measure([&] {
            ticket = mem.start_read(0, data).value();
            turns.speak();
        });
        turns.serve();
        take.measure([&] {
            turns.hear();
            is_done = mem.poll(ticket).is_ok();
        });
        GRAFOS_ASSERT(is_done);
    }
    report.print_row("fabric", "ask_read_64", ask);
    report.print_row("fabric", "take_read_64", take);
}

/// The dearest turn between two renewals is the one that asks, or takes the answer.
void measure_renewals(Report& report, Turns& turns) noexcept {
    Row ask, take, idle;
    const uint64_t until = turns.fabric.figures().renewed + 3;
    while (turns.fabric.figures().renewed < until) { // three thirds of the TTL each, or so
        turns.pair.raw.ms += 100;
        const uint64_t asked = turns.pair.client_link.other->waiting();
        Row spoken;
        spoken.measure([&] {
            turns.hear();
            turns.speak();
        });
        const bool has_asked = turns.pair.client_link.other->waiting() > asked;
        Row& kept = has_asked ? ask : idle;
        kept.most = spoken.most > kept.most ? spoken.most : kept.most;
        turns.serve();
        const uint64_t renewed = turns.fabric.figures().renewed;
        Row heard;
        heard.measure([&] { turns.hear(); });
        const bool is_answer = turns.fabric.figures().renewed > renewed;
        take.most = is_answer && heard.most > take.most ? heard.most : take.most;
        turns.speak();
    }
    report.print_row("fabric", "ask_renewal", ask);
    report.print_row("fabric", "take_renewal", take);
    report.print_row("fabric", "idle_turn", idle);
}

} // namespace

void measure_fabric(Report& report, MutableBytes disk, MutableBytes memory) noexcept {
    zero_bytes(disk);
    auto& pair = *new (pair_area.data()) test::ServicePair{disk, memory};
    pair.open();
    wire::Principal entry;
    entry.name[0] = 'n';
    entry.name_size = 1;
    entry.exchange_key = pair.node.identity().exchange_key();
    entry.address = pair.node_link.local_address();
    GRAFOS_ASSERT(nodes.add(entry).is_ok());
    auto& program = *new (fabric_area.data()) FabricType{fabric::FabricMachine{
        .peers = nodes,
        .identity = pair.me,
        .drbg = pair.drbg,
        .port = &pair.client_port,
        .clients = &pair.sessions,
    }};
    Turns turns{pair, program};
    {
        auto lease =
            fabric::MemBuilder{program}.tenant({1}).min_bytes(4096).lease_secs(10).on("n").acquire(
                turns);
        GRAFOS_ASSERT(lease.is_ok());
        measure_reads(report, turns, lease.value());
        measure_renewals(report, turns);
    }
    while (program.count() > 0) { // no longer than the TTL
        turns.turn();
    }
}

} // namespace grafos::board
