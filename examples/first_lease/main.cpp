// SPDX-License-Identifier: Apache-2.0
/// A lease from grant to end, on the machine that grants it.
#include <new>

#include "boards/parts/machine/machine.hpp"
#include "core/lease/lessor/local_region.hpp"
#include "core/node/node_storage.hpp"

using namespace grafos;

alignas(64) constinit std::array<uint8_t, node::node_bytes<lease::small_node>> node_area{};

hal::ExitStatus board::board_main(Machine& machine) noexcept {
    constexpr size_t lent_bytes = 64 * 1024;
    if (machine.block_device == nullptr || machine.entropy == nullptr ||
        machine.leasable.size() < lent_bytes) {
        return hal::ExitStatus::refused;
    }
    const node::Machine parts{*machine.entropy, *machine.block_device,
                              machine.leasable.first(lent_bytes)};
    auto& node = *new (node_area.data()) node::NodeOf<lease::small_node>{parts, {}};
    const auto turn = [&] {
        node.tick(machine.clock.now());
        node.end_turn(machine.clock.now());
        machine.power.idle_until(node.next_deadline());
    };
    const lease::Request request{.operation = lease::Operation::grant,
                                 .resource = lease::resource_id_of(lease::ResourceKind::memory, 0),
                                 .amount_bytes = 4096,
                                 .ttl = 500_ms};
    const auto memory_info = [&] { return node.lessor().resources()[0]->info(); };
    while (node.readiness() != node::Readiness::ready || memory_info().free == 0) {
        if (node.readiness() == node::Readiness::degraded) {
            print(machine.console, name_of(node.degraded_reason()));
            return hal::ExitStatus::refused;
        }
        turn();
    }
    const auto ticket = node.start(request); // an outbox that nobody else uses has room
    auto grant = node.poll(ticket.value());
    while (!grant.is_ok() && grant.error().code == ErrorCode::busy) { // until its record is durable
        turn();
        new (&grant) auto{node.poll(ticket.value())};
    }
    if (!grant.is_ok()) {
        print(machine.console, name_of(grant.error().code));
        return hal::ExitStatus::failure;
    }
    lease::LocalRegion region{node.lessor(), grant.value()};
    uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};
    (void)region.start_write(0, hello, node.now()).is_ok();
    auto end = region.start_read(0, hello, node.now());
    while (end.is_ok()) { // until the lease has ended by itself
        turn();
        new (&end) auto{region.start_read(0, hello, node.now())};
    }
    print(machine.console, name_of(end.error().code)); // lease_expired
    print(machine.console, "\r\n");
    return end.error().code == ErrorCode::lease_expired ? hal::ExitStatus::success
                                                        : hal::ExitStatus::failure;
}
