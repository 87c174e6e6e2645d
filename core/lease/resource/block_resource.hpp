// SPDX-License-Identifier: Apache-2.0
/// Leasable scratch blocks: the data area of a disk, cut into equal units.
///
/// Accesses are started and polled. Each in flight has a slot with a bounce buffer of its own,
/// which the device owns until it is done: the holder's buffer is touched only inside
/// `start_access` (a write) and `poll_access` (a read), so a holder that goes away leaves nothing
/// the device could still write to. An access whose lease has ended runs to its end on the device,
/// counts as in flight until then, and frees its slot by itself. A wipe writes zeroes, several
/// transfers at a time, then flushes once: only then is it done. Order: accesses in flight together
/// may reach the disk in any order.
#pragma once

#include "core/base/limits.hpp"
#include "core/lease/resource/unit_map.hpp"
#include "hal/block_device.hpp"

namespace grafos::lease {

class BlockResource : public Resource {
public:
    static constexpr uint64_t unit_step_bytes = 4096;
    static constexpr uint32_t wipes_in_flight_max = 4;

    /// Where the units lie on the disk.
    struct Area {
        uint64_t first_sector = 0;
        uint64_t sector_count = 0;
    };
    /// One access in flight.
    struct Slot {
        enum class State : uint8_t { free, in_flight, done } state = State::free;
        bool is_orphan = false; ///< its lease has ended; nobody has to ask for it
        Access access{};
        hal::BlockTicket device_ticket{};
        uint64_t number = 0; ///< of the ticket given out
        Error error{};       ///< once done; code 0 = it succeeded
    };
    struct Parts {
        ResourceId id{}; ///< made by the node from its own id, the kind and the index
        hal::BlockDevice* device = nullptr;
        UnitMap::Spans units{};
        uint64_t units_max = 0;
        std::span<Slot> slots{};
        std::span<uint8_t> bounce{};       ///< the same number of whole sectors for each slot
        std::span<const uint8_t> zeroes{}; ///< whole sectors of zeroes: the longest wipe transfer
    };

    explicit constexpr BlockResource(const Parts& parts) noexcept
        : parts_{parts}, units_{parts.units} {}
    BlockResource(const BlockResource&) = delete;
    BlockResource& operator=(const BlockResource&) = delete;

    /// The unit for an area of `bytes` and at most `units_max` units: whole 4 KiB steps.
    [[nodiscard]] static constexpr uint64_t unit_bytes_for(uint64_t bytes,
                                                           uint64_t units_max) noexcept {
        const uint64_t steps = bytes / unit_step_bytes;
        const uint64_t steps_a_unit = (steps + units_max - 1) / units_max;
        return (steps_a_unit == 0 ? 1 : steps_a_unit) * unit_step_bytes;
    }

    /// The area is known only when the log has found its layout; until then there are 0 units.
    /// Failures: invalid_argument (geometry: the area is outside the disk; unit_size: less than one
    /// unit). Context: boot, once.
    [[nodiscard]] Result<> start(Area area) noexcept;

    [[nodiscard]] ResourceInfo info() const noexcept override;
    [[nodiscard]] Result<Extent> prepare(uint64_t bytes) const noexcept override;
    /// Leaving `leased` makes the accesses inside the extent orphans.
    void move_units(Extent extent, UnitState from, UnitState to, Sequence fence) noexcept override;
    [[nodiscard]] UnitState state_of(uint64_t unit) const noexcept override;
    [[nodiscard]] Sequence fence_of(uint64_t unit) const noexcept override;
    [[nodiscard]] Extent find_run(UnitState state, uint64_t from_unit) const noexcept override;
    /// Offset and length in whole 512 bytes, at most `access_bytes_max()`. A flush has no bytes and
    /// is of the whole disk.
    [[nodiscard]] Result<AccessTicket> start_access(const Access& access) noexcept override;
    [[nodiscard]] Result<> poll_access(AccessTicket ticket) noexcept override;
    [[nodiscard]] uint32_t in_flight(Extent extent) const noexcept override;
    [[nodiscard]] bool is_wiping() const noexcept override { return is_wiping_; }
    void begin_wipe(Extent extent) noexcept override;
    [[nodiscard]] Result<Step> wipe_step(uint64_t budget_bytes) noexcept override;
    void on_device_reset() noexcept override;

    [[nodiscard]] uint64_t access_bytes_max() const noexcept {
        return parts_.slots.empty() ? 0 : parts_.bounce.size() / parts_.slots.size();
    }

private:
    /// A wipe in progress. Errors are kept until nothing of it is in flight any more.
    struct Wipe {
        Extent extent{};
        uint64_t sector = 0; ///< the next to zero
        uint64_t left = 0;   ///< sectors not yet given to the device
        std::array<hal::BlockTicket, wipes_in_flight_max> writes{};
        hal::BlockTicket flush{};
        Error error{};
    };

    [[nodiscard]] MutableBytes bounce_of(size_t slot) const noexcept;
    [[nodiscard]] Result<> check_access(const Access& access) const noexcept;
    [[nodiscard]] size_t take_slot() const noexcept;
    /// Asks the device what has become of the accesses in flight.
    void collect() const noexcept;
    [[nodiscard]] uint32_t collect_wipe_writes() noexcept;
    void start_wipe_writes(uint64_t budget_bytes) noexcept;
    [[nodiscard]] Result<Step> flush_wipe() noexcept;
    [[nodiscard]] Result<Step> end_wipe(Error error) noexcept;

    Parts parts_;
    Area area_{};
    UnitMap units_;
    uint64_t unit_bytes_ = 0;
    uint64_t next_number_ = 1;
    Wipe wipe_{};
    bool is_wiping_ = false;
};

template <uint32_t units, uint32_t accesses, uint32_t access_bytes, uint32_t wipe_bytes>
struct BlockResourceStorage {
    static_assert(access_bytes % hal::sector_bytes == 0 && access_bytes > 0);
    static_assert(wipe_bytes % hal::sector_bytes == 0 && wipe_bytes > 0);
    UnitMapStorage<units> units_storage{};
    std::array<BlockResource::Slot, accesses> slots_storage{};
    std::array<uint8_t, size_t{accesses} * access_bytes> bounce_storage{};
    std::array<uint8_t, wipe_bytes> zeroes_storage{}; ///< never written
};

/// A block resource with its state: bytes of one access, and of one transfer of a wipe.
template <uint32_t units, uint32_t accesses, uint32_t access_bytes = 1024,
          uint32_t wipe_bytes = 4096>
class BlockResourceOf final
    : private BlockResourceStorage<units, accesses, access_bytes, wipe_bytes>,
      public BlockResource {
public:
    BlockResourceOf(const ResourceId& id, hal::BlockDevice& device) noexcept
        : BlockResource{{id, &device, this->units_storage.spans(), units, this->slots_storage,
                         this->bounce_storage, this->zeroes_storage}} {}
};

} // namespace grafos::lease
