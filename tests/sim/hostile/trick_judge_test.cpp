// SPDX-License-Identifier: Apache-2.0
// What answers make of a trick: each that succeeds is the verdict, with its own words.
#include "tests/sim/hostile/trick_judge.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr Instant world{77};

TrickAnswer success(uint64_t least = 0, uint64_t most = 0, uint64_t end = 0) {
    TrickAnswer answer;
    answer.is_ok = true;
    answer.not_before = Instant{least};
    answer.not_after = Instant{most};
    answer.end = Instant{end};
    return answer;
}

TrickAnswer refusal(ErrorCode code, Field field = Field::none) {
    TrickAnswer answer;
    answer.error = {code, field};
    return answer;
}

bool is_verdict(const TrickJudge& judge, const char* text) {
    return judge.verdict().oracle == "hostile" &&
           std::string_view{judge.verdict().failure} == std::string_view{text} &&
           judge.verdict().failed_at == world;
}

TEST(TrickJudge, Every_trick_that_is_accepted_is_the_verdict_and_says_which) {
    for (size_t i = 0; i < trick_count; ++i) {
        const TrickRow& row = row_of(trick_at(i));
        TrickJudge judge;
        switch (row.deserves) {
        case Deserves::refusal: judge.judge(row.trick, success(), world); break;
        case Deserves::by_time: judge.judge(row.trick, success(100, 100, 100), world); break;
        case Deserves::silence: judge.judge_silence(row.trick, true, world); break;
        case Deserves::success: judge.judge(row.trick, refusal(ErrorCode::exhausted), world); break;
        }
        EXPECT_TRUE(is_verdict(judge, row.success)) << i;
        EXPECT_EQ(judge.count(row.trick).right, 0u) << i;
    }
}

TEST(TrickJudge, Every_trick_that_gets_what_it_deserves_is_counted) {
    for (size_t i = 0; i < trick_count; ++i) {
        const TrickRow& row = row_of(trick_at(i));
        TrickJudge judge;
        for (unsigned code = 1; code <= error_code_count && row.deserves == Deserves::refusal;
             ++code) {
            if (has_code(row.refusals, static_cast<ErrorCode>(code))) {
                judge.judge(row.trick, refusal(static_cast<ErrorCode>(code)), world);
            }
        }
        switch (row.deserves) {
        case Deserves::refusal: break;
        case Deserves::by_time: judge.judge(row.trick, success(99, 99, 100), world); break;
        case Deserves::silence: judge.judge_silence(row.trick, false, world); break;
        case Deserves::success: judge.judge(row.trick, success(), world); break;
        }
        EXPECT_TRUE(judge.verdict().is_good()) << i << judge.verdict().failure;
        EXPECT_GT(judge.count(row.trick).right, 0u) << i;
    }
}

TEST(TrickJudge, An_end_is_one_millisecond_sharp) {
    const auto is_right = [](uint64_t at, bool is_ok) {
        TrickJudge judge;
        TrickAnswer answer = is_ok ? success() : refusal(ErrorCode::lease_expired);
        answer.not_before = Instant{at};
        answer.not_after = Instant{at};
        answer.end = Instant{100};
        judge.judge(Trick::use_at_end, answer, world);
        return judge.verdict().is_good();
    };
    EXPECT_TRUE(is_right(99, true) && !is_right(99, false));
    EXPECT_TRUE(!is_right(100, true) && is_right(100, false));
    EXPECT_TRUE(!is_right(101, true) && is_right(101, false));
}

TEST(TrickJudge, What_was_executed_some_time_across_an_end_may_have_gone_either_way) {
    TrickJudge judge;
    judge.judge(Trick::use_at_end, success(90, 110, 100), world);
    TrickAnswer late = refusal(ErrorCode::denied, Field::expiry);
    late.not_before = Instant{90};
    late.not_after = Instant{110};
    late.end = Instant{100};
    judge.judge(Trick::use_at_end, late, world);
    EXPECT_TRUE(judge.verdict().is_good());
    EXPECT_EQ(judge.count(Trick::use_at_end).right, 2u);
}

TEST(TrickJudge, A_reason_that_does_not_fit_is_as_wrong_as_a_success) {
    TrickJudge judge;
    judge.judge(Trick::unaligned, refusal(ErrorCode::not_found), world);
    EXPECT_TRUE(is_verdict(judge, "a trick was refused for a reason that does not fit"));
}

TEST(TrickJudge, A_home_may_be_busy_or_full_or_degraded_but_not_over_quota_for_nothing) {
    TrickJudge judge;
    judge.judge(Trick::key_of_other, refusal(ErrorCode::busy, Field::operation), world);
    judge.judge(Trick::key_of_other, refusal(ErrorCode::degraded, Field::log), world);
    judge.judge(Trick::key_of_other, refusal(ErrorCode::capacity_exceeded, Field::amount), world);
    judge.judge(Trick::key_of_other, refusal(ErrorCode::rate_limited, Field::operation), world);
    EXPECT_TRUE(judge.verdict().is_good());
    EXPECT_EQ(judge.count(Trick::key_of_other).passed, 4u);
    judge.judge(Trick::key_of_other, refusal(ErrorCode::rate_limited, Field::quota_leases), world);
    EXPECT_TRUE(is_verdict(judge, row_of(Trick::key_of_other).success));
}

TEST(TrickJudge, Of_a_lease_that_may_be_over_a_home_may_say_so) {
    TrickAnswer over = refusal(ErrorCode::lease_expired);
    over.is_lease_live = false;
    TrickJudge judge;
    judge.judge(Trick::over_end, over, world);
    EXPECT_TRUE(judge.verdict().is_good());
    over.is_lease_live = true;
    judge.judge(Trick::over_end, over, world);
    EXPECT_FALSE(judge.verdict().is_good());
}

TEST(TrickJudge, The_first_that_succeeds_is_the_verdict) {
    TrickJudge judge;
    judge.judge(Trick::changed_mac, success(), world);
    judge.judge(Trick::unaligned, success(), Instant{99});
    EXPECT_TRUE(is_verdict(judge, row_of(Trick::changed_mac).success));
}

} // namespace
} // namespace grafos::test
