// SPDX-License-Identifier: Apache-2.0
/// Histories by hand: bad ones with the operation that must be named, and their good neighbours.
#include <initializer_list>
#include <new>

#include "tests/sim/history/linearizability.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t operations_max = 64;

struct Bench {
    HistoryOf<operations_max> history;
    LinearizabilityOf<operations_max, 1024> checker;
    LinearizabilityOf<operations_max, 8> forgetful;
};
alignas(Bench) std::array<uint8_t, sizeof(Bench)> bench_area;
Bench* bench = nullptr;

class LinearizabilityTest : public ::testing::Test {
protected:
    LinearizabilityTest() { bench = new (bench_area.data()) Bench; }
};

/// An operation from one position to another; `open` is one that is never answered.
constexpr uint32_t open = 0;
constexpr uint32_t refused = UINT32_MAX;
struct Line {
    Call call{};
    Answer answer{};
    uint32_t from = 0;
    uint32_t to = open;
};

[[nodiscard]] Line read(uint32_t from, uint32_t to, uint64_t found, uint64_t object = 0) noexcept {
    return {{.verb = Verb::read, .object = object}, {.value = found}, from, to};
}
[[nodiscard]] Line write(uint32_t from, uint32_t to, uint64_t value, uint64_t object = 0) noexcept {
    return {{.verb = Verb::write, .object = object, .value = value}, {}, from, to};
}
[[nodiscard]] Line exchange(uint32_t from, uint32_t to, uint64_t expected, uint64_t value,
                            uint64_t found, bool is_done) noexcept {
    return {{.verb = Verb::compare_exchange, .value = value, .expected = expected},
            {.is_done = is_done, .value = found},
            from,
            to};
}
[[nodiscard]] Line add(uint32_t from, uint32_t to, uint64_t addend, uint64_t found) noexcept {
    return {{.verb = Verb::fetch_add, .value = addend}, {.value = found}, from, to};
}
[[nodiscard]] Line lock(uint32_t from, uint32_t to, uint64_t nonce, uint64_t generation,
                        uint64_t commits = 0) noexcept {
    return {{.verb = Verb::lock, .nonce = nonce},
            {.is_done = true, .generation = generation, .commits = commits},
            from,
            to};
}
[[nodiscard]] Line busy(uint32_t from, uint32_t to, uint64_t nonce, uint64_t generation,
                        uint64_t commits = 0) noexcept {
    Line line = lock(from, to, nonce, generation, commits);
    line.answer.is_done = false;
    return line;
}
[[nodiscard]] Line commit(uint32_t from, uint32_t to, uint64_t nonce, uint64_t generation,
                          uint64_t value, uint64_t commits, bool is_release = false) noexcept {
    return {{.verb = Verb::commit,
             .is_release = is_release,
             .value = value,
             .nonce = nonce,
             .generation = generation},
            {.is_done = true, .commits = commits},
            from,
            to};
}
[[nodiscard]] Line stale(uint32_t from, uint32_t to, uint64_t nonce, uint64_t generation,
                         uint64_t value) noexcept {
    Line line = commit(from, to, nonce, generation, value, 0);
    line.answer.is_done = false;
    return line;
}
[[nodiscard]] Line expire(uint32_t from, uint32_t to, uint64_t generation) noexcept {
    return {{.verb = Verb::expire, .generation = generation}, {}, from, to};
}

/// Of whatever grant that nonce has.
[[nodiscard]] Line expire_of(uint32_t from, uint64_t nonce) noexcept {
    return {{.verb = Verb::expire, .nonce = nonce}, {}, from, open};
}

using Lines = std::initializer_list<Line>;

void record(Lines lines) noexcept {
    bench->history.clear();
    for (uint32_t now = 0; now < 100; ++now) {
        OperationIndex index = 0;
        uint32_t client = 0;
        for (const Line& line : lines) {
            if (line.from == now) {
                Call call = line.call;
                call.client = client;
                ASSERT_EQ(bench->history.call(call, Instant{now}).value(), index)
                    << "calls in order";
                if (line.to == refused) {
                    bench->history.refuse(index);
                }
            } else if (line.from < now && line.to == now) {
                bench->history.answer(index, line.answer, Instant{now});
            }
            index += 1;
            client += 1;
        }
    }
}

void expect_good(const char* name, Lines lines) noexcept {
    record(lines);
    const HistoryVerdict verdict = bench->checker.check(bench->history);
    EXPECT_TRUE(verdict.result == Linearity::good) << name;
}

void expect_bad(const char* name, OperationIndex culprit, Lines lines) noexcept {
    record(lines);
    const HistoryVerdict verdict = bench->checker.check(bench->history);
    EXPECT_TRUE(verdict.result == Linearity::bad) << name;
    EXPECT_EQ(verdict.culprit, culprit) << name;
    EXPECT_TRUE(verdict.is_smallest) << name;
}

