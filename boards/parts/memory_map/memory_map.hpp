// SPDX-License-Identifier: Apache-2.0
/// Which RAM can be leased: the largest span that the machine's map calls RAM and nobody else uses.
///
/// The map comes from firmware, so it may overlap, be out of order, wrap around the end of the
/// address space or be empty; the answer is then smaller or empty, never outside RAM.
#pragma once

#include <cstdint>
#include <span>

namespace grafos::board {

struct MemoryRange {
    uint64_t begin = 0;
    uint64_t end = 0; ///< first byte after; a range whose end is not above its begin is empty

    [[nodiscard]] constexpr uint64_t size() const noexcept { return end > begin ? end - begin : 0; }
    friend constexpr bool operator==(const MemoryRange&, const MemoryRange&) = default;
};

inline constexpr uint64_t memory_page_bytes = 4096;

/// The largest page-aligned span inside one range of `ram` that touches none of `reserved`; the
/// lowest of equals; empty if there is none. Cost: |ram| · |reserved|². Context: boot.
[[nodiscard]] MemoryRange largest_free_span(std::span<const MemoryRange> ram,
                                            std::span<const MemoryRange> reserved) noexcept;

} // namespace grafos::board
