// SPDX-License-Identifier: Apache-2.0
/// The checker against histories that happened, the same with one answer changed, and, for tiny
/// ones, against every order there is.
#include <algorithm>
#include <new>

#include "tests/sim/history/linearizability.hpp"
#include "tests/support/history_maker.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t operations_max = 4000;

struct Bench {
    HistoryOf<operations_max> history;
    HistoryOf<operations_max> changed;
    LinearizabilityOf<operations_max> checker;
};
static_assert(sizeof(Bench) < 3'000'000);
alignas(Bench) std::array<uint8_t, sizeof(Bench)> bench_area;
Bench* bench = nullptr;

class LinearizabilityRandom : public ::testing::Test {
protected:
    LinearizabilityRandom() { bench = new (bench_area.data()) Bench; }
};

/// The whole history by trying all orders of all its parts, with rules of its own.
class EveryOrder {
public:
    static constexpr uint32_t operations_max = 6;

    /// Whether some order explains the part that ends before position `end`.
    [[nodiscard]] bool is_good(const History& of, uint32_t end) noexcept {
        operations_ = of.operations();
        end_ = end;
        std::array<uint32_t, operations_max> order{};
        for (uint32_t optional = 0; optional < (1u << operations_.size()); ++optional) {
            uint32_t count = 0;
            bool is_sensible = true;
            for (uint32_t i = 0; i < operations_.size(); ++i) {
                const bool is_in = (optional >> i & 1u) != 0;
                is_sensible = is_sensible && (is_in ? may_be(i) : !must_be(i));
                if (is_in) {
                    order[count] = i;
                    count += 1;
                }
            }
            if (is_sensible && has_order(std::span{order}.first(count))) {
                return true;
            }
        }
        return false;
    }

private:
    struct Thing {
        uint64_t object = 0, word = 0, generation = 0, holder = 0, commits = 0;
    };

