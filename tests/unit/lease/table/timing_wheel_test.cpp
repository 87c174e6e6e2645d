// SPDX-License-Identifier: Apache-2.0
/// The wheel against a model that is a plain list of deadlines: nothing fires early, nothing due is
/// withheld while there is budget, and the law of `next_deadline()` holds after every step.
#include "core/lease/table/timing_wheel.hpp"

#include <array>

#include "core/base/limits.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint64_t never = Instant::never().ms;

template <WheelShape shape, uint32_t timer_count>
class Bench {
public:
    explicit Bench(Instant now) : now_{now.ms} {
        wheel_.start(TimerView::of(std::span<Timer>{timers_}), storage_.heads, storage_.words,
                     shape, now);
        due_.fill(never);
    }
    void schedule(uint32_t timer, uint64_t due) {
        due_[timer] = due;
        wheel_.schedule(timer, {due});
        check_law(false);
    }
    void cancel(uint32_t timer) {
        due_[timer] = never;
        wheel_.cancel(timer);
        check_law(false);
    }
    /// Advances and takes what is due; answers how many timers fired.
    uint32_t tick(uint64_t by, uint32_t budget_given) {
        now_ = by < never - now_ ? now_ + by : never - 1; // never itself is no point in time
        uint32_t budget = budget_given;
        uint32_t fired = 0;
        for (uint32_t timer = wheel_.take_due({now_}, budget); timer != TimingWheel::none;
             timer = wheel_.take_due({now_}, budget)) {
            ++fired;
            if (timer >= timer_count || due_[timer] > now_) {
                ADD_FAILURE() << "fired without being due: " << timer;
                return fired;
            }
            due_[timer] = never;
        }
        EXPECT_LE(fired, budget_given - budget);
        if (!wheel_.has_work({now_})) {
            EXPECT_GT(earliest(), now_);
            EXPECT_GT(wheel_.next_deadline().ms, now_);
        } else {
            EXPECT_EQ(budget, 0u);
        }
        check_law(true);
        return fired;
    }
    [[nodiscard]] uint64_t earliest() const {
        uint64_t first = never;
        for (const uint64_t due : due_) {
            first = due < first ? due : first;
        }
        return first;
    }
    [[nodiscard]] uint64_t now() const { return now_; }
    [[nodiscard]] const TimingWheel& wheel() const { return wheel_; }
    void check_slow() const { EXPECT_TRUE(wheel_.check_invariants()); }

private:
    void check_law(bool after_tick) const {
        const uint64_t next = wheel_.next_deadline().ms;
        EXPECT_LE(next, earliest() > now_ ? earliest() : now_);
        if (after_tick) {
            EXPECT_GE(next, now_);
        }
    }

    std::array<Timer, timer_count> timers_{};
    WheelStorage<shape> storage_{};
    TimingWheel wheel_{};
    std::array<uint64_t, timer_count> due_{};
    uint64_t now_;
};

constexpr uint32_t plenty = 1000;
constexpr std::array<uint64_t, 6> ahead{0, 1, 2, 3, 5, 9};
constexpr std::array<uint64_t, 4> steps{0, 1, 2, 7};
constexpr uint32_t operation_count = 2 * 6 + 2 + 2 * 4;

/// One of 22 operations on two timers.
template <typename Wheel>
void apply(Wheel& bench, uint32_t operation) {
    if (operation < 12) {
        bench.schedule(operation % 2, bench.now() + ahead[operation / 2]);
    } else if (operation < 14) {
        bench.cancel(operation - 12);
    } else {
        bench.tick(steps[(operation - 14) / 2], operation % 2 == 0 ? 1 : plenty);
    }
}

template <WheelShape shape>
void try_all_sequences(uint32_t depth) {
    uint32_t sequences = 1;
    for (uint32_t i = 0; i < depth; ++i) {
        sequences *= operation_count;
    }
    for (uint32_t sequence = 0; sequence < sequences; ++sequence) {
        SCOPED_TRACE(sequence);
        Bench<shape, 2> bench{test::start_time()};
        uint32_t rest = sequence;
        for (uint32_t i = 0; i < depth; ++i) {
            apply(bench, rest % operation_count);
            rest /= operation_count;
        }
        bench.check_slow();
        uint32_t rounds = 0;
        while (bench.earliest() != never && rounds++ < 10) {
            bench.tick(3, plenty);
        }
        ASSERT_EQ(bench.earliest(), never);
    }
}

