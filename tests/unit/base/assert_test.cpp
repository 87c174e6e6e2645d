// SPDX-License-Identifier: Apache-2.0
#include "core/base/assert.hpp"

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

// FNV-1a written down a second time, over the text itself.
uint32_t fnv(std::string_view file, uint32_t line) {
    uint32_t hash = 2166136261u;
    const auto add = [&hash](uint32_t byte) { hash = (hash ^ byte) * 16777619u; };
    for (const char c : file) {
        add(static_cast<uint8_t>(c));
    }
    add(line & 255);
    add((line >> 8) & 255);
    add((line >> 16) & 255);
    add(line >> 24);
    return hash;
}

TEST(Assert, A_true_condition_costs_nothing_and_says_nothing) {
    EXPECT_FALSE(test::fires_assertion([] { GRAFOS_ASSERT(1 + 1 == 2); }));
}

TEST(Assert, A_false_condition_hands_its_site_to_the_hook) {
    // The path is from the project's root on every machine, wherever the tree lies.
    EXPECT_TRUE(test::fires_assertion([] { GRAFOS_ASSERT(false); }));
    EXPECT_EQ(test::last_site(), fnv("tests/unit/base/assert_test.cpp", __LINE__ - 1));
    EXPECT_TRUE(test::fires_assertion([] { GRAFOS_UNREACHABLE(); }));
    EXPECT_EQ(test::last_site(), fnv("tests/unit/base/assert_test.cpp", __LINE__ - 1));
}

TEST(Assert, Site_ids_are_the_same_numbers_for_ever) {
    static_assert(detail::site_id("core/base/time.hpp", 88) !=
                  detail::site_id("core/base/time.hpp", 89));
    EXPECT_EQ(detail::site_id("", 0), fnv("", 0));
    EXPECT_EQ(detail::site_id("core/base/time.hpp", 70000), fnv("core/base/time.hpp", 70000));
}

TEST(Assert, Traps_nest) {
    bool is_inner_caught = false;
    bool is_outer_caught = test::fires_assertion(
        [&] { is_inner_caught = test::fires_assertion([] { GRAFOS_ASSERT(false); }); });
    EXPECT_TRUE(is_inner_caught);
    EXPECT_FALSE(is_outer_caught);
    is_outer_caught = test::fires_assertion([&] {
        is_inner_caught = test::fires_assertion([] {});
        GRAFOS_ASSERT(false);
    });
    EXPECT_FALSE(is_inner_caught);
    EXPECT_TRUE(is_outer_caught);
}

} // namespace
} // namespace grafos
