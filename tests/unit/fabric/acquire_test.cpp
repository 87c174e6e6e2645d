// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

using test::OneNode;
using test::ThreeNodes;
using wire::MessageType;

constexpr Duration ttl{10'000};

/// The index of the node that a request without `on` asks first, second, third.
[[nodiscard]] uint8_t choice(ThreeNodes& rig, uint8_t nth) {
    const Wish wish{.kind = lease::ResourceKind::memory, .amount_bytes = 4096, .ttl = ttl};
    return nth_choice(rig->homes, nth, wish, rig->identity.exchange_key());
}

[[nodiscard]] MemBuilder wanted(Fabric& fabric) {
    return MemBuilder{fabric}.min_bytes(4096).lease_ttl(ttl).patience(Duration{300});
}

TEST(FabricAcquire, A_lease_comes_from_the_node_that_is_first_in_order) {
    ThreeNodes rig;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    EXPECT_TRUE(lease.value().status().is_ok());
    EXPECT_EQ(lease.value().mem().arena_size(), 4096u);
    const uint8_t first = choice(rig, 0);
    EXPECT_EQ(rig->nodes[first].grants, 1u);
    EXPECT_TRUE(lease.value().lease_id() == rig->nodes[first].leases[0].id);
    EXPECT_TRUE(lease.value().lease_ref() == rig->nodes[first].leases[0].ref);
    EXPECT_EQ(rig->nodes[0].grants + rig->nodes[1].grants + rig->nodes[2].grants, 1u);
    EXPECT_EQ(rig->fabric().figures().acquired, 1u);
}

TEST(FabricAcquire, On_names_the_only_node_that_is_asked) {
    for (size_t i = 0; i < 3; ++i) {
        ThreeNodes rig;
        const Result<MemLease> lease = wanted(rig->fabric()).on(rig->names[i]).acquire(*rig);
        ASSERT_TRUE(lease.is_ok());
        EXPECT_EQ(rig->nodes[i].grants, 1u);
        EXPECT_EQ(rig->nodes[0].connects + rig->nodes[1].connects + rig->nodes[2].connects,
                  rig->nodes[i].connects);
    }
}

TEST(FabricAcquire, An_unknown_node_is_not_found_and_nothing_is_taken) {
    ThreeNodes rig;
    const Result<MemLease> lease = wanted(rig->fabric()).on("four").acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::not_found);
    EXPECT_TRUE(lease.error().field == Field::name);
    EXPECT_EQ(rig->fabric().count(), 0u);
    NodeId nobody;
    nobody.bytes[3] = 9;
    EXPECT_TRUE(wanted(rig->fabric()).on(nobody).start_acquire().error().field == Field::node_id);
}

TEST(FabricAcquire, A_node_that_is_away_is_passed_over) {
    ThreeNodes rig;
    rig->nodes[choice(rig, 0)].is_reachable = false;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    EXPECT_EQ(rig->nodes[choice(rig, 1)].grants, 1u);
}