TEST(TimingWheel, Every_sequence_of_operations_on_the_smallest_shapes_agrees_with_the_model) {
    try_all_sequences<WheelShape{1, 0, 0}>(3);
    try_all_sequences<WheelShape{2, 0, 0}>(3);
    try_all_sequences<WheelShape{1, 1, 1}>(3);
    try_all_sequences<WheelShape{1, 1, 3}>(3);
    try_all_sequences<WheelShape{2, 2, 1}>(3);
}

TEST(TimingWheel, Every_longer_sequence_agrees_with_the_model_too) {
    try_all_sequences<WheelShape{1, 1, 1}>(4);
}

/// Random operations on many timers; `start` anywhere in u64.
template <WheelShape shape>
void try_random(uint64_t start, uint64_t seed, uint64_t span, int step_count) {
    Bench<shape, 100> bench{{start}};
    for (int step = 0; step < step_count; ++step) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto timer = static_cast<uint32_t>((seed >> 58) + ((seed >> 30) & 31));
        const uint64_t far = (seed >> 33) % span;
        switch ((seed >> 24) % 8) {
        case 0:
        case 1:
        case 2:
        case 3: {
            const uint64_t room = never - 1 - bench.now();
            bench.schedule(timer, bench.now() + (far < room ? far : room));
            break;
        }
        case 4: bench.cancel(timer); break;
        case 5: bench.tick(far / 64, 3); break;
        case 6: bench.tick(1, plenty); break;
        case 7: bench.tick((seed & 63) == 0 ? far * 2 : far / 16, plenty); break;
        }
        if (step % 64 == 0) {
            bench.check_slow();
        }
        if (bench.now() >= never - 1) {
            break;
        }
    }
    bench.tick(2 * span, plenty * 10);
    bench.tick(2 * span, plenty * 10);
    EXPECT_EQ(bench.earliest(), never);
}

TEST(TimingWheel, Random_operations_agree_with_the_model_in_small_and_large_shapes) {
    const uint64_t start = test::start_time().ms;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(static_cast<unsigned>(seed));
        try_random<small_wheel>(start, seed, limits::lease_ttl_max.ms, 3000);
        try_random<WheelShape{6, 6, 3}>(start + seed * 977, seed, limits::lease_ttl_max.ms, 3000);
        try_random<WheelShape{14, 0, 0}>(start, seed, 16'000, 3000);
        try_random<WheelShape{14, 0, 0}>(start, seed, 100'000, 3000); // beyond its horizon
        try_random<WheelShape{3, 2, 2}>(start, seed, 1000, 3000);     // and again
    }
}

TEST(TimingWheel, Random_operations_agree_with_the_model_at_the_end_of_time) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(static_cast<unsigned>(seed));
        try_random<small_wheel>(never - 900'000, seed, limits::lease_ttl_max.ms, 3000);
        try_random<WheelShape{1, 1, 3}>(never - 5'000, seed, 100, 3000);
        try_random<WheelShape{14, 0, 0}>(never - 100'000, seed, 30'000, 3000);
    }
}

template <WheelShape shape>
void wake_for_each(uint64_t start) {
    uint64_t seed = 3;
    for (int round = 0; round < 300; ++round) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        Bench<shape, 1> bench{{start + (seed >> 50)}};
        bench.schedule(0, bench.now() + 1 +
                              ((seed >> 20) & ((uint64_t{1} << shape.horizon_bits()) - 1)) / 2);
        uint32_t wakes = 0;
        while (bench.earliest() != never && wakes < 20) {
            bench.tick(bench.wheel().next_deadline().ms - bench.now(), plenty);
            ++wakes;
        }
        ASSERT_LE(wakes, shape.level_count());
    }
}

TEST(TimingWheel, A_sleeper_that_wakes_at_next_deadline_wakes_at_most_once_a_level) {
    const uint64_t start = test::start_time().ms;
    wake_for_each<small_wheel>(start);
    wake_for_each<WheelShape{6, 6, 3}>(start);
    wake_for_each<WheelShape{14, 0, 0}>(start);
    wake_for_each<small_wheel>(never - 1'000'000);
}

