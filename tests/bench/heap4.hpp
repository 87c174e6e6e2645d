// SPDX-License-Identifier: Apache-2.0
/// A peer: an indexed 4-ary heap of deadlines, which is what most event loops time with. An item's
/// place is kept beside it, so that moving and removing it cost O(log n). Nothing of it is in the
/// product.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace grafos::bench {

class Heap4 {
public:
    static constexpr uint32_t none = 0xffff'ffffu;

    explicit Heap4(uint32_t item_count) : place_(item_count, none) { heap_.reserve(item_count); }

    void insert(uint32_t item, uint64_t due) {
        heap_.push_back({due, item});
        rise(static_cast<uint32_t>(heap_.size() - 1));
    }
    void move(uint32_t item, uint64_t due) {
        const uint32_t at = place_[item];
        const bool is_later = due > heap_[at].due;
        heap_[at].due = due;
        is_later ? sink(at) : rise(at);
    }
    void remove(uint32_t item) {
        const uint32_t at = place_[item];
        const Entry last = heap_.back();
        heap_.pop_back();
        place_[item] = none;
        if (at < heap_.size()) {
            heap_[at] = last;
            place_[last.item] = at;
            sink(at);
            rise(place_[last.item]);
        }
    }
    /// The next item due at `now`, taken out, or none.
    uint32_t take_due(uint64_t now) {
        if (heap_.empty() || heap_[0].due > now) {
            return none;
        }
        const uint32_t item = heap_[0].item;
        remove(item);
        return item;
    }

private:
    struct Entry {
        uint64_t due;
        uint32_t item;
    };
    void put(uint32_t at, const Entry& entry) {
        heap_[at] = entry;
        place_[entry.item] = at;
    }
    void rise(uint32_t at) {
        const Entry entry = heap_[at];
        while (at > 0 && heap_[(at - 1) / 4].due > entry.due) {
            put(at, heap_[(at - 1) / 4]);
            at = (at - 1) / 4;
        }
        put(at, entry);
    }
    void sink(uint32_t at) {
        const Entry entry = heap_[at];
        const auto size = static_cast<uint32_t>(heap_.size());
        while (4 * uint64_t{at} + 1 < size) {
            const uint32_t first = 4 * at + 1;
            const uint32_t end = std::min(first + 4, size);
            uint32_t least = first;
            for (uint32_t child = first + 1; child < end; ++child) {
                least = heap_[child].due < heap_[least].due ? child : least;
            }
            if (heap_[least].due >= entry.due) {
                break;
            }
            put(at, heap_[least]);
            at = least;
        }
        put(at, entry);
    }

    std::vector<Entry> heap_;
    std::vector<uint32_t> place_;
};

} // namespace grafos::bench
