// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/emulation/puppet.hpp"

namespace grafos::emulation {
namespace {

/// Everybody asks and tells at random, over a bad net.
struct Crowd {
    explicit Crowd(uint64_t seed) : network{plan, seed}, stage{seed, &network} {
        for (size_t i = 0; i < 4; ++i) {
            stage.puppet[i].peer = stage.address[(i + 1) % 4];
            stage.puppet[i].patience = 30_ms;
            stage.puppet[i].on_pull = &act;
            stage.puppet[i].on_answer = &act;
            stage.puppet[i].on_note = [](Puppet& self, Puppet::Context&) noexcept {
                self.count = self.count > 40 ? 0 : self.count;
            };
            stage.pull(i);
        }
        stage.run_until(2'000_ms);
    }
    static void act(Puppet& self, Puppet::Context& context) noexcept {
        static constexpr Rule rule{"acts", "It draws what to do."};
        self.count = 0;
        const uint64_t drawn = context.random().below(100);
        context.line(rule).put("draws ").put(drawn);
        context.show("drawn", drawn);
        context.send(self.peer, Note{drawn});
        if (drawn < 70) {
            context.call(self.peer, Add{drawn}, self.patience);
        } else {
            context.send_after(Duration{drawn}, context.self(), Pull{drawn});
        }
    }
    const NetworkPlan plan{
        .latency = 1_ms, .jitter = 9_ms, .loss_permille = 100, .duplicate_permille = 100};
    Network network;
    Stage<4, SystemLimits{.actors_max = 4, .letters_max = 24}> stage;
};

TEST(EmulationSeed, The_same_seed_gives_the_same_bytes_and_another_one_others) {
    uint32_t last = 0;
    for (uint64_t seed = 1; seed <= 25; ++seed) {
        Crowd one{seed};
        Crowd two{seed};
        ASSERT_GT(one.stage.journal.count, 300u);
        EXPECT_EQ(one.stage.journal.sum, two.stage.journal.sum) << seed;
        EXPECT_EQ(one.stage.journal.count, two.stage.journal.count) << seed;
        EXPECT_NE(one.stage.journal.sum, last) << seed;
        EXPECT_GT(one.stage.system.figures().timed_out, 0u);
        EXPECT_GT(one.stage.system.figures().doubled, 0u);
        last = one.stage.journal.sum;
    }
}

TEST(EmulationSeed, All_machines_and_compilers_make_the_same_bytes) {
    if (test::start_time().ms != 0) {
        GTEST_SKIP() << "its times are others";
    }
    Crowd crowd{42};
    EXPECT_EQ(crowd.stage.journal.sum, 704'790'333u);
}

TEST(EmulationSeed, What_one_actor_draws_moves_no_other) {
    struct Draws {
        explicit Draws(uint64_t first_draws) {
            for (size_t i = 0; i < 3; ++i) {
                stage.puppet[i].on_pull = [](Puppet& self, Puppet::Context& context) noexcept {
                    uint64_t drawn = 0;
                    for (uint64_t n = 0; n <= self.seen[self.count - 1].value; ++n) {
                        drawn = context.random().next();
                    }
                    self.note(context, Puppet::What::note, drawn);
                };
                stage.pull(i, i == 0 ? first_draws : 0);
            }
            stage.run_until(0_ms);
        }
        [[nodiscard]] uint64_t drawn(size_t by) const { return stage.puppet[by].seen[1].value; }
        Stage<3> stage;
    };
    const Draws few{0};
    for (uint64_t more = 1; more < 20; ++more) {
        const Draws many{more};
        EXPECT_NE(many.drawn(0), few.drawn(0));
        EXPECT_EQ(many.drawn(1), few.drawn(1));
        EXPECT_EQ(many.drawn(2), few.drawn(2));
    }
    EXPECT_NE(few.drawn(0), few.drawn(1));
    EXPECT_NE(few.drawn(1), few.drawn(2));
}

} // namespace
} // namespace grafos::emulation
