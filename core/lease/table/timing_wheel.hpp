// SPDX-License-Identifier: Apache-2.0
/// When is which lease over? Asked a million times a second, answered without sorting.
///
/// A ring of slots, one a millisecond, holds the timers that are due then; what lies further off
/// waits in coarser rings above and moves down when its block begins. Moving a deadline *later*,
/// which is what nearly every renewal does, only stores it: the timer stays where it is filed and
/// is filed again when that slot fires ("lazy refile"). Moving it *earlier* than its slot fires
/// files it again at once. Cancelling is a store as well: the timer is dropped when its slot fires.
///
/// Words: *due* is the deadline stored in a timer; a slot *fires* at the first millisecond of its
/// block; the *cursor* is the time before which every slot has fired. A tick touches at most
/// `budget` timers; what is left over stays due and is reported. The shape is the node's choice: a
/// few small rings, or one flat ring over the longest TTL, which never moves timers down and so has
/// no spike.
///
/// Law of `next_deadline()`: never later than the earliest due timer; early at most once per ring
/// and timer (and once per horizon for timers beyond it); never in the past after a tick.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/time.hpp"
#include "core/lease/table/slot_bitmap.hpp"

namespace grafos::lease {

/// 2^first_bits slots of 1 ms, then `upper_levels` rings of 2^upper_bits slots, each slot as long
/// as the whole ring below it.
struct WheelShape {
    uint8_t first_bits = 0;
    uint8_t upper_bits = 0;
    uint8_t upper_levels = 0;

    static constexpr uint32_t level_count_max = 8;

    [[nodiscard]] constexpr uint32_t level_count() const noexcept { return 1u + upper_levels; }
    [[nodiscard]] constexpr uint32_t bits_of(uint32_t level) const noexcept {
        return level == 0 ? first_bits : upper_bits;
    }
    /// log2 of the milliseconds in one slot of `level`.
    [[nodiscard]] constexpr uint32_t shift_of(uint32_t level) const noexcept {
        return level == 0 ? 0 : first_bits + (level - 1u) * upper_bits;
    }
    [[nodiscard]] constexpr uint32_t slots_of(uint32_t level) const noexcept {
        return 1u << bits_of(level);
    }
    [[nodiscard]] constexpr uint32_t slot_count() const noexcept {
        return (1u << first_bits) + upper_levels * (upper_levels == 0 ? 0u : 1u << upper_bits);
    }
    [[nodiscard]] constexpr size_t word_count() const noexcept {
        return SlotBitmap::words_for(1u << first_bits) +
               upper_levels *
                   (upper_levels == 0 ? size_t{0} : SlotBitmap::words_for(1u << upper_bits));
    }
    /// log2 of the farthest deadline, from the cursor, that is filed at its own place.
    [[nodiscard]] constexpr uint32_t horizon_bits() const noexcept {
        return first_bits + uint32_t{upper_levels} * upper_bits;
    }
    [[nodiscard]] constexpr bool is_valid() const noexcept {
        return first_bits >= 1 && first_bits <= 24 && (upper_levels == 0 || upper_bits >= 1) &&
               upper_bits <= 24 && upper_levels < level_count_max && horizon_bits() <= 63;
    }
    friend constexpr bool operator==(const WheelShape&, const WheelShape&) = default;
};

/// 128 + 64 + 64 slots (1 KiB) over 2^19 ms, which is past lease_ttl_max.
inline constexpr WheelShape small_wheel{.first_bits = 7, .upper_bits = 6, .upper_levels = 2};
/// One flat ring over 2^19 ms (2 MiB + 65 KiB of bits): nothing ever moves down.
inline constexpr WheelShape flat_wheel{.first_bits = 19, .upper_bits = 0, .upper_levels = 0};

/// The wheel's part of whatever it times; lives inside the caller's slots.
struct Timer {
    uint64_t due = 0; ///< ms; `Instant::never()` = cancelled
    uint32_t next = 0;
    uint32_t previous = 0;
    uint32_t slot = 0; ///< where it is filed, or `TimingWheel::none`
    uint32_t tag = 0;  ///< the caller's; the wheel does not look at it
};
static_assert(sizeof(Timer) == 24);

/// Timers that lie `stride` bytes apart inside the caller's slots.
class TimerView {
public:
    constexpr TimerView() noexcept = default;
    template <typename Slot>
    [[nodiscard]] static TimerView of(std::span<Slot> slots, Timer Slot::* timer) noexcept {
        TimerView view;
        if (!slots.empty()) {
            view.first_ = reinterpret_cast<uint8_t*>(&(slots[0].*timer));
        }
        view.stride_ = sizeof(Slot);
        view.count_ = static_cast<uint32_t>(slots.size());
        return view;
    }
    [[nodiscard]] static TimerView of(std::span<Timer> timers) noexcept {
        TimerView view;
        view.first_ = reinterpret_cast<uint8_t*>(timers.data());
        view.stride_ = sizeof(Timer);
        view.count_ = static_cast<uint32_t>(timers.size());
        return view;
    }
    [[nodiscard]] Timer& operator[](uint32_t index) const noexcept {
        GRAFOS_ASSERT(index < count_);
        return *reinterpret_cast<Timer*>(first_ + index * stride_);
    }
    [[nodiscard]] uint32_t count() const noexcept { return count_; }

private:
    uint8_t* first_ = nullptr;
    size_t stride_ = 0;
    uint32_t count_ = 0;
};

class TimingWheel {
public:
    static constexpr uint32_t none = 0xffff'ffffu;

