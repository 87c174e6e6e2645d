// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/history/history.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

[[nodiscard]] std::string_view line_of(const History& history, OperationIndex operation,
                                       std::span<char> buffer) noexcept {
    TextWriter out{buffer};
    put_operation(out, history, operation);
    return out.text();
}

TEST(History, Calls_and_answers_take_positions_in_the_order_they_come) {
    HistoryOf<4> history;
    ASSERT_EQ(history.call({.client = 1, .object = 7}, Instant{10}).value(), 0u);
    ASSERT_EQ(history.call({.client = 2, .object = 9}, Instant{11}).value(), 1u);
    history.answer(1, {.value = 5}, Instant{12});
    history.answer(0, {.value = 6}, Instant{13});
    EXPECT_EQ(history[0].called, 0u);
    EXPECT_EQ(history[1].called, 1u);
    EXPECT_EQ(history[1].answered, 2u);
    EXPECT_EQ(history[0].answered, 3u);
    EXPECT_EQ(history[0].answer.value, 6u);
    EXPECT_EQ(history[0].answered_at.ms, 13u);
    EXPECT_EQ(history.event_count(), 4u);
    EXPECT_EQ(history.object_count(), 2u);
    EXPECT_EQ(history[1].object_number, 1u);
}

TEST(History, What_was_lost_stays_open_and_its_client_goes_on) {
    HistoryOf<4> history;
    ASSERT_TRUE(history.call({.client = 1}, Instant{}).is_ok());
    history.lose(0);
    ASSERT_TRUE(history.call({.client = 1}, Instant{}).is_ok());
    history.refuse(1);
    EXPECT_TRUE(history[0].outcome == History::Outcome::open);
    EXPECT_EQ(history[0].answered, History::never);
    EXPECT_TRUE(history[1].outcome == History::Outcome::refused);
    EXPECT_EQ(history.event_count(), 2u);
}

TEST(History, A_full_one_says_that_it_is_cut) {
    HistoryOf<2> history;
    for (uint32_t client = 0; client < 2; ++client) {
        ASSERT_TRUE(history.call({.client = client}, Instant{}).is_ok());
    }
    EXPECT_FALSE(history.is_cut());
    EXPECT_TRUE(history.call({.client = 2}, Instant{}).error().code ==
                ErrorCode::capacity_exceeded);
    EXPECT_TRUE(history.is_cut());
    EXPECT_EQ(history.operations().size(), 2u);
    history.clear();
    EXPECT_FALSE(history.is_cut());
    EXPECT_TRUE(history.call({.client = 0}, Instant{}).is_ok());
}

TEST(History, More_objects_than_it_knows_cut_it) {
    HistoryOf<History::objects_max + 1> history;
    for (uint32_t object = 0; object < History::objects_max; ++object) {
        const auto made = history.call({.object = object}, Instant{});
        ASSERT_TRUE(made.is_ok());
        history.answer(made.value(), {}, Instant{});
    }
    EXPECT_FALSE(history.is_cut());
    EXPECT_FALSE(history.call({.object = History::objects_max}, Instant{}).is_ok());
    EXPECT_TRUE(history.is_cut());
}

TEST(History, A_client_waits_for_one_thing_at_a_time) {
    HistoryOf<4> history;
    ASSERT_TRUE(history.call({.client = 3}, Instant{}).is_ok());
    EXPECT_ASSERTION(history.call({.client = 3}, Instant{}));
    EXPECT_ASSERTION(history.call({.client = History::clients_max}, Instant{}));
    EXPECT_ASSERTION(history.call({.client = 4, .verb = Verb::lock}, Instant{}));
    history.answer(0, {}, Instant{});
    EXPECT_ASSERTION(history.answer(0, {}, Instant{}));
    EXPECT_ASSERTION(history.lose(1));
}

TEST(History, An_operation_is_shown_in_one_line) {
    HistoryOf<8> history;
    std::array<char, 160> buffer;
    const auto called = [&](const Call& call) { return history.call(call, Instant{1200}).value(); };
    const OperationIndex exchange = called(
        {.client = 3, .verb = Verb::compare_exchange, .object = 64, .value = 2, .expected = 1});
    history.answer(exchange, {.is_done = false, .value = 7}, Instant{1300});
    EXPECT_EQ(line_of(history, exchange, buffer),
              "#0 client 3 compare_exchange object 64 1 -> 2: found 7, not done [0, 1] at 1200 ms");
    const OperationIndex commit = called({.client = 1,
                                          .verb = Verb::commit,
                                          .is_release = true,
                                          .value = 5,
                                          .nonce = 9,
                                          .generation = 4});
    EXPECT_EQ(line_of(history, commit, buffer),
              "#1 client 1 commit object 0 5 nonce 9 generation 4 release: no answer [2, -] at "
              "1200 ms");
    history.refuse(commit);
    EXPECT_EQ(line_of(history, commit, buffer),
              "#1 client 1 commit object 0 5 nonce 9 generation 4 release: refused [2, -] at "
              "1200 ms");
    const OperationIndex lock = called({.client = 2, .verb = Verb::lock, .nonce = 8});
    history.answer(lock, {.is_done = true, .generation = 2, .commits = 1}, Instant{1300});
    EXPECT_EQ(line_of(history, lock, buffer),
              "#2 client 2 lock object 0 nonce 8: granted, generation 2, commits 1 [3, 4] at "
              "1200 ms");
}

} // namespace
} // namespace grafos::test
