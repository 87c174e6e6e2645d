// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/test.hpp"
#include "tests/unit/kv_store/rig.hpp"

namespace grafos::test::kv {
namespace {

constexpr std::string_view long_key = "0123456789abcdef0123456789abcdef";
constexpr std::string_view long_value =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static_assert(long_key.size() == key_bytes_max && long_value.size() == value_bytes_max);

} // namespace

TEST(KvStore, The_first_value_of_a_key_stays) {
    StoreOf<2> store;
    EXPECT_TRUE(store.put("a", "1") == Outcome::ok);
    EXPECT_TRUE(store.put("a", "2") == Outcome::key_exists);
    ASSERT_TRUE(store.get("a").has_value());
    EXPECT_EQ(*store.get("a"), "1");
    EXPECT_EQ(store.count(), size_t{1});
}

TEST(KvStore, A_full_store_refuses_new_keys_and_still_knows_its_own) {
    StoreOf<2> store;
    EXPECT_TRUE(store.put("a", "1") == Outcome::ok);
    EXPECT_TRUE(store.put("b", "2") == Outcome::ok);
    EXPECT_TRUE(store.put("c", "3") == Outcome::store_full);
    EXPECT_TRUE(store.put("a", "3") == Outcome::key_exists);
    EXPECT_FALSE(store.get("c").has_value());
    EXPECT_TRUE(store.remove("a") == Outcome::ok);
    EXPECT_TRUE(store.put("c", "3") == Outcome::ok);
    EXPECT_EQ(*store.get("b"), "2");
    EXPECT_EQ(*store.get("c"), "3");
}

TEST(KvStore, A_store_without_room_is_always_full) {
    Store store{{}};
    EXPECT_TRUE(store.put("a", "1") == Outcome::store_full);
    EXPECT_TRUE(store.remove("a") == Outcome::key_not_found);
    EXPECT_FALSE(store.get("a").has_value());
}

TEST(KvStore, Keys_and_values_up_to_the_border_are_kept_whole) {
    StoreOf<4> store;
    EXPECT_TRUE(store.put(long_key, long_value) == Outcome::ok);
    EXPECT_TRUE(store.put(long_key.substr(1), "") == Outcome::ok);
    EXPECT_EQ(*store.get(long_key), long_value);
    EXPECT_EQ(*store.get(long_key.substr(1)), "");
    EXPECT_FALSE(store.get(long_key.substr(0, 31)).has_value()); // a beginning is another key
    EXPECT_ASSERTION(store.put("", "1"));
    EXPECT_ASSERTION(store.put("123456789012345678901234567890123", "1"));
}

/// Every sequence of six operations on three keys in a store with room for two, against a table of
/// three cells.
TEST(KvStore, Does_as_a_table_of_cells_does_whatever_the_order) {
    constexpr size_t operations = 9; // put, get, remove of a, b, c
    constexpr size_t length = 6;
    constexpr std::array<std::string_view, 3> keys{"a", "b", "c"};
    constexpr std::array<std::string_view, length> values{"0", "1", "2", "3", "4", "5"};
    size_t sequences = 1;
    for (size_t i = 0; i < length; ++i) {
        sequences *= operations;
    }
    uint64_t wrong = 0;
    for (size_t sequence = 0; sequence < sequences; ++sequence) {
        StoreOf<2> store;
        std::array<std::optional<std::string_view>, 3> cells{};
        size_t rest = sequence;
        for (size_t i = 0; i < length; ++i, rest /= operations) {
            const size_t key = rest % 3;
            size_t there = 0;
            for (const auto& cell : cells) {
                there += cell.has_value() ? 1u : 0u;
            }
            auto& cell = cells[key];
            switch (rest % operations / 3) {
            case 0: {
                const Outcome due = cell.has_value() ? Outcome::key_exists
                                    : there == 2     ? Outcome::store_full
                                                     : Outcome::ok;
                wrong += store.put(keys[key], values[i]) == due ? 0u : 1u;
                cell = due == Outcome::ok ? values[i] : cell;
                break;
            }
            case 1: wrong += store.get(keys[key]) == cell ? 0u : 1u; break;
            case 2: {
                const Outcome due = cell.has_value() ? Outcome::ok : Outcome::key_not_found;
                wrong += store.remove(keys[key]) == due ? 0u : 1u;
                cell.reset();
                break;
            }
            }
        }
    }
    EXPECT_EQ(wrong, uint64_t{0});
}

} // namespace grafos::test::kv
