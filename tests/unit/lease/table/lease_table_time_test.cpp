// SPDX-License-Identifier: Apache-2.0
/// The table under time and load: borders of deadlines, jumps, budgets, the end of u64, and a
/// million cycles through eight slots.
#include <array>

#include "tests/unit/lease/table/table_builder.hpp"

namespace grafos::lease {
namespace {

using test::TableBuilder;
using test::ttl;

TEST(LeaseTableTime, Peers_row_1_a_lease_is_dead_from_its_deadline_on_and_swept_in_that_tick) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    const SlotIndex slot = slot_of(id);
    const Instant deadline = t.table.deadline(slot);
    EXPECT_EQ(deadline.ms, t.now.ms + ttl.ms);
    EXPECT_TRUE(t.table.find(id, {deadline.ms - 1}).is_ok());
    EXPECT_EQ(t.table.find(id, deadline).error().code, ErrorCode::lease_expired);
    EXPECT_EQ(t.table.find(id, {deadline.ms + 1}).error().code, ErrorCode::lease_expired);
    EXPECT_EQ(t.table.plan_renew(slot, {0}, deadline, 0_ms).error().code, ErrorCode::lease_expired);
    EXPECT_TRUE(t.table.plan_renew(slot, {0}, {deadline.ms - 1}, 0_ms).is_ok());
    EXPECT_EQ(t.table.phase(slot), Phase::active); // not swept: time alone decided

    t.now = {deadline.ms - 1};
    EXPECT_FALSE(t.due().has_value());
    EXPECT_LE(t.table.next_deadline(), deadline);
    t.now = deadline;
    EXPECT_EQ(t.due(), slot);
    EXPECT_FALSE(t.due().has_value()); // offered once
    t.end(slot, ErrorCode::lease_expired);
    EXPECT_EQ(t.table.info(slot).expires_at, deadline);
    EXPECT_EQ(t.table.info(slot).revoke_state, RevokeState::expired);
    EXPECT_EQ(t.table.next_deadline(), Instant::never());
}

TEST(LeaseTableTime, A_due_lease_that_was_not_moved_on_is_dead_all_the_same) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    t.pass(ttl.ms);
    ASSERT_EQ(t.due(), slot_of(id));
    EXPECT_EQ(t.table.find(id, t.now).error().code, ErrorCode::lease_expired);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableTime, Peers_row_5_a_jump_forward_expires_exactly_what_is_due) {
    TableBuilder<8> t;
    for (uint32_t i = 0; i < 8; ++i) {
        GrantSpec spec = t.next_spec();
        spec.ttl = {1000 + i * 1000};
        ASSERT_TRUE(t.table.grant(spec, t.now).is_ok());
    }
    t.pass(4999); // ttl 1000 … 4000 are over
    uint32_t expired = 0;
    for (auto slot = t.due(); slot.has_value(); slot = t.due()) {
        EXPECT_LT(slot->value, 4u);
        t.end(*slot, ErrorCode::lease_expired);
        ++expired;
    }
    EXPECT_EQ(expired, 4u);
    EXPECT_EQ(t.table.live_count(), 4u);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableTime, Peers_row_5_a_step_back_revives_nothing_that_was_swept) {
    TableBuilder<2> t;
    const LeaseId id = t.grant_next();
    t.pass(ttl.ms);
    t.end(t.due().value(), ErrorCode::lease_expired);
    t.now.ms -= 500;
    EXPECT_EQ(t.table.find(id, t.now).error().code, ErrorCode::lease_expired);
    EXPECT_FALSE(t.due().has_value());
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableTime, Peers_row_14_a_released_slot_can_be_granted_in_the_same_turn) {
    TableBuilder<1> t;
    for (int round = 0; round < 3; ++round) {
        const LeaseId id = t.grant_next();
        EXPECT_FALSE(t.table.next_free().is_ok());
        t.release(slot_of(id));
        EXPECT_TRUE(t.table.next_free().is_ok());
    }
}

