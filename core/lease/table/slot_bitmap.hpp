// SPDX-License-Identifier: Apache-2.0
/// A set of slot numbers that finds its next member in a few words, however many slots there are.
///
/// Bits in 64-bit words; above each tier a smaller one with a bit for each non-zero word below.
/// Four tiers cover 2^24 slots, so every operation looks at no more than eight words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/assert.hpp"

namespace grafos::lease {

class SlotBitmap {
public:
    static constexpr uint32_t none = 0xffff'ffffu;
    static constexpr uint32_t tier_count_max = 4;
    static constexpr uint32_t slot_count_max = 1u << 24;

    /// Words needed for `slot_count` slots, all tiers.
    [[nodiscard]] static constexpr size_t words_for(uint32_t slot_count) noexcept {
        size_t total = 0;
        uint32_t count = slot_count;
        for (uint32_t tier = 0; tier < tier_count_max; ++tier) {
            count = (count + 63) / 64;
            total += count;
            if (count <= 1) {
                break;
            }
        }
        return total;
    }

    constexpr SlotBitmap() noexcept = default;
    /// `words` holds at least `words_for(slot_count)` zeroes and outlives the set.
    void start(std::span<uint64_t> words, uint32_t slot_count) noexcept;

    void set(uint32_t slot) noexcept;
    void clear(uint32_t slot) noexcept;
    [[nodiscard]] bool contains(uint32_t slot) const noexcept {
        GRAFOS_ASSERT(slot < slot_count_);
        return ((tiers_[0][slot / 64] >> (slot % 64)) & 1u) != 0;
    }
    /// The first member at or after `slot`, or `none`. `slot` may be the slot count.
    [[nodiscard]] uint32_t next(uint32_t slot) const noexcept;
    /// The same, going on from 0 behind the last slot.
    [[nodiscard]] uint32_t next_circular(uint32_t slot) const noexcept;
    [[nodiscard]] uint32_t slot_count() const noexcept { return slot_count_; }

private:
    uint64_t* tiers_[tier_count_max] = {};
    uint32_t tier_count_ = 0;
    uint32_t slot_count_ = 0;
};

} // namespace grafos::lease
