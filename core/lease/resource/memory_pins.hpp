// SPDX-License-Identifier: Apache-2.0
/// How another core touches leased memory: it pins a slice, works, and lets go; the end of the
/// lease does not wait for its good will, only for its present pin.
///
/// The turn opens a lane over an extent and hands its number to the lane. Before each slice the
/// lane pins; if the lease has ended, `try_pin` answers nothing and the lane stops. One word a lane
/// holds a live bit and the count of pins: pinning counts first and looks after, so the turn, which
/// clears the bit first and looks after, can never miss a pin that got through.
#pragma once

#include <array>
#include <atomic>
#include <span>

#include "core/base/bytes.hpp"
#include "core/lease/resource.hpp"

namespace grafos::lease {

/// Names an open lane; a stale one pins nothing.
struct LaneHandle {
    uint32_t slot = 0;
    uint32_t generation = 0;
};

class MemoryPins {
public:
    struct Slot {
        std::atomic<uint64_t> word{0}; ///< generation << 32 | live << 31 | pins
        Extent extent{}; ///< written by the turn only, while nothing is live or pinned
        bool is_open = false;
        bool is_drained = false; ///< closed, and seen without a pin since: none will come
    };

    explicit constexpr MemoryPins(std::span<Slot> slots) noexcept : slots_{slots} {}
    MemoryPins(const MemoryPins&) = delete;
    MemoryPins& operator=(const MemoryPins&) = delete;

    /// A lane over `extent`. Failures: capacity_exceeded (slot). Context: turn.
    [[nodiscard]] Result<LaneHandle> open(Extent extent) noexcept;
    /// No pin is given inside `extent` from here on. Context: turn.
    void close(Extent extent) noexcept;
    /// Pins held inside `extent`. Context: turn.
    [[nodiscard]] uint32_t pin_count(Extent extent) const noexcept;
    /// Closed lanes inside `extent`, seen without pins by `pin_count`, are forgotten. Context:
    /// turn.
    void forget(Extent extent) noexcept;

    /// The extent, pinned until `unpin`; empty once the lane is closed. Context: any core; never
    /// blocks.
    [[nodiscard]] Extent try_pin(LaneHandle lane) noexcept;
    /// Exactly once for each pin that was given. Context: any core.
    void unpin(LaneHandle lane) noexcept;

private:
    static constexpr uint64_t live_bit = uint64_t{1} << 31;
    static constexpr uint64_t pins_mask = live_bit - 1;

    std::span<Slot> slots_;
};

} // namespace grafos::lease
