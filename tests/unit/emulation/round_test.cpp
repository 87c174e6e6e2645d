// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/round.hpp"

#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {

/// What is asked in a round has no fields.
struct Look {
    static constexpr std::string_view name = "Look";
    using Reply = Number;
};

} // namespace grafos::emulation

namespace grafos::wire {
template <>
inline constexpr Layout layout_of<emulation::Look> = empty_layout;
} // namespace grafos::wire

namespace grafos::emulation {

struct ShownProtocol : Protocol<Look> {};
struct WatcherProtocol : Protocol<Pull> {};

namespace {

class Shown final : public Actor<Shown, ShownProtocol> {
public:
    void on(Context<Shown>& context, const Look&, const Asked<Number>& asked) noexcept {
        if (!is_silent) {
            context.reply(asked, Number{value});
        }
    }
    uint64_t value = 0;
    bool is_silent = false;
};

class Watcher final : public Actor<Watcher, WatcherProtocol> {
public:
    void on(Context<Watcher>& context, const Pull&) noexcept {
        round.begin(std::span{actors}.first(actor_count));
        static_cast<void>(round.ask_next(context, 10_ms));
    }
    void on(Context<Watcher>& context, const Answer<Look>& answer) noexcept {
        last_note = round.note(answer);
        if (!round.ask_next(context, 10_ms)) {
            ended_at = context.now();
        }
    }
    std::array<Address<ShownProtocol>, 3> actors{};
    size_t actor_count = 0;
    Round<ShownProtocol, Look, 3> round{};
    size_t last_note = 99;
    Instant ended_at{};
};

TEST(EmulationRound, Every_pattern_of_three_answers_is_judged) {
    for (uint32_t pattern = 0; pattern < 27; ++pattern) { // each: 0, 1, or no answer
        SystemOf<SystemLimits{.actors_max = 4, .letters_max = 8}> system{1};
        static_cast<void>(system.tick(test::start_time()));
        std::array<Shown, 3> shown;
        Watcher watcher;
        watcher.actor_count = 3;
        const std::array<uint32_t, 3> digit{pattern % 3, pattern / 3 % 3, pattern / 9};
        uint64_t silent = 0;
        for (size_t i = 0; i < 3; ++i) {
            shown[i].value = digit[i];
            shown[i].is_silent = digit[i] == 2;
            silent += digit[i] == 2 ? 1u : 0u;
            const auto started = system.start(shown[i], "shown");
            ASSERT_TRUE(started.is_ok());
            watcher.actors[i] = started.value();
        }
        ASSERT_TRUE(system.start(watcher, "watcher").is_ok());
        ASSERT_TRUE(system.take_in(3, 0, std::array<uint8_t, 8>{}, std::nullopt).is_ok());
        for (uint64_t ms = 0; ms <= 30; ++ms) {
            while (system.tick(saturating_add(test::start_time(), Duration{ms}))) {}
        }
        ASSERT_TRUE(watcher.round.is_complete());
        EXPECT_EQ(watcher.last_note, 2u);
        EXPECT_EQ(watcher.ended_at.ms, test::start_time().ms + 10 * silent);
        const bool agree = silent == 0 && digit[0] == digit[1] && digit[1] == digit[2];
        EXPECT_EQ(watcher.round.has_converged(), agree) << pattern;
        for (size_t i = 0; i < 3; ++i) {
            ASSERT_EQ(watcher.round.reply(i).has_value(), digit[i] != 2);
            if (digit[i] != 2) {
                EXPECT_EQ(watcher.round.reply(i)->value, digit[i]);
            }
        }
    }
}

TEST(EmulationRound, A_round_of_nobody_is_complete_and_agrees) {
    Round<ShownProtocol, Look, 3> round;
    round.begin({});
    EXPECT_TRUE(round.is_complete());
    EXPECT_TRUE(round.has_converged());
    EXPECT_ASSERTION(round.reply(0));
}

} // namespace
} // namespace grafos::emulation
