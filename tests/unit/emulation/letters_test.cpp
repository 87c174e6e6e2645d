// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {
namespace {

using What = Puppet::What;

TEST(EmulationLetters, They_arrive_in_the_order_of_sending) {
    Stage<3> stage;
    for (size_t i = 0; i < 2; ++i) {
        stage.puppet[i].peer = stage.address[2];
        stage.puppet[i].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
            for (uint64_t n = 0; n < 4; ++n) {
                context.send(self.peer, Note{self.seen[0].value + n});
            }
        };
    }
    stage.pull(1, 20);
    stage.pull(0, 10);
    stage.run_until(0_ms);
    const std::array<uint64_t, 8> expected{20, 21, 22, 23, 10, 11, 12, 13};
    ASSERT_EQ(stage.puppet[2].count, expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(stage.puppet[2].seen[i].value, expected[i]);
    }
}

TEST(EmulationLetters, What_is_sent_to_oneself_comes_behind_what_waits_and_crosses_no_net) {
    const NetworkPlan plan{.latency = 50_ms, .loss_permille = 1'000};
    Network network{plan, 1};
    Stage<1> stage{1, &network};
    stage.puppet[0].peer = stage.address[0];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        if (self.count == 1) {
            context.send(context.self(), Note{7});
        }
    };
    stage.pull(0, 1);
    stage.pull(0, 2);
    stage.run_until(0_ms);
    ASSERT_EQ(stage.puppet[0].count, 3u);
    EXPECT_EQ(stage.puppet[0].seen[1].value, 2u);
    EXPECT_EQ(stage.puppet[0].seen[2].value, 7u);
    EXPECT_TRUE(stage.journal.get(Journal::What::sent, 2).is_timer);
}

TEST(EmulationLetters, What_is_sent_later_comes_at_the_exact_millisecond) {
    const NetworkPlan plan{.latency = 50_ms, .loss_permille = 1'000};
    for (const uint64_t delay : {uint64_t{0}, uint64_t{1}, uint64_t{999}}) {
        Network network{plan, 1};
        Stage<2> stage{1, &network};
        stage.puppet[0].peer = stage.address[1];
        stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
            const Duration after{self.seen[0].value};
            context.send_after(after, context.self(), Note{1});
            context.send_after(after, self.peer, Note{2});
        };
        stage.pull(0, delay);
        stage.run_until(0_ms);
        if (delay > 0) {
            stage.run_until(Duration{delay - 1});
            EXPECT_EQ(stage.puppet[0].count, 1u);
            EXPECT_EQ(stage.puppet[1].count, 0u);
        }
        stage.run_until(Duration{delay});
        EXPECT_EQ(stage.puppet[0].count, 2u) << delay;
        EXPECT_EQ(stage.puppet[1].count, 1u) << "no net is in between";
    }
}

TEST(EmulationLetters, What_is_sent_for_the_end_of_time_is_never_due) {
    Stage<1> stage;
    stage.puppet[0].on_pull = [](Puppet&, Puppet::Context& context) noexcept {
        context.send_after(Duration{UINT64_MAX}, context.self(), Note{1});
    };
    stage.pull(0);
    stage.run_until(1'000_ms);
    EXPECT_EQ(stage.puppet[0].count, 1u);
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
    EXPECT_EQ(stage.system.figures().letters, 1u);
}

TEST(EmulationLetters, Mailboxes_of_every_size_hold_that_many_and_lose_the_rest) {
    for (uint16_t size = 0; size <= 6; ++size) {
        Stage<2> stage{1, nullptr, size};
        if (size == 0) {
            EXPECT_EQ(stage.try_pull(0).error().code, ErrorCode::capacity_exceeded);
            continue;
        }
        stage.puppet[0].peer = stage.address[1];
        stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
            for (uint64_t n = 1; n <= 6; ++n) {
                context.send(self.peer, Note{n}); // all are there before the first is handled
            }
        };
        stage.pull(0);
        stage.run_until(0_ms);
        ASSERT_EQ(stage.puppet[1].count, size);
        for (uint64_t n = 1; n <= size; ++n) {
            EXPECT_EQ(stage.puppet[1].seen[n - 1].value, n);
        }
        EXPECT_EQ(stage.system.figures().lost, 6u - size);
        EXPECT_EQ(stage.journal.count_of(Journal::What::lost), 6u - size);
        EXPECT_EQ(stage.system.figures().letters, 0u);
    }
}

