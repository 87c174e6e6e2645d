// SPDX-License-Identifier: Apache-2.0
// Calls to the program of a node: who may, what arrives, how often, and what becomes of answers.
#include <algorithm>

#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

/// A program that writes down its calls and answers what the test says.
class Desk final : public node::ProgramDesk {
public:
    explicit Desk(node::FabricService& service) noexcept : service_{service} {}

    Result<> on_call(const node::CallTicket& ticket, const wire::Principal& caller, uint64_t to,
                     Bytes message, Instant now) noexcept override {
        calls += 1;
        last = ticket;
        last_to = to;
        last_caller = caller.exchange_key;
        last_size = message.size();
        copy_bytes(last_message, message);
        if (message.size() == 1) {
            executed[message[0]] += 1;
        }
        if (refusal.has_value()) {
            return *refusal;
        }
        return is_late ? Result<>{ok()} : service_.answer_call(ticket, message, now);
    }

    bool is_late = false; ///< takes calls, and answers none itself
    std::optional<Error> refusal{};
    uint32_t calls = 0;
    node::CallTicket last{};
    uint64_t last_to = 0;
    crypto::ExchangeKey last_caller{};
    size_t last_size = 0;
    std::array<uint8_t, wire::program_message_bytes_max> last_message{};
    std::array<uint8_t, 256> executed{}; ///< messages of one byte, by that byte

private:
    node::FabricService& service_;
};

class ServiceCalls : public ::testing::Test {
protected:
    ServiceCalls() {
        rig.alice_entry.roles = wire::Roles{} | wire::Role::cap | wire::Role::call;
        rig.boot();
        rig.service().open_desk(desk.emplace(rig.service()));
        for (size_t i = 0; i < text.size(); ++i) {
            text[i] = static_cast<uint8_t>(7 * i + 1);
        }
    }
    /// What came back, as long as no other request is asked.
    [[nodiscard]] Result<Bytes> call(ServiceClient& client, uint64_t to, Bytes message) {
        GRAFOS_TRY_ASSIGN(const wire::ProgramCallReply reply,
                          rig.ask<wire::ProgramCallReply>(client, wire::MessageType::program_call,
                                                          wire::ProgramCallRequest{to, message}));
        return reply.answer;
    }
    [[nodiscard]] wire::RequestHandle start(ServiceClient& client, uint64_t to, Bytes message) {
        return rig.start(client, wire::MessageType::program_call,
                         wire::ProgramCallRequest{to, message});
    }
    [[nodiscard]] Result<Bytes> wait_for(ServiceClient& client, wire::RequestHandle request) {
        GRAFOS_TRY_ASSIGN(const Bytes payload,
                          rig.wait_for(client, wire::MessageType::program_call, request));
        GRAFOS_TRY_ASSIGN(const auto reply, wire::decode<wire::ProgramCallReply>(payload));
        return reply.answer;
    }
    [[nodiscard]] uint64_t records() { return rig.node().anchored_end().value; }

    ServiceRig rig{};
    std::optional<Desk> desk{};
    std::array<uint8_t, wire::program_message_bytes_max> text{};
};

TEST_F(ServiceCalls, A_call_reaches_the_program_and_its_answer_the_caller) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, text.size()}) {
        const Bytes message = Bytes{text}.first(size);
        const Result<Bytes> answer = call(rig.alice, UINT64_MAX - size, message);
        ASSERT_TRUE(answer.is_ok()) << name_of(answer.error().code);
        EXPECT_TRUE(is_equal(answer.value(), message));
        EXPECT_EQ(desk->last_to, UINT64_MAX - size);
        EXPECT_EQ(desk->last_size, size);
        EXPECT_TRUE(is_equal(Bytes{desk->last_message}.first(size), message));
        EXPECT_TRUE(desk->last_caller == rig.alice.identity.exchange_key());
    }
    EXPECT_EQ(desk->calls, 4u);
    EXPECT_EQ(rig.service().figures().calls, 4u);
}

TEST_F(ServiceCalls, Without_the_role_nobody_calls_and_the_chain_says_so) {
    const uint64_t before = records();
    const Result<Bytes> answer = call(rig.bob, 1, text);
    ASSERT_FALSE(answer.is_ok());
    EXPECT_EQ(answer.error(), (Error{ErrorCode::denied, Field::role, 0, 64}));
    EXPECT_EQ(desk->calls, 0u);
    EXPECT_TRUE(rig.turn_until([&] { return records() == before + 1; }));
}

TEST_F(ServiceCalls, Without_a_program_a_call_is_not_found_and_only_counted) {
    rig.run(Duration{20});
    const uint64_t before = records();
    const uint64_t counted = rig.node().counters().refusals(ErrorCode::not_found);
    rig.service().close_desk();
    const Result<Bytes> answer = call(rig.alice, 77, text);
    ASSERT_FALSE(answer.is_ok());
    EXPECT_EQ(answer.error(), (Error{ErrorCode::not_found, Field::program, 77, 0}));
    rig.run(Duration{50});
    EXPECT_EQ(records(), before);
    EXPECT_EQ(rig.node().counters().refusals(ErrorCode::not_found), counted + 1);
    rig.service().open_desk(*desk);
    EXPECT_TRUE(call(rig.alice, 77, text).is_ok());
}