TEST(LeaseTableTime,
     Peers_row_14_an_expired_slot_can_be_granted_in_the_first_tick_at_the_deadline) {
    TableBuilder<1> t;
    const LeaseId first = t.grant_next();
    t.pass(ttl.ms);
    const SlotIndex slot = t.due().value();
    t.end(slot, ErrorCode::lease_expired);
    t.table.enter_free(slot);
    const LeaseId second = t.grant_next();
    EXPECT_EQ(t.table.find(first, t.now).error().code, ErrorCode::not_found);
    EXPECT_TRUE(t.table.find(second, t.now).is_ok());
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableTime, Peers_row_11_a_turn_ends_no_more_leases_than_its_budget_and_the_rest_is_dead) {
    static TableBuilder<200> t;
    t.now = grafos::test::start_time();
    t.table.start(t.now, {3, 4});
    std::array<LeaseId, 200> ids{};
    for (LeaseId& id : ids) {
        id = t.grant_next();
    }
    t.pass(ttl.ms);
    uint32_t turns = 0;
    while (t.table.live_count() > 0 && turns < 100) {
        uint32_t budget = 16;
        uint32_t ended = 0;
        for (auto slot = t.table.next_due(t.now, budget); slot.has_value();
             slot = t.table.next_due(t.now, budget)) {
            t.end(*slot, ErrorCode::lease_expired);
            ++ended;
        }
        EXPECT_LE(ended, 16u);
        EXPECT_EQ(t.table.has_due_work(t.now), t.table.live_count() > 0);
        for (const LeaseId& id : ids) {
            ASSERT_EQ(t.table.find(id, t.now).error().code, ErrorCode::lease_expired);
        }
        EXPECT_TRUE(t.table.live_count() == 0 || t.table.next_deadline() == t.now);
        t.pass(1);
        ++turns;
    }
    EXPECT_EQ(turns, 13u); // 200 / 16
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableTime, Peers_row_16_a_million_cycles_through_a_table_of_8_never_exhaust_it) {
    static TableBuilder<8> t;
    t.now = grafos::test::start_time();
    t.table.start(t.now, {5, 6});
    std::array<LeaseId, 8> held{};
    for (LeaseId& id : held) {
        id = t.grant_next();
    }
    uint64_t seed = 11;
    for (uint32_t cycle = 0; cycle < 1'000'000; ++cycle) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        LeaseId& id = held[(seed >> 33) % held.size()];
        const SlotIndex slot = t.table.find(id, t.now).value();
        t.release(slot);
        ASSERT_TRUE(t.table.next_free().is_ok());
        id = t.grant_next();
        if ((cycle & 0xffffu) == 0) {
            ASSERT_TRUE(t.table.check_invariants());
            t.pass(1);
        }
    }
    for (const LeaseId& id : held) {
        t.release(slot_of(id));
    }
    EXPECT_EQ(t.table.count_in(Phase::free), 8u); // no leaked lease
    EXPECT_FALSE(t.table.next_in_use({0}).has_value());
    EXPECT_TRUE(t.table.check_invariants());
}

/// One lease of the model: what the table should know.
struct ModelLease {
    bool is_used = false;
    LeaseId id{};
    uint64_t expires_at = 0;
    uint32_t generation = 0;
    ErrorCode end{}; ///< 0 = not ended
    bool is_free = true;
};

class Model {
public:
    explicit Model(uint64_t seed) : seed_{seed} { t.table.start(t.now, {seed, 1}); }
    void step() {
        const uint32_t slot = random() % 16;
        switch (random() % 8) {
        case 0:
        case 1: grant(); break;
        case 2:
        case 3: renew(slot); break;
        case 4: release(slot); break;
        case 5: t.pass(random() % 300); break;
        case 6: sweep(random() % 4); break;
        case 7: free_one(); break;
        }
        check();
    }

private:
    uint32_t random() {
        seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(seed_ >> 33);
    }
    void grant() {
        if (!t.table.next_free().is_ok()) {
            return;
        }
        GrantSpec spec = t.next_spec();
        spec.ttl = {100 + random() % 2000};
        const SlotIndex slot = t.table.grant(spec, t.now).value();
        EXPECT_TRUE(leases_[slot.value].is_free);
        leases_[slot.value] = {true, spec.id, t.now.ms + spec.ttl.ms, 0, {}, false};
    }
    void renew(uint32_t slot) {
        ModelLease& lease = leases_[slot];
        const auto plan = t.table.plan_renew({slot}, {lease.generation}, t.now, {100 + slot * 100});
        const bool is_live =
            !lease.is_free && lease.end == ErrorCode{} && t.now.ms < lease.expires_at;
        ASSERT_EQ(plan.is_ok(), is_live);
        if (is_live) {
            t.table.renew({slot}, plan.value());
            ++lease.generation;
            const uint64_t end = t.now.ms + 100 + slot * 100;
            lease.expires_at = end > lease.expires_at ? end : lease.expires_at;
        }
    }
    void release(uint32_t slot) {
        ModelLease& lease = leases_[slot];
        if (!t.table.find(lease.id, t.now).is_ok()) {
            return;
        }
        t.end({slot}, ErrorCode::released);
        lease.end = ErrorCode::released;
    }
    void sweep(uint32_t budget) {
        for (auto slot = t.table.next_due(t.now, budget); slot.has_value();
             slot = t.table.next_due(t.now, budget)) {
            ModelLease& lease = leases_[slot->value];
            ASSERT_TRUE(lease.end == ErrorCode{} && lease.expires_at <= t.now.ms);
            t.end(*slot, ErrorCode::lease_expired);
            lease.end = ErrorCode::lease_expired;
        }
    }
    void free_one() {
        const auto slot = t.table.teardown_front(0);
        if (slot.has_value()) {
            ASSERT_TRUE(leases_[slot->value].end != ErrorCode{});
            t.table.enter_free(*slot);
            leases_[slot->value].is_free = true;
        }
    }
    void check() {
        uint64_t earliest = UINT64_MAX;
        for (const ModelLease& lease : leases_) {
            if (!lease.is_used) {
                continue;
            }
            const auto found = t.table.find(lease.id, t.now);
            const bool is_over = lease.end != ErrorCode{} || t.now.ms >= lease.expires_at;
            ASSERT_EQ(found.is_ok(), !is_over);
            if (is_over) {
                ASSERT_EQ(found.error().code,
                          lease.end != ErrorCode{} ? lease.end : ErrorCode::lease_expired);
            }
            if (lease.end == ErrorCode{} && lease.expires_at < earliest) {
                earliest = lease.expires_at;
            }
        }
        ASSERT_LE(t.table.next_deadline().ms, earliest > t.now.ms ? earliest : t.now.ms);
    }