    constexpr TimingWheel() noexcept = default;
    TimingWheel(const TimingWheel&) = delete;
    TimingWheel& operator=(const TimingWheel&) = delete;

    /// Wires the spans (`heads` ≥ shape.slot_count(), `words` ≥ shape.word_count(), both outlive
    /// the wheel), empties everything and sets the cursor to `now`. O(slots + timers). Context: top
    /// level.
    void start(TimerView timers, std::span<uint32_t> heads, std::span<uint64_t> words,
               WheelShape shape, Instant now) noexcept;

    /// Sets the deadline of `timer`, whether it is filed or not. A deadline already past is due at
    /// the next tick, even one at the same time. `due` is a point in time (not never). Context:
    /// turn.
    void schedule(uint32_t timer, Instant due) noexcept;
    /// A hint for large wheels: something will be filed for `due` soon.
    void prefetch(Instant due) const noexcept {
        __builtin_prefetch(&heads_[place_for(due.ms).slot], 1);
    }
    /// Nothing is due for `timer` any more; it leaves its slot when that fires. Context: turn.
    void cancel(uint32_t timer) noexcept { timers_[timer].due = Instant::never().ms; }

    /// Takes the next due timer out of the wheel (it keeps its `due` but is not filed any more), or
    /// `none` when nothing is due at `now` or `budget` is used up. Each timer touched, due or filed
    /// again, takes one from `budget`. Context: turn.
    [[nodiscard]] uint32_t take_due(Instant now, uint32_t& budget) noexcept {
        if (now.ms < next_fire_) {
            cursor_ = now.ms > cursor_ ? now.ms : cursor_;
            return none;
        }
        return take_due_slow(now, budget);
    }
    /// Whether a call of `take_due` at `now` would look at any timer: after a tick, whether work
    /// was left over. Context: turn.
    [[nodiscard]] bool has_work(Instant now) const noexcept { return now.ms >= next_fire_; }

    /// See the law above. `Instant::never()` when nothing is filed. Context: turn.
    [[nodiscard]] Instant next_deadline() const noexcept {
        const uint64_t past = last_tick_ > cursor_ ? last_tick_ : cursor_;
        return {next_fire_ > past ? next_fire_ : past};
    }

    [[nodiscard]] WheelShape shape() const noexcept { return shape_; }
    /// O(slots + timers): links, bits, places and the bound on the next firing agree.
    [[nodiscard]] bool check_invariants() const noexcept;

private:
    struct Place {
        uint32_t slot;
        uint64_t fires_at;
    };

    [[nodiscard]] uint32_t take_due_slow(Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] Place place_for(uint64_t due) const noexcept;
    [[nodiscard]] Place first_to_fire() const noexcept;
    [[nodiscard]] uint32_t level_of(uint32_t slot) const noexcept;
    [[nodiscard]] uint64_t fires_at(uint32_t slot) const noexcept;
    void file(uint32_t timer) noexcept;
    void unlink(uint32_t timer) noexcept;

    TimerView timers_{};
    uint32_t* heads_ = nullptr;
    SlotBitmap filled_[WheelShape::level_count_max]{};
    uint32_t first_slot_[WheelShape::level_count_max]{}; ///< of each level, in `heads_`
    WheelShape shape_{};
    uint32_t firing_slot_ = none; ///< being emptied, maybe over several ticks
    uint64_t cursor_ = 0;
    uint64_t last_tick_ = 0; ///< the cursor stays behind it while work is left over
    uint64_t next_fire_ = 0; ///< no filled slot fires before this
};

/// What a wheel of one shape needs besides the timers; all zeroes until `start`.
template <WheelShape shape>
struct WheelStorage {
    static_assert(shape.is_valid());
    uint32_t heads[shape.slot_count()];
    uint64_t words[shape.word_count()];
};

} // namespace grafos::lease
