// SPDX-License-Identifier: Apache-2.0
#include "core/lease/resource/unit_map.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint32_t most_units = 300;
constexpr std::array<UnitState, unit_state_count> all_states{
    UnitState::free, UnitState::leased, UnitState::tearing, UnitState::dirty, UnitState::fenced};

struct Plain {
    UnitState state = UnitState::dirty;
    uint64_t fence = 0;
};

/// The map and, beside it, one plain record a unit.
class Pair {
public:
    explicit Pair(uint64_t count) : count_{count} { map.start(count, UnitState::dirty); }

    void move(Extent extent, UnitState from, UnitState to, uint64_t fence = 0) {
        map.move(extent, from, to, {fence});
        for (uint64_t unit = extent.first_unit; unit < extent.first_unit + extent.unit_count;
             ++unit) {
            plain_[unit] = {to, to == UnitState::fenced ? fence : 0};
        }
    }
    [[nodiscard]] Extent plain_run(UnitState state, uint64_t from) const {
        while (from < count_ && plain_[from].state != state) {
            ++from;
        }
        uint64_t end = from;
        while (end < count_ && plain_[end].state == state &&
               plain_[end].fence == plain_[from].fence) {
            ++end;
        }
        return from == count_ ? Extent{} : Extent{from, end - from};
    }
    void check() const {
        uint64_t sum = 0;
        for (const UnitState state : all_states) {
            uint64_t expected = 0;
            for (uint64_t unit = 0; unit < count_; ++unit) {
                expected += plain_[unit].state == state ? 1u : 0u;
            }
            ASSERT_EQ(map.count_in(state), expected);
            sum += map.count_in(state);
        }
        ASSERT_EQ(sum, count_); // conservation, protocol §10.10
        ASSERT_TRUE(map.check_invariants());
        for (uint64_t unit = 0; unit < count_; ++unit) {
            ASSERT_EQ(map.state_of(unit), plain_[unit].state);
            if (plain_[unit].state == UnitState::fenced) {
                ASSERT_EQ(map.fence_of(unit).value, plain_[unit].fence);
            }
        }
    }
    [[nodiscard]] uint64_t longest_free() const {
        uint64_t longest = 0;
        for (uint64_t at = 0; at < count_;) {
            const Extent run = plain_run(UnitState::free, at);
            longest = run.unit_count > longest ? run.unit_count : longest;
            at = run.unit_count == 0 ? count_ : run.first_unit + run.unit_count;
        }
        return longest;
    }
    [[nodiscard]] UnitState state(uint64_t unit) const { return plain_[unit].state; }

private:
    UnitMapStorage<most_units> storage_{};
    std::array<Plain, most_units> plain_{};
    uint64_t count_;

public:
    UnitMap map{storage_.spans()};
};

TEST(UnitMap, Starts_with_every_unit_in_one_state) {
    for (const uint64_t count : {1u, 63u, 64u, 65u, 128u, 300u}) {
        Pair pair{count};
        pair.check();
        EXPECT_EQ(pair.map.count_in(UnitState::dirty), count);
        EXPECT_TRUE((pair.map.find_run(UnitState::dirty, 0) == Extent{0, count}));
        EXPECT_TRUE((pair.map.find_run(UnitState::free, 0) == Extent{}));
        EXPECT_EQ(pair.map.find_free(1).extent.unit_count, 0u);
    }
}

TEST(UnitMap, Every_extent_of_a_small_map_moves_alone_and_is_found_again) {
    constexpr uint64_t count = 130;
    for (uint64_t first = 0; first < count; first += 3) {
        for (uint64_t length = 1; first + length <= count; length += 5) {
            Pair pair{count};
            pair.move({first, length}, UnitState::dirty, UnitState::free);
            for (const uint64_t from : {uint64_t{0}, first, first + length - 1}) {
                ASSERT_TRUE(pair.map.find_run(UnitState::free, from) ==
                            pair.plain_run(UnitState::free, from));
            }
            ASSERT_EQ(pair.map.count_in(UnitState::free), length);
            const UnitMap::Fit fit = pair.map.find_free(length);
            ASSERT_TRUE((fit.extent == Extent{first, length}));
            ASSERT_EQ(pair.map.find_free(length + 1).longest_free, length);
        }
    }
}

