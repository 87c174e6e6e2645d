// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/timing_wheel.hpp"

#include <algorithm>

namespace grafos::lease {

void TimingWheel::start(TimerView timers, std::span<uint32_t> heads, std::span<uint64_t> words,
                        WheelShape shape, Instant now) noexcept {
    GRAFOS_ASSERT(shape.is_valid());
    GRAFOS_ASSERT(heads.size() >= shape.slot_count() && words.size() >= shape.word_count());
    GRAFOS_ASSERT(timers.count() < none);
    timers_ = timers;
    heads_ = heads.data();
    shape_ = shape;
    firing_slot_ = none;
    cursor_ = now.ms;
    last_tick_ = now.ms;
    next_fire_ = Instant::never().ms;

    std::ranges::fill(heads, none);
    uint32_t slot = 0;
    size_t word = 0;
    for (uint32_t level = 0; level < shape.level_count(); ++level) {
        const uint32_t slots = shape.slots_of(level);
        first_slot_[level] = slot;
        filled_[level].start(words.subspan(word), slots);
        slot += slots;
        word += SlotBitmap::words_for(slots);
    }
    for (uint32_t timer = 0; timer < timers.count(); ++timer) {
        timers_[timer].due = Instant::never().ms;
        timers_[timer].slot = none;
    }
}

uint32_t TimingWheel::level_of(uint32_t slot) const noexcept {
    uint32_t level = shape_.level_count() - 1;
    while (slot < first_slot_[level]) { // ends: first_slot_[0] is 0
        --level;
    }
    return level;
}

/// When a filled slot fires: at the start of its block, or now if its block has begun already and
/// the timers in it are on their way down.
uint64_t TimingWheel::fires_at(uint32_t slot) const noexcept {
    const uint32_t level = level_of(slot);
    const uint32_t shift = shape_.shift_of(level);
    const uint64_t block = cursor_ >> shift;
    const uint64_t ahead = (slot - first_slot_[level] - block) & (shape_.slots_of(level) - 1);
    return ahead == 0 ? cursor_ : (block + ahead) << shift;
}

/// The finest ring that reaches `due`; beyond the last one, its farthest slot.
TimingWheel::Place TimingWheel::place_for(uint64_t due) const noexcept {
    const uint64_t at = std::max(due, cursor_);
    uint32_t level = 0;
    uint64_t ahead = at - cursor_;
    while (ahead >= shape_.slots_of(level) && level + 1 < shape_.level_count()) {
        ++level;
        const uint32_t shift = shape_.shift_of(level);
        ahead = (at >> shift) - (cursor_ >> shift);
    }
    ahead = std::min<uint64_t>(ahead, shape_.slots_of(level) - 1);
    const uint32_t shift = shape_.shift_of(level);
    const uint64_t block = (cursor_ >> shift) + ahead;
    const auto index = static_cast<uint32_t>(block & (shape_.slots_of(level) - 1));
    return {first_slot_[level] + index, ahead == 0 ? cursor_ : block << shift};
}

void TimingWheel::file(uint32_t index) noexcept {
    Timer& timer = timers_[index];
    GRAFOS_ASSERT(timer.slot == none);
    const Place place = place_for(timer.due);
    GRAFOS_ASSERT(place.fires_at <= std::max(timer.due, cursor_));
    const uint32_t head = heads_[place.slot];
    timer.next = head;
    timer.previous = none;
    timer.slot = place.slot;
    heads_[place.slot] = index;
    if (head != none) {
        timers_[head].previous = index;
    } else {
        const uint32_t level = level_of(place.slot);
        filled_[level].set(place.slot - first_slot_[level]);
    }
    next_fire_ = std::min(next_fire_, place.fires_at);
}

void TimingWheel::unlink(uint32_t index) noexcept {
    Timer& timer = timers_[index];
    GRAFOS_ASSERT(timer.slot != none);
    if (timer.next != none) {
        timers_[timer.next].previous = timer.previous;
    }
    if (timer.previous != none) {
        timers_[timer.previous].next = timer.next;
    } else {
        GRAFOS_ASSERT(heads_[timer.slot] == index);
        heads_[timer.slot] = timer.next;
        if (timer.next == none) {
            const uint32_t level = level_of(timer.slot);
            filled_[level].clear(timer.slot - first_slot_[level]);
        }
    }
    timer.slot = none;
}

void TimingWheel::schedule(uint32_t index, Instant due) noexcept {
    GRAFOS_ASSERT(due < Instant::never());
    Timer& timer = timers_[index];
    const uint64_t before = timer.due;
    timer.due = due.ms;
    if (timer.slot == none) {
        file(index);
        return;
    }
    // Filed: it fires no later than `before`, so a later deadline can wait for that.
    if (due.ms < before && due.ms < fires_at(timer.slot)) {
        unlink(index);
        file(index);
    }
}

/// The filled slot that fires first, over all rings.
TimingWheel::Place TimingWheel::first_to_fire() const noexcept {
    Place first{none, Instant::never().ms};
    for (uint32_t level = 0; level < shape_.level_count(); ++level) {
        const uint32_t mask = shape_.slots_of(level) - 1;
        const uint32_t shift = shape_.shift_of(level);
        const uint64_t block = cursor_ >> shift;
        const uint32_t found = filled_[level].next_circular(static_cast<uint32_t>(block & mask));
        if (found == SlotBitmap::none) {
            continue;
        }
        const uint64_t ahead = (found - block) & mask;
        const uint64_t fires_at = ahead == 0 ? cursor_ : (block + ahead) << shift;
        if (first.slot == none || fires_at < first.fires_at) {
            first = {first_slot_[level] + found, fires_at};
        }
    }
    return first;
}

uint32_t TimingWheel::take_due_slow(Instant now, uint32_t& budget) noexcept {
    GRAFOS_ASSERT(heads_ != nullptr);
    last_tick_ = std::max(last_tick_, now.ms);
    while (true) {
        if (firing_slot_ == none || heads_[firing_slot_] == none) {
            const Place first = first_to_fire();
            if (first.slot == none || first.fires_at > now.ms) {
                firing_slot_ = none;
                next_fire_ = first.fires_at;
                cursor_ = std::max(cursor_, now.ms);
                return none;
            }
            GRAFOS_ASSERT(first.fires_at >= cursor_);
            firing_slot_ = first.slot;
            cursor_ = first.fires_at;
            next_fire_ = first.fires_at;
        }
        if (budget == 0) {
            return none;
        }
        --budget;
        const uint32_t index = heads_[firing_slot_];
        Timer& timer = timers_[index];
        if (timer.next != none) {
            __builtin_prefetch(&timers_[timer.next], 1); // while the caller works on this one
        }
        unlink(index);
        if (timer.due <= now.ms) {
            return index;
        }
        if (timer.due != Instant::never().ms) {
            file(index);
        }
    }
}

bool TimingWheel::check_invariants() const noexcept {
    uint32_t filed = 0;
    for (uint32_t timer = 0; timer < timers_.count(); ++timer) {
        filed += timers_[timer].slot != none ? 1u : 0u;
    }
    uint32_t linked = 0;
    for (uint32_t slot = 0; slot < shape_.slot_count(); ++slot) {
        const uint32_t level = level_of(slot);
        const bool is_filled = heads_[slot] != none;
        if (filled_[level].contains(slot - first_slot_[level]) != is_filled) {
            return false;
        }
        if (is_filled && fires_at(slot) < next_fire_) {
            return false;
        }
        uint32_t previous = none;
        for (uint32_t timer = heads_[slot]; timer != none; timer = timers_[timer].next) {
            const Timer& entry = timers_[timer];
            const bool is_early = fires_at(slot) <= std::max(entry.due, cursor_);
            if (linked == filed || entry.slot != slot || entry.previous != previous || !is_early) {
                return false;
            }
            ++linked;
            previous = timer;
        }
    }
    return linked == filed;
}

} // namespace grafos::lease
