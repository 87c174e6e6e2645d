// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/wake_heap.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] bool is_earlier(const WakeHeap::Entry& a, const WakeHeap::Entry& b) noexcept {
    return a.wake < b.wake || (a.wake == b.wake && a.item < b.item);
}

} // namespace

void WakeHeap::place(uint32_t at, const Entry& entry) noexcept {
    entries_[at] = entry;
    places_[entry.item] = at;
}

/// Puts `entry` at the free place `at`, or above or below it where it belongs.
void WakeHeap::settle(uint32_t at, const Entry& entry) noexcept {
    while (at > 0) { // up, at most log2(size) steps
        const uint32_t parent = (at - 1) / 2;
        if (!is_earlier(entry, entries_[parent])) {
            break;
        }
        place(at, entries_[parent]);
        at = parent;
    }
    while (size_ > 1 && at <= (size_ - 2) / 2) { // down, at most log2(size) steps
        uint32_t child = 2 * at + 1;
        if (child + 1 < size_ && is_earlier(entries_[child + 1], entries_[child])) {
            ++child;
        }
        if (!is_earlier(entries_[child], entry)) {
            break;
        }
        place(at, entries_[child]);
        at = child;
    }
    place(at, entry);
}

void WakeHeap::insert(uint32_t item, Instant wake) noexcept {
    GRAFOS_ASSERT(item < places_.size());
    GRAFOS_ASSERT(size_ < entries_.size());
    ++size_;
    settle(size_ - 1, {wake, item});
}

void WakeHeap::move(uint32_t item, Instant wake) noexcept {
    GRAFOS_ASSERT(item < places_.size());
    const uint32_t at = places_[item];
    GRAFOS_ASSERT(at < size_ && entries_[at].item == item);
    settle(at, {wake, item});
}

void WakeHeap::erase(uint32_t item) noexcept {
    GRAFOS_ASSERT(item < places_.size());
    const uint32_t at = places_[item];
    GRAFOS_ASSERT(at < size_ && entries_[at].item == item);
    places_[item] = nowhere;
    --size_;
    if (at < size_) {
        const Entry last = entries_[size_];
        settle(at, last);
    }
}

const WakeHeap::Entry& WakeHeap::top() const noexcept {
    GRAFOS_ASSERT(size_ > 0);
    return entries_[0];
}

bool WakeHeap::is_consistent() const noexcept {
    for (uint32_t at = 0; at < size_; ++at) {
        if (places_[entries_[at].item] != at) {
            return false;
        }
        if (at > 0 && is_earlier(entries_[at], entries_[(at - 1) / 2])) {
            return false;
        }
    }
    return true;
}

} // namespace grafos::lease