TEST(TimingWheel, A_deadline_moved_later_is_filed_again_only_when_its_slot_fires) {
    Bench<WheelShape{14, 0, 0}, 1> bench{test::start_time()};
    bench.schedule(0, bench.now() + 100);
    for (uint64_t later = 200; later <= 1000; later += 100) {
        bench.schedule(0, bench.now() + later);
    }
    EXPECT_EQ(bench.wheel().next_deadline().ms, bench.now() + 100);
    EXPECT_EQ(bench.tick(100, plenty), 0u);
    EXPECT_EQ(bench.wheel().next_deadline().ms, bench.now() + 900);
    EXPECT_EQ(bench.tick(900, plenty), 1u);
}

TEST(TimingWheel, A_shortened_deadline_is_filed_again_at_once) {
    Bench<small_wheel, 2> bench{test::start_time()};
    bench.schedule(0, bench.now() + 300'000);
    bench.schedule(1, bench.now() + 300'000);
    bench.schedule(0, bench.now() + 5);
    EXPECT_EQ(bench.tick(4, plenty), 0u);
    EXPECT_EQ(bench.tick(1, plenty), 1u);
    bench.schedule(1, bench.now()); // already past: due at the very next tick, at the same time
    EXPECT_EQ(bench.tick(0, plenty), 1u);
}

TEST(TimingWheel, A_tick_touches_no_more_timers_than_its_budget_and_says_that_more_waits) {
    Bench<small_wheel, 64> bench{test::start_time()};
    for (uint32_t timer = 0; timer < 64; ++timer) {
        bench.schedule(timer, bench.now() + 50);
    }
    uint32_t fired = bench.tick(50, 10);
    EXPECT_EQ(fired, 10u);
    EXPECT_TRUE(bench.wheel().has_work({bench.now()}));
    EXPECT_EQ(bench.wheel().next_deadline().ms, bench.now());
    fired += bench.tick(1, 10);
    EXPECT_EQ(bench.wheel().next_deadline().ms, bench.now());
    fired += bench.tick(0, 0);
    EXPECT_EQ(fired, 20u);
    fired += bench.tick(0, plenty);
    EXPECT_EQ(fired, 64u);
    EXPECT_FALSE(bench.wheel().has_work({bench.now()}));
    EXPECT_EQ(bench.wheel().next_deadline(), Instant::never());
}

TEST(TimingWheel, A_jump_over_the_whole_wheel_fires_exactly_what_is_due) {
    Bench<small_wheel, 3> bench{test::start_time()};
    bench.schedule(0, bench.now() + 10);
    bench.schedule(1, bench.now() + 299'999);
    bench.schedule(2, bench.now() + 10'000'000);
    EXPECT_EQ(bench.tick(9'999'999, plenty), 2u);
    EXPECT_EQ(bench.tick(1, plenty), 1u);
}

TEST(TimingWheel, Both_presets_reach_past_the_longest_lease) {
    EXPECT_GT(uint64_t{1} << small_wheel.horizon_bits(), limits::lease_ttl_max.ms);
    EXPECT_GT(uint64_t{1} << flat_wheel.horizon_bits(), limits::lease_ttl_max.ms);
    EXPECT_EQ(small_wheel.slot_count(), 256u);
    EXPECT_EQ(flat_wheel.level_count(), 1u);
    EXPECT_FALSE(WheelShape{}.is_valid());
    EXPECT_FALSE((WheelShape{6, 0, 1}).is_valid());
    EXPECT_FALSE((WheelShape{25, 0, 0}).is_valid());
    EXPECT_FALSE((WheelShape{20, 20, 3}).is_valid());
}

TEST(TimingWheel, Misuse_is_a_broken_program) {
    Bench<small_wheel, 2> bench{test::start_time()};
    TimingWheel wheel;
    uint32_t budget = 1;
    EXPECT_ASSERTION(wheel.take_due({1}, budget));
    EXPECT_ASSERTION(wheel.schedule(0, {1}));
    EXPECT_ASSERTION(bench.schedule(0, never));
    EXPECT_ASSERTION(bench.schedule(2, bench.now() + 5));
    WheelStorage<WheelShape{2, 0, 0}> storage{};
    EXPECT_ASSERTION(wheel.start({}, storage.heads, storage.words, small_wheel, {0}));
    EXPECT_ASSERTION(wheel.start({}, storage.heads, storage.words, WheelShape{}, {0}));
}

} // namespace
} // namespace grafos::lease
