// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/actor.hpp"
#include "examples/emulation/network.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::emulation {

struct Number {
    uint64_t value = 0;
    friend bool operator==(const Number&, const Number&) = default;
};
struct Add {
    static constexpr std::string_view name = "Add";
    using Reply = Number;
    uint64_t value = 0;
};
struct Note {
    static constexpr std::string_view name = "Note";
    uint64_t value = 0;
};
struct Begin {
    static constexpr std::string_view name = "Begin";
};

} // namespace grafos::emulation

namespace grafos::wire {

inline constexpr FieldLayout number_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Number, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Number> = layout<emulation::Number>(number_fields);
inline constexpr FieldLayout add_fields[] = {GRAFOS_WIRE_FIELD(emulation::Add, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Add> = layout<emulation::Add>(add_fields);
inline constexpr FieldLayout note_fields[] = {
    GRAFOS_WIRE_FIELD(emulation::Note, value, data, any())};
template <>
inline constexpr Layout layout_of<emulation::Note> = layout<emulation::Note>(note_fields);
template <>
inline constexpr Layout layout_of<emulation::Begin> = empty_layout;

} // namespace grafos::wire

namespace grafos::emulation {

struct SummerProtocol : Protocol<Add, Note> {};
struct AskerProtocol : Protocol<Begin> {};

namespace {

class Summer final : public Actor<Summer, SummerProtocol> {
public:
    void on(Context<Summer>& context, const Add& add, const Asked<Number>& asked) noexcept {
        sum += add.value;
        context.reply(asked, Number{sum});
    }
    void on(Context<Summer>&, const Note& note) noexcept { sum += note.value; }
    uint64_t sum = 0;
};

class Asker final : public Actor<Asker, AskerProtocol> {
public:
    explicit Asker(Address<SummerProtocol> summer) : summer_{summer} {}
    void on(Context<Asker>& context, const Begin&) noexcept {
        begun += 1;
        context.call(summer_, Add{5});
    }
    void on(Context<Asker>& context, const Answer<Add>& answer) noexcept {
        answered_at = context.now();
        last = answer.result.is_ok() ? answer.result.value().value : 0;
        code = answer.result.is_ok() ? 0 : static_cast<uint16_t>(answer.result.error().code);
        answers += 1;
    }
    uint64_t begun = 0;
    uint64_t answers = 0;
    uint64_t last = 0;
    uint16_t code = 0;
    Instant answered_at{};

private:
    Address<SummerProtocol> summer_;
};

class Starter final : public Actor<Starter, AskerProtocol> {
public:
    void on_start(Context<Starter>& context) noexcept {
        context.send_after(3_ms, context.self(), Begin{});
    }
    void on(Context<Starter>& context, const Begin&) noexcept {
        if (!asker.is_nobody()) {
            context.send(asker, Begin{});
        }
    }
    Address<AskerProtocol> asker{};
};

void run_until(System& system, Instant end) {
    while (system.next_deadline() <= end) {
        const Instant due = system.next_deadline();
        while (system.tick(due)) {}
    }
}

TEST(System, A_call_is_answered_after_both_ways) {
    SystemOf<small_system> system{1};
    NetworkPlan plan{.latency = 2_ms};
    Network network{plan, 1};
    system.set_weather(&network);
    Summer summer;
    const auto summer_at = system.start(summer, "summer");
    ASSERT_TRUE(summer_at.is_ok());
    Asker asker{summer_at.value()};
    Starter starter;
    const auto asker_at = system.start(asker, "asker");
    ASSERT_TRUE(asker_at.is_ok());
    starter.asker = asker_at.value();
    ASSERT_TRUE(system.start(starter, "starter").is_ok());
    run_until(system, Instant{100});
    EXPECT_EQ(asker.last, 5u);
    EXPECT_EQ(asker.answered_at.ms, 3u + 2u + 2u + 2u);
    EXPECT_EQ(summer.sum, 5u);
    EXPECT_EQ(system.figures().letters, 0u);
}

TEST(System, A_call_that_is_not_answered_ends_as_disconnected_after_its_patience) {
    SystemOf<small_system> system{1};
    NetworkPlan plan{.latency = 2_ms};
    plan.drops[0] = "Add";
    plan.drop_count = 1;
    Network network{plan, 1};
    system.set_weather(&network);
    Summer summer;
    const auto summer_at = system.start(summer, "summer");
    ASSERT_TRUE(summer_at.is_ok());
    Asker asker{summer_at.value()};
    const auto asker_at = system.start(asker, "asker");
    ASSERT_TRUE(asker_at.is_ok());
    Starter starter;
    starter.asker = asker_at.value();
    ASSERT_TRUE(system.start(starter, "starter").is_ok());
    run_until(system, Instant{5'000});
    EXPECT_EQ(asker.answers, 1u);
    EXPECT_EQ(asker.code, static_cast<uint16_t>(ErrorCode::disconnected));
    EXPECT_EQ(asker.answered_at.ms, 3u + 2u + 1'000u);
    EXPECT_EQ(system.figures().timed_out, 1u);
    EXPECT_EQ(system.figures().letters, 0u);
}

} // namespace
} // namespace grafos::emulation
