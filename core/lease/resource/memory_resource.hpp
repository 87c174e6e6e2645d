// SPDX-License-Identifier: Apache-2.0
/// Leasable memory: the span that a board hands over, cut into equal units.
///
/// The unit is the smallest power of two from 4 KiB on that cuts the span into no more units than
/// the node keeps state for, so a small bitmap serves a large machine. Accesses are copies, done at
/// once. At start every unit is dirty: nothing is offered that this boot has not zeroed itself.
#pragma once

#include "core/lease/resource/memory_pins.hpp"
#include "core/lease/resource/unit_map.hpp"

namespace grafos::lease {

class MemoryResource : public Resource {
public:
    static constexpr uint64_t unit_bytes_min = 4096;

    struct Parts {
        ResourceId id{}; ///< made by the node from its own id, the kind and the index
        std::span<uint8_t> memory{};
        UnitMap::Spans units{};
        uint64_t units_max = 0;
        std::span<MemoryPins::Slot> lanes{};
    };

    explicit constexpr MemoryResource(const Parts& parts) noexcept
        : parts_{parts}, units_{parts.units}, pins_{parts.lanes} {}
    MemoryResource(const MemoryResource&) = delete;
    MemoryResource& operator=(const MemoryResource&) = delete;

    /// The unit for a span of `bytes` and at most `units_max` units.
    [[nodiscard]] static constexpr uint64_t unit_bytes_for(uint64_t bytes,
                                                           uint64_t units_max) noexcept {
        uint64_t unit = unit_bytes_min;
        while (bytes / unit > units_max) { // ends: bytes / 2^63 is at most 1
            unit *= 2;
        }
        return unit;
    }

    /// Failures: invalid_argument (memory: less than one unit, or not aligned to 8). Context: top
    /// level, once.
    [[nodiscard]] Result<> start() noexcept;

    [[nodiscard]] ResourceInfo info() const noexcept override;
    [[nodiscard]] Result<Extent> prepare(uint64_t bytes) const noexcept override;
    /// Leaving `leased` closes the lanes over the extent.
    void move_units(Extent extent, UnitState from, UnitState to, Sequence fence) noexcept override;
    [[nodiscard]] UnitState state_of(uint64_t unit) const noexcept override;
    [[nodiscard]] Sequence fence_of(uint64_t unit) const noexcept override;
    [[nodiscard]] Extent find_run(UnitState state, uint64_t from_unit) const noexcept override;
    [[nodiscard]] Result<AccessTicket> start_access(const Access& access) noexcept override;
    [[nodiscard]] Result<> poll_access(AccessTicket ticket) noexcept override;
    [[nodiscard]] MutableBytes direct_bytes(Extent extent) noexcept override;
    [[nodiscard]] uint32_t in_flight(Extent extent) const noexcept override;
    [[nodiscard]] bool is_wiping() const noexcept override { return wipe_left_ > 0; }
    void begin_wipe(Extent extent) noexcept override;
    [[nodiscard]] Result<Step> wipe_step(uint64_t budget_bytes) noexcept override;
    void on_device_reset() noexcept override {}

    /// Lanes over leased units. Failures: capacity_exceeded (slot). Context: turn.
    [[nodiscard]] Result<LaneHandle> open_lane(Extent extent) noexcept;
    /// The lane's bytes, until `unpin`; empty once its lease has ended. Context: any core.
    [[nodiscard]] MutableBytes try_pin(LaneHandle lane) noexcept;
    void unpin(LaneHandle lane) noexcept { pins_.unpin(lane); }

private:
    [[nodiscard]] MutableBytes bytes_of_extent(Extent extent) const noexcept;

    Parts parts_;
    UnitMap units_;
    MemoryPins pins_;
    uint64_t unit_bytes_ = 0;
    uint64_t wipe_at_ = 0;   ///< byte in the span
    uint64_t wipe_left_ = 0; ///< bytes
};

template <uint32_t units, uint32_t lanes = 4>
struct MemoryResourceStorage {
    UnitMapStorage<units> units_storage{};
    std::array<MemoryPins::Slot, lanes> lanes_storage{};
};

/// A memory resource with its state.
template <uint32_t units, uint32_t lanes = 4>
class MemoryResourceOf final : private MemoryResourceStorage<units, lanes>, public MemoryResource {
public:
    MemoryResourceOf(const ResourceId& id, std::span<uint8_t> memory) noexcept
        : MemoryResource{{id, memory, this->units_storage.spans(), units, this->lanes_storage}} {}
};

} // namespace grafos::lease
