// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/renewal_manager.hpp"

#include "tests/testkit/test.hpp"
#include "tests/unit/lease/renewal/fake_door.hpp"

namespace grafos::lease {
namespace {

using test::lease_id;
using test::start_time;

constexpr uint32_t capacity = 8;
constexpr uint32_t budget = 100;
constexpr RenewalPolicy standard{};
/// Renews at exactly three quarters.
constexpr RenewalPolicy punctual{.jitter_permille = 0};

[[nodiscard]] Instant at(uint64_t ms) {
    return {start_time().ms + ms};
}

struct Rig {
    test::FakeDoor<64> door{};
    RenewalManagerOf<capacity> manager{door};
    Rig() { manager.start(); }

    RenewalHandle add(uint64_t number, uint64_t expiry, const RenewalPolicy& policy = punctual,
                      uint64_t now = 0) {
        return manager.register_lease(lease_id(number), at(expiry), policy, at(now)).value();
    }
    RenewalSummary tick(uint64_t now) {
        const RenewalSummary summary = manager.tick(at(now), budget);
        EXPECT_TRUE(manager.check_invariants());
        return summary;
    }
    [[nodiscard]] ErrorCode code(RenewalHandle handle) const {
        const Result<RenewalStatus> status = manager.status(handle);
        return status.is_ok() ? ErrorCode{} : status.error().code;
    }
};

// --- registering
// ------------------------------------------------------------------------------------

TEST(RenewalManager, What_cannot_be_kept_alive_is_refused_and_changes_nothing) {
    Rig rig;
    RenewalManager& m = rig.manager;
    const RenewalPolicy bad{.renew_at_permille = 1000};
    EXPECT_TRUE(m.register_lease(lease_id(1), at(0), standard, at(0)).error().code ==
                ErrorCode::lease_expired);
    EXPECT_TRUE(m.register_lease(LeaseId{}, at(10), standard, at(0)).error().field == Field::lease);
    EXPECT_TRUE(m.register_lease(lease_id(1), at(10), bad, at(0)).error().field == Field::argument);
    EXPECT_EQ(m.count(), 0u);
    for (uint32_t i = 0; i < capacity; ++i) {
        (void)rig.add(i, 1'000);
    }
    EXPECT_TRUE(m.register_lease(lease_id(3), at(10), standard, at(0)).error() ==
                (Error{ErrorCode::invalid_argument, Field::lease, 1, 0}));
    EXPECT_TRUE(m.register_lease(lease_id(99), at(10), standard, at(0)).error() ==
                (Error{ErrorCode::capacity_exceeded, Field::slot, capacity + 1, capacity}));
    EXPECT_EQ(m.count(), capacity);
    EXPECT_TRUE(m.check_invariants());
}

TEST(RenewalManager, An_empty_one_has_nothing_to_do_ever) {
    Rig rig;
    EXPECT_TRUE(rig.manager.next_deadline() == Instant::never());
    const RenewalSummary summary = rig.tick(1);
    EXPECT_EQ(summary.renewed + summary.failed + summary.expired + summary.pending, 0u);
    EXPECT_FALSE(summary.has_more);
}

// --- renewing
// ---------------------------------------------------------------------------------------

TEST(RenewalManager, A_lease_is_renewed_at_three_quarters_and_its_answer_sets_the_next_life) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    EXPECT_TRUE(rig.manager.next_deadline() == at(750));
    EXPECT_EQ(rig.tick(749).pending, 0u);
    EXPECT_EQ(rig.door.starts, 0u);
    EXPECT_EQ(rig.tick(750).pending, 1u);
    EXPECT_EQ(rig.door.starts, 1u);
    rig.door.left = {2'000};
    EXPECT_EQ(rig.tick(760).renewed, 1u);
    const Result<RenewalStatus> status = rig.manager.status(lease);
    ASSERT_TRUE(status.is_ok());
    EXPECT_TRUE(status.value().expiry == at(750 + 2'000)) << "from when it was sent, not answered";
    EXPECT_EQ(status.value().generation.value, 1u);
    EXPECT_TRUE(rig.manager.next_deadline() == at(750 + 1'500));
}

TEST(RenewalManager, A_lease_lives_past_a_hundred_of_its_lives_with_one_question_a_life) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000, standard);
    uint32_t renewed = 0;
    for (uint64_t now = 0; now < 100'000; now += 5) {
        const RenewalSummary summary = rig.tick(now);
        renewed += summary.renewed;
        ASSERT_EQ(summary.expired + summary.failed + summary.near_expiry, 0u) << now;
    }
    EXPECT_TRUE(rig.manager.status(lease).is_ok());
    EXPECT_EQ(renewed, rig.door.starts);
    EXPECT_GE(renewed, 100'000u / 860);
    EXPECT_LE(renewed, 100'000u / 640);
}

TEST(RenewalManager, The_ttl_never_grows_unless_the_program_asks) {
    Rig rig;
    (void)rig.add(1, 1'000);
    (void)rig.tick(750);
    EXPECT_EQ(rig.door.last_ttl.ms, 0u) << "0 asks for the one first granted";
    for (uint64_t life = 1; life < 50; ++life) {
        (void)rig.tick(750 * life + 1);
        (void)rig.tick(750 * (life + 1));
        EXPECT_EQ(rig.door.last_ttl.ms, 0u);
    }
    RenewalPolicy asking = punctual;
    asking.ttl_min = {30'000};
    Rig second;
    (void)second.add(1, 1'000, asking);
    (void)second.tick(750);
    EXPECT_EQ(second.door.last_ttl.ms, 30'000u);
    Rig third; // what was first granted is longer than the wish
    const RenewalTerms terms{.id = lease_id(1), .expiry = at(1'000), .ttl = {60'000}};
    ASSERT_TRUE(third.manager.register_lease(terms, asking, at(0)).is_ok());
    (void)third.tick(750);
    EXPECT_EQ(third.door.last_ttl.ms, 0u);
}

TEST(RenewalManager, The_holder_keeps_the_margin_and_the_largest_of_the_accepted_answers) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    rig.door.margin = {30};
    rig.door.left = {1'000};
    (void)rig.tick(750);
    (void)rig.tick(751);
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(750 + 970));
    const uint64_t due = rig.manager.next_deadline().ms - start_time().ms;
    EXPECT_EQ(due, 750u + 970 * 3 / 4);
    rig.door.left = {100};
    (void)rig.tick(due);
    (void)rig.tick(due + 1);
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(750 + 970)) << "not shortened";
    EXPECT_EQ(rig.manager.status(lease).value().generation.value, 2u);
}

TEST(RenewalManager, A_token_that_ends_sooner_is_renewed_sooner) {
    Rig rig;
    const RenewalTerms terms{.id = lease_id(1), .expiry = at(1'000), .token_expiry = at(400)};
    ASSERT_TRUE(rig.manager.register_lease(terms, punctual, at(0)).is_ok());
    EXPECT_TRUE(rig.manager.next_deadline() == at(300));
    (void)rig.tick(300);
    (void)rig.tick(301);
    EXPECT_TRUE(rig.manager.next_deadline() == at(300 + 750)) << "the new token lives as the lease";
}

TEST(RenewalManager, An_answer_that_cannot_belong_to_the_question_is_a_failed_try) {
    Rig rig;
    const RenewalTerms terms{.id = lease_id(1), .generation = {5}, .expiry = at(8'000)};
    const RenewalHandle lease = rig.manager.register_lease(terms, punctual, at(0)).value();
    rig.door.generations[1] = 1;
    (void)rig.tick(6'000);
    EXPECT_EQ(rig.tick(6'001).failed, 1u) << "its generation is behind ours";
    EXPECT_EQ(rig.manager.status(lease).value().generation.value, 5u);
    rig.door.generations[1] = 6;
    rig.door.left = {UINT64_MAX};
    (void)rig.tick(6'400);
    EXPECT_EQ(rig.tick(6'401).failed, 1u) << "past the end of time";
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(8'000));
}

// --- failing
// ----------------------------------------------------------------------------------------

[[nodiscard]] bool is_final(ErrorCode code) {
    using enum ErrorCode;
    const ErrorCode finals[] = {
        lease_expired, revoked,  released,         fenced,      stale_epoch,
        not_found,     denied,   invalid_argument, unsupported, unsupported_version,
        foreign,       exhausted};
    for (const ErrorCode final_code : finals) {
        if (code == final_code) {
            return true;
        }
    }
    return false;
}

TEST(RenewalManager,
     Peers_row_4_each_terminal_code_is_latched_and_repeated_all_others_are_tried_again) {
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        for (const bool is_at_start : {true, false}) {
            SCOPED_TRACE(number);
            Rig rig;
            const RenewalHandle lease = rig.add(1, 8'000);
            if (!is_at_start && code == ErrorCode::busy) {
                continue; // "not yet" is no answer
            }
            (is_at_start ? rig.door.start_error : rig.door.answer_error) = code;
            RenewalSummary summary = rig.tick(6'000);
            if (!is_at_start) {
                summary = rig.tick(6'001);
            }
            EXPECT_EQ(summary.failed, 1u);
            if (!is_final(code)) {
                EXPECT_EQ(summary.pending, 1u);
                EXPECT_EQ(rig.manager.status(lease).value().failures, 1u);
                continue;
            }
            EXPECT_EQ(summary.pending, 0u);
            for (uint64_t later = 0; later < 5; ++later) {
                EXPECT_TRUE(rig.code(lease) == code);
                EXPECT_EQ(rig.tick(6'002 + later * 10'000).expired, 0u);
            }
            EXPECT_EQ(rig.door.starts, 1u) << "never asked again";
            EXPECT_TRUE(rig.manager.cancel(lease).is_ok());
            EXPECT_TRUE(rig.code(lease) == ErrorCode::not_found);
        }
    }
}

TEST(RenewalManager, Peers_row_7_missing_one_try_is_survivable) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    rig.door.answer_error = ErrorCode::disconnected;
    (void)rig.tick(750);
    RenewalSummary summary = rig.tick(760);
    EXPECT_EQ(summary.failed, 1u);
    EXPECT_EQ(summary.pending, 1u);
    EXPECT_TRUE(rig.manager.next_deadline() == at(760 + 240 / 8));
    rig.door.answer_error = ErrorCode{};
    (void)rig.tick(790);
    EXPECT_EQ(rig.tick(791).renewed, 1u);
    EXPECT_EQ(rig.manager.status(lease).value().failures, 0u);
}

TEST(RenewalManager, Peers_row_7_one_late_tick_is_survivable) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    (void)rig.tick(10);
    const RenewalSummary late = rig.tick(999);
    EXPECT_EQ(late.expired, 0u);
    EXPECT_EQ(rig.door.starts, 1u);
    EXPECT_EQ(rig.tick(1'005).renewed, 1u) << "the answer came in time, this tick did not";
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(1'999));
}

TEST(RenewalManager, At_least_three_more_tries_fit_between_a_first_failure_and_the_end) {
    const uint64_t ttls[] = {100, 250, 1'000, 7'777, 60'000, 300'000};
    for (const uint64_t ttl : ttls) {
        for (uint64_t number = 0; number < 20; ++number) {
            Rig rig;
            rig.door.answer_error = ErrorCode::disconnected;
            const RenewalHandle lease = rig.add(number, ttl, standard);
            while (rig.code(lease) == ErrorCode{}) {
                const Instant next = rig.manager.next_deadline();
                (void)rig.tick(next.ms - start_time().ms);
            }
            EXPECT_TRUE(rig.code(lease) == ErrorCode::lease_expired);
            EXPECT_GE(rig.door.starts, 4u) << ttl;
            EXPECT_LE(rig.door.starts, 40u) << ttl;
        }
    }
}

TEST(RenewalManager, A_lease_that_runs_out_unrenewed_is_expired_once_and_stays_so) {
    Rig rig;
    rig.door.start_error = ErrorCode::not_ready;
    const RenewalHandle lease = rig.add(1, 1'000);
    uint32_t expired = 0;
    for (uint64_t now = 0; now < 3'000; ++now) {
        const RenewalSummary summary = rig.tick(now);
        EXPECT_EQ(summary.expired, now == 1'000 ? 1u : 0u);
        expired += summary.expired;
        EXPECT_TRUE(rig.code(lease) == (now < 1'000 ? ErrorCode{} : ErrorCode::lease_expired));
    }
    EXPECT_EQ(expired, 1u);
    EXPECT_TRUE(rig.manager.next_deadline() == Instant::never());
}

TEST(RenewalManager, Near_expiry_warns_before_the_end_and_never_when_all_is_well) {
    Rig rig;
    (void)rig.add(1, 1'000);
    (void)rig.add(2, 1'000);
    rig.door.is_silent = true;
    for (uint64_t now = 0; now < 1'000; ++now) {
        // Past 750 + 0 ‰ of jitter: a quarter of the life is left, and no answer is there.
        EXPECT_EQ(rig.tick(now).near_expiry, now >= 750 ? 2u : 0u) << now;
    }
    EXPECT_EQ(rig.tick(1'000).near_expiry, 0u);

    Rig with_jitter;
    (void)with_jitter.add(1, 1'000, standard);
    with_jitter.door.is_silent = true;
    for (uint64_t now = 0; now < 1'000; ++now) {
        EXPECT_EQ(with_jitter.tick(now).near_expiry, now >= 850 ? 1u : 0u) << now;
    }
    with_jitter.door.is_silent = false;
    EXPECT_EQ(with_jitter.tick(999).near_expiry, 0u);
}

// --- ending
// -----------------------------------------------------------------------------------------

TEST(RenewalManager, Peers_row_8_a_cancelled_lease_is_never_renewed_again) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    EXPECT_TRUE(rig.manager.cancel(lease).is_ok());
    EXPECT_EQ(rig.manager.count(), 0u);
    for (uint64_t now = 0; now < 5'000; now += 10) {
        (void)rig.tick(now);
    }
    EXPECT_EQ(rig.door.starts, 0u);
    EXPECT_TRUE(rig.manager.cancel(lease).error() == (Error{ErrorCode::not_found, Field::slot}));
    EXPECT_TRUE(rig.manager.cancel(lease_id(1)).error() ==
                (Error{ErrorCode::not_found, Field::lease}));
    EXPECT_TRUE(rig.manager.status(lease_id(1)).error().code == ErrorCode::not_found);
}

TEST(RenewalManager, Peers_row_8_renewing_a_released_lease_is_a_typed_error_that_stays) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    rig.door.answer_error = ErrorCode::released;
    (void)rig.tick(750);
    (void)rig.tick(751);
    for (uint32_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(rig.code(lease) == ErrorCode::released);
        EXPECT_TRUE(rig.manager.status(lease_id(1)).error().code == ErrorCode::released);
    }
}

TEST(RenewalManager, Peers_row_9_a_handle_that_outlives_its_registration_is_harmless) {
    Rig rig;
    const RenewalHandle old = rig.add(1, 1'000);
    EXPECT_TRUE(rig.manager.cancel(lease_id(1)).is_ok());
    const RenewalHandle young = rig.add(2, 1'000);
    EXPECT_EQ(old.slot, young.slot) << "the slot is used again";
    EXPECT_TRUE(rig.code(old) == ErrorCode::not_found);
    EXPECT_TRUE(rig.manager.cancel(old).error().code == ErrorCode::not_found);
    EXPECT_TRUE(rig.manager.status(young).is_ok());
    EXPECT_TRUE(rig.manager.status(RenewalHandle{}).error().code == ErrorCode::not_found);
    EXPECT_TRUE(rig.manager.status(RenewalHandle{capacity, 1}).error().code ==
                ErrorCode::not_found);
}

TEST(RenewalManager, Cancelling_never_waits_and_a_late_answer_is_thrown_away) {
    Rig rig;
    rig.door.is_silent = true;
    const RenewalHandle lease = rig.add(1, 1'000);
    (void)rig.tick(750);
    EXPECT_TRUE(rig.manager.cancel(lease).is_ok());
    EXPECT_TRUE(rig.code(lease) == ErrorCode::not_found);
    EXPECT_EQ(rig.manager.count(), 1u) << "the slot waits for its ticket";
    EXPECT_EQ(rig.tick(760).pending, 0u);
    const RenewalHandle again = rig.add(1, 2'000, punctual, 770);
    EXPECT_TRUE(rig.manager.status(again).is_ok()) << "the same lease in a new slot";
    rig.door.is_silent = false;
    EXPECT_EQ(rig.tick(780).renewed, 0u);
    EXPECT_EQ(rig.door.out, 0u);
    EXPECT_EQ(rig.manager.count(), 1u);
    EXPECT_TRUE(rig.manager.status(again).value().expiry == at(2'000));
}

TEST(RenewalManager, An_end_during_a_question_is_latched_whatever_the_answer_says_later) {
    Rig rig;
    rig.door.is_silent = true;
    const RenewalHandle lease = rig.add(1, 1'000);
    (void)rig.tick(750);
    EXPECT_EQ(rig.tick(1'000).expired, 1u);
    EXPECT_TRUE(rig.code(lease) == ErrorCode::lease_expired);
    rig.door.is_silent = false;
    EXPECT_EQ(rig.tick(1'001).renewed, 0u);
    EXPECT_TRUE(rig.code(lease) == ErrorCode::lease_expired);
    EXPECT_EQ(rig.door.out, 0u);
    EXPECT_TRUE(rig.manager.cancel(lease).is_ok());
    EXPECT_EQ(rig.manager.count(), 0u);

    Rig second; // ended with a question out, cancelled, and only then answered
    second.door.is_silent = true;
    const RenewalHandle other = second.add(1, 1'000);
    (void)second.tick(750);
    (void)second.tick(1'000);
    EXPECT_TRUE(second.manager.cancel(other).is_ok());
    EXPECT_TRUE(second.code(other) == ErrorCode::not_found);
    EXPECT_EQ(second.manager.count(), 1u);
    second.door.is_silent = false;
    (void)second.tick(1'010);
    EXPECT_EQ(second.manager.count(), 0u);
}

} // namespace
} // namespace grafos::lease