    [[nodiscard]] bool must_be(uint32_t i) const noexcept { return operations_[i].answered < end_; }
    [[nodiscard]] bool may_be(uint32_t i) const noexcept {
        return operations_[i].called < end_ && operations_[i].outcome != History::Outcome::refused;
    }
    [[nodiscard]] bool has_order(std::span<uint32_t> order) const noexcept {
        do {
            if (is_in_time(order) && is_explained(order)) {
                return true;
            }
        } while (std::next_permutation(order.begin(), order.end()));
        return false;
    }
    [[nodiscard]] bool is_in_time(std::span<const uint32_t> order) const noexcept {
        for (size_t late = 0; late < order.size(); ++late) {
            for (size_t early = 0; early < late; ++early) {
                if (must_be(order[late]) &&
                    operations_[order[late]].answered < operations_[order[early]].called) {
                    return false;
                }
            }
        }
        return true;
    }
    [[nodiscard]] bool is_explained(std::span<const uint32_t> order) const noexcept {
        std::array<Thing, operations_max> things{};
        uint32_t thing_count = 0;
        for (const uint32_t i : order) {
            const Call& call = operations_[i].call;
            uint32_t at = 0;
            while (at < thing_count && things[at].object != call.object) {
                ++at;
            }
            if (at == thing_count) {
                things[at] = {.object = call.object};
                thing_count += 1;
            }
            const Answer given = do_it(things[at], call);
            const Answer& told = operations_[i].answer;
            const bool has_counts =
                call.verb == Verb::lock || (call.verb == Verb::commit && given.is_done);
            const bool is_equal = given.is_done == told.is_done && given.value == told.value &&
                                  given.generation == told.generation &&
                                  (!has_counts || given.commits == told.commits);
            // An expiry of what was not granted yet has no place there, answered or not.
            if (must_be(i) && !is_equal) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] static Answer do_it(Thing& thing, const Call& call) noexcept {
        const Thing was = thing;
        const bool is_holder = was.holder == call.nonce && call.nonce != 0;
        switch (call.verb) {
        case Verb::read: return {.value = was.word};
        case Verb::write: thing.word = call.value; return {};
        case Verb::compare_exchange:
            if (was.word == call.expected) {
                thing.word = call.value;
            }
            return {.is_done = was.word == call.expected, .value = was.word};
        case Verb::fetch_add: thing.word += call.value; return {.value = was.word};
        case Verb::lock:
            if (was.holder == 0) {
                thing.holder = call.nonce;
                thing.generation += 1;
            }
            return {.is_done = thing.holder == call.nonce,
                    .generation = thing.generation,
                    .commits = thing.commits};
        case Verb::commit:
            if (!is_holder || was.generation != call.generation) {
                return {.is_done = false};
            }
            thing.word = call.value;
            thing.commits += 1;
            thing.holder = call.is_release ? 0 : was.holder;
            return {.commits = thing.commits};
        case Verb::expire:
            if (was.generation == call.generation) {
                thing.holder = 0;
            }
            return {.is_done = was.generation >= call.generation};
        }
        return {};
    }

    std::span<const History::Operation> operations_{};
    uint32_t end_ = 0;
};

/// The same verdict, and for a bad one the same culprit.
void expect_agreement(const History& of, uint64_t name) noexcept {
    EveryOrder orders;
    const HistoryVerdict verdict = bench->checker.check(of);
    ASSERT_FALSE(verdict.result == Linearity::undecided) << name;
    const bool is_good = orders.is_good(of, of.event_count());
    ASSERT_EQ(verdict.result == Linearity::good, is_good) << name;
    if (!is_good) {
        const uint32_t end = of[verdict.culprit].answered;
        EXPECT_TRUE(verdict.is_smallest) << name;
        EXPECT_TRUE(orders.is_good(of, end)) << name;
        EXPECT_FALSE(orders.is_good(of, end + 1)) << name;
    }
}

/// A wrong answer, near the right one or `far` from everything.
[[nodiscard]] Answer wrong(const History::Operation& operation, bool is_far,
                           SeededChoice& choice) noexcept {
    Answer answer = operation.answer;
    const uint64_t by = is_far ? uint64_t{1} << 40 : 1 + choice.below(2);
    switch (operation.call.verb) {
    case Verb::read:
    case Verb::fetch_add:
    case Verb::compare_exchange: answer.value += by; break;
    case Verb::lock: answer.generation += by; break;
    case Verb::commit:
        answer.is_done = is_far || !answer.is_done;
        answer.commits = answer.is_done ? by : 0;
        break;
    case Verb::write:
    case Verb::expire: break;
    }
    return answer;
}

/// An answered operation whose answer says something.
[[nodiscard]] OperationIndex any_told(const History& of, SeededChoice& choice) noexcept {
    const uint32_t count = static_cast<uint32_t>(of.operations().size());
    const uint32_t start = static_cast<uint32_t>(choice.below(count));
    for (uint32_t i = 0; i < count; ++i) {
        const OperationIndex index = (start + i) % count;
        const Verb verb = of[index].call.verb;
        if (of[index].outcome == History::Outcome::answered && verb != Verb::write &&
            verb != Verb::expire) {
            return index;
        }
    }
    return count;
}

TEST_F(LinearizabilityRandom, Three_operations_in_every_overlap_agree_with_every_order) {
    struct Kind {
        Call call{};
        Answer answer{};
        bool is_answered = true;
    };
    const std::array<Kind, 10> kinds{{
        {{}, {.value = 0}},
        {{}, {.value = 1}},
        {{.verb = Verb::write, .value = 1}, {}},
        {{.verb = Verb::write, .value = 1}, {}, false},
        {{.verb = Verb::compare_exchange, .value = 1, .expected = 0}, {.is_done = true}},
        {{.verb = Verb::compare_exchange, .value = 2, .expected = 1},
         {.is_done = true, .value = 1}},
        {{.verb = Verb::compare_exchange, .value = 2, .expected = 1}, {.is_done = false}},
        {{.verb = Verb::compare_exchange, .value = 0, .expected = 1}, {}, false},
        {{.verb = Verb::fetch_add, .value = 1}, {.value = 0}},
        {{.verb = Verb::fetch_add, .value = 1}, {}, false},
    }};
    uint64_t histories = 0;
    // An overlap: which of three moves next, six times over; each calls first, then is answered.
    for (uint32_t overlap = 0; overlap < 729; ++overlap) {
        std::array<uint32_t, 3> moves{};
        for (uint32_t rest = overlap, i = 0; i < 6; ++i, rest /= 3) {
            moves[rest % 3] += 1;
        }
        if (moves[0] != 2 || moves[1] != 2 || overlap % 3 != 0) {
            continue;
        }
        for (uint32_t choice = 0; choice < 1000; ++choice) {
            const std::array<uint32_t, 3> chosen{choice % 10, choice / 10 % 10, choice / 100};
            std::array<uint32_t, 3> made{operations_max, operations_max, operations_max};
            bench->history.clear();
            for (uint32_t rest = overlap, i = 0; i < 6; ++i, rest /= 3) {
                const uint32_t client = rest % 3;
                const Kind& kind = kinds[chosen[client]];
                if (made[client] == operations_max) {
                    Call call = kind.call;
                    call.client = client;
                    made[client] = bench->history.call(call, Instant{}).value();
                } else if (kind.is_answered) {
                    bench->history.answer(made[client], kind.answer, Instant{});
                }
            }
            expect_agreement(bench->history, overlap * 1000u + choice);
            histories += 1;
        }
    }
    EXPECT_EQ(histories, 30'000u);
}

TEST_F(LinearizabilityRandom, Tiny_histories_agree_with_every_order) {
    uint64_t bad = 0;
    for (uint64_t seed = 1; seed <= 4000; ++seed) {
        HistoryMaker maker{{.operations = 3 + static_cast<uint32_t>(seed % 4),
                            .clients = 3,
                            .objects = 1 + static_cast<uint32_t>(seed % 2),
                            .values = 2,
                            .lost_permille = 150,
                            .has_locks = seed % 3 != 0},
                           seed};
        maker.fill(bench->history);
        expect_agreement(bench->history, seed);
        SeededChoice choice{seed};
        const OperationIndex index = any_told(bench->history, choice);
        if (index < bench->history.operations().size()) {
            copy_history(bench->history, bench->changed, index,
                         wrong(bench->history[index], false, choice));
            expect_agreement(bench->changed, seed);
            bad += bench->checker.check(bench->changed).result == Linearity::bad ? 1u : 0u;
        }
    }
    EXPECT_GT(bad, 1000u);
}

/// Histories that happened are good, and bad with one answer that nothing explains; with one that
/// is a little wrong they are mostly bad, but overlaps and open operations explain some.
void expect_verdicts(HistoryPlan plan, uint64_t seeds) noexcept {
    uint64_t near = 0;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        plan.has_locks = seed % 2 == 0;
        HistoryMaker maker{plan, seed};
        maker.fill(bench->history);
        const HistoryVerdict verdict = bench->checker.check(bench->history);
        EXPECT_TRUE(verdict.result == Linearity::good) << seed;
        SeededChoice choice{seed};
        const OperationIndex index = any_told(bench->history, choice);
        ASSERT_LT(index, bench->history.operations().size());
        copy_history(bench->history, bench->changed, index,
                     wrong(bench->history[index], true, choice));
        EXPECT_TRUE(bench->checker.check(bench->changed).result == Linearity::bad) << seed;
        copy_history(bench->history, bench->changed, index,
                     wrong(bench->history[index], false, choice));
        near += bench->checker.check(bench->changed).result == Linearity::bad ? 1u : 0u;
    }
    EXPECT_GT(near, seeds / 2);
}

TEST_F(LinearizabilityRandom, Thousands_of_short_histories_that_happened_are_good) {
    expect_verdicts({.operations = 40, .clients = 4, .objects = 2, .values = 6}, 2000);
}

TEST_F(LinearizabilityRandom, Histories_of_8_clients_and_1000_operations_are_judged) {
    expect_verdicts({.operations = 1000, .clients = 8, .objects = 4}, 20);
}

TEST_F(LinearizabilityRandom, Histories_of_16_clients_and_4000_operations_are_judged) {
    expect_verdicts({.operations = 4000, .clients = 16, .objects = 4}, 4);
}

TEST_F(LinearizabilityRandom, Much_that_is_lost_is_judged_too) {
    expect_verdicts({.operations = 1000, .clients = 8, .objects = 4, .lost_permille = 80}, 20);
}

} // namespace
} // namespace grafos::test
