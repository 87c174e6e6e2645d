// SPDX-License-Identifier: Apache-2.0
/// Who is to be woken next: a binary heap of (instant, item) that can also move or drop any item.
///
/// Items are small numbers (slots). `places` says where each stands in the heap, so that moving one
/// is O(log n) and finding one O(1). Equal instants leave in the order of their items: the same
/// inputs give the same order on every machine.
#pragma once

#include <span>

#include "core/base/time.hpp"

namespace grafos::lease {

class WakeHeap {
public:
    struct Entry {
        Instant wake;
        uint32_t item;
    };
    static constexpr uint32_t nowhere = UINT32_MAX;

    /// Both have one element for each item; `places` need not be initialised.
    constexpr WakeHeap(std::span<Entry> entries, std::span<uint32_t> places) noexcept
        : entries_{entries}, places_{places} {}
    WakeHeap(const WakeHeap&) = delete;
    WakeHeap& operator=(const WakeHeap&) = delete;

    /// `item` is not in the heap.
    void insert(uint32_t item, Instant wake) noexcept;
    /// `item` is in the heap.
    void move(uint32_t item, Instant wake) noexcept;
    void erase(uint32_t item) noexcept;

    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] uint32_t size() const noexcept { return size_; }
    /// The earliest; not of an empty heap.
    [[nodiscard]] const Entry& top() const noexcept;

    /// O(n): heap order and both directions of `places`.
    [[nodiscard]] bool is_consistent() const noexcept;

private:
    void place(uint32_t at, const Entry& entry) noexcept;
    void settle(uint32_t at, const Entry& entry) noexcept;

    std::span<Entry> entries_;
    std::span<uint32_t> places_;
    uint32_t size_ = 0;
};

} // namespace grafos::lease
