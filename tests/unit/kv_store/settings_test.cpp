// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/settings.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test::kv {
namespace {

using kv_store::read_words;
using kv_store::Settings;

} // namespace

TEST(KvSettings, Words_are_set_on_top_of_the_defaults) {
    Settings settings{};
    EXPECT_TRUE(read_words(settings, "").is_ok());
    EXPECT_EQ(settings.clients, uint64_t{3});
    EXPECT_EQ(settings.network.latency.ms, uint64_t{1});
    EXPECT_TRUE(read_words(settings, "num_clients=1000,latency_ms=0,jitter_ms=10000,"
                                     "loss_permille=1000,duplicate_permille=7")
                    .is_ok());
    EXPECT_EQ(settings.clients, uint64_t{1'000});
    EXPECT_EQ(settings.network.latency.ms, uint64_t{0});
    EXPECT_EQ(settings.network.jitter.ms, uint64_t{10'000});
    EXPECT_EQ(settings.network.loss_permille, uint32_t{1'000});
    EXPECT_EQ(settings.network.duplicate_permille, uint32_t{7});
    EXPECT_TRUE(read_words(settings, "jitter_ms=3,").is_ok());
    EXPECT_EQ(settings.network.jitter.ms, uint64_t{3});
    EXPECT_EQ(settings.clients, uint64_t{1'000});
}

TEST(KvSettings, A_mistake_is_told_with_its_place) {
    const struct {
        std::string_view words;
        Field field;
    } cases[] = {{"clients=3", Field::option},
                 {"num_clients", Field::argument},
                 {"num_clients=-1", Field::argument},
                 {"num_clients=three", Field::argument},
                 {"num_clients=0", Field::amount},
                 {"jitter_ms=10001", Field::argument},
                 {"loss_permille=1001", Field::argument},
                 {"=3", Field::option},
                 {",", Field::option}};
    for (const auto& one : cases) {
        SCOPED_TRACE(one.words);
        Settings settings{};
        const auto read = read_words(settings, one.words);
        ASSERT_FALSE(read.is_ok());
        EXPECT_TRUE(read.error().code == ErrorCode::invalid_argument);
        EXPECT_TRUE(read.error().field == one.field);
    }
    Settings settings{};
    EXPECT_EQ(read_words(settings, "jitter_ms=1,latency=2").error().value, uint64_t{2});
}

} // namespace grafos::test::kv
