// SPDX-License-Identifier: Apache-2.0
#include "core/lease/fence/fence.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] constexpr FenceEpoch at(uint64_t number) {
    return FenceEpoch{Epoch{number}};
}

constexpr uint64_t interesting[] = {
    0, 1, 2, 3, 1ull << 32, (1ull << 32) + 1, UINT64_MAX - 1, UINT64_MAX};

[[nodiscard]] Error stale(uint64_t given, uint64_t current) {
    return {ErrorCode::stale_epoch, Field::epoch, given, current};
}

TEST(FenceEpoch, Bumping_gives_the_next_number_and_is_refused_at_the_end) {
    EXPECT_TRUE(bump_epoch(FenceEpoch::zero()).value() == at(1));
    for (const uint64_t number : interesting) {
        const Result<FenceEpoch> next = bump_epoch(at(number));
        ASSERT_EQ(next.is_ok(), number != UINT64_MAX);
        if (next.is_ok()) {
            EXPECT_EQ(next.value().epoch().value, number + 1);
            EXPECT_TRUE(next.value() > at(number));
        } else {
            EXPECT_TRUE((next.error() ==
                         Error{ErrorCode::exhausted, Field::epoch, UINT64_MAX, UINT64_MAX}));
        }
    }
}

TEST(Fenced, A_value_travels_with_the_epoch_it_was_made_under) {
    const Fenced<uint32_t> write{17, at(3)};
    EXPECT_EQ(write.value(), 17u);
    EXPECT_TRUE(write.epoch() == at(3));
    EXPECT_TRUE((write == Fenced<uint32_t>{17, at(3)}));
    EXPECT_FALSE((write == Fenced<uint32_t>{17, at(4)}));
    EXPECT_TRUE(Fenced<uint32_t>::at_zero(5).epoch() == FenceEpoch::zero());
    Fenced<uint32_t> changed = write;
    changed.value() = 18;
    EXPECT_EQ(changed.value(), 18u);
    EXPECT_TRUE(changed.epoch() == at(3));
}

TEST(FenceGuard, A_check_accepts_this_epoch_and_newer_ones_and_adopts_nothing) {
    for (const uint64_t own : interesting) {
        const FenceGuard guard{at(own)};
        for (const uint64_t given : interesting) {
            const Result<> checked = guard.check(at(given));
            ASSERT_EQ(checked.is_ok(), given >= own) << given << " at " << own;
            if (!checked.is_ok()) {
                EXPECT_TRUE(checked.error() == stale(given, own));
            }
            EXPECT_TRUE(guard.epoch() == at(own));
        }
    }
}

TEST(FenceGuard, Observing_adopts_this_epoch_and_newer_ones_and_refuses_older_unchanged) {
    for (const uint64_t own : interesting) {
        for (const uint64_t given : interesting) {
            FenceGuard guard{at(own)};
            const Result<> observed = guard.observe(at(given));
            ASSERT_EQ(observed.is_ok(), given >= own);
            EXPECT_TRUE(guard.epoch() == at(given >= own ? given : own));
            if (!observed.is_ok()) {
                EXPECT_TRUE(observed.error() == stale(given, own));
            }
        }
    }
}

TEST(FenceGuard, Admitting_is_checking_then_observing) {
    for (const uint64_t own : interesting) {
        for (const uint64_t given : interesting) {
            FenceGuard guard{at(own)};
            const Result<> admitted = guard.admit(at(given));
            ASSERT_EQ(admitted.is_ok(), given >= own);
            EXPECT_TRUE(guard.epoch() == at(given >= own ? given : own));
            if (!admitted.is_ok()) {
                EXPECT_TRUE(admitted.error() == stale(given, own));
            }
        }
    }
}

TEST(FenceGuard, Advancing_is_refused_at_the_end_and_leaves_the_epoch_as_it_was) {
    FenceGuard guard{at(UINT64_MAX - 1)};
    EXPECT_TRUE(guard.advance().value() == FenceEpoch::last());
    const Result<FenceEpoch> refused = guard.advance();
    ASSERT_FALSE(refused.is_ok());
    EXPECT_TRUE(refused.error().code == ErrorCode::exhausted);
    EXPECT_TRUE(guard.epoch() == FenceEpoch::last());
    EXPECT_TRUE(guard.check(FenceEpoch::last()).is_ok());
}

TEST(FenceGuard, A_message_at_zero_passes_until_the_guard_advances) {
    FenceGuard guard{FenceEpoch::zero()};
    const Fenced<int> message = Fenced<int>::at_zero(1);
    EXPECT_TRUE(guard.admit(message.epoch()).is_ok());
    EXPECT_TRUE(guard.advance().value() == at(1));
    EXPECT_TRUE(guard.admit(message.epoch()).error() == stale(0, 1));
}

/// A paused writer never finds out by itself: whatever he tries, and however often, nothing of it
/// lands.
TEST(FenceGuard, Peers_row_2_an_old_holder_is_refused_at_the_resource_always) {
    uint32_t cell = 0;
    FenceGuard guard{at(3)};
    const auto apply = [&](const Fenced<uint32_t>& write) -> Result<> {
        GRAFOS_TRY(guard.admit(write.epoch()));
        cell = write.value();
        return ok();
    };
    EXPECT_TRUE(apply({100, at(3)}).is_ok());
    const FenceEpoch taken = guard.advance().value();
    EXPECT_TRUE(taken == at(4));
    EXPECT_TRUE(apply({200, taken}).is_ok());
    for (uint32_t attempt = 0; attempt < 1000; ++attempt) {
        for (uint64_t old = 0; old < 4; ++old) {
            const Result<> late = apply({attempt, at(old)});
            ASSERT_FALSE(late.is_ok());
            EXPECT_TRUE(late.error() == stale(old, 4)) << "both epochs, every time";
        }
    }
    EXPECT_EQ(cell, 200u);
    EXPECT_TRUE(apply({201, taken}).is_ok());
    EXPECT_EQ(cell, 201u);
}

TEST(FenceGuard, Peers_row_2_a_newer_writer_shuts_out_the_older_one_by_being_admitted) {
    FenceGuard guard{FenceEpoch::zero()};
    EXPECT_TRUE(guard.admit(at(7)).is_ok());
    EXPECT_TRUE(guard.admit(at(6)).error() == stale(6, 7));
    EXPECT_TRUE(guard.check(at(9)).is_ok()) << "looking adopts nothing";
    EXPECT_TRUE(guard.admit(at(7)).is_ok());
}

TEST(FenceGuard, Peers_row_3_a_guard_restored_above_every_epoch_issued_refuses_them_all) {
    FenceEpoch highest = FenceEpoch::zero();
    {
        FenceGuard before{FenceEpoch::zero()};
        for (uint32_t i = 0; i < 100; ++i) {
            highest = before.advance().value();
        }
    }
    FenceGuard after{bump_epoch(highest).value()};
    for (uint64_t old = 0; old <= highest.epoch().value; ++old) {
        EXPECT_TRUE(after.admit(at(old)).error() == stale(old, 101));
    }
    FenceGuard at_the_end{FenceEpoch::last()};
    EXPECT_FALSE(at_the_end.advance().is_ok()) << "wrap is refused, not wrapped";
}

} // namespace
} // namespace grafos::lease
