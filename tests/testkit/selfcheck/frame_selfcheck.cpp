// SPDX-License-Identifier: Apache-2.0
/// Proves that a test can fail: each suite is named after the outcome its tests must have, on both
/// frames. `tools/checks/unit_run.py --selfcheck` compares.
#include "tests/testkit/test.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {
namespace {

enum class Colour : uint8_t { red, green };

class Fixture : public testing::Test {
protected:
    void SetUp() override { value_ = 7; }
    int value_ = 0;
};

void fail_fatally_below() {
    FAIL() << "ends this function only";
}

TEST(Passes, Every_comparison_that_holds) {
    EXPECT_EQ(1u, 1u);
    EXPECT_NE(1, 2);
    EXPECT_LT(1, 2);
    EXPECT_LE(2, 2);
    EXPECT_GT(2, 1);
    EXPECT_GE(2, 2);
    EXPECT_TRUE(true);
    EXPECT_FALSE(false);
    EXPECT_EQ(std::string_view{"a"}, "a");
    EXPECT_EQ(Colour::red, Colour::red);
    EXPECT_EQ(nullptr, nullptr);
}
TEST(Passes, An_expected_assertion) {
    EXPECT_ASSERTION([] { GRAFOS_ASSERT(false); }());
}
TEST(Passes, An_if_without_braces_keeps_its_else) {
    bool is_else = false;
    // clang-format off
    if (start_time() == Instant::never())
        EXPECT_TRUE(true);
    else
        is_else = true;
    // clang-format on
    EXPECT_TRUE(is_else);
}
TEST_F(Fixture, Is_set_up_before_the_body) {
    EXPECT_EQ(value_, 7);
}

TEST(Fails, Eq) {
    EXPECT_EQ(1, 2) << "text " << 3u << ' ' << true;
}
TEST(Fails, Ne) {
    EXPECT_NE(-1, -1);
}
TEST(Fails, Lt) {
    EXPECT_LT(2, 2);
}
TEST(Fails, Le) {
    EXPECT_LE(3, 2);
}
TEST(Fails, Gt) {
    EXPECT_GT(2, 2);
}
TEST(Fails, Ge) {
    EXPECT_GE(1, 2);
}
TEST(Fails, True) {
    EXPECT_TRUE(false);
}
TEST(Fails, False) {
    EXPECT_FALSE(true);
}
TEST(Fails, Text) {
    EXPECT_EQ(std::string_view{"a"}, "b");
}
TEST(Fails, Enumerators) {
    EXPECT_EQ(Colour::red, Colour::green);
}
TEST(Fails, Assert_ends_the_test) {
    ASSERT_EQ(1, 2);
    GTEST_SKIP() << "not reached";
}
TEST(Fails, Fail) {
    FAIL();
}
TEST(Fails, Add_failure) {
    SCOPED_TRACE("a trace");
    ADD_FAILURE() << "and a reason";
}
TEST(Fails, In_a_function_it_calls) {
    fail_fatally_below();
}
TEST(Fails, An_expected_assertion_that_does_not_fire) {
    EXPECT_ASSERTION([] { GRAFOS_ASSERT(true); }());
}

TEST(Skips, With_a_reason) {
    GTEST_SKIP() << "nothing to see";
}

} // namespace
} // namespace grafos::test
