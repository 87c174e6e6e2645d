// SPDX-License-Identifier: Apache-2.0
/// Packets from anybody, and messages from a holder of a valid key. The input is a list of actions
/// on a node with one open session: raw datagrams, changed copies of good ones, and bodies that are
/// sealed rightly whatever is in them. Whatever comes, the node answers or is silent, no number is
/// executed twice, and no assertion is reached.
#include "tests/support/raw_client.hpp"

using namespace grafos;
using namespace grafos::wire;

namespace {

enum class Action : uint8_t { raw, changed, sealed, time, held, count };

struct World {
    test::SessionRig rig{1};
    test::RawClient alice{rig, test::stranger_address(1), rig.alice.identity, 11};
    test::RawClient stranger{rig, test::stranger_address(2), rig.bob.identity, 12};
    test::Recorder<16> recorder{test::node_address};
};

/// One open session, one request answered, and the packets that did it recorded.
void open_world(World& world) {
    world.rig.net.listener = &world.recorder;
    GRAFOS_ASSERT(world.alice.open());
    world.alice.ask(1, 1, test::rig_write);
    world.alice.run(2);
    GRAFOS_ASSERT(world.alice.replies == 1);
    world.rig.net.listener = nullptr;
}

void change(World& world, ByteReader& input) {
    const size_t which = input.take<uint8_t>() % world.recorder.count;
    test::Datagram copy = world.recorder.heard[which];
    const uint8_t changes = input.take<uint8_t>() % 4;
    for (uint8_t i = 0; i < changes; ++i) {
        const size_t at = input.take<uint16_t>() % copy.size;
        copy.bytes[at] = input.take<uint8_t>();
    }
    world.rig.net.inject(copy.from, test::node_address, copy.view());
}

void act(World& world, Action action, ByteReader& input) {
    const size_t size = input.take<uint16_t>() % (packet_bytes_max + 1);
    const Bytes bytes = input.take_bytes(size < input.left() ? size : input.left());
    switch (action) {
    case Action::raw:
        if (!bytes.empty()) {
            world.rig.net.inject(test::stranger_address(2), test::node_address, bytes);
        }
        break;
    case Action::changed: {
        ByteReader choices{bytes};
        change(world, choices);
        break;
    }
    case Action::sealed:
        world.alice.send_sealed(bytes.first(
            bytes.size() < packet_body_bytes_max ? bytes.size() : packet_body_bytes_max));
        break;
    case Action::time: world.rig.skip(Duration{size}); break;
    case Action::held:
        world.rig.node.sink.holds = !world.rig.node.sink.holds;
        while (world.rig.node.sink.answer_one(world.rig.now)) {}
        break;
    case Action::count: break;
    }
    world.alice.turn();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    alignas(World) static std::array<uint8_t, sizeof(World)> area;
    auto* world = new (area.data()) World{};
    open_world(*world);
    ByteReader input{Bytes{data, size}};
    for (int i = 0; i < 64 && input.left() > 3; ++i) {
        const uint8_t choice = input.take<uint8_t>();
        act(*world, static_cast<Action>(choice % static_cast<uint8_t>(Action::count)), input);
    }
    GRAFOS_ASSERT(world->rig.node.sink.executed_twice == 0);
    const uint64_t seconds = world->rig.now.ms / 1'000 + 1;
    const SessionFigures& figures = world->rig.node.server().figures();
    GRAFOS_ASSERT(figures.public_key_steps <= 20 * seconds + 5 * figures.opened);
    world->~World();
    return 0;
}