TEST(FabricAcquire, Mistakes_are_told_by_acquire_and_the_first_one_counts) {
    OneNode rig;
    Fabric& fabric = rig->fabric();
    const auto error = [](Result<Acquiring<MemLease>> result) {
        EXPECT_FALSE(result.is_ok());
        return result.is_ok() ? Error{ErrorCode{}} : result.error();
    };
    const auto is_ttl = [](const Error& each) {
        return each.code == ErrorCode::invalid_argument && each.field == Field::ttl;
    };
    EXPECT_TRUE(is_ttl(error(MemBuilder{fabric}.lease_secs(0).start_acquire())));
    EXPECT_TRUE(is_ttl(error(MemBuilder{fabric}.lease_secs(301).start_acquire())));
    EXPECT_TRUE(is_ttl(error(MemBuilder{fabric}.lease_ttl(Duration{99}).start_acquire())));
    EXPECT_TRUE(is_ttl(error(MemBuilder{fabric}.lease_ttl(Duration{300'001}).start_acquire())));
    EXPECT_TRUE(is_ttl(error(MemBuilder{fabric}.lease_secs(0).min_bytes(0).start_acquire())));
    EXPECT_TRUE(error(MemBuilder{fabric}.min_bytes(0).start_acquire()).field == Field::amount);
    const Result<Acquiring<BlockLease>> blocks =
        BlockBuilder{fabric}.min_blocks(UINT64_MAX / 512 + 1).start_acquire();
    EXPECT_TRUE(blocks.error().field == Field::amount);
    EXPECT_TRUE(error(MemBuilder{fabric}.start_attach(LeaseId{})).field == Field::lease);
    EXPECT_EQ(fabric.count(), 0u);
}

TEST(FabricAcquire, A_ttl_whose_margin_exceeds_a_quarter_is_refused) {
    OneNode rig;
    rig->nodes[0].turn_max = Duration{200}; // 205 + 2 + 2 % of the TTL
    for (uint64_t ms = 100; ms < 1'500; ms += 50) {
        const Result<MemLease> lease =
            MemBuilder{rig->fabric()}.lease_ttl(Duration{ms}).acquire(*rig);
        const bool is_too_short = 4 * lease::holder_margin(Duration{ms}, Duration{205}).ms > ms;
        EXPECT_EQ(lease.is_ok(), !is_too_short) << ms;
        if (!lease.is_ok()) {
            EXPECT_TRUE(lease.error().code == ErrorCode::invalid_argument);
            EXPECT_TRUE(lease.error().field == Field::ttl);
        }
        rig->run(Duration{3});
    }
}

TEST(FabricAcquire, Refused_by_all_tells_the_refusal_that_came_closest) {
    for (uint16_t a = 1; a <= error_code_count; ++a) {
        for (uint16_t b = 1; b <= error_code_count; ++b) {
            const auto first = static_cast<ErrorCode>(a);
            const auto second = static_cast<ErrorCode>(b);
            if (first == ErrorCode::disconnected || second == ErrorCode::disconnected) {
                continue; // below
            }
            ThreeNodes rig;
            rig->nodes[0].is_reachable = false;
            const uint8_t order[3] = {choice(rig, 0), choice(rig, 1), choice(rig, 2)};
            bool is_first = true;
            for (const uint8_t node : order) {
                if (node != 0) {
                    rig->nodes[node].refuse_grants = Error{is_first ? first : second};
                    is_first = false;
                }
            }
            const Result<MemLease> lease =
                wanted(rig->fabric()).patience(Duration{20}).acquire(*rig);
            ASSERT_FALSE(lease.is_ok());
            const ErrorCode told = telling_of(second) > telling_of(first) ? second : first;
            EXPECT_TRUE(lease.error().code == told) << a << " then " << b;
            EXPECT_EQ(rig->fabric().count(), 0u);
        }
    }
}

TEST(FabricAcquire, Nobody_there_is_disconnected) {
    ThreeNodes rig;
    for (test::FakeNode& node : rig->nodes) {
        node.is_reachable = false;
    }
    const Instant begin = rig->now;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::disconnected);
    EXPECT_LE((rig->now - begin).ms, 3 * 300u + 10);
}

TEST(FabricAcquire, A_grant_whose_answer_is_lost_is_asked_for_again_and_is_the_same_lease) {
    OneNode rig;
    rig->nodes[0].lost_grants = 3;
    const Result<MemLease> lease = wanted(rig->fabric()).patience(Duration{3'000}).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    EXPECT_GE(rig->nodes[0].count(MessageType::lease_alloc), 2u);
    EXPECT_EQ(rig->nodes[0].grants, 1u);
    EXPECT_EQ(rig->nodes[0].live_count(), 1u);
    EXPECT_TRUE(lease.value().lease_id() == rig->nodes[0].leases[0].id);
}

TEST(FabricAcquire, A_grant_that_stays_unknown_ends_the_search_as_disconnected) {
    ThreeNodes rig;
    const uint8_t first = choice(rig, 0);
    rig->nodes[first].lost_grants = 1'000;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::disconnected);
    EXPECT_EQ(lease.error().value, 1u);
    EXPECT_EQ(rig->nodes[choice(rig, 1)].grants + rig->nodes[choice(rig, 2)].grants, 0u);
}

TEST(FabricAcquire, A_token_that_was_never_answered_lets_the_search_go_on) {
    ThreeNodes rig;
    rig->nodes[choice(rig, 0)].is_mute = true;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    EXPECT_EQ(rig->nodes[choice(rig, 1)].grants, 1u);
}

TEST(FabricAcquire, The_only_node_is_asked_again_while_it_says_not_just_now) {
    OneNode rig;
    rig->nodes[0].refuse_all = Error{ErrorCode::not_ready, Field::readiness};
    Result<Acquiring<MemLease>> started =
        wanted(rig->fabric()).on("one").patience(Duration{1'000}).start_acquire();
    ASSERT_TRUE(started.is_ok());
    rig->run(Duration{500});
    EXPECT_TRUE(started.value().poll().error().code == ErrorCode::busy);
    rig->nodes[0].refuse_all.reset();
    rig->run(Duration{100});
    EXPECT_TRUE(started.value().poll().is_ok());
}

TEST(FabricAcquire, A_given_token_spares_the_question_for_one) {
    OneNode rig;
    lease::Token token;
    token.size = lease::token_bytes_min;
    token.bytes[0] = lease::token_version;
    const Result<MemLease> lease = wanted(rig->fabric()).with_token(token).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    EXPECT_EQ(rig->nodes[0].count(MessageType::cap_request), 0u);
    EXPECT_EQ(rig->nodes[0].count(MessageType::lease_alloc), 1u);
}

TEST(FabricAcquire, A_full_table_is_told_and_has_room_again_after_a_release) {
    OneNode rig;
    std::optional<MemLease> leases[4];
    for (std::optional<MemLease>& each : leases) {
        Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
        ASSERT_TRUE(lease.is_ok());
        each.emplace(std::move(lease).value());
    }
    const Result<MemLease> fifth = wanted(rig->fabric()).acquire(*rig);
    ASSERT_FALSE(fifth.is_ok());
    EXPECT_TRUE(fifth.error().code == ErrorCode::capacity_exceeded);
    EXPECT_TRUE(fifth.error().field == Field::slot);
    // A release that the node has not taken keeps its place: there was always room to let go.
    rig->nodes[0].is_deaf = true;
    leases[2].reset();
    rig->run(Duration{50});
    EXPECT_TRUE(wanted(rig->fabric()).start_acquire().error().field == Field::slot);
    rig->nodes[0].is_deaf = false;
    rig->run(Duration{700});
    EXPECT_EQ(rig->fabric().count(), 3u);
    EXPECT_TRUE(wanted(rig->fabric()).acquire(*rig).is_ok());
}

TEST(FabricAcquire, An_acquire_that_is_dropped_lets_go_of_what_comes_of_it) {
    for (uint64_t after = 0; after < 12; ++after) {
        OneNode rig;
        rig->nodes[0].delay = Duration{2};
        {
            Result<Acquiring<MemLease>> started = wanted(rig->fabric()).start_acquire();
            ASSERT_TRUE(started.is_ok());
            rig->run(Duration{after});
        }
        rig->run(Duration{50});
        EXPECT_EQ(rig->fabric().count(), 0u) << after;
        EXPECT_EQ(rig->nodes[0].live_count(), 0u) << after;
        EXPECT_EQ(rig->nodes[0].open_count(), 0u) << after;
    }
}

TEST(FabricAcquire, An_acquire_that_is_dropped_after_it_was_refused_leaves_nothing) {
    OneNode rig;
    rig->nodes[0].refuse_grants = Error{ErrorCode::capacity_exceeded, Field::amount, 2, 1};
    {
        Result<Acquiring<MemLease>> started = wanted(rig->fabric()).start_acquire();
        ASSERT_TRUE(started.is_ok());
        rig->run(Duration{20});
        EXPECT_EQ(rig->fabric().count(), 1u);
    }
    rig->run(Duration{2});
    EXPECT_EQ(rig->fabric().count(), 0u);
}

TEST(FabricAcquire, An_outcome_is_told_once) {
    OneNode rig;
    Result<Acquiring<MemLease>> started = wanted(rig->fabric()).start_acquire();
    ASSERT_TRUE(started.is_ok());
    EXPECT_TRUE(started.value().poll().error().code == ErrorCode::busy);
    rig->run(Duration{20});
    {
        const Result<MemLease> lease = started.value().poll();
        ASSERT_TRUE(lease.is_ok());
        EXPECT_TRUE(started.value().poll().error().code == ErrorCode::not_found);
    }
    EXPECT_TRUE(started.value().poll().error().code == ErrorCode::not_found);
}

TEST(FabricAcquire, Attach_takes_up_a_lease_of_an_earlier_run) {
    ThreeNodes rig;
    LeaseId id;
    {
        const Result<MemLease> lease = wanted(rig->fabric()).on("two").acquire(*rig);
        ASSERT_TRUE(lease.is_ok());
        id = lease.value().lease_id();
        // The program dies here: nobody says anything to the node.
        rig->nodes[1].is_deaf = true;
    }
    rig->run(Duration{10'500}); // until this run has forgotten it
    rig->nodes[1].is_deaf = false;
    ASSERT_EQ(rig->fabric().count(), 0u);
    rig->nodes[1].leases[0].expires_at = saturating_add(rig->node_time(), ttl);
    Result<MemLease> again = MemBuilder{rig->fabric()}.attach(id, *rig);
    ASSERT_TRUE(again.is_ok());
    EXPECT_TRUE(again.value().lease_id() == id);
    EXPECT_EQ(rig->nodes[1].grants, 1u);
    // Twice in one program: two owners would each let it go.
    EXPECT_TRUE(MemBuilder{rig->fabric()}.start_attach(id).error().field == Field::lease);
}

TEST(FabricAcquire, Attach_says_what_became_of_the_lease) {
    ThreeNodes rig;
    LeaseId unknown;
    unknown.bytes[0] = 9;
    const Result<MemLease> none = MemBuilder{rig->fabric()}.attach(unknown, *rig);
    ASSERT_FALSE(none.is_ok());
    EXPECT_TRUE(none.error().code == ErrorCode::not_found);
    rig->nodes[2].leases[0].id = unknown;
    rig->nodes[2].lease_count = 1;
    for (const ErrorCode code : {ErrorCode::lease_expired, ErrorCode::revoked, ErrorCode::fenced}) {
        rig->nodes[2].end_lease(0, code);
        EXPECT_TRUE(MemBuilder{rig->fabric()}.attach(unknown, *rig).error().code == code);
    }
}

TEST(FabricAcquire, Attach_refuses_a_lease_of_another_kind) {
    OneNode rig;
    rig->nodes[0].leases[0] = {.id = {{5}},
                               .ref = {{6}},
                               .kind = lease::ResourceKind::memory,
                               .size = 4096,
                               .ttl = ttl,
                               .expires_at = saturating_add(rig->node_time(), ttl)};
    rig->nodes[0].lease_count = 1;
    const Result<BlockLease> lease = BlockBuilder{rig->fabric()}.attach(LeaseId{{5}}, *rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::foreign);
    EXPECT_EQ(rig->nodes[0].frees, 0u); // it is somebody's
}

TEST(FabricAcquire, Rubbish_is_corrupt_and_takes_nothing) {
    OneNode rig;
    rig->nodes[0].answers_rubbish = true;
    const Result<MemLease> lease = wanted(rig->fabric()).acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::corrupt);
    EXPECT_EQ(rig->fabric().count(), 0u);
}

TEST(FabricAcquire, Waiting_inside_a_turn_asserts) {
    class Turning final : public Pump {
    public:
        void turn() noexcept override {}
        [[nodiscard]] bool is_turning() const noexcept override { return true; }
    } pump;
    OneNode rig;
    EXPECT_ASSERTION((void)wanted(rig->fabric()).acquire(pump).is_ok());
}

} // namespace
} // namespace grafos::fabric
