// SPDX-License-Identifier: Apache-2.0
#include "tests/support/trace.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

struct Event {
    Trace::Kind kind = Trace::Kind::delivery;
    uint32_t who = 1;
    Instant at{100};
    std::array<uint8_t, 6> bytes{1, 2, 3, 4, 5, 6};
    size_t head_size = 4;
};

/// Three deliveries, of which the second is `second`.
[[nodiscard]] Digest head_of(const Event& second) noexcept {
    Trace trace;
    for (const Event& event : {Event{}, second, Event{.at = Instant{200}}}) {
        trace.set_now(event.at);
        const Bytes bytes{event.bytes};
        trace.add(event.kind, event.who, bytes.first(event.head_size),
                  bytes.subspan(event.head_size));
    }
    return trace.head();
}

TEST(Trace, The_same_events_end_alike_and_no_events_in_zeroes) {
    EXPECT_TRUE(head_of({}) == head_of({}));
    EXPECT_TRUE(Trace{}.head().is_zero());
    EXPECT_EQ(Trace{}.count(), 0u);
    Trace trace;
    trace.add(Trace::Kind::mark, 0, {});
    EXPECT_EQ(trace.count(), 1u);
    EXPECT_FALSE(trace.head().is_zero());
}

TEST(Trace, One_bit_of_one_delivery_changes_everything_after_it) {
    const Digest usual = head_of({});
    for (size_t byte = 0; byte < Event{}.bytes.size(); ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Event changed;
            changed.bytes[byte] = static_cast<uint8_t>(changed.bytes[byte] ^ (1u << bit));
            EXPECT_FALSE(head_of(changed) == usual) << byte << " " << bit;
        }
    }
}

TEST(Trace, Kind_time_and_owner_are_part_of_an_event) {
    const Digest usual = head_of({});
    EXPECT_FALSE(head_of({.kind = Trace::Kind::result}) == usual);
    EXPECT_FALSE(head_of({.who = 2}) == usual);
    EXPECT_FALSE(head_of({.at = Instant{101}}) == usual);
}

TEST(Trace, The_same_bytes_cut_elsewhere_are_another_event) {
    const Digest usual = head_of({});
    for (size_t head_size = 0; head_size <= Event{}.bytes.size(); ++head_size) {
        EXPECT_EQ(head_of({.head_size = head_size}) == usual, head_size == 4u) << head_size;
    }
}

TEST(Trace, The_order_of_events_matters) {
    const auto head = [](uint32_t first, uint32_t second) {
        Trace trace;
        trace.add(Trace::Kind::delivery, first, {});
        trace.add(Trace::Kind::delivery, second, {});
        return trace.head();
    };
    EXPECT_FALSE(head(1, 2) == head(2, 1));
}

} // namespace
} // namespace grafos::test