TEST(UnitMap, Random_moves_agree_with_one_plain_record_a_unit) {
    for (const uint64_t count : {1u, 64u, 100u, 300u}) {
        Pair pair{count};
        uint64_t seed = count;
        for (int step = 0; step < 1500; ++step) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const uint64_t from_unit = (seed >> 33) % count;
            const UnitState from = all_states[(seed >> 20) % unit_state_count];
            const UnitState to = all_states[(seed >> 24) % unit_state_count];
            const Extent run = pair.map.find_run(from, from_unit);
            ASSERT_TRUE(run == pair.plain_run(from, from_unit));
            if (run.unit_count > 0 && from != to) {
                const uint64_t length = 1 + (seed >> 40) % run.unit_count;
                pair.move({run.first_unit, length}, from, to, 1 + (seed >> 50) % 3);
            }
            const uint64_t wanted = 1 + (seed >> 45) % 12;
            const UnitMap::Fit fit = pair.map.find_free(wanted);
            ASSERT_EQ(fit.extent.unit_count > 0, pair.longest_free() >= wanted);
            for (uint64_t unit = 0; unit < fit.extent.unit_count; ++unit) {
                ASSERT_EQ(pair.state(fit.extent.first_unit + unit), UnitState::free);
            }
            if (fit.extent.unit_count == 0) {
                ASSERT_EQ(fit.longest_free, pair.longest_free());
            }
            if (step % 50 == 0) {
                pair.check();
            }
        }
        pair.check();
    }
}

TEST(UnitMap, The_search_goes_on_behind_the_last_grant_and_then_from_the_start) {
    Pair pair{100};
    pair.move({0, 100}, UnitState::dirty, UnitState::free);
    for (uint64_t grant = 0; grant < 10; ++grant) {
        const Extent extent = pair.map.find_free(10).extent;
        EXPECT_EQ(extent.first_unit, grant * 10);
        pair.move(extent, UnitState::free, UnitState::leased);
        if (grant < 9) {
            // Given back at once, yet not taken again before the others.
            pair.move(extent, UnitState::leased, UnitState::tearing);
            pair.move(extent, UnitState::tearing, UnitState::free);
        }
    }
    EXPECT_EQ(pair.map.find_free(90).extent.first_unit, 0u);
    EXPECT_EQ(pair.map.find_free(91).longest_free, 90u);
}

TEST(UnitMap, A_search_over_a_map_too_fragmented_for_its_budget_gives_up_and_says_what_it_saw) {
    constexpr uint32_t count = 8192; // 4096 runs of one: more than a search looks at
    static UnitMapStorage<count> storage;
    UnitMap map{storage.spans()};
    map.start(count, UnitState::dirty);
    for (uint64_t unit = 0; unit < count; unit += 2) {
        map.move({unit, 1}, UnitState::dirty, UnitState::free, {});
    }
    const UnitMap::Fit fit = map.find_free(2);
    EXPECT_EQ(fit.extent.unit_count, 0u);
    EXPECT_EQ(fit.longest_free, 1u);
    EXPECT_EQ(map.find_free(1).extent.unit_count, 1u);
}

TEST(UnitMap, A_run_of_fenced_units_ends_where_the_fence_changes) {
    Pair pair{100};
    pair.move({10, 5}, UnitState::dirty, UnitState::fenced, 7);
    pair.move({15, 5}, UnitState::dirty, UnitState::fenced, 9);
    EXPECT_TRUE((pair.map.find_run(UnitState::fenced, 0) == Extent{10, 5}));
    EXPECT_TRUE((pair.map.find_run(UnitState::fenced, 12) == Extent{12, 3}));
    EXPECT_TRUE((pair.map.find_run(UnitState::fenced, 15) == Extent{15, 5}));
    EXPECT_EQ(pair.map.fence_of(14).value, 7u);
    EXPECT_EQ(pair.map.fence_of(15).value, 9u);
    pair.move({10, 5}, UnitState::fenced, UnitState::tearing);
    EXPECT_TRUE((pair.map.find_run(UnitState::fenced, 0) == Extent{15, 5}));
    pair.check();
}

TEST(UnitMap, A_move_of_units_in_another_state_or_outside_is_a_broken_program_and_moves_nothing) {
    Pair pair{100};
    pair.move({10, 80}, UnitState::dirty, UnitState::free);
    EXPECT_ASSERTION(pair.map.move({9, 2}, UnitState::free, UnitState::leased, {}));
    EXPECT_ASSERTION(pair.map.move({10, 81}, UnitState::free, UnitState::leased, {}));
    EXPECT_ASSERTION(pair.map.move({90, 11}, UnitState::dirty, UnitState::free, {}));
    EXPECT_ASSERTION(pair.map.move({100, 1}, UnitState::dirty, UnitState::free, {}));
    EXPECT_ASSERTION(pair.map.move({1, UINT64_MAX}, UnitState::dirty, UnitState::free, {}));
    EXPECT_ASSERTION(pair.map.move({10, 0}, UnitState::free, UnitState::leased, {}));
    EXPECT_ASSERTION(pair.map.move({10, 1}, UnitState::free, UnitState::free, {}));
    EXPECT_ASSERTION(pair.map.fence_of(10));
    EXPECT_ASSERTION(pair.map.state_of(100));
    pair.check();
}

} // namespace
} // namespace grafos::lease
