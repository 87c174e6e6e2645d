// SPDX-License-Identifier: Apache-2.0
/// A lock's bytes and its rules, without a lessor around them (protocol §7).
#include "core/lease/lock/lock_header.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease::test {
namespace {

constexpr Epoch boot{50};
constexpr Instant lease_end{1'000'000};

template <typename T>
[[nodiscard]] Error error_of(const Result<T>& result) {
    return result.is_ok() ? Error{} : result.error();
}

class LockRules : public ::testing::Test {
protected:
    Instant now{10'000};
    LockHeader lock{};
    std::array<uint8_t, limits::lock_bytes> bytes{};

    LockRules() { lock.boot = boot; }

    [[nodiscard]] static LockRequest request_of(uint64_t nonce, Duration ttl = Duration{500}) {
        LockRequest request;
        request.nonce = {nonce};
        request.ttl = ttl;
        request.holder.bytes[0] = static_cast<uint8_t>(nonce);
        return request;
    }
    /// As the verb does it: read, change, write.
    [[nodiscard]] LockGrant ask(uint64_t nonce, Duration ttl = Duration{500}) {
        lock = read_lock(bytes, boot, now).value();
        const LockGrant grant = take_lock(lock, request_of(nonce, ttl), lease_end, now).value();
        write_lock(lock, bytes);
        return grant;
    }
    [[nodiscard]] static CommitRequest commit_of(const LockGrant& grant, uint64_t nonce,
                                                 bool release) {
        CommitRequest request;
        request.generation = grant.generation;
        request.nonce = {nonce};
        request.release = release;
        return request;
    }
    [[nodiscard]] Error commit(const LockGrant& grant, uint64_t nonce, bool release = true) {
        lock = read_lock(bytes, boot, now).value();
        const CommitRequest request = commit_of(grant, nonce, release);
        const Error error = error_of(check_commit(lock, request, now));
        if (error == Error{}) {
            static_cast<void>(count_commit(lock, request, now));
            write_lock(lock, bytes);
        }
        return error;
    }
};

TEST_F(LockRules, Zeroes_are_a_lock_nobody_has_had) {
    EXPECT_TRUE(read_lock(bytes, boot, now).value() == lock);
    const LockGrant grant = ask(7);
    EXPECT_TRUE(grant.is_granted);
    EXPECT_EQ(grant.generation.value, 1u);
    EXPECT_EQ(grant.left.ms, 500u);
    EXPECT_EQ(grant.commits, 0u);
    EXPECT_EQ(grant.place, 0u);
}

TEST_F(LockRules, Lies_as_the_layout_says) {
    static_cast<void>(ask(0x1122'3344'5566'7788u));
    static_cast<void>(ask(9));
    now.ms += 100;
    const uint8_t start[] = {'g', 'L', 'c', 'k', 1, 0, 1, 1, 50, 0, 0, 0,
                             0,   0,   0,   0,   1, 0, 0, 0, 0,  0, 0, 0};
    EXPECT_TRUE(is_equal(Bytes{bytes}.first(sizeof start), start));
    const uint8_t nonce[] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x88};
    EXPECT_TRUE(is_equal(Bytes{bytes}.subspan(24, sizeof nonce), nonce));
    EXPECT_EQ(load_little_endian<uint64_t>(bytes.data() + 48), 10'500u);
    EXPECT_EQ(load_little_endian<uint64_t>(bytes.data() + 96), 9u);
    EXPECT_EQ(load_little_endian<uint64_t>(bytes.data() + 104), 11'000u);
    EXPECT_EQ(load_little_endian<uint32_t>(bytes.data() + 112), 0u);
    EXPECT_TRUE(is_all_zero(Bytes{bytes}.subspan(116)));
}

TEST_F(LockRules, The_same_nonce_gets_the_same_grant_while_it_lasts_and_another_waits) {
    const LockGrant first = ask(7);
    now.ms += 499;
    const LockGrant again = ask(7, Duration{9'000});
    EXPECT_TRUE(again.is_granted);
    EXPECT_EQ(again.generation.value, first.generation.value);
    EXPECT_EQ(again.left.ms, 1u); // asking again does not prolong it
    const LockGrant other = ask(8);
    EXPECT_FALSE(other.is_granted);
    EXPECT_EQ(other.left.ms, 1u);
    EXPECT_EQ(other.place, 1u);
    EXPECT_EQ(other.poll_within.ms, limits::lock_poll_max.ms);
    now.ms += 1; // at the deadline it is over
    const LockGrant next = ask(8);
    EXPECT_TRUE(next.is_granted);
    EXPECT_EQ(next.generation.value, 2u);
    EXPECT_FALSE(ask(7).is_granted);
}

TEST_F(LockRules, The_deadline_is_never_later_than_the_leases_end) {
    lock = read_lock(bytes, boot, now).value();
    const LockGrant grant =
        take_lock(lock, request_of(7, Duration{300'000}), Instant{now.ms + 40}, now).value();
    EXPECT_EQ(grant.left.ms, 40u);
}

TEST_F(LockRules, Refuses_a_nonce_of_zero_and_a_bad_ttl) {
    EXPECT_EQ(error_of(take_lock(lock, request_of(0), lease_end, now)),
              (Error{ErrorCode::invalid_argument, Field::nonce, 0, 1}));
    for (const uint64_t ms : {uint64_t{0}, limits::lease_ttl_max.ms + 1, ~uint64_t{0}}) {
        EXPECT_EQ(error_of(take_lock(lock, request_of(1, Duration{ms}), lease_end, now)),
                  (Error{ErrorCode::invalid_argument, Field::ttl, ms, 300'000}));
    }
    lock.generation = {~uint64_t{0}};
    EXPECT_EQ(error_of(take_lock(lock, request_of(1), lease_end, now)).code, ErrorCode::exhausted);
}

TEST_F(LockRules, A_commit_counts_only_for_this_grant_before_its_deadline) {
    const LockGrant grant = ask(7);
    LockGrant wrong = grant;
    wrong.generation.value += 1;
    EXPECT_EQ(commit(wrong, 7), (Error{ErrorCode::stale_epoch, Field::generation, 2, 1}));
    EXPECT_EQ(commit(grant, 8), (Error{ErrorCode::stale_epoch, Field::nonce, 8, 0}));
    EXPECT_EQ(commit(grant, 7, false), Error{});
    EXPECT_EQ(commit(grant, 7, false), Error{});
    now.ms += 499;
    EXPECT_EQ(commit(grant, 7, false), Error{});
    now.ms += 1;
    EXPECT_EQ(commit(grant, 7), (Error{ErrorCode::stale_epoch, Field::ttl, 10'500, 10'500}));
    EXPECT_EQ(lock.commits, 3u);
}

TEST_F(LockRules, None_follows_the_releasing_one_and_a_lost_answer_can_be_resolved) {
    const LockGrant grant = ask(7);
    EXPECT_EQ(commit(grant, 7), Error{});
    EXPECT_EQ(commit(grant, 7).code, ErrorCode::stale_epoch);
    const LockGrant after = ask(8);
    EXPECT_EQ(after.generation.value, 2u);
    EXPECT_EQ(after.commits, 1u);
    EXPECT_EQ(after.last_generation.value, 1u);
    EXPECT_EQ(after.last_nonce.value, 7u);
}

TEST_F(LockRules, Waiters_come_first_by_first) {
    const LockGrant holder = ask(1);
    for (uint64_t nonce = 2; nonce <= 4; ++nonce) {
        EXPECT_EQ(ask(nonce).place, nonce - 1);
    }
    EXPECT_EQ(ask(3).place, 2u); // asking again keeps the place
    EXPECT_EQ(commit(holder, 1), Error{});
    const LockGrant first = ask(2);
    EXPECT_TRUE(first.is_granted);
    EXPECT_EQ(ask(3).place, 1u);
    EXPECT_EQ(ask(4).place, 2u);
}

TEST_F(LockRules, Nobody_with_a_place_is_overtaken_more_often_than_the_bound) {
    LockGrant holder = ask(1);
    static_cast<void>(ask(2)); // waits, and does not ask just when the lock is free
    uint64_t nonce = 100;
    EXPECT_EQ(commit(holder, 1), Error{});
    for (uint32_t overtaken = 0; overtaken < limits::lock_overtakes_max; ++overtaken) {
        holder = ask(++nonce);
        EXPECT_TRUE(holder.is_granted);
        EXPECT_EQ(commit(holder, nonce), Error{});
    }
    EXPECT_FALSE(ask(++nonce).is_granted); // free, but not his turn
    EXPECT_TRUE(ask(2).is_granted);
}

TEST_F(LockRules, A_waiter_that_stops_asking_loses_its_place) {
    const LockGrant holder = ask(1, Duration{3'000});
    static_cast<void>(ask(2));
    static_cast<void>(ask(3));
    now.ms += limits::lock_poll_max.ms - 1;
    EXPECT_EQ(ask(3).place, 2u);
    now.ms += 1;
    EXPECT_EQ(ask(3).place, 1u);
    EXPECT_EQ(ask(2).place, 2u); // behind the other now
    EXPECT_EQ(commit(holder, 1), Error{});
}

TEST_F(LockRules, One_more_than_the_queue_holds_is_told_so_and_gets_its_turn) {
    const LockGrant holder = ask(1);
    for (uint64_t i = 0; i < limits::lock_waiters_max; ++i) {
        EXPECT_EQ(ask(10 + i).place, i + 1);
    }
    const LockGrant extra = ask(30);
    EXPECT_FALSE(extra.is_granted);
    EXPECT_EQ(extra.place, 0u);
    EXPECT_EQ(lock.waiter_count, limits::lock_waiters_max);
    EXPECT_EQ(commit(holder, 1), Error{});
    EXPECT_TRUE(ask(10).is_granted);
    EXPECT_EQ(ask(30).place, limits::lock_waiters_max);
}

TEST_F(LockRules, Another_boot_knows_the_counts_but_neither_holder_nor_waiters) {
    const LockGrant grant = ask(1);
    static_cast<void>(ask(2));
    const LockHeader other = read_lock(bytes, Epoch{51}, now).value();
    EXPECT_FALSE(other.is_held);
    EXPECT_EQ(other.waiter_count, 0u);
    EXPECT_EQ(other.generation.value, grant.generation.value);
    EXPECT_EQ(error_of(check_commit(other, commit_of(grant, 1, true), now)).code,
              ErrorCode::stale_epoch);
}

/// Every order in which three holders ask, commit and let time pass, six steps deep, against what
/// the protocol says (§10.9).
TEST_F(LockRules, Protocol_10_9_every_short_history_keeps_the_rules) {
    constexpr uint32_t actions = 7; // ask 1 2 3, commit 1 2 3, time
    uint32_t histories = 1;
    for (int step = 0; step < 6; ++step) {
        histories *= actions;
    }
    uint64_t accepted_in_all = 0;
    for (uint32_t history = 0; history < histories; ++history) {
        bytes = {};
        now = {10'000};
        std::array<LockGrant, 4> grants{};
        std::array<uint64_t, 4> deadlines{};
        uint64_t last_generation = 0;
        uint64_t owner = 0; // whom the rules say holds it
        uint64_t commits = 0;
        uint32_t rest = history;
        for (int step = 0; step < 6; ++step, rest /= actions) {
            const uint32_t action = rest % actions;
            if (owner != 0 && now.ms >= deadlines[owner]) {
                owner = 0;
            }
            if (action < 3) {
                const uint64_t who = action + 1;
                const LockGrant grant = ask(who, Duration{100});
                if (grant.is_granted) {
                    ASSERT_TRUE(owner == 0 || owner == who) << history;
                    if (owner == 0) {
                        ASSERT_EQ(grant.generation.value, last_generation + 1) << history;
                        last_generation = grant.generation.value;
                        deadlines[who] = now.ms + 100;
                    }
                    ASSERT_EQ(grant.left.ms, deadlines[who] - now.ms) << history;
                    owner = who;
                    grants[who] = grant;
                } else {
                    ASSERT_NE(owner, who) << history;
                }
            } else if (action < 6) {
                const uint64_t who = action - 2;
                const bool accepted = commit(grants[who], who) == Error{};
                ASSERT_EQ(accepted, owner == who) << history;
                commits += accepted ? 1u : 0u;
                owner = accepted ? 0 : owner;
            } else {
                now.ms += 60;
            }
            ASSERT_EQ(read_lock(bytes, boot, now).value().commits, commits) << history;
        }
        accepted_in_all += commits;
    }
    EXPECT_GT(accepted_in_all, 50'000u);
}

// --- what anybody may have written there
// -------------------------------------------------------

TEST_F(LockRules, Any_byte_may_be_anything) {
    const LockGrant grant = ask(1);
    static_cast<void>(commit(grant, 1, false));
    static_cast<void>(ask(2));
    static_cast<void>(ask(3));
    const auto good = bytes;
    uint32_t readable = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
        for (uint32_t value = 0; value < 256; ++value) {
            bytes = good;
            bytes[at] = static_cast<uint8_t>(value);
            const Result<LockHeader> read = read_lock(bytes, boot, now);
            if (!read.is_ok()) {
                const ErrorCode code = read.error().code;
                ASSERT_TRUE(code == ErrorCode::corrupt || code == ErrorCode::unsupported_version);
                continue;
            }
            ++readable;
            // What is readable can be locked, and is readable again after it.
            LockHeader changed = read.value();
            const Result<LockGrant> taken = take_lock(changed, request_of(9), lease_end, now);
            if (taken.is_ok()) {
                write_lock(changed, bytes);
                ASSERT_TRUE(read_lock(bytes, boot, now).value() == changed) << at;
            }
        }
    }
    EXPECT_GT(readable, 256u * 20);
    EXPECT_LT(readable, 256u * 140);
}

TEST_F(LockRules, Each_lie_has_its_place) {
    const LockGrant grant = ask(1);
    static_cast<void>(commit(grant, 1, false));
    static_cast<void>(ask(2));
    const auto good = bytes;
    struct Case {
        size_t at;
        uint64_t value; // eight bytes, little-endian
        Error error;
    };
    const uint64_t start = load_little_endian<uint64_t>(good.data());
    const Case cases[] = {
        {0, start ^ 1, {ErrorCode::corrupt, Field::lock, 0, 0}},
        {0, start + (uint64_t{1} << 32), {ErrorCode::unsupported_version, Field::version, 2, 1}},
        {0, start - (uint64_t{1} << 32), {ErrorCode::unsupported_version, Field::version, 0, 1}},
        {0, start | (uint64_t{2} << 48), {ErrorCode::corrupt, Field::lock, 6, 0}},
        {0, start + (uint64_t{8} << 56), {ErrorCode::corrupt, Field::lock, 7, 0}},
        {0, start - (uint64_t{1} << 56), {ErrorCode::corrupt, Field::lock, 96, 0}},
        {16, 0, {ErrorCode::corrupt, Field::lock, 16, 0}},
        {24, 0, {ErrorCode::corrupt, Field::lock, 16, 0}},
        {48, now.ms + 300'001, {ErrorCode::corrupt, Field::lock, 48, 0}},
        {56, 0, {ErrorCode::corrupt, Field::lock, 56, 0}},
        {64, 0, {ErrorCode::corrupt, Field::lock, 56, 0}},
        {64, 2, {ErrorCode::corrupt, Field::lock, 64, 0}},
        {72, 0, {ErrorCode::corrupt, Field::lock, 56, 0}},
        {88, 1, {ErrorCode::corrupt, Field::lock, 80, 0}},
        {96, 0, {ErrorCode::corrupt, Field::lock, 96, 0}},
        {104, now.ms + 1'001, {ErrorCode::corrupt, Field::lock, 96, 0}},
        {112, 4, {ErrorCode::corrupt, Field::lock, 96, 0}},
        {248, 1, {ErrorCode::corrupt, Field::lock, 116, 0}},
        {48, now.ms + 300'000, {}},
        {104, now.ms + 1'000, {}},
        {112, 3, {}},
    };
    for (const Case& one : cases) {
        bytes = good;
        for (size_t i = 0; i < 8; ++i) {
            bytes[one.at + i] = static_cast<uint8_t>(one.value >> (8 * i));
        }
        EXPECT_EQ(error_of(read_lock(bytes, boot, now)), one.error) << one.at;
    }
}

} // namespace
} // namespace grafos::lease::test
