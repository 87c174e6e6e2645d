// SPDX-License-Identifier: Apache-2.0
/// Bytes typed by anybody at a node that serves: every line is answered with `ok` or a typed
/// `error`, nothing asserts, and whatever was typed, units and slots still add up.
#include <new>

#include "core/node/console.hpp"
#include "core/node/node_storage.hpp"
#include "tests/support/memory_console.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/support/seeded_entropy.hpp"

using namespace grafos;

namespace {

constexpr lease::NodeLimits fuzz_limits{
    .lease_count_max = 8,
    .memory_units_max = 8,
    .block_units_max = 8,
    .group_bytes_max = 4096,
    .outbox_slots_max = 4,
    .block_accesses_max = 2,
    .events_max = 16,
    .renewals_max = 2,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{100},
    .expiries_per_turn_max = 8,
    .requests_per_turn_max = 4,
    .wipe_bytes_per_turn = 64 * 1024,
};

std::array<uint8_t, 256 * 1024> disk_bytes;
std::array<uint8_t, 256 * 1024> booted_disk;
std::array<uint8_t, 8 * 4096> memory;
std::array<uint8_t, 64 * 1024> transcript;
bool has_booted = false;

void check_sums(const node::Node& node) {
    for (const lease::Resource* const resource : node.lessor().resources()) {
        const lease::ResourceInfo info = resource->info();
        const uint64_t sum = info.free + info.leased + info.tearing + info.dirty + info.fenced;
        GRAFOS_ASSERT(sum == info.unit_count);
    }
    GRAFOS_ASSERT(node.lessor().table().check_invariants());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    disk_bytes = has_booted ? booted_disk : decltype(disk_bytes){};
    test::RamBlockDevice disk{disk_bytes};
    test::SeededEntropy entropy{1};
    node::NodeOf<fuzz_limits> node{{entropy, disk, memory, {}, lease::WallSource::scenario},
                                   lease::LogOptions{}};
    Instant raw{1};
    for (int turns = 0; turns < 500 && node.readiness() != node::Readiness::ready; ++turns) {
        raw.ms += 1;
        node.tick(raw);
    }
    GRAFOS_ASSERT(node.readiness() == node::Readiness::ready);
    if (!has_booted) {
        booted_disk = disk_bytes;
        has_booted = true;
    }
    test::MemoryConsole port{transcript};
    node::Console console{node, port, {"fuzz", (size & 1) != 0}};
    port.type({reinterpret_cast<const char*>(data), size});
    for (int turns = 0; turns < 400 && !console.wants_power_off(); ++turns) {
        raw.ms += 1;
        node.tick(raw);
        console.tick();
        port.clear();
    }
    check_sums(node);
    return 0;
}
