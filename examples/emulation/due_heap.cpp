// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/due_heap.hpp"

#include <algorithm>

namespace grafos::emulation {

DueHeap::DueHeap(std::span<Entry> entries, std::span<uint32_t> places) noexcept
    : entries_{entries}, places_{places} {
    GRAFOS_ASSERT(entries.size() == places.size());
    for (uint32_t& place : places_) {
        place = absent;
    }
}

void DueHeap::put(uint32_t index, Instant due, uint64_t order) noexcept {
    GRAFOS_ASSERT(places_[index] == absent && count_ < entries_.size());
    const uint32_t place = count_;
    count_ += 1;
    set(place, {due, order, index});
    rise(place);
}

bool DueHeap::remove(uint32_t index) noexcept {
    const uint32_t place = places_[index];
    if (place == absent) {
        return false;
    }
    places_[index] = absent;
    count_ -= 1;
    if (place < count_) {
        set(place, entries_[count_]);
        if (place > 0 && is_before(entries_[place], entries_[parent_of(place)])) {
            rise(place);
        } else {
            sink(place);
        }
    }
    return true;
}

void DueHeap::set(uint32_t place, const Entry& entry) noexcept {
    entries_[place] = entry;
    places_[entry.index] = place;
}

void DueHeap::rise(uint32_t place) noexcept {
    const Entry entry = entries_[place];
    while (place > 0 && is_before(entry, entries_[parent_of(place)])) { // depth of the heap
        set(place, entries_[parent_of(place)]);
        place = parent_of(place);
    }
    set(place, entry);
}

void DueHeap::sink(uint32_t place) noexcept {
    const Entry entry = entries_[place];
    uint32_t child = first_child(place);
    while (child < count_ && is_before(entries_[child], entry)) { // depth of the heap
        set(place, entries_[child]);
        place = child;
        child = first_child(place);
    }
    set(place, entry);
}

/// Of the children at `place`, the one that is due first; past the end if there is none.
uint32_t DueHeap::first_child(uint32_t place) const noexcept {
    const uint32_t begin = children * place + 1;
    const uint32_t end = std::min(begin + children, count_);
    uint32_t best = begin;
    for (uint32_t i = begin + 1; i < end; ++i) {
        best = is_before(entries_[i], entries_[best]) ? i : best;
    }
    return best;
}

} // namespace grafos::emulation
