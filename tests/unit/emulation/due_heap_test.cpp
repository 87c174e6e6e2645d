// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/due_heap.hpp"
#include "tests/support/seeded_entropy.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::emulation {
namespace {

template <size_t n>
struct HeapOf {
    std::array<DueHeap::Entry, n> entries{};
    std::array<uint32_t, n> places{};
    DueHeap heap{entries, places};
};

/// What a heap promises, by looking at all there is.
template <size_t n>
struct Model {
    std::array<bool, n> is_in{};
    std::array<DueHeap::Entry, n> entry{};

    [[nodiscard]] uint32_t count() const {
        uint32_t found = 0;
        for (const bool one : is_in) {
            found += one ? 1u : 0u;
        }
        return found;
    }
    [[nodiscard]] uint32_t first() const {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; ++i) {
            const bool is_better =
                is_in[i] &&
                (best == n || entry[i].due < entry[best].due ||
                 (entry[i].due == entry[best].due && entry[i].order < entry[best].order));
            best = is_better ? i : best;
        }
        return best;
    }
};

template <size_t n>
void expect_equal(const DueHeap& heap, const Model<n>& model) {
    ASSERT_EQ(heap.count(), model.count());
    ASSERT_EQ(heap.is_empty(), model.count() == 0);
    if (model.count() > 0) {
        ASSERT_EQ(heap.first().index, model.first());
        ASSERT_EQ(heap.due().ms, model.entry[model.first()].due.ms);
    } else {
        ASSERT_EQ(heap.due().ms, Instant::never().ms);
    }
}

TEST(DueHeap, Every_order_of_putting_in_comes_out_sorted) {
    constexpr size_t n = 6;
    constexpr uint32_t orders = 720;
    for (uint32_t number = 0; number < orders; ++number) {
        std::array<uint32_t, n> due{};
        std::array<uint32_t, n> left{0, 1, 2, 3, 4, 5};
        uint32_t rest = number;
        for (uint32_t i = 0; i < n; ++i) { // the number-th permutation
            const auto pick = rest % (static_cast<uint32_t>(n) - i);
            rest /= static_cast<uint32_t>(n) - i;
            due[i] = left[pick];
            left[pick] = left[n - 1 - i];
        }
        HeapOf<n> of;
        for (uint32_t i = 0; i < n; ++i) {
            of.heap.put(i, Instant{due[i] / 2}, due[i]); // pairs are due together
        }
        for (uint32_t i = 0; i < n; ++i) {
            ASSERT_EQ(of.heap.first().order, i) << number;
            ASSERT_TRUE(of.heap.remove(of.heap.first().index));
        }
        ASSERT_TRUE(of.heap.is_empty());
    }
}

TEST(DueHeap, Each_can_be_taken_out_of_every_place) {
    constexpr size_t n = 15;
    for (uint32_t taken = 0; taken < n; ++taken) {
        for (uint64_t step = 1; step < n; ++step) {
            HeapOf<n> of;
            Model<n> model;
            for (uint32_t i = 0; i < n; ++i) {
                model.entry[i] = {Instant{i * step % n}, i, i};
                model.is_in[i] = true;
                of.heap.put(i, model.entry[i].due, i);
            }
            ASSERT_TRUE(of.heap.remove(taken));
            ASSERT_FALSE(of.heap.remove(taken)) << "it is out";
            model.is_in[taken] = false;
            for (uint32_t i = 1; i < n; ++i) {
                expect_equal(of.heap, model);
                const uint32_t first = of.heap.first().index;
                model.is_in[first] = false;
                ASSERT_TRUE(of.heap.remove(first));
            }
            expect_equal(of.heap, model);
        }
    }
}

TEST(DueHeap, It_agrees_with_a_plain_model_over_many_steps) {
    constexpr size_t n = 24;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        test::SeededChoice choice{seed};
        HeapOf<n> of;
        Model<n> model;
        uint64_t order = 0;
        for (uint32_t step = 0; step < 1'000; ++step) {
            const auto index = static_cast<uint32_t>(choice.below(n));
            if (model.is_in[index]) {
                ASSERT_TRUE(of.heap.remove(index));
                model.is_in[index] = false;
            } else {
                order += 1;
                model.entry[index] = {Instant{choice.below(8)}, order, index};
                model.is_in[index] = true;
                of.heap.put(index, model.entry[index].due, order);
            }
            expect_equal(of.heap, model);
        }
    }
}

TEST(DueHeap, Putting_one_in_twice_or_looking_into_nothing_is_a_broken_program) {
    HeapOf<4> of;
    EXPECT_ASSERTION(of.heap.first());
    of.heap.put(2, Instant{1}, 1);
    EXPECT_ASSERTION((of.heap.put(2, Instant{1}, 2), 0));
    EXPECT_FALSE(of.heap.remove(1));
}

} // namespace
} // namespace grafos::emulation
