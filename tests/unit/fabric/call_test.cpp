// SPDX-License-Identifier: Apache-2.0
// Calls to the programs of other machines, over nodes that lose, delay and lie; and grants under a
// key that the program names.
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

constexpr Duration patience{500};
using Answer = std::array<uint8_t, wire::program_message_bytes_max>;

[[nodiscard]] bool is_waiting(const Result<size_t>& result) noexcept {
    return !result.is_ok() && result.error().code == ErrorCode::busy &&
           result.error().field == Field::ticket;
}

TEST(FabricCall, An_answer_comes_and_stays_until_it_is_released) {
    test::OneNode rig;
    Answer answer{};
    const Result<CallHandle> call = rig->fabric().start_call(0, 7, bytes_of("hello"), patience);
    ASSERT_TRUE(call.is_ok());
    EXPECT_TRUE(is_waiting(rig->fabric().poll_call(call.value(), answer)));
    ASSERT_TRUE(
        rig->run_until([&] { return rig->fabric().poll_call(call.value(), answer).is_ok(); }, 20));
    for (int twice = 0; twice < 2; ++twice) {
        const Result<size_t> size = rig->fabric().poll_call(call.value(), answer);
        ASSERT_TRUE(size.is_ok());
        EXPECT_TRUE(is_equal(Bytes{answer}.first(size.value()), bytes_of("HELLO")));
    }
    const Result<size_t> shorter =
        rig->fabric().poll_call(call.value(), MutableBytes{answer}.first(4));
    ASSERT_FALSE(shorter.is_ok());
    EXPECT_EQ(shorter.error(), (Error{ErrorCode::capacity_exceeded, Field::length, 5, 4}));
    rig->fabric().release_call(call.value());
    EXPECT_EQ(rig->nodes[0].open_count(), 0u);
    const Result<size_t> gone = rig->fabric().poll_call(call.value(), answer);
    ASSERT_FALSE(gone.is_ok());
    EXPECT_TRUE(gone.error().code == ErrorCode::not_found && gone.error().field == Field::ticket);
    rig->fabric().release_call(call.value()); // and again: nothing
    EXPECT_EQ(rig->nodes[0].calls, 1u);
}

TEST(FabricCall, What_cannot_be_asked_is_told_at_once) {
    test::OneNode rig;
    const Result<CallHandle> nowhere = rig->fabric().start_call(1, 7, {}, patience);
    ASSERT_FALSE(nowhere.is_ok());
    EXPECT_EQ(nowhere.error(), (Error{ErrorCode::not_found, Field::node_id, 1, 1}));
    const std::array<uint8_t, 257> longer{};
    const Result<CallHandle> refused = rig->fabric().start_call(0, 7, longer, patience);
    ASSERT_FALSE(refused.is_ok());
    EXPECT_EQ(refused.error(), (Error{ErrorCode::capacity_exceeded, Field::length, 257, 256}));
    EXPECT_TRUE(rig->fabric().start_call(0, 7, Bytes{longer}.first(256), patience).is_ok());
    EXPECT_EQ(rig->nodes[0].count(wire::MessageType::program_call), 1u);
}

TEST(FabricCall, A_session_is_opened_by_the_first_call) {
    test::OneNode rig;
    rig->nodes[0].is_reachable = false;
    Answer answer{};
    const Result<CallHandle> early = rig->fabric().start_call(0, 7, bytes_of("a"), patience);
    ASSERT_TRUE(early.is_ok());
    EXPECT_EQ(rig->nodes[0].connects, 1u);
    rig->run(Duration{patience.ms + 1});
    const Result<size_t> never = rig->fabric().poll_call(early.value(), answer);
    ASSERT_FALSE(never.is_ok());
    EXPECT_TRUE(never.error().code == ErrorCode::disconnected);
    EXPECT_EQ(never.error().value, 0u) << "it never left";
    EXPECT_EQ(rig->nodes[0].calls, 0u);
}

TEST(FabricCall, An_answer_that_is_lost_is_an_unknown_outcome) {
    test::OneNode rig;
    rig->nodes[0].is_mute = true;
    Answer answer{};
    const Result<CallHandle> call = rig->fabric().start_call(0, 7, bytes_of("a"), patience);
    ASSERT_TRUE(call.is_ok());
    rig->run(Duration{patience.ms + 1});
    const Result<size_t> unknown = rig->fabric().poll_call(call.value(), answer);
    ASSERT_FALSE(unknown.is_ok());
    EXPECT_TRUE(unknown.error().code == ErrorCode::disconnected);
    EXPECT_EQ(unknown.error().value, 1u);
    EXPECT_EQ(rig->nodes[0].calls, 1u);
}

TEST(FabricCall, Refusals_of_the_node_are_the_callers) {
    test::OneNode rig;
    Answer answer{};
    const Result<CallHandle> call = rig->fabric().start_call(0, 10, {}, patience);
    ASSERT_TRUE(call.is_ok());
    ASSERT_TRUE(rig->run_until(
        [&] { return !is_waiting(rig->fabric().poll_call(call.value(), answer)); }, 20));
    const Result<size_t> refused = rig->fabric().poll_call(call.value(), answer);
    ASSERT_FALSE(refused.is_ok());
    EXPECT_EQ(refused.error(), (Error{ErrorCode::not_found, Field::program, 10, 0}));
}