TEST_F(ServiceCalls, Two_programs_at_one_desk_are_a_mistake) {
    Desk other{rig.service()};
    EXPECT_ASSERTION(rig.service().open_desk(other));
    rig.service().open_desk(*desk); // the same again is none
}

TEST_F(ServiceCalls, The_programs_refusal_reaches_the_caller_as_it_is) {
    const uint64_t before = records();
    desk->refusal = Error{ErrorCode::stale_epoch, Field::epoch, 12, 13};
    const Result<Bytes> answer = call(rig.alice, 1, text);
    ASSERT_FALSE(answer.is_ok());
    EXPECT_EQ(answer.error(), *desk->refusal);
    rig.run(Duration{50});
    EXPECT_EQ(records(), before) << "what a program refuses is no matter of the chain";
}

TEST_F(ServiceCalls, What_is_no_call_never_reaches_the_program) {
    std::array<uint8_t, 300> bytes{};
    store_big_endian<uint32_t>(bytes.data() + 8, 257);
    const auto longer =
        rig.ask_raw(rig.alice, wire::MessageType::program_call, Bytes{bytes}.first(12 + 257));
    ASSERT_FALSE(longer.is_ok());
    EXPECT_TRUE(longer.error().code == ErrorCode::capacity_exceeded &&
                longer.error().field == Field::data);
    store_big_endian<uint32_t>(bytes.data() + 8, 256); // said, and fewer there
    const auto cut =
        rig.ask_raw(rig.alice, wire::MessageType::program_call, Bytes{bytes}.first(12 + 255));
    ASSERT_FALSE(cut.is_ok());
    EXPECT_TRUE(cut.error().code == ErrorCode::corrupt);
    for (size_t size = 0; size < 12; ++size) {
        const auto answer =
            rig.ask_raw(rig.alice, wire::MessageType::program_call, Bytes{bytes}.first(size));
        ASSERT_FALSE(answer.is_ok());
        EXPECT_TRUE(answer.error().code == ErrorCode::corrupt);
    }
    EXPECT_EQ(desk->calls, 0u);
}

