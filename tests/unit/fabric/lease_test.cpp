// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

using test::OneNode;
using wire::MessageType;

[[nodiscard]] MemLease must_acquire(OneNode& rig, Duration ttl = Duration{10'000}) {
    Result<MemLease> lease = MemBuilder{rig->fabric()}.min_bytes(4096).lease_ttl(ttl).acquire(*rig);
    EXPECT_TRUE(lease.is_ok());
    return std::move(lease).value();
}

TEST(FabricLease, Its_end_sends_nothing_by_itself_and_frees_it_in_the_next_turns) {
    OneNode rig;
    {
        const MemLease lease = must_acquire(rig);
        EXPECT_EQ(rig->nodes[0].live_count(), 1u);
    }
    EXPECT_EQ(rig->nodes[0].count(MessageType::lease_free), 0u); // the destructor only marks
    rig->run(Duration{4});
    EXPECT_EQ(rig->nodes[0].count(MessageType::lease_free), 1u);
    EXPECT_EQ(rig->nodes[0].live_count(), 0u);
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->fabric().figures().released, 1u);
    EXPECT_EQ(rig->nodes[0].open_count(), 0u);
}

TEST(FabricLease, A_release_that_is_lost_is_told_again) {
    OneNode rig;
    { const MemLease lease = must_acquire(rig); }
    rig->nodes[0].is_deaf = true;
    rig->run(Duration{1'500});
    EXPECT_EQ(rig->fabric().count(), 1u);
    EXPECT_GE(rig->nodes[0].count(MessageType::lease_free), 2u);
    rig->nodes[0].is_deaf = false;
    rig->run(Duration{700});
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->nodes[0].frees, 1u);
    EXPECT_EQ(rig->fabric().figures().released, 1u);
}

TEST(FabricLease, A_release_whose_answer_is_lost_has_happened) {
    OneNode rig;
    { const MemLease lease = must_acquire(rig); }
    rig->nodes[0].is_mute = true;
    rig->run(Duration{700});
    rig->nodes[0].is_mute = false;
    rig->run(Duration{700});
    EXPECT_EQ(rig->nodes[0].frees, 1u);
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->fabric().figures().released, 1u); // "released" is as good as a yes
}

