// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/slot_bitmap.hpp"

#include <bit>

namespace grafos::lease {

void SlotBitmap::start(std::span<uint64_t> words, uint32_t slot_count) noexcept {
    GRAFOS_ASSERT(slot_count > 0 && slot_count <= slot_count_max);
    GRAFOS_ASSERT(words.size() >= words_for(slot_count));
    slot_count_ = slot_count;
    tier_count_ = 0;
    size_t offset = 0;
    uint32_t count = slot_count;
    while (tier_count_ < tier_count_max) {
        count = (count + 63) / 64;
        tiers_[tier_count_] = words.data() + offset;
        ++tier_count_;
        offset += count;
        if (count <= 1) {
            break;
        }
    }
    GRAFOS_ASSERT(count == 1);
    for (uint64_t& word : words.first(offset)) {
        word = 0;
    }
}

void SlotBitmap::set(uint32_t slot) noexcept {
    GRAFOS_ASSERT(slot < slot_count_);
    uint32_t position = slot;
    for (uint32_t tier = 0; tier < tier_count_; ++tier) {
        uint64_t& word = tiers_[tier][position / 64];
        const uint64_t before = word;
        word |= uint64_t{1} << (position % 64);
        if (before != 0) {
            return; // the tiers above know it already
        }
        position /= 64;
    }
}

void SlotBitmap::clear(uint32_t slot) noexcept {
    GRAFOS_ASSERT(slot < slot_count_);
    uint32_t position = slot;
    for (uint32_t tier = 0; tier < tier_count_; ++tier) {
        uint64_t& word = tiers_[tier][position / 64];
        word &= ~(uint64_t{1} << (position % 64));
        if (word != 0) {
            return;
        }
        position /= 64;
    }
}

uint32_t SlotBitmap::next(uint32_t slot) const noexcept {
    // Up: the first tier whose word has a member at or after our place.
    uint32_t position = slot;
    uint32_t count = slot_count_; // positions in this tier
    uint32_t tier = 0;
    while (true) {
        if (position >= count) {
            return none;
        }
        const uint64_t rest = tiers_[tier][position / 64] >> (position % 64);
        if (rest != 0) {
            position += static_cast<uint32_t>(std::countr_zero(rest));
            break;
        }
        ++tier;
        if (tier == tier_count_) {
            return none;
        }
        position = position / 64 + 1; // the next word, seen from the tier above
        count = (count + 63) / 64;
    }
    // Down: the first member below it.
    for (; tier > 0; --tier) {
        const uint64_t word = tiers_[tier - 1][position];
        GRAFOS_ASSERT(word != 0);
        position = position * 64 + static_cast<uint32_t>(std::countr_zero(word));
    }
    return position;
}

uint32_t SlotBitmap::next_circular(uint32_t slot) const noexcept {
    const uint32_t found = next(slot);
    return found != none ? found : next(0);
}

} // namespace grafos::lease