    TableBuilder<16> t{};
    std::array<ModelLease, 16> leases_{};
    uint64_t seed_;

public:
    [[nodiscard]] bool check_slow() const { return t.table.check_invariants(); }
};

TEST(LeaseTableTime, Random_operations_agree_with_a_model_of_plain_records) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(static_cast<unsigned>(seed));
        Model model{seed};
        for (int step = 0; step < 2000; ++step) {
            model.step();
            if (step % 50 == 0) {
                ASSERT_TRUE(model.check_slow());
            }
        }
    }
}

// --- the end of time
// -------------------------------------------------------------------------------------

constexpr uint64_t last = UINT64_MAX - 1; // the last point in time; UINT64_MAX is `never`

TEST(LeaseTableEndOfTime, Peers_row_6_a_grant_past_the_end_of_time_is_refused_and_changes_nothing) {
    TableBuilder<2> t{Instant{last - 1000}};
    GrantSpec spec = t.next_spec();
    spec.ttl = {1001};
    const Error error = t.table.grant(spec, t.now).error();
    EXPECT_EQ(error.code, ErrorCode::exhausted);
    EXPECT_EQ(error.field, Field::ttl);
    EXPECT_EQ(t.table.live_count(), 0u);
    spec.ttl = {1000};
    const SlotIndex slot = t.table.grant(spec, t.now).value();
    EXPECT_EQ(t.table.deadline(slot).ms, last);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableEndOfTime, A_renewal_past_the_end_of_time_is_refused_and_the_lease_still_ends) {
    TableBuilder<2> t{Instant{last - 1000}};
    const LeaseId id = t.grant_next();
    const SlotIndex slot = slot_of(id);
    t.pass(1);
    EXPECT_EQ(t.table.plan_renew(slot, {0}, t.now, 0_ms).error().code, ErrorCode::exhausted);
    EXPECT_EQ(t.table.plan_renew(slot, {0}, t.now, {999}).value().expires_at.ms, last);
    t.now = {last - 1};
    EXPECT_TRUE(t.table.find(id, t.now).is_ok());
    EXPECT_FALSE(t.due().has_value());
    t.now = {last};
    EXPECT_EQ(t.table.find(id, t.now).error().code, ErrorCode::lease_expired);
    EXPECT_EQ(t.due(), slot);
    t.end(slot, ErrorCode::lease_expired);
    t.table.enter_free(slot);
    EXPECT_EQ(t.table.check_grant({}, 100_ms, t.now).error().code, ErrorCode::exhausted);
    EXPECT_TRUE(t.table.check_invariants());
}

TEST(LeaseTableEndOfTime, A_grace_at_the_end_of_time_ends_with_the_lease) {
    TableBuilder<2> t{Instant{last - 1000}};
    const SlotIndex slot = slot_of(t.grant_next());
    t.table.enter_revoke_warning(slot, Reason::operator_drain);
    t.table.enter_grace_running(slot, {UINT64_MAX}, t.now);
    EXPECT_EQ(t.table.deadline(slot).ms, last);
    t.now = {last};
    EXPECT_EQ(t.due(), slot);
}

TEST(LeaseTableEndOfTime, Deadlines_on_both_sides_of_2_to_32_ms_come_in_order) {
    TableBuilder<4> t{Instant{(uint64_t{1} << 32) - 500}};
    for (const uint64_t ms : {uint64_t{400}, uint64_t{499}, uint64_t{500}, uint64_t{600}}) {
        GrantSpec spec = t.next_spec();
        spec.ttl = {ms};
        ASSERT_TRUE(t.table.grant(spec, t.now).is_ok());
    }
    uint32_t next = 0;
    for (uint64_t ms = 0; ms <= 600; ++ms) {
        for (auto slot = t.due(); slot.has_value(); slot = t.due()) {
            EXPECT_EQ(slot->value, next);
            EXPECT_EQ(t.table.deadline(*slot), t.now);
            t.end(*slot, ErrorCode::lease_expired);
            ++next;
        }
        t.pass(1);
    }
    EXPECT_EQ(next, 4u);
}

} // namespace
} // namespace grafos::lease