TEST_F(LinearizabilityTest, Nothing_at_all_is_good) {
    expect_good("empty", {});
    expect_good("only open", {write(1, open, 1), read(2, open, 0), lock(3, open, 5, 0)});
}

TEST_F(LinearizabilityTest, Bad_words_are_rejected_and_the_culprit_is_named) {
    expect_bad("stale read", 1, {write(1, 2, 1), read(3, 4, 0)});
    expect_bad("never written", 0, {read(1, 2, 9), write(3, 4, 9)});
    expect_bad("new, then old", 2, {write(1, 8, 1), read(2, 3, 1), read(4, 5, 0)});
    expect_bad("readers disagree", 4,
               {write(1, 20, 1), write(2, 21, 2), read(3, 4, 1), read(5, 6, 2), read(7, 8, 1)});
    expect_bad("a write is gone", 2, {write(1, 2, 1), write(3, 4, 2), read(5, 6, 1)});
    expect_bad("of another object", 1, {write(1, 2, 5, 1), read(3, 4, 5, 2)});
    expect_bad("refused, and yet it is there", 1, {write(1, refused, 5), read(3, 4, 5)});
    expect_bad("open, seen before its call", 0, {read(1, 2, 5), write(3, open, 5)});
    expect_bad("open, twice", 4,
               {write(1, open, 2), read(2, 3, 2), write(4, 5, 3), read(6, 7, 3), read(8, 9, 2)});
    expect_bad("culprit in the middle", 1,
               {write(1, 2, 1), read(3, 4, 0), write(5, 6, 2), read(7, 8, 2), read(9, 10, 7)});
    expect_bad("the earlier of two objects", 1,
               {write(1, 2, 1, 1), read(3, 4, 9, 2), read(5, 6, 7, 1)});
    expect_bad("the earlier of two objects, found first", 1,
               {write(1, 2, 1, 1), read(3, 4, 9, 1), read(5, 6, 7, 2)});
    expect_bad("the earlier of two objects, found later", 1,
               {write(1, 2, 1, 1), read(3, 4, 9, 2), read(5, 6, 1, 1), read(7, 8, 0, 1)});
}

TEST_F(LinearizabilityTest, Bad_exchanges_and_sums_are_rejected) {
    expect_bad("lost update", 1, {add(1, 2, 1, 0), add(3, 4, 1, 0)});
    expect_bad("lost update, at once", 1, {add(1, 5, 1, 0), add(2, 6, 1, 0)});
    expect_bad("found too much", 0, {add(1, 2, 1, 1)});
    expect_bad("added twice", 1, {add(1, 2, 1, 0), read(3, 4, 2)});
    expect_bad("open one added twice", 1, {add(1, open, 1, 0), read(3, 4, 2)});
    expect_bad("two win", 1, {exchange(1, 5, 0, 1, 0, true), exchange(2, 6, 0, 2, 0, true)});
    expect_bad("failed though equal", 0, {exchange(1, 2, 0, 1, 0, false)});
    expect_bad("done though other", 1, {write(1, 2, 7), exchange(3, 4, 0, 1, 7, true)});
    expect_bad("failed, and yet it is there", 2,
               {write(1, 2, 5), exchange(3, 4, 0, 1, 5, false), read(5, 6, 1)});
    expect_bad("done, and is not there", 1, {exchange(1, 2, 0, 1, 0, true), read(3, 4, 0)});
    expect_bad("open one that cannot have been", 1,
               {exchange(1, open, 5, 7, 0, true), read(3, 4, 7)});
    expect_bad("sums that open ones do not make", 3,
               {add(1, open, 2, 0), add(2, open, 4, 0), write(3, 4, 1), read(5, 6, 4)});
}

TEST_F(LinearizabilityTest, Bad_grants_are_rejected) {
    expect_bad("one generation twice", 2, {lock(1, 2, 7, 1), expire(3, 4, 1), lock(5, 6, 8, 1)});
    expect_bad("a generation left out", 2, {lock(1, 2, 7, 1), expire(3, 4, 1), lock(5, 6, 8, 3)});
    expect_bad("granted while held", 1, {lock(1, 2, 7, 1), lock(3, 4, 8, 2)});
    expect_bad("two at once", 1, {lock(1, 5, 7, 1), lock(2, 6, 8, 1)});
    expect_bad("another grant for the same nonce", 1, {lock(1, 2, 7, 1), lock(3, 4, 7, 2)});
    expect_bad("its own holder kept out", 1, {lock(1, 2, 7, 1), busy(3, 4, 7, 1)});
    expect_bad("told of a grant that never was", 1, {lock(1, 2, 7, 1), busy(3, 4, 8, 2)});
    expect_bad("a grant expires before it was made", 1, {lock(1, 2, 7, 1), expire(3, 4, 2)});
    expect_bad("an unknown grant that nothing ended", 1, {lock(1, open, 7, 0), lock(3, 4, 8, 2)});
    expect_bad("the end of an unknown grant is not that of another's", 3,
               {lock(1, open, 7, 0), expire_of(2, 7), lock(3, 4, 8, 2), lock(5, 6, 9, 3)});
    expect_bad("two open grants, three generations", 3,
               {lock(1, open, 7, 0), lock(2, open, 8, 0), expire(3, 4, 1), lock(5, 6, 9, 4)});
}