TEST(FabricLease, A_release_that_never_gets_through_is_left_to_the_ttl) {
    OneNode rig;
    { const MemLease lease = must_acquire(rig, Duration{2'000}); }
    rig->nodes[0].is_reachable = false;
    rig->run(Duration{3'000});
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->fabric().figures().left_to_ttl, 1u);
    EXPECT_EQ(rig->nodes[0].live_count(), 0u);
}

TEST(FabricLease, Moving_hands_it_over_and_frees_nothing) {
    OneNode rig;
    MemLease first = must_acquire(rig);
    const LeaseId id = first.lease_id();
    MemLease second{std::move(first)};
    EXPECT_FALSE(first.has_lease()); // NOLINT: what a moved-from lease says is promised
    EXPECT_TRUE(second.has_lease());
    EXPECT_TRUE(second.lease_id() == id);
    rig->run(Duration{5});
    EXPECT_EQ(rig->nodes[0].frees, 0u);
    EXPECT_TRUE(second.status().is_ok());
    EXPECT_ASSERTION((void)first.status().is_ok());
}

TEST(FabricLease, Assigning_over_a_lease_frees_the_one_that_was_there) {
    OneNode rig;
    MemLease first = must_acquire(rig);
    MemLease second = must_acquire(rig);
    const LeaseId kept = second.lease_id();
    first = std::move(second);
    rig->run(Duration{5});
    EXPECT_EQ(rig->nodes[0].frees, 1u);
    EXPECT_TRUE(first.lease_id() == kept);
    EXPECT_TRUE(first.status().is_ok());
    MemLease& self = first;
    first = std::move(self);
    EXPECT_TRUE(first.has_lease());
    EXPECT_TRUE(first.status().is_ok());
}

TEST(FabricLease, A_handle_dies_with_its_lease_and_never_reaches_the_next_one) {
    OneNode rig;
    std::optional<MemLease> lease{must_acquire(rig)};
    FabricMem mem = lease->mem();
    ASSERT_TRUE(mem.write(0, bytes_of("mine"), *rig).is_ok());
    lease.reset();
    std::array<uint8_t, 4> bytes{};
    EXPECT_TRUE(mem.hello().error().code == ErrorCode::released);
    EXPECT_TRUE(mem.start_read(0, bytes).error().code == ErrorCode::released);
    rig->run(Duration{5});
    EXPECT_TRUE(mem.hello().error().code == ErrorCode::not_found);
    const MemLease next = must_acquire(rig); // in the same slot
    const uint32_t uses = rig->nodes[0].uses;
    EXPECT_TRUE(mem.start_read(0, bytes).error().code == ErrorCode::not_found);
    EXPECT_TRUE(mem.start_write(0, bytes).error().code == ErrorCode::not_found);
    EXPECT_TRUE(mem.poll({1}).error().code == ErrorCode::not_found);
    rig->run(Duration{3});
    EXPECT_EQ(rig->nodes[0].uses, uses);
}

TEST(FabricLease, Dropped_in_a_turn_with_work_in_flight_it_leaves_nothing_behind) {
    OneNode rig;
    rig->nodes[0].delay = Duration{3};
    std::array<uint8_t, 64> bytes{};
    {
        MemLease lease = must_acquire(rig);
        FabricMem mem = lease.mem();
        ASSERT_TRUE(mem.start_read(0, bytes).is_ok());
        rig->step(Duration{1});
        ASSERT_TRUE(mem.start_read(0, bytes).is_ok());
    }
    for (uint8_t& byte : rig->nodes[0].memory) {
        byte = 0xEE;
    }
    rig->run(Duration{20});
    EXPECT_EQ(rig->fabric().count(), 0u);
    EXPECT_EQ(rig->nodes[0].open_count(), 0u);
    EXPECT_TRUE(is_all_zero(bytes)); // nothing was written behind the program's back
}

TEST(FabricLease, The_first_terminal_code_stays) {
    for (const ErrorCode code : {ErrorCode::revoked, ErrorCode::fenced, ErrorCode::released}) {
        OneNode rig;
        MemLease lease = must_acquire(rig);
        FabricMem mem = lease.mem();
        std::array<uint8_t, 8> bytes{};
        rig->nodes[0].end_lease(0, code);
        EXPECT_TRUE(mem.read(0, bytes, *rig).error().code == code);
        EXPECT_TRUE(lease.status().error().code == code);
        rig->nodes[0].end_lease(0, ErrorCode::stale_epoch);
        EXPECT_TRUE(mem.read(0, bytes, *rig).error().code == code);
        const uint32_t asked = rig->nodes[0].count(MessageType::lease_renew);
        rig->run(Duration{12'000}); // past its deadline: still the first code
        EXPECT_TRUE(lease.status().error().code == code);
        EXPECT_EQ(rig->nodes[0].count(MessageType::lease_renew), asked); // no longer renewed
        EXPECT_EQ(rig->fabric().figures().ended, 1u);
    }
}

TEST(FabricLease, An_ended_lease_is_let_go_without_a_word) {
    OneNode rig;
    {
        MemLease lease = must_acquire(rig);
        rig->nodes[0].end_lease(0, ErrorCode::revoked);
        std::array<uint8_t, 8> bytes{};
        EXPECT_FALSE(lease.mem().read(0, bytes, *rig).is_ok());
    }
    rig->run(Duration{3});
    EXPECT_EQ(rig->nodes[0].count(MessageType::lease_free), 0u);
    EXPECT_EQ(rig->fabric().count(), 0u);
}

TEST(FabricLease, A_warning_is_seen_in_any_answer) {
    OneNode rig;
    MemLease lease = must_acquire(rig);
    EXPECT_FALSE(lease.is_warned());
    rig->nodes[0].is_warned = true;
    ASSERT_TRUE(lease.mem().write(0, bytes_of("x"), *rig).is_ok());
    EXPECT_TRUE(lease.is_warned());
    EXPECT_TRUE(lease.status().is_ok()); // usable until its end: that is what the grace is for
    OneNode other;
    other->nodes[0].is_warned = false;
    const MemLease renewed = must_acquire(other);
    other->nodes[0].is_warned = true;
    other->run(Duration{9'000});
    EXPECT_TRUE(renewed.is_warned()); // said in the answer to a renewal
}

} // namespace
} // namespace grafos::fabric
