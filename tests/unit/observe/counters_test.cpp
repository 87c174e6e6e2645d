// SPDX-License-Identifier: Apache-2.0
#include "core/observe/counters.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::observe {
namespace {

constexpr uint64_t most = ~uint64_t{0};

TEST(Counters, Each_deed_is_counted_by_itself) {
    Counters counters;
    for (size_t index = 0; index < counter_count; ++index) {
        counters.add(static_cast<Counter>(index), index + 1);
    }
    for (size_t index = 0; index < counter_count; ++index) {
        EXPECT_EQ(counters.value(static_cast<Counter>(index)), index + 1) << index;
    }
    for (uint16_t code = 1; code <= error_code_count; ++code) {
        EXPECT_EQ(counters.refusals(static_cast<ErrorCode>(code)), 0u) << code;
    }
}

TEST(Counters, Each_code_refused_is_counted_by_itself) {
    Counters counters;
    for (uint16_t code = 1; code <= error_code_count; ++code) {
        counters.add_refusal(static_cast<ErrorCode>(code), code);
    }
    for (uint16_t code = 1; code <= error_code_count; ++code) {
        EXPECT_EQ(counters.refusals(static_cast<ErrorCode>(code)), uint64_t{code}) << code;
    }
    for (size_t index = 0; index < counter_count; ++index) {
        EXPECT_EQ(counters.value(static_cast<Counter>(index)), 0u) << index;
    }
}

TEST(Counters, One_is_added_unless_said_otherwise) {
    Counters counters;
    counters.add(Counter::grants);
    counters.add(Counter::grants);
    counters.add_refusal(ErrorCode::denied);
    EXPECT_EQ(counters.value(Counter::grants), 2u);
    EXPECT_EQ(counters.refusals(ErrorCode::denied), 1u);
}

TEST(Counters, A_counter_at_the_end_of_its_range_stays_there) {
    Counters counters;
    counters.add(Counter::bytes_zeroed, most - 1);
    EXPECT_EQ(counters.value(Counter::bytes_zeroed), most - 1);
    counters.add(Counter::bytes_zeroed, 1);
    EXPECT_EQ(counters.value(Counter::bytes_zeroed), most);
    counters.add(Counter::bytes_zeroed, 1);
    EXPECT_EQ(counters.value(Counter::bytes_zeroed), most);
    counters.add(Counter::bytes_zeroed, most);
    EXPECT_EQ(counters.value(Counter::bytes_zeroed), most);
}

TEST(Counters, A_total_kept_elsewhere_is_taken_over_and_never_falls) {
    Counters counters;
    counters.raise_to(Counter::records_sealed, 5);
    EXPECT_EQ(counters.value(Counter::records_sealed), 5u);
    counters.raise_to(Counter::records_sealed, 3);
    EXPECT_EQ(counters.value(Counter::records_sealed), 5u);
    counters.raise_to(Counter::records_sealed, most);
    EXPECT_EQ(counters.value(Counter::records_sealed), most);
}

TEST(Counters, All_have_names_and_no_two_the_same) {
    char text[2][64];
    for (size_t index = 0; index < Counters::size(); ++index) {
        TextWriter name{text[0]};
        Counters::put_name(index, name);
        EXPECT_GT(name.size(), 0u) << index;
        EXPECT_FALSE(name.is_cut()) << index;
        for (size_t other = 0; other < index; ++other) {
            TextWriter other_name{text[1]};
            Counters::put_name(other, other_name);
            EXPECT_NE(name.text(), other_name.text()) << index << " " << other;
        }
    }
}

TEST(Counters, The_list_prints_deeds_first_and_then_refusals) {
    char text[64];
    TextWriter name{text};
    Counters::put_name(0, name);
    EXPECT_EQ(name.text(), std::string_view{"grants"});
    name.clear();
    Counters::put_name(counter_count, name);
    EXPECT_EQ(name.text(), std::string_view{"refused_lease_expired"});
    name.clear();
    Counters::put_name(Counters::size() - 1, name);
    EXPECT_EQ(name.text(), std::string_view{"refused_exhausted"});
    Counters counters;
    counters.add_refusal(ErrorCode::exhausted, 7);
    EXPECT_EQ(counters.value_at(Counters::size() - 1), 7u);
}

TEST(Counters, What_is_not_in_the_list_is_a_broken_program) {
    Counters counters;
    EXPECT_ASSERTION(counters.add_refusal(static_cast<ErrorCode>(0)));
    EXPECT_ASSERTION(counters.add_refusal(static_cast<ErrorCode>(error_code_count + 1)));
    EXPECT_ASSERTION(counters.value_at(Counters::size()));
    char text[64];
    TextWriter name{text};
    EXPECT_ASSERTION(Counters::put_name(Counters::size(), name));
}

} // namespace
} // namespace grafos::observe
