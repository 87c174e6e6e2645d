// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/choice.hpp"

#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

TEST(FabricChoice, Each_order_names_every_node_once) {
    std::array<Home, homes_max> homes{};
    std::array<char, 2 * homes_max> names{};
    for (size_t i = 0; i < homes_max; ++i) {
        names[2 * i] = static_cast<char>('a' + i);
        homes[i].name = {&names[2 * i], 1};
    }
    crypto::ExchangeKey holder;
    for (size_t count = 1; count <= homes_max; ++count) {
        uint32_t seen = 0;
        for (uint8_t nth = 0; nth < count; ++nth) {
            seen |= 1u << nth_choice(std::span{homes}.first(count), nth, Wish{}, holder);
        }
        EXPECT_EQ(seen, (1u << count) - 1);
    }
}

TEST(FabricChoice, The_order_depends_on_the_request_and_the_holder_only) {
    std::array<Home, 3> homes{};
    homes[0].name = "one";
    homes[1].name = "two";
    homes[2].name = "three";
    std::array<uint32_t, 3> first{};
    crypto::ExchangeKey holder;
    for (uint64_t amount = 1; amount <= 300; ++amount) {
        Wish wish;
        wish.amount_bytes = amount;
        const uint8_t a = nth_choice(homes, 0, wish, holder);
        EXPECT_EQ(a, nth_choice(homes, 0, wish, holder));
        first[a] += 1;
        // Where a node stands in the list does not matter.
        std::array<Home, 3> turned{homes[2], homes[0], homes[1]};
        EXPECT_TRUE(turned[nth_choice(turned, 0, wish, holder)].name == homes[a].name);
    }
    for (const uint32_t count : first) {
        EXPECT_GE(count, 70u);
        EXPECT_LE(count, 130u);
    }
    uint32_t moved = 0;
    for (uint8_t key = 0; key < 100; ++key) {
        crypto::ExchangeKey other;
        other.bytes[31] = key;
        moved +=
            nth_choice(homes, 0, Wish{}, other) != nth_choice(homes, 0, Wish{}, holder) ? 1u : 0u;
    }
    EXPECT_GE(moved, 40u);
}

TEST(FabricChoice, A_refusal_tells_more_the_closer_the_node_came_to_granting) {
    using enum ErrorCode;
    constexpr ErrorCode rising[] = {disconnected,      corrupt,   not_found, denied,
                                    invalid_argument,  not_ready, revoked,   rate_limited,
                                    capacity_exceeded, busy};
    for (size_t i = 0; i + 1 < std::size(rising); ++i) {
        EXPECT_LT(telling_of(rising[i]), telling_of(rising[i + 1])) << i;
    }
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        EXPECT_LE(telling_of(static_cast<ErrorCode>(number)), telling_of(busy));
    }
}

} // namespace
} // namespace grafos::fabric
