// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/revoke_state.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr std::string_view labels[revoke_state_count] = {
    "active",   "revoke_warning", "grace_running", "checkpoint_reported", "forced_teardown",
    "torndown", "expired",        "fenced",        "failed_closed",
};

/// Row = from, column = to, in the order of the labels.
constexpr std::string_view legal[revoke_state_count] = {
    ".x..x.x..", // active
    "..x.x....", // revoke_warning
    "...xx....", // grace_running
    "....xx...", // checkpoint_reported
    ".....x.x.", // forced_teardown
    ".........", // torndown
    ".......xx", // expired
    ".........", // fenced
    ".........", // failed_closed
};

TEST(RevokeState, All_81_pairs_are_legal_or_not_as_the_table_says) {
    for (size_t from = 0; from < revoke_state_count; ++from) {
        for (size_t to = 0; to < revoke_state_count; ++to) {
            SCOPED_TRACE(static_cast<unsigned>(from * 10 + to));
            EXPECT_EQ(
                legal_transition_to(static_cast<RevokeState>(from), static_cast<RevokeState>(to)),
                legal[from][to] == 'x');
        }
    }
}

TEST(RevokeState, The_nine_come_in_the_order_of_the_sdk_with_label_and_summary) {
    for (size_t state = 0; state < revoke_state_count; ++state) {
        SCOPED_TRACE(static_cast<unsigned>(state));
        EXPECT_TRUE(as_str(static_cast<RevokeState>(state)) == labels[state]);
        EXPECT_TRUE(human_summary(static_cast<RevokeState>(state)).size() > labels[state].size());
    }
    EXPECT_ASSERTION(as_str(static_cast<RevokeState>(revoke_state_count)));
    EXPECT_ASSERTION(legal_transition_to(RevokeState::active, static_cast<RevokeState>(9)));
}

TEST(RevokeState, Torndown_fenced_and_failed_closed_are_the_only_terminal_ones) {
    for (size_t state = 0; state < revoke_state_count; ++state) {
        const auto at = static_cast<RevokeState>(state);
        const bool expected = at == RevokeState::torndown || at == RevokeState::fenced ||
                              at == RevokeState::failed_closed;
        EXPECT_EQ(is_terminal(at), expected);
    }
}

constexpr std::optional<ErrorCode> ends[] = {std::nullopt, ErrorCode::lease_expired,
                                             ErrorCode::revoked, ErrorCode::released};

TEST(RevokeState, Each_phase_and_end_shows_one_state) {
    EXPECT_FALSE(revoke_state_of(Phase::free, std::nullopt, false).has_value());
    for (const std::optional<ErrorCode> end : ends) {
        EXPECT_EQ(revoke_state_of(Phase::active, end, false), RevokeState::active);
        EXPECT_EQ(revoke_state_of(Phase::revoke_warning, end, false), RevokeState::revoke_warning);
        EXPECT_EQ(revoke_state_of(Phase::grace_running, end, false), RevokeState::grace_running);
        EXPECT_EQ(revoke_state_of(Phase::checkpoint_reported, end, false),
                  RevokeState::checkpoint_reported);
        EXPECT_EQ(revoke_state_of(Phase::fenced, end, true), RevokeState::fenced);
        if (end.has_value()) {
            const bool ran_out = *end == ErrorCode::lease_expired;
            EXPECT_EQ(revoke_state_of(Phase::tearing_down, end, false),
                      ran_out ? RevokeState::expired : RevokeState::forced_teardown);
            EXPECT_EQ(revoke_state_of(Phase::free, end, false),
                      ran_out ? RevokeState::failed_closed : RevokeState::torndown);
            EXPECT_EQ(revoke_state_of(Phase::free, end, true), RevokeState::fenced);
        }
    }
}

/// The end code a lease in `phase` carries, when its end is `end`.
std::optional<ErrorCode> end_in(Phase phase, ErrorCode end) {
    if (phase == Phase::active) {
        return std::nullopt;
    }
    return end;
}

TEST(RevokeState, Every_edge_of_the_phase_machine_is_a_legal_step_or_none) {
    for (size_t from = 0; from < phase_count; ++from) {
        for (size_t event = 0; event < phase_event_count; ++event) {
            const auto phase = static_cast<Phase>(from);
            const Result<Phase> next = phase_after(phase, static_cast<PhaseEvent>(event));
            if (!next.is_ok() || phase == Phase::free) {
                continue; // a grant starts a new story
            }
            for (const ErrorCode end :
                 {ErrorCode::lease_expired, ErrorCode::revoked, ErrorCode::released}) {
                const bool in_grace = is_live(phase) && phase != Phase::active;
                if (in_grace && end != ErrorCode::revoked) {
                    continue; // the end was latched when the revocation began
                }
                SCOPED_TRACE(static_cast<unsigned>(from * 100 + event));
                const bool was_fenced = phase == Phase::fenced;
                const auto before = revoke_state_of(phase, end_in(phase, end), was_fenced);
                const auto after = revoke_state_of(next.value(), end_in(next.value(), end),
                                                   was_fenced || next.value() == Phase::fenced);
                ASSERT_TRUE(before.has_value() && after.has_value());
                EXPECT_TRUE(*before == *after || legal_transition_to(*before, *after));
            }
        }
    }
}

} // namespace
} // namespace grafos::lease
