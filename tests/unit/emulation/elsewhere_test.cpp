// SPDX-License-Identifier: Apache-2.0
/// Actors on other machines: what the carrier is given, and what comes back.
#include "examples/emulation/refusal.hpp"
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {
namespace {

using What = Puppet::What;

class TestCarrier final : public Carrier {
public:
    Result<> carry(const Letter& letter) noexcept override {
        if (refusal.has_value()) {
            return *refusal;
        }
        carried += 1;
        last.become(letter, letter.view());
        if (on_carry != nullptr) {
            on_carry(*this, letter);
        }
        return ok();
    }
    void carry_answer(uint32_t call, const Letter& letter) noexcept override {
        answered += 1;
        last_call = call;
        last.become(letter, letter.view());
    }
    System* system = nullptr;
    void (*on_carry)(TestCarrier&, const Letter&) = nullptr;
    std::optional<Error> refusal{};
    uint32_t carried = 0;
    uint32_t answered = 0;
    uint32_t last_call = 0;
    Letter last{};
};

/// anna here, and somebody far away.
struct TwoPlaces : Stage<1> {
    explicit TwoPlaces(uint16_t mailbox_max = mailbox_default) : Stage{1, nullptr, mailbox_max} {
        system.set_carrier(&carrier);
        carrier.system = &system;
        const auto started = system.start_elsewhere<PuppetProtocol>("far");
        EXPECT_TRUE(started.is_ok());
        far = started.value();
        anna.peer = far;
        anna.on_pull = &ask_peer;
    }
    static Bytes number(std::array<uint8_t, 8>& bytes, uint64_t value) {
        store_big_endian(bytes.data(), value);
        return bytes;
    }
    TestCarrier carrier;
    PuppetAddress far{};
    Puppet& anna = puppet[0];
};

TEST(EmulationElsewhere, A_question_leaves_whole_and_its_answer_comes_back) {
    TwoPlaces stage;
    stage.pull(0);
    stage.run_until(10_ms);
    ASSERT_EQ(stage.carrier.carried, 1u);
    EXPECT_EQ(stage.carrier.last.kind, LetterKind::question);
    EXPECT_EQ(stage.carrier.last.message, 2u);
    EXPECT_EQ(stage.carrier.last.to, ActorNumber{1});
    EXPECT_EQ(load_big_endian<uint64_t>(stage.carrier.last.bytes.data()), 1u);
    EXPECT_EQ(stage.system.figures().letters, 0u) << "it is the carrier's now";
    std::array<uint8_t, 8> bytes{};
    stage.system.take_answer(ActorNumber{0}, stage.carrier.last.call, TwoPlaces::number(bytes, 77));
    stage.run_until(10_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_EQ(stage.anna.seen[1].value, 77u);
    EXPECT_EQ(stage.journal.get(Journal::What::sent, 2).from, ActorNumber{1});
    EXPECT_EQ(stage.journal.get(Journal::What::arrived, 1).kind, LetterKind::answer);
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
}

TEST(EmulationElsewhere, A_refusal_comes_back_whole) {
    TwoPlaces stage;
    stage.pull(0);
    stage.run_until(0_ms);
    const Error why{ErrorCode::stale_epoch, Field::epoch, 3, 4};
    stage.system.take_answer(ActorNumber{0}, stage.carrier.last.call, why);
    stage.run_until(0_ms);
    EXPECT_TRUE(stage.anna.last_error == why);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, Whoever_gets_no_answer_from_there_runs_out_of_patience) {
    TwoPlaces stage;
    stage.pull(0);
    stage.run_until(1'000_ms);
    EXPECT_EQ(stage.anna.last_error.code, ErrorCode::disconnected);
    const uint32_t call = stage.carrier.last.call;
    std::array<uint8_t, 8> bytes{};
    stage.system.take_answer(ActorNumber{0}, call, TwoPlaces::number(bytes, 1));
    stage.pull(0); // the next call is open when the first one's answer comes once more
    stage.run_until(1'001_ms);
    stage.system.take_answer(ActorNumber{0}, call, TwoPlaces::number(bytes, 1));
    stage.run_until(1'002_ms);
    EXPECT_EQ(stage.anna.count, 3u);
    EXPECT_EQ(stage.system.figures().lost, 2u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, An_answer_that_is_too_long_or_no_answer_is_corrupt) {
    for (size_t size = 0; size <= message_bytes_max + 8; ++size) {
        TwoPlaces stage;
        stage.pull(0);
        stage.run_until(0_ms);
        std::array<uint8_t, message_bytes_max + 8> bytes{};
        bytes.fill(0xff); // what follows the number is no TLV
        stage.system.take_answer(ActorNumber{0}, stage.carrier.last.call, Bytes{bytes}.first(size));
        stage.run_until(0_ms);
        ASSERT_EQ(stage.anna.count, 2u);
        EXPECT_EQ(stage.anna.seen[1].what, size == 8 ? What::answer : What::refusal) << size;
        EXPECT_EQ(stage.system.figures().letters, 0u) << size;
        if (size != 8) {
            const ErrorCode code = stage.anna.last_error.code;
            const bool is_long = size > 8 + wire::payload_tlv_bytes_max; // for what may follow
            EXPECT_TRUE(code == ErrorCode::corrupt ||
                        (is_long && code == ErrorCode::capacity_exceeded))
                << size;
        }
    }
}

TEST(EmulationElsewhere, What_the_carrier_does_not_take_is_refused_with_its_reason) {
    TwoPlaces stage;
    stage.carrier.refusal = Error{ErrorCode::busy, Field::outbox, 1, 2};
    stage.pull(0);
    stage.run_until(0_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_TRUE((stage.anna.last_error == Error{ErrorCode::busy, Field::outbox, 1, 2}));
    EXPECT_EQ(stage.system.figures().lost, 1u);
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
    stage.anna.on_pull = &note_to_peer;
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(stage.system.figures().lost, 2u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, An_answer_may_come_while_the_question_is_handed_over) {
    TwoPlaces stage;
    stage.carrier.on_carry = [](TestCarrier& carrier, const Letter& letter) {
        std::array<uint8_t, 8> bytes{};
        carrier.system->take_answer(letter.from, letter.call, TwoPlaces::number(bytes, 5));
        carrier.system->take_answer(letter.from, letter.call, Error{ErrorCode::io});
    };
    stage.pull(0);
    stage.run_until(0_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_EQ(stage.anna.seen[1].value, 5u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, A_carrier_that_answers_and_then_refuses_is_heard_once) {
    class Twice final : public Carrier {
    public:
        explicit Twice(System& system) noexcept : system_{system} {}
        Result<> carry(const Letter& letter) noexcept override {
            std::array<uint8_t, 8> bytes{};
            system_.take_answer(letter.from, letter.call, TwoPlaces::number(bytes, 5));
            return Error{ErrorCode::busy};
        }
        void carry_answer(uint32_t, const Letter&) noexcept override {}

    private:
        System& system_;
    };
    TwoPlaces stage;
    Twice twice{stage.system};
    stage.system.set_carrier(&twice);
    stage.pull(0);
    stage.run_until(2'000_ms);
    ASSERT_EQ(stage.anna.count, 2u);
    EXPECT_EQ(stage.anna.seen[1].value, 5u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, An_answer_that_finds_no_letter_here_ends_the_call) {
    for (const bool is_answer : {true, false}) {
        TwoPlaces stage{64};
        stage.pull(0);
        stage.run_until(0_ms);
        for (size_t i = 0; i < 32; ++i) {
            stage.pull(0);
        }
        std::array<uint8_t, 8> bytes{};
        const uint32_t call = stage.carrier.last.call;
        if (is_answer) {
            stage.system.take_answer(ActorNumber{0}, call, TwoPlaces::number(bytes, 1));
        } else {
            stage.system.take_answer(ActorNumber{0}, call, Error{ErrorCode::denied});
        }
        stage.anna.on_pull = nullptr;
        stage.run_until(0_ms);
        ASSERT_EQ(stage.anna.count, 34u);
        EXPECT_EQ(stage.anna.last_error.code,
                  is_answer ? ErrorCode::capacity_exceeded : ErrorCode::denied);
    }
}

TEST(EmulationElsewhere, What_waits_here_for_its_time_leaves_then) {
    TwoPlaces stage;
    stage.anna.on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        context.send_after(25_ms, self.peer, Note{4});
    };
    stage.pull(0);
    stage.run_until(24_ms);
    EXPECT_EQ(stage.carrier.carried, 0u);
    stage.run_until(25_ms);
    EXPECT_EQ(stage.carrier.carried, 1u);
    EXPECT_EQ(stage.carrier.last.kind, LetterKind::message);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, A_strangers_question_is_answered_through_the_carrier) {
    TwoPlaces stage;
    std::array<uint8_t, 8> bytes{};
    ASSERT_TRUE(stage.system.take_in(0, 2, TwoPlaces::number(bytes, 30), 4711).is_ok());
    stage.run_until(0_ms);
    ASSERT_EQ(stage.carrier.answered, 1u);
    EXPECT_EQ(stage.carrier.last_call, 4711u);
    EXPECT_EQ(stage.carrier.last.kind, LetterKind::answer);
    EXPECT_EQ(stage.carrier.last.message, 2u);
    EXPECT_EQ(load_big_endian<uint64_t>(stage.carrier.last.bytes.data()), 31u);
    EXPECT_EQ(stage.journal.get(Journal::What::sent, 1).to, ActorNumber::nobody);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, It_is_answered_even_when_no_letter_is_left) {
    TwoPlaces stage{64};
    std::array<uint8_t, 8> bytes{};
    ASSERT_TRUE(stage.system.take_in(0, 2, TwoPlaces::number(bytes, 30), 4711).is_ok());
    stage.anna.on_pull = nullptr;
    for (size_t i = 0; i < 31; ++i) {
        stage.pull(0);
    }
    const Error none_left = stage.system.take_in(0, 0, bytes, std::nullopt).error();
    EXPECT_TRUE((none_left == Error{ErrorCode::capacity_exceeded, Field::outbox, 33, 32}));
    EXPECT_EQ(stage.system.figures().letters, 32u);
    static_cast<void>(stage.system.tick(stage.begin));
    EXPECT_EQ(stage.carrier.answered, 1u);
}

TEST(EmulationElsewhere, A_strangers_question_that_is_never_handled_is_refused) {
    TwoPlaces stage;
    std::array<uint8_t, 8> bytes{};
    ASSERT_TRUE(stage.system.take_in(0, 2, TwoPlaces::number(bytes, 30), 7).is_ok());
    stage.system.stop(ActorNumber{0}, {ErrorCode::revoked, Field::lease, 9, 0});
    ASSERT_EQ(stage.carrier.answered, 1u);
    EXPECT_EQ(stage.carrier.last_call, 7u);
    EXPECT_EQ(stage.carrier.last.kind, LetterKind::refusal);
    EXPECT_TRUE(
        (refusal_of(stage.carrier.last.view()) == Error{ErrorCode::revoked, Field::lease, 9, 0}));
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationElsewhere, A_payload_of_every_other_length_is_lost_and_its_question_refused) {
    for (size_t size = 0; size <= message_bytes_max; ++size) {
        TwoPlaces stage;
        std::array<uint8_t, message_bytes_max> bytes{};
        bytes.fill(0xff); // what follows the number is no TLV
        ASSERT_TRUE(stage.system.take_in(0, 2, Bytes{bytes}.first(size), 7).is_ok());
        ASSERT_TRUE(stage.system.take_in(0, 1, Bytes{bytes}.first(size), {}).is_ok());
        stage.run_until(0_ms);
        EXPECT_EQ(stage.anna.count, size == 8 ? 2u : 0u) << size;
        EXPECT_EQ(stage.system.figures().lost, size == 8 ? 0u : 2u) << size;
        ASSERT_EQ(stage.carrier.answered, 1u) << size;
        EXPECT_EQ(stage.carrier.last.kind == LetterKind::refusal, size != 8) << size;
        EXPECT_EQ(stage.system.figures().letters, 0u) << size;
    }
}

TEST(EmulationElsewhere, What_fits_no_actor_here_is_refused_and_changes_nothing) {
    TwoPlaces stage{1};
    const std::array<uint8_t, message_bytes_max + 1> bytes{};
    const Bytes eight = Bytes{bytes}.first(8);
    const auto code_of = [&](uint64_t to, uint8_t message, Bytes payload,
                             std::optional<uint32_t> call) {
        const Result<> taken = stage.system.take_in(to, message, payload, call);
        return taken.is_ok() ? ErrorCode{} : taken.error().code;
    };
    for (const uint64_t to : {uint64_t{1}, uint64_t{2}, uint64_t{65'535}, UINT64_MAX}) {
        EXPECT_EQ(code_of(to, 0, eight, {}), ErrorCode::not_found) << to;
    }
    for (uint32_t message = 0; message <= 255; ++message) {
        const auto number = static_cast<uint8_t>(message);
        if (message >= 5 || message == 2) { // only Add is answered
            EXPECT_EQ(code_of(0, number, eight, {}), ErrorCode::invalid_argument) << message;
        }
        if (message != 2) {
            EXPECT_EQ(code_of(0, number, eight, 1), ErrorCode::invalid_argument) << message;
        }
    }
    EXPECT_EQ(code_of(0, 0, bytes, {}), ErrorCode::invalid_argument) << "too long";
    EXPECT_EQ(stage.system.figures().letters, 0u);
    EXPECT_EQ(stage.journal.count, 0u);
    EXPECT_EQ(code_of(0, 0, eight, {}), ErrorCode{});
    EXPECT_EQ(code_of(0, 0, eight, {}), ErrorCode::capacity_exceeded) << "its mailbox is full";
    EXPECT_EQ(stage.system.figures().letters, 1u);
}

TEST(EmulationElsewhere, A_refusal_goes_through_bytes_and_noise_becomes_corrupt) {
    for (uint16_t code = 1; code <= error_code_count; ++code) {
        for (uint16_t field = 0; field <= static_cast<uint16_t>(field_last); ++field) {
            const Error error{static_cast<ErrorCode>(code), static_cast<Field>(field),
                              0x0102030405060708u * code, ~uint64_t{field}};
            EXPECT_TRUE(refusal_of(encoded(error)) == error);
        }
    }
    std::array<uint8_t, refusal_bytes + 1> bytes{};
    for (const uint32_t code : {0u, error_code_count + 1u, 65'535u}) {
        store_big_endian(bytes.data(), static_cast<uint16_t>(code));
        EXPECT_EQ(refusal_of(Bytes{bytes}.first(refusal_bytes)).code, ErrorCode::corrupt) << code;
    }
    store_big_endian(bytes.data(), uint16_t{1});
    for (size_t size = 0; size <= bytes.size(); ++size) {
        const Error read = refusal_of(Bytes{bytes}.first(size));
        EXPECT_EQ(read.code == ErrorCode::corrupt, size != refusal_bytes) << size;
    }
}

} // namespace
} // namespace grafos::emulation
