// SPDX-License-Identifier: Apache-2.0
/// Every byte of bookkeeping a node needs, sized at build time from the limits its builder chose.
///
/// `NodeOf<limits>` owns it and is the node. It lies wherever the board puts it (static storage, as
/// a rule); nothing is allocated. `node_bytes<limits>` is what it takes.
#pragma once

#include "core/node/node.hpp"

namespace grafos::node {

/// Longest transfer of zeroes to a disk that is wiped, by size of node: the zeroes lie in RAM.
[[nodiscard]] constexpr uint32_t disk_wipe_bytes(const lease::NodeLimits& limits) noexcept {
    return limits.group_bytes_max <= 4096 ? 4096 : 64 * 1024;
}

/// A flat first level costs 2 MiB and never cascades; few leases do not need it.
[[nodiscard]] constexpr lease::WheelShape wheel_of(const lease::NodeLimits& limits) noexcept {
    return limits.lease_count_max > 4096 ? lease::flat_wheel : lease::small_wheel;
}

/// The checkpoint's buffer: the largest snapshot of the lessor, as a cell.
[[nodiscard]] constexpr size_t checkpoint_buffer_bytes(const lease::NodeLimits& limits) noexcept {
    const size_t snapshot =
        2 + 2 * 18 + 9 * size_t{limits.memory_units_max} + 9 * size_t{limits.block_units_max} + 8;
    const size_t page = lease::page_sectors * hal::sector_bytes;
    return (lease::frame_header_bytes + snapshot + page - 1) / page * page;
}

template <lease::NodeLimits limits>
struct NodeStorageOf {
    static_assert(lease::is_consistent(limits));

    NodeStorageOf(hal::BlockDevice& disk, MutableBytes lent) noexcept
        : memory{lease::resource_id_of(lease::ResourceKind::memory, 0), lent},
          block{lease::resource_id_of(lease::ResourceKind::block, 0), disk} {}

    lease::LeaseTableOf<limits.lease_count_max, wheel_of(limits)> table{};
    lease::MemoryResourceOf<limits.memory_units_max> memory;
    lease::BlockResourceOf<limits.block_units_max, limits.block_accesses_max,
                           disk_wipe_bytes(limits)>
        block;
    lease::RenewalStorageOf<limits.renewals_max> renewals{};
    std::array<OutboxSlot, limits.outbox_slots_max> outbox{};
    observe::EventRingOf<limits.events_max> events{};
    alignas(16) std::array<uint8_t, limits.group_bytes_max> group_a{};
    alignas(16) std::array<uint8_t, limits.group_bytes_max> group_b{};
    alignas(16) std::array<uint8_t, limits.group_bytes_max> window{};
    alignas(16) std::array<uint8_t, limits.group_bytes_max> export_window{};
    alignas(16) std::array<uint8_t, checkpoint_buffer_bytes(limits)> checkpoint{};

    [[nodiscard]] Node::Parts parts(const Machine& machine) noexcept {
        return {
            machine,      limits, table,
            memory,       block,  {renewals.slots, renewals.heap, renewals.places, renewals.index},
            outbox,       events, group_a,
            group_b,      window, checkpoint,
            export_window};
    }
};

/// A node with its storage.
template <lease::NodeLimits limits>
class NodeOf final : private NodeStorageOf<limits>, public Node {
public:
    NodeOf(const Machine& machine, const lease::LogOptions& options) noexcept
        : NodeStorageOf<limits>{machine.disk, machine.memory},
          Node{NodeStorageOf<limits>::parts(machine), options} {}
};

/// RAM of a node, the memory it lends apart, bytes.
template <lease::NodeLimits limits>
inline constexpr size_t node_bytes = sizeof(NodeOf<limits>);

} // namespace grafos::node
