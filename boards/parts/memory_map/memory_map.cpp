// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/memory_map/memory_map.hpp"

#include <algorithm>

#include "core/base/assert.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t page_mask = memory_page_bytes - 1;

MemoryRange page_aligned(MemoryRange range) noexcept {
    if (range.begin > UINT64_MAX - page_mask) {
        return {};
    }
    return {(range.begin + page_mask) & ~page_mask, range.end & ~page_mask};
}

/// The free span that starts at `begin` and lies in `within`: up to the first reservation. Empty if
/// `begin` itself is reserved; the end of that reservation is then tried as well.
MemoryRange free_span_from(uint64_t begin, MemoryRange within,
                           std::span<const MemoryRange> reserved) noexcept {
    uint64_t end = within.end;
    for (const MemoryRange& range : reserved) {
        if (range.size() != 0 && range.end > begin) {
            end = std::min(end, range.begin);
        }
    }
    return page_aligned({begin, end});
}

} // namespace

MemoryRange largest_free_span(std::span<const MemoryRange> ram,
                              std::span<const MemoryRange> reserved) noexcept {
    MemoryRange best;
    const auto consider = [&](MemoryRange candidate) {
        if (candidate.size() > best.size() ||
            (candidate.size() == best.size() && candidate.size() != 0 &&
             candidate.begin < best.begin)) {
            best = candidate;
        }
    };
    for (const MemoryRange& range : ram) {
        if (range.size() == 0) {
            continue;
        }
        consider(free_span_from(range.begin, range, reserved));
        for (const MemoryRange& taken : reserved) {
            if (taken.size() != 0 && taken.end > range.begin && taken.end < range.end) {
                consider(free_span_from(taken.end, range, reserved));
            }
        }
    }
    GRAFOS_ASSERT((best.begin & page_mask) == 0 && (best.size() & page_mask) == 0);
    return best.size() == 0 ? MemoryRange{} : best;
}

} // namespace grafos::board
