// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/test.hpp"
#include "tests/unit/kv_store/rig.hpp"

namespace grafos::test::kv {

TEST(KvServer, A_put_of_an_absent_key_stores_it) {
    Bench& bench = fresh_bench();
    EXPECT_TRUE(bench.put("a", "val_7", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.printed("[server] PUT \"a\" = \"val_7\" -> OK\n"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, A_put_of_a_present_key_is_refused_and_changes_nothing) {
    Bench& bench = fresh_bench();
    EXPECT_TRUE(bench.put("a", "val_7", Outcome::ok, "OK"));
    static_cast<void>(bench.printed(""));
    EXPECT_TRUE(bench.put("a", "val_8", Outcome::key_exists, "key already exists: a"));
    EXPECT_TRUE(bench.put("a", "val_7", Outcome::key_exists, "key already exists: a"));
    EXPECT_TRUE(bench.printed("[server] PUT \"a\" -> REJECTED (key exists)\n"
                              "[server] PUT \"a\" -> REJECTED (key exists)\n"));
    EXPECT_TRUE(bench.get("a", Outcome::ok, "val_7"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, A_get_answers_the_value_or_names_the_absent_key) {
    Bench& bench = fresh_bench();
    EXPECT_TRUE(bench.get("a", Outcome::key_not_found, "key not found: a"));
    EXPECT_TRUE(bench.put("a", "val_0", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.get("a", Outcome::ok, "val_0"));
    EXPECT_TRUE(bench.printed("[server] GET \"a\" -> NOT FOUND\n"
                              "[server] PUT \"a\" = \"val_0\" -> OK\n"
                              "[server] GET \"a\" -> \"val_0\"\n"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, A_delete_takes_the_key_away_or_names_the_absent_key) {
    Bench& bench = fresh_bench();
    EXPECT_TRUE(bench.remove("a", Outcome::key_not_found, "key not found: a"));
    EXPECT_TRUE(bench.put("a", "val_0", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.put("b", "val_1", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.remove("a", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.remove("a", Outcome::key_not_found, "key not found: a"));
    EXPECT_TRUE(bench.get("a", Outcome::key_not_found, "key not found: a"));
    EXPECT_TRUE(bench.get("b", Outcome::ok, "val_1"));
    EXPECT_TRUE(bench.printed("[server] DELETE \"a\" -> NOT FOUND\n"
                              "[server] PUT \"a\" = \"val_0\" -> OK\n"
                              "[server] PUT \"b\" = \"val_1\" -> OK\n"
                              "[server] DELETE \"a\" -> OK\n"
                              "[server] DELETE \"a\" -> NOT FOUND\n"
                              "[server] GET \"a\" -> NOT FOUND\n"
                              "[server] GET \"b\" -> \"val_1\"\n"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, A_put_after_a_delete_is_the_first_again) {
    Bench& bench = fresh_bench();
    EXPECT_TRUE(bench.put("a", "val_1", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.remove("a", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.put("a", "val_2", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.put("a", "val_3", Outcome::key_exists, "key already exists: a"));
    EXPECT_TRUE(bench.get("a", Outcome::ok, "val_2"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, A_full_store_is_refused_with_its_own_line_and_changes_nothing) {
    Bench& bench = fresh_bench();
    std::array<char, 8> buffer;
    for (uint64_t i = 0; i < store_keys_max; ++i) {
        TextWriter key{buffer};
        key.put("key").put(i);
        ASSERT_TRUE(bench.put(key.text(), "val_1", Outcome::ok, "OK"));
    }
    static_cast<void>(bench.printed(""));
    EXPECT_TRUE(bench.put("one more", "val_2", Outcome::store_full, "store is full: 64 keys"));
    EXPECT_TRUE(bench.put("key63", "val_2", Outcome::key_exists, "key already exists: key63"));
    EXPECT_TRUE(bench.get("one more", Outcome::key_not_found, "key not found: one more"));
    EXPECT_TRUE(bench.printed("[server] PUT \"one more\" -> REJECTED (store full)\n"
                              "[server] PUT \"key63\" -> REJECTED (key exists)\n"
                              "[server] GET \"one more\" -> NOT FOUND\n"));
    EXPECT_EQ(bench.store.count(), store_keys_max);
    EXPECT_TRUE(bench.remove("key0", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.put("one more", "val_2", Outcome::ok, "OK"));
    EXPECT_TRUE(bench.judge.is_kept());
}

TEST(KvServer, Keys_and_values_at_the_border_fit_messages_and_lines) {
    Bench& bench = fresh_bench();
    constexpr std::string_view key = "0123456789abcdef \"quoted\" 012345";
    constexpr std::string_view value =
        "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~";
    static_assert(key.size() == key_bytes_max && value.size() == value_bytes_max);
    EXPECT_TRUE(bench.put(key, value, Outcome::ok, "OK"));
    EXPECT_TRUE(bench.get(key, Outcome::ok, value));
    EXPECT_TRUE(bench.put(key, "", Outcome::key_exists,
                          "key already exists: 0123456789abcdef \"quoted\" 012345"));
    EXPECT_TRUE(bench.put("k", "", Outcome::ok, "OK")); // the shortest of both
    EXPECT_TRUE(bench.get("k", Outcome::ok, ""));
    EXPECT_TRUE(bench.recorder.has("[server] GET \"k\" -> \"\"\n"));
    EXPECT_TRUE(bench.judge.is_kept());
}

/// What no client of ours sends: each is refused as it arrives, and the store stays as it is.
TEST(KvServer, Messages_beyond_the_border_are_refused_and_change_nothing) {
    constexpr uint8_t put = ServerProtocol::number_of<Put>();
    constexpr uint8_t get = ServerProtocol::number_of<Get>();
    Bench& bench = fresh_bench();
    const uint8_t empty_key[] = {0, 0, 0, 0};
    uint8_t long_key[4 + key_bytes_max + 1] = {0, 0, 0, key_bytes_max + 1};
    const uint8_t bell[] = {0, 0, 0, 1, 7};
    const uint8_t cut[] = {0, 0, 0, 2, 'a'};
    const uint8_t no_value[] = {0, 0, 0, 1, 'a'};
    for (uint8_t& byte : std::span{long_key}.subspan(4)) {
        byte = 'a';
    }
    const struct {
        uint8_t message;
        Bytes bytes;
    } cases[] = {{get, empty_key}, {get, long_key}, {get, bell},
                 {get, cut},       {put, no_value}, {put, {}}};
    uint64_t refused = 0;
    for (const auto& one : cases) {
        ASSERT_TRUE(
            bench.system
                .take_in(em::index_of(bench.server_number), one.message, one.bytes, uint32_t{1})
                .is_ok());
        bench.settle();
        refused += 1;
        EXPECT_EQ(bench.elsewhere.refused, refused);
    }
    EXPECT_TRUE(bench.printed(""));
    EXPECT_EQ(bench.store.count(), size_t{0});
    EXPECT_FALSE(
        bench.system.take_in(em::index_of(bench.server_number), 3, {}, uint32_t{1}).is_ok());
}

} // namespace grafos::test::kv
