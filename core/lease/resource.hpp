// SPDX-License-Identifier: Apache-2.0
/// The second door: a thing that can be leased, in fixed units.
///
/// A resource knows units, not leases: it finds clean ones, moves bytes inside an extent that the
/// lessor has already authorised, and wipes an extent in bounded slices. Authority, time, epochs
/// and records are the lessor's. Each unit is always in exactly one `UnitState`.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace grafos::lease {

/// Numbers of spec §3.
enum class ResourceKind : uint16_t { cpu = 1, memory = 2, block = 3, network = 4, gpu = 5 };

[[nodiscard]] std::string_view name_of(ResourceKind kind) noexcept;

/// Resources of one node; tables that count by resource are this long.
inline constexpr uint8_t resources_max = 8;

enum class UnitState : uint8_t {
    free, ///< known clean: the only state that can be granted, the only one `available` counts
    leased,
    tearing, ///< its lease has ended; being drained and wiped
    dirty,   ///< not known clean (after boot), or a clear was authorised: waits to be wiped
    fenced,  ///< a wipe failed; untouched until cleared
};

/// A run of units. `unit_count` 0 = none.
struct Extent {
    uint64_t first_unit = 0;
    uint64_t unit_count = 0;
    friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

struct ResourceInfo {
    ResourceId id{};
    ResourceKind kind{};
    uint64_t unit_bytes = 0;
    uint64_t unit_count = 0;
    /// Units by state; they always add up to `unit_count`.
    uint64_t free = 0, leased = 0, tearing = 0, dirty = 0, fenced = 0;
};

enum class Step : uint8_t { more, done };

/// One access of an authorised holder. `offset` and the buffer's size count bytes inside the
/// extent.
struct Access {
    /// A flush has no bytes: what was written and done before is durable when it is done.
    enum class Kind : uint8_t { read, write, flush } kind = Kind::read;
    Extent extent{};
    uint64_t offset = 0;
    MutableBytes buffer{}; ///< the resource's until the access is done
};

/// 0 = was done at once.
struct AccessTicket {
    uint64_t number = 0;
};

class Resource {
public:
    [[nodiscard]] virtual ResourceInfo info() const noexcept = 0;

    /// Finds free units for `bytes` (rounded up to whole units) without taking them.
    /// Failures: invalid_argument (amount 0), capacity_exceeded (amount; expected = longest free
    /// run in bytes as far as the bounded search saw). Context: turn.
    [[nodiscard]] virtual Result<Extent> prepare(uint64_t bytes) const noexcept = 0;

    /// Moves every unit of `extent` from `from` to `to`; that they are all in `from` is asserted.
    /// Fencing stores `fence` for each unit; leaving `fenced` forgets it. Context: turn.
    virtual void move_units(Extent extent, UnitState from, UnitState to,
                            Sequence fence = {}) noexcept = 0;

    [[nodiscard]] virtual UnitState state_of(uint64_t unit) const noexcept = 0;
    /// The sequence of the fence over `unit`; only for fenced units.
    [[nodiscard]] virtual Sequence fence_of(uint64_t unit) const noexcept = 0;

    /// The first run of units in `state` at or after `from_unit`, all with the same fence if
    /// fenced; empty if none. Looks at no more than the resource's scan budget and then answers
    /// what it has.
    [[nodiscard]] virtual Extent find_run(UnitState state, uint64_t from_unit) const noexcept = 0;

    /// Starts an access; bounds are checked here once more (capacity_exceeded: offset, length).
    /// Failures besides: busy (no slot), invalid_argument (length, alignment of blocks), io.
    /// Context: turn.
    [[nodiscard]] virtual Result<AccessTicket> start_access(const Access& access) noexcept = 0;
    /// Ok: done, ticket forgotten. Failures: busy (in flight), io, not_found.
    [[nodiscard]] virtual Result<> poll_access(AccessTicket ticket) noexcept = 0;
    /// The bytes of leased units where they lie, for one step of this turn; empty where a resource
    /// has no such thing. Aligned to 8. Context: turn.
    [[nodiscard]] virtual MutableBytes direct_bytes(Extent extent) noexcept {
        static_cast<void>(extent);
        return {};
    }
    /// Operations in flight, or pins held, inside `extent`.
    [[nodiscard]] virtual uint32_t in_flight(Extent extent) const noexcept = 0;

    /// One wipe at a time. `begin_wipe` takes an extent with nothing in flight; `wipe_step` does at
    /// most `budget_bytes` (at least one sector) and says whether more is left. `done`: every byte
    /// reads as zero, durably where the resource is durable. An error ends the wipe: io (the device
    /// refused).
    [[nodiscard]] virtual bool is_wiping() const noexcept = 0;
    virtual void begin_wipe(Extent extent) noexcept = 0;
    [[nodiscard]] virtual Result<Step> wipe_step(uint64_t budget_bytes) noexcept = 0;

    /// Everything in flight was ended by a device reset; a wipe in progress starts its extent
    /// again.
    virtual void on_device_reset() noexcept = 0;

protected:
    ~Resource() = default;
};

} // namespace grafos::lease
