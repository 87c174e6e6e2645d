// SPDX-License-Identifier: Apache-2.0
/// Things by the time at which they are due; among equals, who came first.
///
/// A heap of indices in somebody else's array, with the place of each remembered, so that one can
/// be taken out before its time: O(log n) for each. Four children each: half as deep as with two,
/// and those who are compared lie beside one another.
#pragma once

#include <span>

#include "core/base/time.hpp"

namespace grafos::emulation {

class DueHeap {
public:
    struct Entry {
        Instant due{};
        uint64_t order = 0;
        uint32_t index = 0;
    };

    /// `places` has one for each index that may be put in; `entries` as many.
    DueHeap(std::span<Entry> entries, std::span<uint32_t> places) noexcept;
    DueHeap(const DueHeap&) = delete;
    DueHeap& operator=(const DueHeap&) = delete;

    /// Asserts that it is not in there. Context: turn.
    void put(uint32_t index, Instant due, uint64_t order) noexcept;
    /// False: it was not in there.
    bool remove(uint32_t index) noexcept;
    [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }
    [[nodiscard]] const Entry& first() const noexcept {
        GRAFOS_ASSERT(count_ > 0);
        return entries_[0];
    }
    /// When the first is due; never if there is none.
    [[nodiscard]] Instant due() const noexcept {
        return count_ > 0 ? entries_[0].due : Instant::never();
    }
    [[nodiscard]] uint32_t count() const noexcept { return count_; }

private:
    static constexpr uint32_t absent = UINT32_MAX;
    static constexpr uint32_t children = 4;
    [[nodiscard]] static constexpr uint32_t parent_of(uint32_t place) noexcept {
        return (place - 1) / children;
    }
    [[nodiscard]] bool is_before(const Entry& a, const Entry& b) const noexcept {
        return a.due != b.due ? a.due < b.due : a.order < b.order;
    }
    void set(uint32_t place, const Entry& entry) noexcept;
    void rise(uint32_t place) noexcept;
    void sink(uint32_t place) noexcept;
    [[nodiscard]] uint32_t first_child(uint32_t place) const noexcept;

    std::span<Entry> entries_;
    std::span<uint32_t> places_;
    uint32_t count_ = 0;
};

} // namespace grafos::emulation
