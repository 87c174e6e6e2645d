// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/unit_map.hpp"

#include <algorithm>
#include <bit>

namespace grafos::lease {
namespace {

constexpr uint64_t all_ones = ~uint64_t{0};

/// The bits of word `word` that belong to `extent`.
uint64_t mask_of(Extent extent, uint64_t word) noexcept {
    const uint64_t first = word * 64;
    const uint64_t end = extent.first_unit + extent.unit_count;
    const uint64_t from = std::max(extent.first_unit, first) - first;
    const uint64_t to = std::min(end, first + 64) - first;
    const uint64_t below_to = to == 64 ? all_ones : (uint64_t{1} << to) - 1;
    return below_to & (all_ones << from);
}

} // namespace

void UnitMap::start(uint64_t unit_count, UnitState state) noexcept {
    GRAFOS_ASSERT(unit_count > 0 && unit_count <= units_max);
    GRAFOS_ASSERT(spans_.bits.size() >= words_for(unit_count));
    GRAFOS_ASSERT(spans_.fences.size() >= unit_count);
    GRAFOS_ASSERT(state != UnitState::fenced);
    unit_count_ = unit_count;
    next_fit_ = 0;
    counts_ = {};
    counts_[static_cast<size_t>(state)] = unit_count;
    std::ranges::fill(spans_.bits, uint64_t{0});
    std::ranges::fill(spans_.fences, Sequence{});
    const std::span<uint64_t> in_state = words(state);
    for (uint64_t word = 0; word < in_state.size(); ++word) {
        in_state[word] = mask_of({0, unit_count}, word);
    }
}

std::span<uint64_t> UnitMap::words(UnitState state) const noexcept {
    const size_t count = words_for(unit_count_) / unit_state_count;
    return spans_.bits.subspan(static_cast<size_t>(state) * count, count);
}

UnitState UnitMap::state_of(uint64_t unit) const noexcept {
    GRAFOS_ASSERT(unit < unit_count_);
    for (size_t state = 0; state < unit_state_count; ++state) {
        if (((words(static_cast<UnitState>(state))[unit / 64] >> (unit % 64)) & 1u) != 0) {
            return static_cast<UnitState>(state);
        }
    }
    GRAFOS_UNREACHABLE();
}

Sequence UnitMap::fence_of(uint64_t unit) const noexcept {
    GRAFOS_ASSERT(state_of(unit) == UnitState::fenced);
    return spans_.fences[unit];
}

void UnitMap::move(Extent extent, UnitState from, UnitState to, Sequence fence) noexcept {
    GRAFOS_ASSERT(extent.unit_count > 0 && extent.first_unit < unit_count_);
    GRAFOS_ASSERT(extent.unit_count <= unit_count_ - extent.first_unit);
    GRAFOS_ASSERT(from != to);
    const std::span<uint64_t> source = words(from);
    const std::span<uint64_t> target = words(to);
    const uint64_t end = extent.first_unit + extent.unit_count;
    const uint64_t last_word = (end - 1) / 64;
    for (uint64_t word = extent.first_unit / 64; word <= last_word; ++word) {
        const uint64_t mask = mask_of(extent, word);
        GRAFOS_ASSERT((source[word] & mask) == mask);
    }
    for (uint64_t word = extent.first_unit / 64; word <= last_word; ++word) {
        const uint64_t mask = mask_of(extent, word);
        source[word] &= ~mask;
        target[word] |= mask;
    }
    counts_[static_cast<size_t>(from)] -= extent.unit_count;
    counts_[static_cast<size_t>(to)] += extent.unit_count;
    if (to == UnitState::fenced || from == UnitState::fenced) {
        const Sequence stored = to == UnitState::fenced ? fence : Sequence{};
        std::ranges::fill(spans_.fences.subspan(extent.first_unit, extent.unit_count), stored);
    }
    if (to == UnitState::leased) {
        next_fit_ = end == unit_count_ ? 0 : end;
    }
}

uint64_t UnitMap::find_bit(std::span<const uint64_t> words, uint64_t unit, bool wanted,
                           uint32_t& steps) const noexcept {
    const uint64_t flip = wanted ? 0 : all_ones;
    uint64_t at = unit;
    while (at < unit_count_ && steps > 0) {
        --steps;
        const uint64_t rest = (words[at / 64] ^ flip) >> (at % 64);
        if (rest != 0) {
            return std::min(at + static_cast<uint64_t>(std::countr_zero(rest)), unit_count_);
        }
        at = (at / 64 + 1) * 64;
    }
    return std::min(at, unit_count_);
}

Extent UnitMap::next_run(UnitState state, uint64_t unit, uint32_t& steps) const noexcept {
    const std::span<const uint64_t> in_state = words(state);
    const uint64_t first = find_bit(in_state, unit, true, steps);
    if (first == unit_count_ || steps == 0) {
        return {unit_count_, 0};
    }
    return {first, find_bit(in_state, first, false, steps) - first};
}

UnitMap::Fit UnitMap::find_free(uint64_t count) const noexcept {
    GRAFOS_ASSERT(count > 0);
    Fit fit;
    if (count > count_in(UnitState::free)) {
        // Nothing can fit; the longest run is still worth saying, within the same bound.
        count = units_max + 1;
    }
    uint32_t steps = scan_steps_max;
    // From the next-fit place to the end, then from the start up to it.
    for (const bool is_second_pass : {false, true}) {
        uint64_t at = is_second_pass ? 0 : next_fit_;
        while (steps > 0) {
            const Extent run = next_run(UnitState::free, at, steps);
            if (run.unit_count == 0 || (is_second_pass && run.first_unit >= next_fit_)) {
                break;
            }
            fit.longest_free = std::max(fit.longest_free, run.unit_count);
            if (run.unit_count >= count) {
                fit.extent = {run.first_unit, count};
                return fit;
            }
            at = run.first_unit + run.unit_count;
        }
    }
    return fit;
}

Extent UnitMap::find_run(UnitState state, uint64_t from_unit) const noexcept {
    uint32_t steps = scan_steps_max;
    const Extent run = next_run(state, from_unit, steps);
    if (run.unit_count == 0) {
        return {};
    }
    if (state != UnitState::fenced) {
        return run;
    }
    const Sequence fence = spans_.fences[run.first_unit];
    uint64_t count = 1;
    while (count < run.unit_count && spans_.fences[run.first_unit + count] == fence) {
        ++count;
    }
    return {run.first_unit, count};
}

bool UnitMap::check_invariants() const noexcept {
    std::array<uint64_t, unit_state_count> counts{};
    for (uint64_t unit = 0; unit < unit_count_; ++unit) {
        uint32_t states = 0;
        for (size_t state = 0; state < unit_state_count; ++state) {
            const uint64_t word = words(static_cast<UnitState>(state))[unit / 64];
            const auto bit = static_cast<uint32_t>((word >> (unit % 64)) & 1u);
            states += bit;
            counts[state] += bit;
        }
        if (states != 1 ||
            (state_of(unit) != UnitState::fenced && spans_.fences[unit] != Sequence{})) {
            return false;
        }
    }
    return counts == counts_;
}

} // namespace grafos::lease
