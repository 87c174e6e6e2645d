// SPDX-License-Identifier: Apache-2.0
/// The renewal manager under load and under bad clocks: storms, budgets, wake-ups, suspicion, the
/// end of time.
#include "core/lease/renewal/renewal_manager.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/lease/renewal/fake_door.hpp"

namespace grafos::lease {
namespace {

using test::lease_id;
using test::start_time;

constexpr RenewalPolicy standard{};
constexpr RenewalPolicy punctual{.jitter_permille = 0};

[[nodiscard]] Instant at(uint64_t ms) {
    return {start_time().ms + ms};
}

// --- storms
// -----------------------------------------------------------------------------------------

constexpr uint32_t storm_count = 10'000;

struct Storm {
    test::FakeDoor<storm_count> door{};
    RenewalManagerOf<storm_count> manager{door};
};

[[nodiscard]] Storm& storm() {
    alignas(Storm) static uint8_t storage[sizeof(Storm)];
    static Storm* const instance = new (storage) Storm{};
    return *instance;
}

TEST(RenewalTime, Peers_row_7_ten_thousand_leases_granted_together_never_renew_in_one_tick) {
    RenewalManager& manager = storm().manager;
    manager.start();
    for (uint32_t i = 0; i < storm_count; ++i) {
        ASSERT_TRUE(manager.register_lease(lease_id(i), at(300'000), standard, at(0)).is_ok());
    }
    storm().door.left = {300'000};
    uint32_t most = 0;
    uint32_t ticks = 0;
    uint64_t now = 0;
    uint64_t first = 0;
    while (storm().door.starts < storm_count) {
        now = manager.next_deadline().ms - start_time().ms;
        const uint32_t before = storm().door.starts;
        const RenewalSummary summary = manager.tick(at(now), storm_count);
        const uint32_t started = storm().door.starts - before;
        first = before == 0 ? now : first;
        most = started > most ? started : most;
        ASSERT_EQ(summary.expired + summary.failed + summary.near_expiry, 0u);
        ASSERT_LT(++ticks, 200'000u);
    }
    EXPECT_GE(first, 195'000u);
    EXPECT_LE(now, 255'000u);
    EXPECT_LE(most, 8u) << "10,000 over 60,001 ms";
    for (uint32_t i = 0; i < storm_count; ++i) {
        ASSERT_EQ(storm().door.starts_of[i], 1u) << i;
    }
    EXPECT_TRUE(manager.check_invariants());
    for (uint32_t i = 0; i < storm_count; ++i) {
        ASSERT_TRUE(manager.cancel(lease_id(i)).is_ok());
    }
    (void)manager.tick(at(now + 1), storm_count);
    EXPECT_EQ(manager.count(), 0u);
    EXPECT_TRUE(manager.next_deadline() == Instant::never());
}

TEST(RenewalTime, Peers_row_7_the_shortest_ttl_too_is_spread_over_its_whole_window) {
    uint32_t per_ms[101] = {};
    for (uint64_t i = 0; i < storm_count; ++i) {
        const uint64_t due = renewal_deadline({0}, {100}, jitter_seed(lease_id(i)), standard).ms;
        ASSERT_GE(due, 65u);
        ASSERT_LE(due, 85u);
        ++per_ms[due];
    }
    for (uint64_t due = 65; due <= 85; ++due) {
        EXPECT_LE(per_ms[due], 600u) << "10,000 over 21 ms is 476 each";
        EXPECT_GE(per_ms[due], 350u);
    }
}

// --- budgets and wake-ups
// ---------------------------------------------------------------------------

constexpr uint32_t capacity = 64;

struct Rig {
    test::FakeDoor<capacity> door{};
    RenewalManagerOf<capacity> manager{door};
    Rig() { manager.start(); }

    RenewalHandle add(uint64_t number, uint64_t expiry, const RenewalPolicy& policy = punctual) {
        return manager.register_lease(lease_id(number), at(expiry), policy, at(0)).value();
    }
    RenewalSummary tick(uint64_t now, uint32_t budget = 1'000) {
        const RenewalSummary summary = manager.tick(at(now), budget);
        EXPECT_TRUE(manager.check_invariants());
        return summary;
    }
    [[nodiscard]] uint64_t next() const { return manager.next_deadline().ms - start_time().ms; }
};

TEST(RenewalTime, A_tick_does_no_more_than_its_budget_and_says_what_is_left) {
    for (uint32_t budget = 1; budget <= capacity + 1; ++budget) {
        Rig rig;
        for (uint32_t i = 0; i < capacity; ++i) {
            (void)rig.add(i, 1'000);
        }
        uint32_t started = 0;
        for (uint32_t ticks = 0; started < capacity; ++ticks) {
            const uint32_t before = rig.door.starts;
            const RenewalSummary summary = rig.tick(750, budget);
            const uint32_t now_started = rig.door.starts - before;
            ASSERT_LE(now_started, budget);
            started += now_started;
            if (summary.has_more) {
                EXPECT_EQ(rig.next(), 750u) << "left over is due now";
            }
            ASSERT_LE(ticks, 4 * capacity);
        }
    }
}

TEST(RenewalTime, Answers_are_polled_in_turns_so_that_none_starves) {
    Rig rig;
    rig.door.is_silent = true;
    for (uint32_t i = 0; i < 10; ++i) {
        (void)rig.add(i, 1'000);
    }
    (void)rig.tick(740);
    (void)rig.tick(750);
    EXPECT_EQ(rig.door.out, 10u);
    rig.door.polls = 0;
    EXPECT_TRUE(rig.tick(751, 3).has_more);
    EXPECT_EQ(rig.door.polls, 3u);
    rig.door.is_silent = false;
    uint32_t renewed = 0;
    for (uint32_t i = 0; i < 4; ++i) {
        renewed += rig.tick(752 + i, 3).renewed;
    }
    EXPECT_EQ(renewed, 10u);
}

TEST(RenewalTime, One_answer_that_does_not_come_holds_up_no_other) {
    Rig rig;
    rig.door.silent_lease = 0;
    for (uint32_t i = 0; i < 10; ++i) {
        (void)rig.add(i, 1'000);
    }
    (void)rig.tick(750);
    uint32_t renewed = 0;
    for (uint32_t i = 0; i < 10; ++i) {
        renewed += rig.tick(751 + i, 1).renewed;
    }
    EXPECT_EQ(renewed, 9u) << "one poll a tick, the silent one's among them";
}

/// What happens when every millisecond is ticked happens at the same times when only the announced
/// ones are.
TEST(RenewalTime, Next_deadline_is_never_later_than_the_earliest_thing_due) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
        Rig dense;
        Rig sparse;
        for (uint64_t i = 0; i < 20; ++i) {
            const uint64_t expiry = 200 + mix(seed * 100 + i) % 2'000;
            (void)dense.add(i, expiry, standard);
            (void)sparse.add(i, expiry, standard);
        }
        const bool fails = seed % 2 == 0;
        dense.door.start_error = sparse.door.start_error = fails ? ErrorCode::io : ErrorCode{};
        uint64_t wake = sparse.next();
        for (uint64_t now = 1; now < 4'000; ++now) {
            const RenewalSummary a = dense.tick(now);
            RenewalSummary b;
            if (wake <= now) {
                b = sparse.tick(now);
                wake = sparse.next();
                ASSERT_GE(wake, now) << "not in the past after a tick";
            }
            ASSERT_EQ(a.expired, b.expired) << now;
            ASSERT_EQ(dense.door.starts, sparse.door.starts) << now;
            if (fails) {
                ASSERT_EQ(a.failed, b.failed) << now;
            }
        }
    }
}

TEST(RenewalTime, An_early_tick_has_no_effect) {
    Rig rig;
    (void)rig.add(1, 1'000);
    for (uint64_t now = 0; now < 750; ++now) {
        const RenewalSummary summary = rig.tick(now);
        ASSERT_EQ(summary.pending + summary.renewed + summary.failed + summary.expired, 0u);
        ASSERT_EQ(rig.next(), 750u);
    }
}

TEST(RenewalTime, While_a_question_is_out_it_is_polled_again_soon) {
    Rig rig;
    rig.door.is_silent = true;
    (void)rig.add(1, 100'000);
    (void)rig.tick(75'000);
    (void)rig.tick(75'001);
    EXPECT_EQ(rig.next(), 75'001 + RenewalManager::poll_interval_max.ms);
    (void)rig.tick(99'960);
    EXPECT_EQ(rig.next(), 99'965u) << "an eighth of what is left";
    (void)rig.tick(99'999);
    EXPECT_EQ(rig.next(), 100'000u);
}

// --- clocks
// -----------------------------------------------------------------------------------------

TEST(RenewalTime, Peers_row_5_time_that_goes_backwards_stands_still) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    (void)rig.tick(700);
    for (uint64_t back = 0; back < 700; ++back) {
        const RenewalSummary summary = rig.tick(700 - back);
        ASSERT_EQ(summary.pending + summary.expired, 0u);
    }
    EXPECT_EQ(rig.next(), 750u);
    rig.manager.mark_suspect();
    EXPECT_EQ(rig.next(), 700u) << "now is still the latest time that was seen";
    (void)rig.tick(10);
    (void)rig.tick(750);
    EXPECT_EQ(rig.door.starts, 1u);
    EXPECT_TRUE(rig.manager.status(lease).is_ok());
}

TEST(RenewalTime, Peers_row_5_a_jump_forward_expires_exactly_what_is_due) {
    Rig rig;
    rig.door.is_silent = true;
    for (uint64_t i = 0; i < 20; ++i) {
        (void)rig.add(i, 1'000 + 100 * i);
    }
    EXPECT_EQ(rig.tick(1'950).expired, 10u);
    for (uint64_t i = 0; i < 20; ++i) {
        EXPECT_EQ(rig.manager.status(lease_id(i)).is_ok(), i >= 10);
    }
}

TEST(RenewalTime, Suspects_are_asked_about_at_once_spread_over_a_tenth_of_their_life) {
    Rig rig;
    for (uint64_t i = 0; i < capacity; ++i) {
        (void)rig.add(i, 10'000, standard);
    }
    (void)rig.tick(100);
    rig.manager.mark_suspect();
    EXPECT_EQ(rig.next(), 100u) << "there is work now";
    uint32_t most = 0;
    rig.door.left = {10'000};
    for (uint64_t now = 100; now <= 100 + 1'001; ++now) {
        const uint32_t before = rig.door.starts;
        (void)rig.tick(now, 8);
        const uint32_t started = rig.door.starts - before;
        most = started > most ? started : most;
    }
    EXPECT_EQ(rig.door.starts, capacity);
    EXPECT_LE(most, 4u);
    for (uint64_t i = 0; i < capacity; ++i) {
        EXPECT_FALSE(rig.manager.status(lease_id(i)).value().is_suspect);
    }
}

TEST(RenewalTime, A_suspect_is_not_usable_until_a_question_asked_since_is_answered) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 1'000);
    rig.door.is_silent = true;
    (void)rig.tick(750);
    EXPECT_FALSE(rig.manager.status(lease).value().is_suspect);
    rig.manager.mark_suspect();
    EXPECT_TRUE(rig.manager.status(lease).value().is_suspect) << "at once, before any tick";
    rig.door.is_silent = false;
    EXPECT_EQ(rig.tick(760).renewed, 0u) << "asked before the suspicion: proves nothing";
    EXPECT_TRUE(rig.manager.status(lease).value().is_suspect);
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(1'000));
    EXPECT_EQ(rig.door.starts, 2u) << "asked again in the same tick";
    EXPECT_EQ(rig.tick(761).renewed, 1u);
    EXPECT_FALSE(rig.manager.status(lease).value().is_suspect);
}

TEST(RenewalTime, The_answer_to_a_suspicion_may_shorten_what_was_believed) {
    Rig rig;
    const RenewalHandle lease = rig.add(1, 100'000);
    (void)rig.tick(10);
    rig.manager.mark_suspect();
    rig.door.left = {5'000};
    (void)rig.tick(10);
    (void)rig.tick(11);
    EXPECT_TRUE(rig.manager.status(lease).value().expiry == at(5'010));
}

TEST(RenewalTime, A_second_suspicion_starts_the_look_through_again) {
    Rig rig;
    for (uint64_t i = 0; i < capacity; ++i) {
        (void)rig.add(i, 100'000);
    }
    (void)rig.tick(1);
    rig.manager.mark_suspect();
    (void)rig.tick(2, capacity / 2);
    rig.manager.mark_suspect();
    uint64_t now = 2;
    for (; now < 20'000; ++now) {
        (void)rig.tick(now, 16);
    }
    for (uint64_t i = 0; i < capacity; ++i) {
        EXPECT_FALSE(rig.manager.status(lease_id(i)).value().is_suspect) << i;
    }
}

TEST(RenewalTime, What_is_registered_after_a_suspicion_is_not_suspect) {
    Rig rig;
    rig.manager.mark_suspect();
    const RenewalHandle lease = rig.add(1, 1'000);
    EXPECT_FALSE(rig.manager.status(lease).value().is_suspect);
}

// --- the end of time
// --------------------------------------------------------------------------------

TEST(RenewalEndOfTime, Leases_are_renewed_up_to_the_last_millisecond_and_nothing_wraps) {
    constexpr uint64_t end = UINT64_MAX - 1;
    test::FakeDoor<4> door;
    RenewalManagerOf<4> manager{door};
    manager.start();
    const Instant start{end - 10'000};
    const RenewalHandle lease =
        manager.register_lease(lease_id(1), {end - 9'000}, standard, start).value();
    door.left = {1'000};
    uint32_t renewed = 0;
    uint32_t expired = 0;
    for (uint64_t now = start.ms; now < end; ++now) {
        const RenewalSummary summary = manager.tick({now}, 8);
        renewed += summary.renewed;
        expired += summary.expired;
        ASSERT_TRUE(manager.next_deadline() == Instant::never() ||
                    manager.next_deadline().ms >= now);
    }
    EXPECT_GE(renewed, 8u);
    // Near the very end an answer would pass it: refused, and the lease runs out at its own
    // deadline.
    const Result<RenewalStatus> status = manager.status(lease);
    EXPECT_TRUE(status.is_ok() ? status.value().expiry.ms <= end : expired == 1);
    EXPECT_TRUE(manager.check_invariants());
}

TEST(RenewalEndOfTime, A_lease_until_the_end_of_time_has_its_due_point_inside_its_life) {
    test::FakeDoor<4> door;
    RenewalManagerOf<4> manager{door};
    manager.start();
    const Instant now{UINT64_MAX - 100};
    ASSERT_TRUE(manager.register_lease(lease_id(1), {UINT64_MAX - 1}, standard, now).is_ok());
    EXPECT_GE(manager.next_deadline().ms, now.ms + 64);
    EXPECT_LE(manager.next_deadline().ms, now.ms + 85);
}

// --- many cycles
// ------------------------------------------------------------------------------------

TEST(RenewalTime, Whatever_happens_everything_agrees_with_itself_and_nothing_leaks) {
    test::FakeDoor<32> door;
    RenewalManagerOf<8> manager{door};
    manager.start();
    RenewalHandle handles[32] = {};
    uint64_t random = 7;
    uint64_t now = 0;
    for (uint32_t step = 0; step < 100'000; ++step) {
        random = mix(random);
        const uint64_t number = random % 32;
        const uint64_t choice = (random >> 8) % 16;
        if (choice < 4) {
            const uint64_t life = 1 + (random >> 16) % 400;
            const Result<RenewalHandle> added =
                manager.register_lease(lease_id(number), at(now + life), standard, at(now));
            if (added.is_ok()) {
                door.generations[number] = 0;
                handles[number] = added.value();
            }
        } else if (choice < 7) {
            (void)manager.cancel(handles[number]).is_ok();
        } else if (choice == 7) {
            door.is_silent = (random >> 20) % 2 == 0;
            door.start_error = (random >> 21) % 4 == 0 ? ErrorCode::busy : ErrorCode{};
            const ErrorCode errors[] = {ErrorCode{}, ErrorCode::disconnected, ErrorCode::revoked,
                                        ErrorCode{}};
            door.answer_error = errors[(random >> 24) % 4];
            door.left = {(random >> 28) % 300};
        } else if (choice == 8) {
            manager.mark_suspect();
        } else {
            now += (random >> 16) % 20;
            (void)manager.tick(at(now), 1 + static_cast<uint32_t>((random >> 40) % 5));
        }
        ASSERT_TRUE(manager.check_invariants()) << step;
        ASSERT_LE(manager.count(), 8u);
    }
    door.is_silent = false;
    for (const RenewalHandle handle : handles) {
        (void)manager.cancel(handle).is_ok();
    }
    for (uint32_t i = 0; i < 100; ++i) {
        (void)manager.tick(at(now + i), 8);
    }
    EXPECT_EQ(manager.count(), 0u);
    EXPECT_EQ(door.out, 0u) << "every ticket was drained";
    EXPECT_TRUE(manager.next_deadline() == Instant::never());
}

} // namespace
} // namespace grafos::lease
