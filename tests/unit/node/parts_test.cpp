// SPDX-License-Identifier: Apache-2.0
// The small parts of a node: time, lines, words, outbox.
#include "core/node/command_line.hpp"
#include "core/node/outbox.hpp"
#include "core/node/time_keeper.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using node::CommandLine;
using node::LineReader;
using node::Outbox;
using node::OutboxSlot;
using node::TimeKeeper;

TEST(TimeKeeper, The_first_reading_only_sets_the_base) {
    TimeKeeper time{Instant{7}};
    EXPECT_EQ(time.advance(start_time()).ms, 7u);
    EXPECT_EQ(time.advance(saturating_add(start_time(), Duration{5})).ms, 12u);
}

TEST(TimeKeeper, Steps_back_are_counted_and_lost) {
    TimeKeeper time{Instant{0}};
    (void)time.advance(Instant{1'000});
    EXPECT_EQ(time.advance(Instant{1'010}).ms, 10u);
    EXPECT_EQ(time.advance(Instant{500}).ms, 10u);
    EXPECT_EQ(time.steps_back(), 1u);
    EXPECT_EQ(time.advance(Instant{503}).ms, 13u);
    EXPECT_EQ(time.raw_of(Instant{20}).ms, 510u);
    EXPECT_EQ(time.raw_of(Instant{1}).ms, 503u) << "what is past is due at once";
    EXPECT_TRUE(time.raw_of(Instant::never()) == Instant::never());
}

TEST(TimeKeeper, The_end_of_time_is_reached_and_not_passed) {
    TimeKeeper time{Instant{~uint64_t{0} - 10}};
    (void)time.advance(Instant{0});
    EXPECT_TRUE(time.advance(Instant{100}) == Instant::never());
    EXPECT_TRUE(time.advance(Instant{200}) == Instant::never());
}

TEST(LineReader, Ends_lines_at_any_line_end_and_once_for_a_pair) {
    LineReader reader;
    size_t lines = 0;
    for (const char byte : std::string_view{"a\rb\nc\r\nd\n\r"}) {
        lines += reader.feed(static_cast<uint8_t>(byte)) == LineReader::Event::line ? 1u : 0u;
    }
    EXPECT_EQ(lines, 5u) << "a, b, c, d and an empty one";
}

TEST(LineReader, Takes_exactly_as_much_as_it_promises) {
    LineReader reader;
    for (size_t i = 0; i < limits::console_line_bytes_max; ++i) {
        EXPECT_TRUE(reader.feed('x') == LineReader::Event::none);
    }
    EXPECT_TRUE(reader.feed('\n') == LineReader::Event::line);
    EXPECT_EQ(reader.text().size(), limits::console_line_bytes_max);
    for (size_t i = 0; i <= limits::console_line_bytes_max; ++i) {
        EXPECT_TRUE(reader.feed('x') == LineReader::Event::none);
    }
    EXPECT_TRUE(reader.feed('\n') == LineReader::Event::too_long);
}

TEST(CommandLine, Splits_words_and_options) {
    const auto line = CommandLine::parse("  lease\talloc  x=1 yy=2=3 ");
    ASSERT_TRUE(line.is_ok());
    EXPECT_EQ(line.value().count(), 2u);
    EXPECT_TRUE(line.value().word(1) == "alloc");
    EXPECT_TRUE(line.value().word(2).empty());
    EXPECT_TRUE(line.value().option("x") == "1");
    EXPECT_TRUE(line.value().option("yy") == "2=3");
    EXPECT_TRUE(line.value().option("y").empty());
    EXPECT_TRUE(line.value().check_shape(2, 2, {"x", "yy"}).is_ok());
    EXPECT_TRUE(line.value().check_shape(3, 4, {"x", "yy"}).error().field == Field::argument);
    EXPECT_TRUE(line.value().check_shape(1, 1, {"x", "yy"}).error().field == Field::argument);
    EXPECT_TRUE(line.value().check_shape(2, 2, {"x"}).error().field == Field::option);
}

TEST(CommandLine, Refuses_what_is_no_line) {
    EXPECT_TRUE(CommandLine::parse("a\x80").error().field == Field::line);
    EXPECT_TRUE(CommandLine::parse("a b=1 c").error().field == Field::option);
    EXPECT_TRUE(CommandLine::parse("a b=1 b=2").error().field == Field::option);
    EXPECT_TRUE(CommandLine::parse("a b=").error().field == Field::option);
    EXPECT_TRUE(CommandLine::parse("1 2 3 4 5 6 7 8").is_ok());
    EXPECT_TRUE(CommandLine::parse("1 2 3 4 5 6 7 8 9").error().field == Field::argument);
}

class NodeOutbox : public ::testing::Test {
protected:
    std::array<OutboxSlot, 3> slots{};
    Outbox outbox{slots};
    lease::Request grant{.operation = lease::Operation::grant};
    lease::Request release{.operation = lease::Operation::release};
};

TEST_F(NodeOutbox, Hands_requests_out_by_class_in_the_order_they_came) {
    ASSERT_TRUE(outbox.put(grant).is_ok());
    ASSERT_TRUE(outbox.put(release).is_ok());
    grant.amount_bytes = 2;
    ASSERT_TRUE(outbox.put(grant).is_ok());
    OutboxSlot* const first = outbox.next_queued(node::RequestClass::grant);
    ASSERT_TRUE(first != nullptr);
    EXPECT_EQ(first->request.amount_bytes, 0u);
    outbox.answer(*first, lease::Answer{});
    EXPECT_EQ(outbox.next_queued(node::RequestClass::grant)->request.amount_bytes, 2u);
    EXPECT_TRUE(outbox.next_queued(node::RequestClass::end_or_renew)->request.operation ==
                lease::Operation::release);
    EXPECT_EQ(outbox.queued_count(), 2u);
}

TEST_F(NodeOutbox, Copies_the_identity_and_refuses_one_that_is_too_long) {
    std::array<uint8_t, 33> identity{1, 2, 3};
    grant.caller.identity = identity;
    EXPECT_TRUE(outbox.put(grant).error().field == Field::identity);
    grant.caller.identity = Bytes{identity}.first(3);
    ASSERT_TRUE(outbox.put(grant).is_ok());
    identity = {};
    const Bytes kept = outbox.next_queued(node::RequestClass::grant)->request.caller.identity;
    EXPECT_EQ(kept.size(), 3u);
    EXPECT_EQ(kept[2], 3u);
}

TEST_F(NodeOutbox, A_ticket_is_stale_once_its_slot_is_released) {
    const auto ticket = outbox.put(grant);
    ASSERT_TRUE(ticket.is_ok());
    OutboxSlot& slot = *outbox.find(ticket.value()).value();
    EXPECT_ASSERTION(outbox.release(slot));
    outbox.answer(slot, Error{ErrorCode::denied, Field::role, 0, 0});
    EXPECT_ASSERTION(outbox.answer(slot, lease::Answer{}));
    EXPECT_TRUE(slot.is_refused);
    outbox.release(slot);
    EXPECT_TRUE(outbox.find(ticket.value()).error().field == Field::ticket);
    const auto next = outbox.put(grant);
    ASSERT_TRUE(next.is_ok());
    EXPECT_TRUE(next.value() != ticket.value());
    EXPECT_FALSE(outbox.find(ticket.value()).is_ok());
}

TEST_F(NodeOutbox, What_no_grantor_executes_does_not_get_in) {
    for (const lease::Operation operation :
         {lease::Operation::look, lease::Operation::other, lease::Operation{}}) {
        EXPECT_TRUE(outbox.put({.operation = operation}).error().field == Field::operation);
    }
}

TEST_F(NodeOutbox, Hands_a_services_answers_out_in_their_order_refusals_apart) {
    for (uint32_t cookie = 1; cookie <= 3; ++cookie) {
        ASSERT_TRUE(outbox.put_for_service(release, cookie).is_ok());
    }
    EXPECT_TRUE(outbox.next_refused() == nullptr && outbox.next_proven() == nullptr);
    const auto execute = [&](const Result<lease::Answer>& result) {
        outbox.answer(*outbox.next_queued(node::RequestClass::end_or_renew), result);
    };
    execute(lease::Answer{});
    execute(Error{ErrorCode::denied, Field::role, 0, 0});
    execute(lease::Answer{});
    ASSERT_TRUE(outbox.next_refused() != nullptr && outbox.next_proven() != nullptr);
    EXPECT_EQ(outbox.next_refused()->cookie, 2u);
    outbox.release(*outbox.next_refused());
    EXPECT_TRUE(outbox.next_refused() == nullptr);
    OutboxSlot& first = *outbox.next_proven();
    EXPECT_EQ(first.cookie, 1u);
    outbox.release(first);
    EXPECT_EQ(outbox.next_proven()->cookie, 3u);
    outbox.release(*outbox.next_proven());
    EXPECT_TRUE(outbox.next_proven() == nullptr);
}

TEST_F(NodeOutbox, Every_slot_is_used_again_in_any_mix_of_doors) {
    for (uint32_t round = 0; round < 10; ++round) {
        const auto ticket = outbox.put(grant);
        ASSERT_TRUE(ticket.is_ok()) << round;
        ASSERT_TRUE(outbox.put_for_service(release, round).is_ok());
        ASSERT_TRUE(outbox.put_for_service(grant, round).is_ok());
        EXPECT_TRUE(outbox.put(grant).error().field == Field::outbox);
        outbox.answer(*outbox.next_queued(node::RequestClass::grant), lease::Answer{});
        outbox.answer(*outbox.next_queued(node::RequestClass::grant), lease::Answer{});
        outbox.start_clearing(*outbox.next_queued(node::RequestClass::end_or_renew));
        EXPECT_EQ(outbox.queued_count(), 0u);
        outbox.release(*outbox.next_proven());
        outbox.answer(*outbox.clearing(), lease::Answer{});
        EXPECT_TRUE(outbox.clearing() == nullptr);
        outbox.release(*outbox.next_proven());
        outbox.release(*outbox.find(ticket.value()).value());
    }
}

TEST_F(NodeOutbox, Full_refuses_and_keeps_everything) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(outbox.put(release).is_ok());
    }
    const auto one_more = outbox.put(grant);
    ASSERT_FALSE(one_more.is_ok());
    EXPECT_EQ(one_more.error(), (Error{ErrorCode::capacity_exceeded, Field::outbox, 4, 3}));
    EXPECT_EQ(outbox.queued_count(), 3u);
}

} // namespace
} // namespace grafos::test
