// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/phase.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

/// The table of phase.hpp, written down a second time: row = phase, column = event; '-' is
/// forbidden, else the first letter of the phase after it (f a w g c t x, x = fenced).
constexpr std::string_view pairs[phase_count] = {
    // g n r e v w s c d t f x   (grant renew release expire revoke warn start checkpoint ended done
    // failed recorded)
    "a-----------", // free
    "-atttw------", // active
    "--ttt-g-----", // revoke_warning
    "--ttt--ct---", // grace_running
    "--ttt---t---", // checkpoint_reported
    "---------fx-", // tearing_down
    "-----------f", // fenced
};

Phase phase_named(char letter) {
    switch (letter) {
    case 'a': return Phase::active;
    case 'w': return Phase::revoke_warning;
    case 'g': return Phase::grace_running;
    case 'c': return Phase::checkpoint_reported;
    case 't': return Phase::tearing_down;
    case 'x': return Phase::fenced;
    }
    return Phase::free;
}

TEST(Phase, Every_pair_of_phase_and_event_leads_where_the_table_says_or_is_refused) {
    for (size_t phase = 0; phase < phase_count; ++phase) {
        for (size_t event = 0; event < phase_event_count; ++event) {
            SCOPED_TRACE(static_cast<unsigned>(phase * 100 + event));
            const Result<Phase> after =
                phase_after(static_cast<Phase>(phase), static_cast<PhaseEvent>(event));
            const char expected = pairs[phase][event];
            if (expected == '-') {
                ASSERT_FALSE(after.is_ok());
                EXPECT_EQ(after.error().code, ErrorCode::invalid_argument);
                EXPECT_EQ(after.error().field, Field::operation);
                EXPECT_EQ(after.error().value, event);
                EXPECT_EQ(after.error().expected, phase);
            } else {
                ASSERT_TRUE(after.is_ok());
                EXPECT_EQ(after.value(), phase_named(expected));
            }
        }
    }
}

TEST(Phase, Only_the_four_phases_between_grant_and_end_are_live) {
    EXPECT_FALSE(is_live(Phase::free));
    EXPECT_TRUE(is_live(Phase::active));
    EXPECT_TRUE(is_live(Phase::revoke_warning));
    EXPECT_TRUE(is_live(Phase::grace_running));
    EXPECT_TRUE(is_live(Phase::checkpoint_reported));
    EXPECT_FALSE(is_live(Phase::tearing_down));
    EXPECT_FALSE(is_live(Phase::fenced));
}

TEST(Phase, Names_are_distinct_and_a_number_outside_the_enums_is_a_broken_program) {
    for (size_t a = 0; a < phase_count; ++a) {
        EXPECT_FALSE(name_of(static_cast<Phase>(a)).empty());
        for (size_t b = 0; b < a; ++b) {
            EXPECT_TRUE(name_of(static_cast<Phase>(a)) != name_of(static_cast<Phase>(b)));
        }
    }
    for (size_t a = 0; a < phase_event_count; ++a) {
        EXPECT_FALSE(name_of(static_cast<PhaseEvent>(a)).empty());
        for (size_t b = 0; b < a; ++b) {
            EXPECT_TRUE(name_of(static_cast<PhaseEvent>(a)) != name_of(static_cast<PhaseEvent>(b)));
        }
    }
    EXPECT_ASSERTION(name_of(static_cast<Phase>(phase_count)));
    EXPECT_ASSERTION(name_of(static_cast<PhaseEvent>(phase_event_count)));
    EXPECT_ASSERTION(phase_after(static_cast<Phase>(phase_count), PhaseEvent::grant));
    EXPECT_ASSERTION(phase_after(Phase::free, static_cast<PhaseEvent>(phase_event_count)));
}

} // namespace
} // namespace grafos::lease
