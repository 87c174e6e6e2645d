// SPDX-License-Identifier: Apache-2.0
#include "core/observe/event_ring.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::observe {
namespace {

[[nodiscard]] Event numbered(uint64_t number) {
    return {{test::start_time().ms + number}, EventCode::lease_granted, number, ~number};
}

TEST(EventRing, A_new_one_is_empty) {
    EventRingOf<4> ring;
    EXPECT_EQ(ring.size(), 0u);
    EXPECT_EQ(ring.lost(), 0u);
    EXPECT_ASSERTION(ring.at(0));
}

TEST(EventRing, Keeps_the_newest_in_order_and_counts_the_lost_for_every_fill) {
    for (uint64_t added = 1; added <= 23; ++added) {
        EventRingOf<5> ring;
        for (uint64_t number = 0; number < added; ++number) {
            ring.add(numbered(number));
        }
        const uint64_t kept = added < 5 ? added : 5;
        EXPECT_EQ(ring.size(), kept) << added;
        EXPECT_EQ(ring.lost(), added - kept) << added;
        for (uint64_t index = 0; index < kept; ++index) {
            EXPECT_EQ(ring.at(index), numbered(ring.lost() + index)) << added << " " << index;
        }
        EXPECT_ASSERTION(ring.at(kept));
    }
}

TEST(EventRing, With_one_slot_keeps_the_last) {
    EventRingOf<1> ring;
    for (uint64_t number = 0; number < 3; ++number) {
        ring.add(numbered(number));
        EXPECT_EQ(ring.size(), 1u);
        EXPECT_EQ(ring.at(0), numbered(number));
        EXPECT_EQ(ring.lost(), number);
    }
}

TEST(EventRing, Without_slots_is_a_broken_program) {
    EventRing ring{{}};
    EXPECT_ASSERTION(ring.add(numbered(0)));
}

TEST(EventRing, All_codes_have_names_and_no_two_the_same) {
    const auto last = static_cast<size_t>(EventCode::renewals_lost);
    for (size_t code = 0; code <= last; ++code) {
        const std::string_view name = name_of(static_cast<EventCode>(code));
        EXPECT_FALSE(name.empty()) << code;
        for (size_t other = 0; other < code; ++other) {
            EXPECT_NE(name, name_of(static_cast<EventCode>(other))) << code << " " << other;
        }
    }
    EXPECT_ASSERTION(name_of(static_cast<EventCode>(last + 1)));
}

} // namespace
} // namespace grafos::observe
