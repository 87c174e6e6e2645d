// SPDX-License-Identifier: Apache-2.0
/// The last things that happened, with their time, for whoever looks at a node just now.
///
/// The audit chain proves what happened to leases; it is durable and costs a flush. Most of what
/// helps to understand a machine needs neither. A ring keeps the newest entries and overwrites the
/// oldest, counting what was lost; an entry is a code and two numbers, so that adding one costs a
/// few stores.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/assert.hpp"
#include "core/base/time.hpp"

namespace grafos::observe {

/// What happened; the comment says what `a` and `b` are.
enum class EventCode : uint8_t {
    readiness_changed, ///< a = state, b = reason
    lease_granted,     ///< a = slot, b = epoch
    lease_renewed,     ///< a = slot, b = generation
    lease_ending,      ///< a = slot, b = reason
    lease_torn_down,   ///< a = slot, b = ms from its end until its units were free
    revoke_warned,     ///< a = slot, b = ms of grace
    lock_granted,      ///< a = slot, b = generation of the lock
    units_fenced,      ///< a = sequence of the fence's record, b = units
    fence_cleared,     ///< a = sequence of the fence's record, b = units
    wipe_refused,      ///< a = resource kind, b = first unit
    request_refused,   ///< a = operation, b = error code
    record_deferred,   ///< a = slot, b = records waiting
    commit_failed,     ///< a = first sequence that is not durable, b = error code of the cause
    turn_overrun,      ///< a = ms it took, b = ms it may take
    clock_step_back,   ///< a = ms lost, b = steps back so far
    device_reset,      ///< a = device, b = operations that were in flight
    console_refused,   ///< a = error code, b = bytes of the line
    renewals_lost,     ///< a = leases of this node that ran out unrenewed, b = tries that failed
};

/// snake_case, as the console prints it. Context: any.
[[nodiscard]] std::string_view name_of(EventCode code) noexcept;

struct Event {
    Instant at{};
    EventCode code{};
    uint64_t a = 0;
    uint64_t b = 0;
    friend constexpr bool operator==(const Event&, const Event&) = default;
};

/// Works on slots that somebody else owns. Single context: the turn.
class EventRing {
public:
    constexpr explicit EventRing(std::span<Event> slots) noexcept : slots_{slots} {}
    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;

    /// Keeps `event`, in place of the oldest one if there is no room. Never fails.
    void add(const Event& event) noexcept;

    /// Entries kept, at most the number of slots.
    [[nodiscard]] size_t size() const noexcept { return size_; }
    /// The entry `index`, 0 = oldest kept; below `size`.
    [[nodiscard]] const Event& at(size_t index) const noexcept;
    /// Entries overwritten so far; so entry `index` is the `lost() + index`-th since boot.
    [[nodiscard]] uint64_t lost() const noexcept { return lost_; }

private:
    std::span<Event> slots_;
    size_t oldest_ = 0;
    size_t size_ = 0;
    uint64_t lost_ = 0;
};

template <size_t Count>
class EventRingOf final : public EventRing {
public:
    constexpr EventRingOf() noexcept : EventRing{storage_} { static_assert(Count > 0); }

private:
    std::array<Event, Count> storage_{};
};

} // namespace grafos::observe
