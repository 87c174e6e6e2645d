// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/emergency_disk.hpp"

#include "boards/parts/virtio/transport.hpp"
#include "hal/block_device.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t feature_flush = 1ull << 9;
constexpr uint32_t type_write = 1;
constexpr uint32_t type_flush = 4;
constexpr uint32_t polls_max = 5'000'000; // each reads a register: some seconds

struct Request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

constinit VirtqueueTables<4> tables;
constinit Virtqueue queue{tables};
constinit VirtioTransport transport;
constinit Request request{};
constinit uint8_t status = 0;

bool execute(uint32_t type, uint64_t sector, Bytes data) noexcept {
    request = {type, 0, sector};
    status = 0xff;
    const uint16_t second = data.empty() ? 2 : 1;
    queue.set_descriptor(
        0, {reinterpret_cast<uint64_t>(&request), sizeof(request), virt_descriptor_next, second});
    queue.set_descriptor(1, {reinterpret_cast<uint64_t>(data.data()),
                             static_cast<uint32_t>(data.size()), virt_descriptor_next, 2});
    queue.set_descriptor(
        2, {reinterpret_cast<uint64_t>(&status), 1, virt_descriptor_device_writes, 0});
    queue.offer(0);
    transport.notify(0);
    for (uint32_t i = 0; i < polls_max; ++i) {
        VirtUsedElement element{};
        const UsedOutcome outcome = queue.take_used(element);
        if (outcome != UsedOutcome::none) {
            return outcome == UsedOutcome::taken && __atomic_load_n(&status, __ATOMIC_ACQUIRE) == 0;
        }
        (void)transport.status(); // paces the loop
    }
    return false;
}

} // namespace

bool write_sector_in_emergency(uintptr_t base, uint64_t sector, Bytes bytes) noexcept {
    if (bytes.size() != hal::sector_bytes) {
        return false;
    }
    transport.attach(base);
    if (!transport.negotiate(feature_flush, 0).is_ok() ||
        !transport.set_queue(0, queue, 4).is_ok() || !transport.run().is_ok()) {
        return false;
    }
    const bool is_written = execute(type_write, sector, bytes) && execute(type_flush, 0, {});
    (void)transport.reset();
    return is_written;
}

} // namespace grafos::board
