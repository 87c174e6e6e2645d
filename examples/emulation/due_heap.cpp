// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/due_heap.hpp"

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
        rise(place);
        sink(place);
    }
    return true;
}

void DueHeap::set(uint32_t place, const Entry& entry) noexcept {
    entries_[place] = entry;
    places_[entry.index] = place;
}

void DueHeap::rise(uint32_t place) noexcept {
    const Entry entry = entries_[place];
    while (place > 0 && is_before(entry, entries_[(place - 1) / 2])) { // depth of the heap
        set(place, entries_[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    set(place, entry);
}

void DueHeap::sink(uint32_t place) noexcept {
    const Entry entry = entries_[place];
    bool goes_on = true;
    while (goes_on) { // depth of the heap
        uint32_t child = 2 * place + 1;
        if (child + 1 < count_ && is_before(entries_[child + 1], entries_[child])) {
            child += 1;
        }
        goes_on = child < count_ && is_before(entries_[child], entry);
        if (goes_on) {
            set(place, entries_[child]);
            place = child;
        }
    }
    set(place, entry);
}

} // namespace grafos::emulation
