// SPDX-License-Identifier: Apache-2.0
#include "core/base/result.hpp"

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

constexpr Error io_error{ErrorCode::io, Field::device, 7, 0};

// Move-only; counts how many of it are alive and own something.
class Owner {
public:
    explicit Owner(int& alive) noexcept : alive_{&alive} { ++*alive_; }
    Owner(Owner&& other) noexcept : alive_{other.alive_} { other.alive_ = nullptr; }
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    Owner& operator=(Owner&&) = delete;
    ~Owner() {
        if (alive_ != nullptr) {
            --*alive_;
        }
    }
    [[nodiscard]] bool owns() const noexcept { return alive_ != nullptr; }

private:
    int* alive_;
};

Result<uint32_t> half_of(uint32_t value) noexcept {
    if (value % 2 != 0) {
        return Error{ErrorCode::invalid_argument, Field::argument, value, 2};
    }
    return value / 2;
}

Result<> check_even(uint32_t value) noexcept {
    GRAFOS_TRY(half_of(value));
    return ok();
}

Result<uint32_t> quarter_of(uint32_t value, int& steps) noexcept {
    GRAFOS_TRY_ASSIGN(const uint32_t half, half_of(value));
    ++steps;
    uint32_t quarter = 0;
    GRAFOS_TRY_ASSIGN(quarter, half_of(half));
    ++steps;
    return quarter;
}

TEST(Result, Holds_a_value_or_an_error_and_says_which) {
    const Result<uint32_t> good{42u};
    EXPECT_TRUE(good.is_ok());
    EXPECT_EQ(good.value(), 42u);
    const Result<uint32_t> bad{io_error};
    EXPECT_FALSE(bad.is_ok());
    EXPECT_TRUE(bad.error() == io_error);
}

TEST(Result, Asking_for_what_is_not_there_is_a_broken_program) {
    Result<uint32_t> good{42u};
    Result<uint32_t> bad{io_error};
    const Result<uint32_t>& constant = bad;
    EXPECT_ASSERTION(good.error());
    EXPECT_ASSERTION(bad.value());
    EXPECT_ASSERTION(constant.value());
    EXPECT_ASSERTION(std::move(bad).value());
    EXPECT_ASSERTION(Result<>{ok()}.error());
}

TEST(Result, The_value_can_be_changed_in_place) {
    Result<uint32_t> result{1u};
    result.value() = 2;
    EXPECT_EQ(result.value(), 2u);
}

TEST(Result, A_move_only_value_moves_in_and_out_and_dies_once) {
    int alive = 0;
    {
        Result<Owner> first{Owner{alive}};
        EXPECT_EQ(alive, 1);
        Result<Owner> second{std::move(first)};
        EXPECT_TRUE(second.value().owns());
        const Owner out = std::move(second).value();
        EXPECT_TRUE(out.owns());
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

TEST(Result, A_result_that_still_owns_its_value_destroys_it) {
    int alive = 0;
    {
        const Result<Owner> result{Owner{alive}};
        EXPECT_TRUE(result.is_ok());
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

TEST(Result, An_error_moves_too) {
    Result<Owner> first{io_error};
    const Result<Owner> second{std::move(first)};
    EXPECT_FALSE(second.is_ok());
    EXPECT_TRUE(second.error() == io_error);
}

TEST(Result, Success_without_a_value_is_ok) {
    const Result<> good = ok();
    EXPECT_TRUE(good.is_ok());
    const Result<> bad = io_error;
    EXPECT_FALSE(bad.is_ok());
    EXPECT_TRUE(bad.error() == io_error);
}

TEST(Result, Try_hands_the_error_on_unchanged) {
    EXPECT_TRUE(check_even(4).is_ok());
    EXPECT_TRUE(
        (check_even(5).error() == Error{ErrorCode::invalid_argument, Field::argument, 5, 2}));
}

TEST(Result, Try_assign_stops_at_the_first_error) {
    int steps = 0;
    EXPECT_EQ(quarter_of(8, steps).value(), 2u);
    EXPECT_EQ(steps, 2);
    steps = 0;
    EXPECT_EQ(quarter_of(6, steps).error().value, 3u);
    EXPECT_EQ(steps, 1);
    steps = 0;
    EXPECT_EQ(quarter_of(5, steps).error().value, 5u);
    EXPECT_EQ(steps, 0);
}

} // namespace
} // namespace grafos