constexpr SystemLimits five_letters{.actors_max = 3, .letters_max = 5};

TEST(EmulationLetters, Without_a_letter_left_what_is_said_is_lost_and_nothing_else_changes) {
    Stage<2, five_letters> stage;
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        for (uint64_t n = 1; n <= 7; ++n) {
            context.send(self.peer, Note{n}); // one letter is in the hand: four are left
        }
    };
    stage.pull(0);
    stage.run_until(0_ms);
    ASSERT_EQ(stage.puppet[1].count, 4u);
    for (uint64_t n = 1; n <= 4; ++n) {
        EXPECT_EQ(stage.puppet[1].seen[n - 1].value, n);
    }
    EXPECT_EQ(stage.system.figures().lost, 3u);
    EXPECT_EQ(stage.journal.get(Journal::What::lost, 2).reason, LossReason::full);
    EXPECT_EQ(stage.system.figures().letters, 0u);
    EXPECT_EQ(stage.system.figures().letters_most, 5u);
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(stage.puppet[1].count, 8u) << "and all letters are there again";
}

TEST(EmulationLetters, Without_a_letter_left_a_question_is_refused_at_once) {
    Stage<2, five_letters> stage;
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        for (uint64_t n = 1; n <= 4; ++n) {
            context.send(self.peer, Note{n});
        }
        context.call(self.peer, Add{1});
    };
    stage.pull(0);
    stage.run_until(0_ms);
    ASSERT_EQ(stage.puppet[0].count, 2u);
    EXPECT_EQ(stage.puppet[0].seen[1].what, What::refusal);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(stage.puppet[0].last_error.field, Field::outbox);
    EXPECT_EQ(stage.puppet[1].count, 4u) << "the question came to nobody";
    EXPECT_EQ(stage.system.next_deadline().ms, Instant::never().ms);
}

