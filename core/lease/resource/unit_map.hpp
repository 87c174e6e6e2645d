// SPDX-License-Identifier: Apache-2.0
/// Which unit of a resource is in which state: one bit a unit and state, read and changed by the
/// word.
///
/// Each unit is always in exactly one `UnitState`, and the counts add up to the unit count. The
/// fence over a unit is kept per unit, so no list of fences can overflow. Searches are next-fit
/// (they go on where the last grant ended), look at whole words where they can, and stop after
/// `scan_steps_max` steps: on a badly fragmented map they may miss a run, never take long.
#pragma once

#include <array>
#include <span>

#include "core/lease/resource.hpp"

namespace grafos::lease {

inline constexpr size_t unit_state_count = 5;

class UnitMap {
public:
    /// Words or runs one search looks at.
    static constexpr uint32_t scan_steps_max = 2048;
    static constexpr uint64_t units_max = 0xffff'ffffu; ///< a lease slot keeps 32 bits

    struct Spans {
        std::span<uint64_t> bits{};   ///< `words_for(units)`
        std::span<Sequence> fences{}; ///< one a unit
    };
    struct Fit {
        Extent extent{};           ///< empty: none found
        uint64_t longest_free = 0; ///< units; as far as the search saw
    };

    [[nodiscard]] static constexpr size_t words_for(uint64_t units) noexcept {
        return unit_state_count * static_cast<size_t>((units + 63) / 64);
    }

    explicit constexpr UnitMap(const Spans& spans) noexcept : spans_{spans} {}
    UnitMap(const UnitMap&) = delete;
    UnitMap& operator=(const UnitMap&) = delete;

    /// Every unit becomes `state` (not fenced). 1 … units_max units, the spans are big enough.
    void start(uint64_t unit_count, UnitState state) noexcept;

    [[nodiscard]] uint64_t unit_count() const noexcept { return unit_count_; }
    [[nodiscard]] uint64_t count_in(UnitState state) const noexcept {
        return counts_[static_cast<size_t>(state)];
    }
    [[nodiscard]] UnitState state_of(uint64_t unit) const noexcept;
    /// Only for fenced units.
    [[nodiscard]] Sequence fence_of(uint64_t unit) const noexcept;

    /// All of `extent` from `from` to another state; asserts that all are in `from`. `fence` is
    /// stored when `to` is fenced and forgotten when `from` is.
    void move(Extent extent, UnitState from, UnitState to, Sequence fence) noexcept;

    /// `count` free units in a row, from where the last grant ended.
    [[nodiscard]] Fit find_free(uint64_t count) const noexcept;
    /// The first run in `state` at or after `from_unit` (one fence only, if fenced); empty if none,
    /// or cut where the scan budget ends (never, up to 64 · scan_steps_max units).
    [[nodiscard]] Extent find_run(UnitState state, uint64_t from_unit) const noexcept;

    /// O(units): one state a unit, counts add up, fences only on fenced units.
    [[nodiscard]] bool check_invariants() const noexcept;

private:
    [[nodiscard]] std::span<uint64_t> words(UnitState state) const noexcept;
    /// The first unit at or after `unit` whose bit in `words` is `wanted`, or unit_count_; where
    /// `steps` are used up, the unit got to.
    [[nodiscard]] uint64_t find_bit(std::span<const uint64_t> words, uint64_t unit, bool wanted,
                                    uint32_t& steps) const noexcept;
    [[nodiscard]] Extent next_run(UnitState state, uint64_t unit, uint32_t& steps) const noexcept;

    Spans spans_;
    uint64_t unit_count_ = 0;
    uint64_t next_fit_ = 0;
    std::array<uint64_t, unit_state_count> counts_{};
};

template <uint32_t units>
struct UnitMapStorage {
    std::array<uint64_t, UnitMap::words_for(units)> bits{};
    std::array<Sequence, units> fences{};
    [[nodiscard]] constexpr UnitMap::Spans spans() noexcept { return {bits, fences}; }
};

} // namespace grafos::lease