TEST_F(ServiceCalls, An_answer_may_come_in_a_later_turn_and_is_due_at_once) {
    desk->is_late = true;
    const wire::RequestHandle request = start(rig.alice, 1, text);
    EXPECT_TRUE(rig.turn_until([&] { return desk->calls == 1; }));
    rig.run(Duration{5'000}); // heard again and again meanwhile
    EXPECT_EQ(desk->calls, 1u);
    EXPECT_GT(rig.node().next_deadline().ms, rig.raw.ms);
    ASSERT_TRUE(rig.service().answer_call(desk->last, bytes_of("late"), rig.raw).is_ok());
    EXPECT_LE(rig.node().next_deadline().ms, rig.raw.ms) << "or a board that rests never sends";
    const Result<Bytes> answer = wait_for(rig.alice, request);
    ASSERT_TRUE(answer.is_ok());
    EXPECT_TRUE(is_equal(answer.value(), bytes_of("late")));
    EXPECT_GT(rig.node().next_deadline().ms, rig.raw.ms);
}

TEST_F(ServiceCalls, An_answer_is_given_once_and_one_that_is_too_long_is_not_given) {
    desk->is_late = true;
    const wire::RequestHandle request = start(rig.alice, 1, text);
    EXPECT_TRUE(rig.turn_until([&] { return desk->calls == 1; }));
    const std::array<uint8_t, 257> longer{};
    const Result<> refused = rig.service().answer_call(desk->last, longer, rig.raw);
    ASSERT_FALSE(refused.is_ok());
    EXPECT_EQ(refused.error(), (Error{ErrorCode::capacity_exceeded, Field::length, 257, 256}));
    EXPECT_TRUE(rig.service().answer_call(desk->last, text, rig.raw).is_ok());
    EXPECT_TRUE(rig.service().answer_call(desk->last, bytes_of("other"), rig.raw).is_ok());
    const Result<Bytes> answer = wait_for(rig.alice, request);
    ASSERT_TRUE(answer.is_ok());
    EXPECT_TRUE(is_equal(answer.value(), text));
}

TEST_F(ServiceCalls, Of_a_caller_who_is_gone_nobody_hears) {
    desk->is_late = true;
    wire::RequestHandle request = start(rig.alice, 1, text);
    EXPECT_TRUE(rig.turn_until([&] { return desk->calls == 1; }));
    const node::CallTicket early = desk->last;
    ASSERT_TRUE(rig.open(rig.alice)) << "a new session ends the old one";
    const Result<Bytes> lost = wait_for(rig.alice, request);
    ASSERT_FALSE(lost.is_ok());
    EXPECT_TRUE(lost.error().code == ErrorCode::disconnected);
    EXPECT_EQ(lost.error().value, 1u) << "it was sent: outcome unknown";
    request = start(rig.alice, 2, text);
    EXPECT_TRUE(rig.turn_until([&] { return desk->calls == 2; }));
    const uint64_t unwanted = rig.service().sessions().figures().answers_unwanted;
    EXPECT_TRUE(rig.service().answer_call(early, bytes_of("early"), rig.raw).is_ok());
    EXPECT_EQ(rig.service().sessions().figures().answers_unwanted, unwanted + 1);
    EXPECT_TRUE(rig.service().answer_call(desk->last, bytes_of("mine"), rig.raw).is_ok());
    const Result<Bytes> answer = wait_for(rig.alice, request);
    ASSERT_TRUE(answer.is_ok());
    EXPECT_TRUE(is_equal(answer.value(), bytes_of("mine")));
}

TEST_F(ServiceCalls, Whatever_the_net_does_each_call_is_executed_once) {
    rig.net.faults = {.loss_permille = 150,
                      .duplicate_permille = 250,
                      .flip_permille = 10,
                      .delay_least = Duration{0},
                      .delay_most = Duration{30}};
    std::array<wire::RequestHandle, 200> requests{};
    std::array<uint8_t, 200> numbers{};
    for (size_t begin = 0; begin < requests.size(); begin += 10) {
        for (size_t i = begin; i < begin + 10; ++i) {
            numbers[i] = static_cast<uint8_t>(i);
            requests[i] = start(rig.alice, i, Bytes{numbers}.subspan(i, 1));
        }
        for (size_t i = begin; i < begin + 10; ++i) {
            const Result<Bytes> answer = wait_for(rig.alice, requests[i]);
            ASSERT_TRUE(answer.is_ok()) << i << ": " << name_of(answer.error().code);
            EXPECT_TRUE(is_equal(answer.value(), Bytes{numbers}.subspan(i, 1))) << i;
        }
    }
    for (size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(desk->executed[i], 1u) << i;
    }
    EXPECT_GT(rig.alice.session.figures().retransmitted, 20u);
}

TEST_F(ServiceCalls, Calls_beyond_the_turns_budget_are_told_so) {
    std::array<wire::RequestHandle, 64> requests{};
    for (wire::RequestHandle& request : requests) {
        request = start(rig.alice, 1, bytes_of("call"));
    }
    size_t answered = 0;
    size_t limited = 0;
    const Error full{ErrorCode::rate_limited, Field::operation, 0x0700,
                     service_limits.calls_per_turn_max};
    for (const wire::RequestHandle& request : requests) {
        const Result<Bytes> answer = wait_for(rig.alice, request);
        answered += answer.is_ok() ? 1u : 0u;
        limited += !answer.is_ok() && answer.error() == full ? 1u : 0u;
    }
    EXPECT_EQ(answered + limited, requests.size());
    EXPECT_GE(answered, size_t{service_limits.calls_per_turn_max});
    EXPECT_EQ(desk->calls, answered) << "a refused one is not executed";
    EXPECT_GT(limited, 0u);
}

TEST_F(ServiceCalls, A_flood_of_calls_holds_up_neither_renewals_nor_accesses) {
    const ServiceRig::Held held =
        rig.must_hold(rig.oper, 4'096, lease::ResourceKind::memory, Duration{500});
    std::array<wire::RequestHandle, 64> calls{};
    ServiceRig::Held now_held = held;
    uint64_t worst = 0;
    for (int round = 0; round < 20; ++round) {
        for (wire::RequestHandle& call : calls) {
            rig.alice.session.release(call);
            std::array<uint8_t, wire::whole_payload_bytes_max> bytes;
            const auto size = wire::encode(wire::ProgramCallRequest{1, text}, bytes);
            const auto started =
                rig.alice.session.start(wire::MessageType::program_call,
                                        Bytes{bytes}.first(size.value()), Duration{200}, rig.raw);
            call = started.is_ok() ? started.value() : wire::RequestHandle{};
        }
        const Instant before = rig.raw;
        ASSERT_TRUE(rig.write(rig.oper, now_held, 0, bytes_of("mine")).is_ok()) << round;
        const auto renewed = rig.ask<wire::LeaseRenewReply>(
            rig.oper, wire::MessageType::lease_renew,
            wire::LeaseRenewRequest{now_held.token.view(), Duration{}});
        ASSERT_TRUE(renewed.is_ok()) << round;
        now_held.token = lease::token_of(renewed.value().token).value();
        worst = std::max(worst, left_until(rig.raw, before).ms);
    }
    EXPECT_LE(worst, 20u);
    EXPECT_GT(desk->calls, 100u);
}

} // namespace
} // namespace grafos::test