TEST(EmulationLetters, An_answer_that_finds_no_letter_is_lost_and_its_asker_gives_up) {
    Stage<2, five_letters> stage;
    stage.puppet[0].on_pull = &ask_peer;
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[1].on_add = [](Puppet& self, Puppet::Context& context) noexcept {
        for (uint64_t n = 1; n <= 4; ++n) {
            context.send_after(2'000_ms, context.self(), Note{n});
        }
        context.reply(self.kept, Number{1});
    };
    stage.pull(0);
    stage.run_until(1'000_ms);
    ASSERT_EQ(stage.puppet[0].count, 2u);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::disconnected);
    EXPECT_EQ(stage.system.figures().lost, 1u);
    EXPECT_EQ(stage.system.figures().letters, 4u);
}

TEST(EmulationLetters, A_full_mailbox_can_refuse_even_when_no_other_letter_is_left) {
    constexpr SystemLimits three_letters{.actors_max = 4, .letters_max = 3};
    const NetworkPlan plan{.latency = 1_ms};
    Network network{plan, 1};
    Stage<4, three_letters> stage{1, &network, 1};
    for (const size_t asker : {size_t{0}, size_t{1}, size_t{3}}) {
        stage.puppet[asker].on_pull = &ask_peer;
        stage.puppet[asker].peer = stage.address[asker == 0 ? 1 : 2];
    }
    stage.puppet[2].on_add = &do_nothing;
    stage.pull(1); // bert and dario wait for cara, and so do their mailboxes
    stage.run_until(1_ms);
    stage.pull(3);
    stage.run_until(2_ms);
    stage.pull(1);
    stage.pull(0); // anna's question is on its way to bert
    static_cast<void>(stage.system.tick(stage.at(2_ms)));
    stage.pull(3);
    ASSERT_EQ(stage.system.figures().letters, 3u);
    stage.run_until(10_ms);
    ASSERT_EQ(stage.puppet[0].count, 2u);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(stage.puppet[0].last_error.field, Field::slot);
}

TEST(EmulationLetters, A_copy_that_finds_no_letter_is_lost_and_the_first_arrives) {
    constexpr SystemLimits two_letters{.actors_max = 2, .letters_max = 2};
    const NetworkPlan plan{.latency = 1_ms, .duplicate_permille = 1'000};
    Network network{plan, 1};
    Stage<2, two_letters> stage{1, &network};
    stage.puppet[0].on_pull = &note_to_peer;
    stage.puppet[0].peer = stage.address[1];
    stage.pull(0);
    stage.run_until(10_ms);
    EXPECT_EQ(stage.puppet[1].count, 1u);
    EXPECT_EQ(stage.system.figures().doubled, 1u);
    EXPECT_EQ(stage.system.figures().lost, 1u);
    EXPECT_EQ(stage.journal.get(Journal::What::lost).copy_of, 2u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationLetters, A_letter_to_one_that_has_stopped_is_lost_wherever_it_is) {
    const NetworkPlan plan{.latency = 5_ms};
    Network network{plan, 1};
    Stage<2> stage{1, &network};
    stage.puppet[0].on_pull = &note_to_peer;
    stage.puppet[0].peer = stage.address[1];
    stage.pull(0); // on its way when bert stops
    stage.run_until(3_ms);
    stage.pull(1); // in his mailbox
    stage.system.stop(ActorNumber{1}, {ErrorCode::revoked});
    EXPECT_EQ(stage.system.figures().lost, 1u);
    stage.pull(0); // sent afterwards
    EXPECT_EQ(stage.try_pull(1).error().code, ErrorCode::not_found);
    stage.run_until(100_ms);
    EXPECT_EQ(stage.puppet[1].count, 0u);
    EXPECT_EQ(stage.system.figures().lost, 3u);
    EXPECT_EQ(stage.journal.get(Journal::What::lost, 2).reason, LossReason::stopped);
    EXPECT_EQ(stage.system.figures().letters, 0u);
    stage.system.stop(ActorNumber{1}, {ErrorCode::denied});
    EXPECT_EQ(stage.journal.count_of(Journal::What::stopped), 1u) << "twice is once";
    EXPECT_EQ(stage.journal.get(Journal::What::stopped).order,
              static_cast<uint64_t>(ErrorCode::revoked));
}

TEST(EmulationLetters, An_actor_that_stops_itself_ends_its_handler_and_handles_nothing_more) {
    Stage<2> stage;
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        context.stop({ErrorCode::released});
        context.stop({ErrorCode::released});
        context.send(self.peer, Note{3});                  // still leaves
        context.send_after(1_ms, context.self(), Note{4}); // comes to nobody
        context.call(self.peer, Add{5});                   // nobody is there for the answer
    };
    stage.pull(0, 1);
    stage.pull(0, 2);
    stage.run_until(2'000_ms);
    EXPECT_EQ(stage.puppet[0].count, 1u);
    ASSERT_EQ(stage.puppet[1].count, 1u);
    EXPECT_EQ(stage.puppet[1].seen[0].value, 3u);
    EXPECT_TRUE(stage.system.is_stopped(ActorNumber{0}));
    EXPECT_EQ(stage.system.figures().letters, 0u);
    EXPECT_EQ(stage.system.figures().timed_out, 0u);
}

TEST(EmulationLetters, One_that_stops_itself_in_the_handler_of_an_answer_loses_no_letter) {
    Stage<2> stage;
    stage.puppet[0].on_pull = &ask_peer;
    stage.puppet[0].peer = stage.address[1];
    stage.puppet[0].on_answer = [](Puppet&, Puppet::Context& context) noexcept {
        context.stop({ErrorCode::released});
    };
    stage.pull(0, 1);
    stage.run_until(1_ms);
    EXPECT_EQ(stage.puppet[0].count, 2u);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationLetters, Time_that_goes_backwards_stands_still) {
    Stage<1> stage;
    stage.puppet[0].on_pull = [](Puppet&, Puppet::Context& context) noexcept {
        context.send_after(10_ms, context.self(), Note{1});
    };
    stage.run_until(100_ms);
    EXPECT_FALSE(stage.system.tick(stage.at(40_ms)));
    EXPECT_EQ(stage.system.now().ms, stage.at(100_ms).ms);
    stage.pull(0);
    EXPECT_FALSE(stage.system.tick(stage.at(0_ms)));
    EXPECT_EQ(stage.puppet[0].count, 1u) << "what is due is done all the same";
    EXPECT_EQ(stage.system.next_deadline().ms, stage.at(110_ms).ms);
    stage.run_until(109_ms);
    EXPECT_EQ(stage.puppet[0].count, 1u);
    stage.run_until(110_ms);
    EXPECT_EQ(stage.puppet[0].count, 2u);
}

TEST(EmulationLetters, A_tick_does_no_more_than_it_may_and_says_so) {
    constexpr SystemLimits three_steps{
        .actors_max = 1, .letters_max = 8, .letters_per_tick_max = 3};
    Stage<1, three_steps> stage;
    for (uint64_t i = 0; i < 7; ++i) {
        stage.pull(0, i);
    }
    EXPECT_TRUE(stage.system.tick(stage.begin));
    EXPECT_EQ(stage.puppet[0].count, 3u);
    EXPECT_EQ(stage.system.next_deadline().ms, stage.begin.ms);
    EXPECT_TRUE(stage.system.tick(stage.begin));
    EXPECT_FALSE(stage.system.tick(stage.begin));
    EXPECT_EQ(stage.puppet[0].count, 7u);
}

TEST(EmulationLetters, Whoever_writes_to_itself_for_ever_keeps_no_call_from_ending) {
    constexpr SystemLimits few{.actors_max = 2, .letters_max = 4, .letters_per_tick_max = 16};
    Stage<2, few> stage;
    stage.puppet[0].on_pull = &ask_peer;
    stage.puppet[0].peer = stage.address[0]; // in vain
    stage.puppet[0].patience = 5_ms;
    stage.puppet[1].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        self.count = 0;
        context.send(context.self(), Pull{0});
    };
    stage.pull(1);
    stage.pull(0);
    for (uint64_t ms = 0; ms <= 6; ++ms) { // letters of the same millisecond come first
        EXPECT_TRUE(stage.system.tick(stage.at(Duration{ms}))) << "there is always more";
    }
    ASSERT_GE(stage.puppet[0].count, 2u);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::disconnected);
}

TEST(EmulationLetters, An_address_out_of_a_message_reaches_only_an_actor_of_its_protocol) {
    Stage<2> stage;
    stage.puppet[0].on_pull = &note_to_peer;
    stage.puppet[0].on_note = &ask_peer;
    for (uint32_t number = 0; number <= UINT16_MAX;
         number += number < 64 || number > 65'470 ? 1 : 251) {
        stage.puppet[0].count = 0;
        stage.puppet[1].count = 0;
        std::array<uint8_t, 2> meet{};
        store_big_endian(meet.data(), static_cast<uint16_t>(number));
        ASSERT_TRUE(stage.system.take_in(0, 4, meet, std::nullopt).is_ok());
        stage.pull(0);
        stage.run_until(0_ms);
        if (number > 1) {
            ASSERT_EQ(stage.puppet[0].count, 2u) << number;
        }
        ASSERT_EQ(stage.puppet[1].count, number == 1 ? 1u : 0u) << number;
        if (number != 0) {
            ASSERT_TRUE(stage.system.take_in(0, 1, std::array<uint8_t, 8>{}, {}).is_ok());
            stage.run_until(0_ms);
            ASSERT_EQ(stage.puppet[0].seen[stage.puppet[0].count - 1].what,
                      number == 1 ? What::answer : What::refusal);
        } else {
            stage.run_until(1'001_ms); // it asked itself
        }
        ASSERT_EQ(stage.system.figures().letters, 0u);
    }
}

/// Takes the same message, under another number.
struct OtherProtocol : Protocol<Note> {};
class Other final : public Actor<Other, OtherProtocol> {
public:
    void on(Context<Other>&, const Note&) noexcept { count += 1; }
    uint64_t count = 0;
};

TEST(EmulationLetters, Nor_does_it_reach_an_actor_of_another_protocol) {
    Stage<1> stage;
    Other other;
    ASSERT_TRUE(stage.system.start(other, "other").is_ok());
    stage.puppet[0].on_pull = &note_to_peer;
    stage.puppet[0].on_note = &ask_peer;
    std::array<uint8_t, 2> meet{};
    store_big_endian(meet.data(), uint16_t{1});
    ASSERT_TRUE(stage.system.take_in(0, 4, meet, std::nullopt).is_ok());
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(other.count, 0u);
    EXPECT_EQ(stage.system.figures().lost, 1u);
    EXPECT_EQ(stage.journal.get(Journal::What::lost).to, ActorNumber::nobody);
    ASSERT_TRUE(stage.system.take_in(0, 1, std::array<uint8_t, 8>{}, std::nullopt).is_ok());
    stage.run_until(0_ms);
    EXPECT_EQ(stage.puppet[0].last_error.code, ErrorCode::not_found);
    EXPECT_EQ(stage.system.figures().letters, 0u);
}

TEST(EmulationLetters, More_actors_than_there_is_room_for_are_refused) {
    constexpr SystemLimits two{.actors_max = 2, .letters_max = 4};
    Stage<2, two> stage;
    Puppet third;
    const auto refused = stage.system.start(third, "third");
    ASSERT_FALSE(refused.is_ok());
    EXPECT_EQ(refused.error().code, ErrorCode::capacity_exceeded);
    EXPECT_EQ(refused.error().field, Field::slot);
    EXPECT_EQ(stage.system.actor_count(), 2u);
}

TEST(EmulationLetters, Observers_see_every_step_in_its_order) {
    const NetworkPlan plan{.latency = 2_ms};
    Network network{plan, 1};
    Stage<2> stage{1, &network};
    stage.puppet[0].on_pull = &ask_peer;
    stage.puppet[0].peer = stage.address[1];
    static constexpr Rule rule{"spoke", "It says what it saw."};
    stage.puppet[0].on_answer = [](Puppet& self, Puppet::Context& context) noexcept {
        context.line(rule).put("got ").put(self.seen[1].value);
        context.show("got", self.seen[1].value);
        context.stop({ErrorCode::released});
    };
    stage.pull(0);
    stage.run_until(50_ms);
    using Event = Journal::What;
    const std::array<Event, 9> expected{Event::sent, Event::arrived, // the pull, from nowhere
                                        Event::sent, Event::arrived, // the question
                                        Event::sent, Event::arrived, // the answer
                                        Event::line, Event::shown,   Event::stopped};
    ASSERT_EQ(stage.journal.count, expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(stage.journal.events[i].what, expected[i]) << i;
    }
    const Journal::Event& question = stage.journal.events[2];
    EXPECT_EQ(question.kind, LetterKind::question);
    EXPECT_EQ(question.from, ActorNumber{0});
    EXPECT_EQ(question.to, ActorNumber{1});
    EXPECT_EQ(question.arrives.ms, stage.at(2_ms).ms);
    EXPECT_EQ(stage.journal.events[3].order, question.order);
    EXPECT_EQ(stage.journal.events[3].at.ms, question.arrives.ms);
    EXPECT_EQ(stage.journal.line(), "[anna] got 2");
    EXPECT_EQ(stage.system.figures().sent, 2u);
    EXPECT_EQ(stage.system.figures().handled, 3u);
}

TEST(EmulationLetters, A_plain_line_has_no_name_and_a_long_one_is_cut) {
    Stage<1> stage;
    static constexpr Rule rule{};
    stage.puppet[0].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
        if (self.count == 1) {
            context.plain_line(rule).put("of ").put(context.name());
            return;
        }
        Line line = context.plain_line(rule);
        for (size_t i = 0; i < 300; ++i) {
            line.put('x');
        }
    };
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(stage.journal.line(), "of anna");
    stage.pull(0);
    stage.run_until(0_ms);
    EXPECT_EQ(stage.journal.line().size(), line_bytes_max);
}

} // namespace
} // namespace grafos::emulation