TEST_F(LinearizabilityTest, Bad_commits_are_rejected) {
    expect_bad("after the releasing one", 2,
               {lock(1, 2, 7, 1), commit(3, 4, 7, 1, 50, 1, true), commit(5, 6, 7, 1, 51, 2)});
    expect_bad("after the deadline", 2,
               {lock(1, 2, 7, 1), expire(3, 4, 1), commit(5, 6, 7, 1, 50, 1)});
    expect_bad("with an old generation", 3,
               {lock(1, 2, 7, 1), expire(3, 4, 1), lock(5, 6, 8, 2), commit(7, 8, 7, 1, 50, 1)});
    expect_bad("with a nonce of somebody else", 1, {lock(1, 2, 7, 1), commit(3, 4, 8, 1, 50, 1)});
    expect_bad("without a grant", 0, {commit(1, 2, 7, 1, 50, 1)});
    expect_bad("refused though held", 1, {lock(1, 2, 7, 1), stale(3, 4, 7, 1, 50)});
    expect_bad("not there", 2, {lock(1, 2, 7, 1), commit(3, 4, 7, 1, 50, 1), read(5, 6, 0)});
    expect_bad("refused, and yet it is there", 3,
               {lock(1, 2, 7, 1), expire(3, 4, 1), stale(5, 6, 7, 1, 50), read(7, 8, 50)});
    expect_bad("counted twice", 1, {lock(1, 2, 7, 1), commit(3, 4, 7, 1, 50, 2)});
    expect_bad("open one comes after the next grant", 5,
               {lock(1, 2, 7, 1), commit(3, open, 7, 1, 50, 1), expire(5, 6, 1), lock(7, 8, 8, 2),
                commit(9, 10, 8, 2, 60, 1), read(11, 12, 50)});
    expect_bad("open one both counted and forgotten", 4,
               {lock(1, 2, 7, 1), commit(3, open, 7, 1, 50, 1), expire(5, 6, 1),
                lock(7, 8, 8, 2, 1), read(9, 10, 0)});
}

TEST_F(LinearizabilityTest, Their_good_neighbours_are_accepted) {
    expect_good("overlapping read, either way", {write(1, 4, 1), read(2, 3, 0), read(5, 6, 1)});
    expect_good("readers agree",
                {write(1, 20, 1), write(2, 21, 2), read(3, 4, 1), read(5, 6, 2), read(7, 8, 2)});
    expect_good("open and late", {write(1, open, 2), write(4, 5, 3), read(6, 7, 3), read(8, 9, 2)});
    expect_good("open and never", {write(1, open, 2), read(4, 5, 0), add(6, 7, 1, 0)});
    expect_good("two open alike, both seen", {write(1, open, 2), write(2, open, 2), read(3, 4, 2),
                                              write(5, 6, 3), read(7, 8, 2)});
    expect_good("sums of open ones", {add(1, open, 2, 0), add(2, open, 4, 0), write(3, 4, 1),
                                      read(5, 6, 5), read(7, 8, 7)});
    expect_good("an exchange by an exchange", {exchange(1, open, 5, 7, 0, true),
                                               exchange(2, open, 0, 5, 0, true), read(3, 4, 7)});
    expect_good("the grant again", {lock(1, 2, 7, 1), lock(3, 4, 7, 1)});
    expect_good("the last commit before the deadline",
                {lock(1, 2, 7, 1), expire(3, 6, 1), commit(4, 5, 7, 1, 50, 1), busy(7, 8, 8, 1, 1),
                 lock(9, 10, 8, 2, 1), stale(11, 12, 7, 1, 51), read(13, 14, 50)});
    expect_good("an open commit that counted",
                {lock(1, 2, 7, 1), commit(3, open, 7, 1, 50, 1), expire(5, 6, 1),
                 lock(7, 8, 8, 2, 1), read(9, 10, 50)});
    expect_good("an open grant that took a generation",
                {lock(1, open, 7, 0), busy(2, 3, 8, 1), expire(4, 5, 1), lock(6, 7, 8, 2)});
    expect_good("an open grant that ended",
                {lock(1, open, 7, 0), expire_of(2, 7), busy(3, 4, 8, 1), lock(5, 6, 8, 2)});
    expect_good("an open grant that took effect late, and ended",
                {lock(1, open, 7, 0), expire_of(2, 7), lock(3, 4, 8, 1), expire(5, 6, 1),
                 lock(7, 8, 9, 3)});
    expect_good("an open grant that was used",
                {lock(1, open, 7, 0), lock(2, open, 8, 0), commit(3, 4, 8, 1, 50, 1)});
    expect_good("two open grants, the later one first",
                {lock(1, open, 7, 0), lock(2, open, 8, 0), expire(3, 4, 1), busy(5, 6, 9, 2),
                 commit(7, 8, 7, 2, 50, 1)});
    expect_good("a word beside a lock",
                {lock(1, 2, 7, 1), write(3, open, 9), commit(4, 5, 7, 1, 50, 1),
                 lock(6, 7, 7, 1, 1), read(8, 9, 9)});
}

