// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos {
namespace {

struct CodeRow {
    ErrorCode code;
    uint16_t number;
    std::string_view name;
    Failure failure;
};

// Numbers and names are part of the audit format: they stand here a second time on purpose.
constexpr std::array<CodeRow, 21> codes{{
    {ErrorCode::lease_expired, 1, "lease_expired", Failure::lease_expired},
    {ErrorCode::revoked, 2, "revoked", Failure::revoked},
    {ErrorCode::released, 3, "released", Failure::lease_expired},
    {ErrorCode::fenced, 4, "fenced", Failure::fenced},
    {ErrorCode::stale_epoch, 5, "stale_epoch", Failure::fenced},
    {ErrorCode::disconnected, 6, "disconnected", Failure::disconnected},
    {ErrorCode::capacity_exceeded, 7, "capacity_exceeded", Failure::rate_limited},
    {ErrorCode::busy, 8, "busy", Failure::rate_limited},
    {ErrorCode::not_found, 9, "not_found", Failure::incompatible},
    {ErrorCode::invalid_argument, 10, "invalid_argument", Failure::incompatible},
    {ErrorCode::denied, 11, "denied", Failure::incompatible},
    {ErrorCode::rate_limited, 12, "rate_limited", Failure::rate_limited},
    {ErrorCode::corrupt, 13, "corrupt", Failure::degraded},
    {ErrorCode::io, 14, "io", Failure::degraded},
    {ErrorCode::unsupported, 15, "unsupported", Failure::incompatible},
    {ErrorCode::unsupported_version, 16, "unsupported_version", Failure::incompatible},
    {ErrorCode::out_of_fuel, 17, "out_of_fuel", Failure::rate_limited},
    {ErrorCode::not_ready, 18, "not_ready", Failure::degraded},
    {ErrorCode::degraded, 19, "degraded", Failure::degraded},
    {ErrorCode::foreign, 20, "foreign", Failure::incompatible},
    {ErrorCode::exhausted, 21, "exhausted", Failure::incompatible},
}};

TEST(Error, Every_code_keeps_its_number_its_name_and_its_one_failure) {
    EXPECT_EQ(codes.size(), error_code_count);
    for (size_t i = 0; i < codes.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(codes[i].number, i + 1);
        EXPECT_EQ(static_cast<uint16_t>(codes[i].code), codes[i].number);
        EXPECT_EQ(name_of(codes[i].code), codes[i].name);
        EXPECT_EQ(failure_of(codes[i].code), codes[i].failure);
    }
}

TEST(Error, A_number_that_is_no_code_is_a_broken_program) {
    for (const uint16_t number : {uint16_t{0}, uint16_t{22}, uint16_t{0xffff}}) {
        EXPECT_ASSERTION(name_of(static_cast<ErrorCode>(number)));
        EXPECT_ASSERTION(failure_of(static_cast<ErrorCode>(number)));
    }
}

TEST(Error, The_eight_failures_have_the_names_of_the_architecture) {
    constexpr std::array<std::string_view, 8> names{
        "lease_expired", "revoked",      "fenced",       "disconnected",
        "degraded",      "incompatible", "rate_limited", "internal_error"};
    for (size_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ(name_of(static_cast<Failure>(i + 1)), names[i]);
    }
    EXPECT_ASSERTION(name_of(static_cast<Failure>(0)));
    EXPECT_ASSERTION(name_of(static_cast<Failure>(9)));
}

TEST(Error, Every_field_has_a_name_of_its_own) {
    constexpr auto last = static_cast<uint16_t>(field_last);
    for (uint16_t a = 0; a <= last; ++a) {
        const std::string_view name = name_of(static_cast<Field>(a));
        EXPECT_FALSE(name.empty());
        for (const char c : name) {
            EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '_') << name;
        }
        for (uint16_t b = 0; b < a; ++b) {
            EXPECT_NE(name, name_of(static_cast<Field>(b)));
        }
    }
    EXPECT_ASSERTION(name_of(static_cast<Field>(last + 1)));
}

TEST(Error, Two_errors_are_equal_when_all_four_words_are) {
    const Error error{ErrorCode::stale_epoch, Field::epoch, 3, 4};
    EXPECT_TRUE((error == Error{ErrorCode::stale_epoch, Field::epoch, 3, 4}));
    EXPECT_FALSE((error == Error{ErrorCode::fenced, Field::epoch, 3, 4}));
    EXPECT_FALSE((error == Error{ErrorCode::stale_epoch, Field::boot, 3, 4}));
    EXPECT_FALSE((error == Error{ErrorCode::stale_epoch, Field::epoch, 2, 4}));
    EXPECT_FALSE((error == Error{ErrorCode::stale_epoch, Field::epoch, 3, 5}));
}

} // namespace
} // namespace grafos