TEST(FabricCall, Rubbish_is_corrupt) {
    test::OneNode rig;
    rig->nodes[0].answers_rubbish = true;
    Answer answer{};
    const Result<CallHandle> call = rig->fabric().start_call(0, 7, {}, patience);
    ASSERT_TRUE(call.is_ok());
    ASSERT_TRUE(rig->run_until(
        [&] { return !is_waiting(rig->fabric().poll_call(call.value(), answer)); }, 20));
    const Result<size_t> rubbish = rig->fabric().poll_call(call.value(), answer);
    ASSERT_FALSE(rubbish.is_ok());
    EXPECT_TRUE(rubbish.error().code == ErrorCode::corrupt);
}

TEST(FabricCall, Half_a_session_is_for_calls_and_no_more) {
    test::ThreeNodes rig;
    std::array<CallHandle, calls_max(test::rig_fabric.window)> calls{};
    static_assert(calls.size() == 4);
    for (size_t i = 0; i < calls.size(); ++i) {
        const Result<CallHandle> call = rig->fabric().start_call(1, i, {}, patience);
        ASSERT_TRUE(call.is_ok());
        calls[i] = call.value();
    }
    const Result<CallHandle> full = rig->fabric().start_call(1, 9, {}, patience);
    ASSERT_FALSE(full.is_ok());
    EXPECT_EQ(full.error(), (Error{ErrorCode::busy, Field::slot, 5, 4}));
    EXPECT_TRUE(rig->fabric().start_call(2, 9, {}, patience).is_ok()) << "of another node";
    const CallHandle stale = calls[2];
    rig->fabric().release_call(stale);
    const Result<CallHandle> again = rig->fabric().start_call(1, 9, {}, patience);
    ASSERT_TRUE(again.is_ok());
    EXPECT_FALSE(again.value() == stale);
    rig->fabric().release_call(stale); // whose place another one has now
    Answer answer{};
    ASSERT_TRUE(
        rig->run_until([&] { return rig->fabric().poll_call(again.value(), answer).is_ok(); }, 20));
    EXPECT_TRUE(rig->fabric().poll_call(stale, answer).error().code == ErrorCode::not_found);
    CallHandle wrong = again.value();
    wrong.home = 9;
    rig->fabric().release_call(wrong);
    wrong = {1, 99, again.value().number};
    rig->fabric().release_call(wrong);
    rig->fabric().release_call({});
    EXPECT_TRUE(rig->fabric().poll_call(again.value(), answer).is_ok());
}

TEST(FabricCall, A_node_with_a_narrow_window_keeps_half_of_that_for_leases) {
    test::OneNode rig;
    for (const uint16_t window : {uint16_t{6}, uint16_t{4}, uint16_t{2}, uint16_t{1}}) {
        rig->nodes[0].told_window = window;
        rig->nodes[0].connect(rig->now); // it has been reached
        const size_t most = window == 1 ? 1 : window / 2u;
        std::array<CallHandle, 3> calls{};
        for (size_t i = 0; i < most; ++i) {
            const Result<CallHandle> call = rig->fabric().start_call(0, i, {}, patience);
            ASSERT_TRUE(call.is_ok()) << window;
            calls[i] = call.value();
        }
        const Result<CallHandle> full = rig->fabric().start_call(0, 9, {}, patience);
        ASSERT_FALSE(full.is_ok());
        EXPECT_EQ(full.error(), (Error{ErrorCode::busy, Field::slot, most + 1, most}));
        for (const CallHandle& call : calls) {
            rig->fabric().release_call(call);
        }
    }
}

// --- keys

TEST(FabricKey, A_grant_is_asked_for_under_the_key_and_without_one_under_a_fresh_one) {
    test::OneNode rig;
    const AllocKey key{{1, 2, 3}};
    const auto named = MemBuilder{rig->fabric()}.key(key).on("one").acquire(*rig);
    const auto fresh = MemBuilder{rig->fabric()}.on("one").acquire(*rig);
    ASSERT_TRUE(named.is_ok() && fresh.is_ok());
    EXPECT_TRUE(rig->nodes[0].leases[0].key == key);
    EXPECT_FALSE(rig->nodes[0].leases[1].key == key);
    EXPECT_FALSE(rig->nodes[0].leases[1].key.is_zero());
}

TEST(FabricKey, Zero_is_no_key) {
    test::OneNode rig;
    const auto lease = MemBuilder{rig->fabric()}.key(AllocKey{}).acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_EQ(lease.error(), (Error{ErrorCode::invalid_argument, Field::alloc_key, 0, 1}));
}

TEST(FabricKey, A_lease_that_this_program_holds_is_not_given_twice) {
    test::OneNode rig;
    const AllocKey key{{9}};
    std::optional<MemLease> first{
        MemBuilder{rig->fabric()}.key(key).on("one").acquire(*rig).value()};
    const auto second =
        MemBuilder{rig->fabric()}.key(key).on("one").patience(Duration{200}).acquire(*rig);
    ASSERT_FALSE(second.is_ok());
    EXPECT_EQ(second.error(), (Error{ErrorCode::busy, Field::alloc_key}));
    EXPECT_EQ(rig->fabric().count(), 1u);
    EXPECT_TRUE(first->status().is_ok());
    first.reset(); // while it is let go of, the next one waits
    const auto third = MemBuilder{rig->fabric()}.key(key).on("one").acquire(*rig);
    ASSERT_TRUE(third.is_ok());
    EXPECT_EQ(rig->nodes[0].grants, 2u);
}

} // namespace
} // namespace grafos::fabric