TEST_F(LinearizabilityTest, Whoever_runs_out_of_anything_gives_no_verdict) {
    record({write(1, 20, 1), write(2, 21, 2), read(3, 4, 1), read(5, 6, 2), read(7, 8, 1)});
    for (uint64_t steps = 0; steps < 4; ++steps) {
        const HistoryVerdict verdict = bench->checker.check(bench->history, steps);
        EXPECT_TRUE(verdict.result == Linearity::undecided) << steps;
        EXPECT_TRUE(verdict.shortage == Shortage::steps) << steps;
    }
    for (uint64_t steps = 4; steps < 100; ++steps) {
        EXPECT_FALSE(bench->checker.check(bench->history, steps).result == Linearity::good)
            << steps;
    }
    bench->history.clear();
    for (uint32_t client = 0; client < 8; ++client) {
        ASSERT_TRUE(
            bench->history
                .call({.client = client, .verb = Verb::write, .value = client + 1u}, Instant{})
                .is_ok());
    }
    for (OperationIndex i = 0; i < 8; ++i) {
        bench->history.answer(i, {}, Instant{});
    }
    const OperationIndex last = bench->history.call({.client = 0}, Instant{}).value();
    bench->history.answer(last, {.value = 99}, Instant{});
    EXPECT_TRUE(bench->forgetful.check(bench->history).result == Linearity::undecided);
    EXPECT_TRUE(bench->forgetful.check(bench->history).shortage == Shortage::memo);
    EXPECT_TRUE(bench->checker.check(bench->history).result ==
                Linearity::undecided); // 8 · 2^7 configurations
}

TEST_F(LinearizabilityTest, A_cut_history_gets_no_verdict) {
    HistoryOf<1> cut;
    ASSERT_TRUE(cut.call({.client = 0}, Instant{}).is_ok());
    ASSERT_FALSE(cut.call({.client = 1}, Instant{}).is_ok());
    EXPECT_TRUE(bench->checker.check(cut).result == Linearity::undecided);
    EXPECT_TRUE(bench->checker.check(cut).shortage == Shortage::history);
}

TEST_F(LinearizabilityTest, A_verdict_can_be_read) {
    std::array<char, 1024> buffer;
    TextWriter out{buffer};
    record({write(1, 2, 1), write(3, open, 4), read(5, 6, 0)});
    put_verdict(out, bench->history, bench->checker.check(bench->history));
    EXPECT_EQ(out.text(), "bad: no order explains the answers up to that of\n"
                          "  #2 client 2 read object 0: found 0 [3, 4] at 5 ms\n"
                          "  beside it: #1 client 1 write object 0 4: no answer [2, -] at 3 ms\n"
                          "  one order before: #0 client 0 write object 0 1: done [0, 1] at 1 ms\n"
                          "  leaves word 1\n");
    out.clear();
    record({lock(1, 2, 7, 1), lock(3, 4, 8, 2)});
    put_verdict(out, bench->history, bench->checker.check(bench->history));
    EXPECT_EQ(out.text(), "bad: no order explains the answers up to that of\n"
                          "  #1 client 1 lock object 0 nonce 8: granted, generation 2, commits 0 "
                          "[2, 3] at 3 ms\n"
                          "  one order before: #0 client 0 lock object 0 nonce 7: granted, "
                          "generation 1, commits 0 [0, 1] at 1 ms\n"
                          "  leaves word 0, generation 1, commits 0, held by nonce 7\n");
    out.clear();
    record({});
    put_verdict(out, bench->history, bench->checker.check(bench->history));
    put_verdict(out, bench->history, {.result = Linearity::undecided, .shortage = Shortage::steps});
    EXPECT_EQ(out.text(), "goodundecided: out of steps");
}

} // namespace
} // namespace grafos::test
