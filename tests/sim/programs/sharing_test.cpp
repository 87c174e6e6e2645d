// SPDX-License-Identifier: Apache-2.0
// What clients of a shared lease put down is enough to find a home that does wrong: eight of them
// on a home of a few lines, which does one thing wrong when told.
#include "tests/sim/programs/sharing_client.hpp"

#include <memory>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t clients = 8;
constexpr uint32_t operations_least = 1'000;

enum class Wrong : uint8_t {
    nothing,
    adds_twice,
    adds_without_answering_so,
    exchanges_whatever_it_finds,
    drops_a_write,
    reads_what_was,
    grants_what_is_held,
    commits_after_the_deadline,
    commits_after_the_release,
    forgets_a_commit,
};

/// All of it: words, and locks on a clock of its own.
struct Home {
    struct Object {
        uint64_t word = 0, before = 0;
        uint64_t nonce = 0, generation = 0, commits = 0;
        uint64_t deadline = 0;
    };
    Wrong wrong = Wrong::nothing;
    uint64_t now = 0;
    SeededChoice choice{5};
    std::array<Object, SharedLayout::objects> objects{};

    [[nodiscard]] bool is_wrong(Wrong what) { return wrong == what && choice.chance(50); }
    void set(Object& object, uint64_t word) {
        object.before = object.word;
        object.word = word;
    }
    [[nodiscard]] bool is_held(const Object& object) const {
        return object.nonce != 0 && now < object.deadline;
    }
    uint64_t add(Object& object, uint64_t addend) {
        const uint64_t found = object.word;
        set(object, found + addend * (is_wrong(Wrong::adds_twice) ? 2 : 1));
        return is_wrong(Wrong::adds_without_answering_so) ? object.word : found;
    }
    lease::RegionAnswer exchange(Object& object, uint64_t expected, uint64_t desired) {
        const uint64_t found = object.word;
        const bool is_done = found == expected || is_wrong(Wrong::exchanges_whatever_it_finds);
        set(object, is_done ? desired : found);
        return {.value = found, .exchanged = found == expected};
    }
    lease::RegionAnswer lock(Object& object, uint64_t nonce, Duration ttl) {
        const bool is_ours = is_held(object) && object.nonce == nonce;
        if (!is_ours && (!is_held(object) || is_wrong(Wrong::grants_what_is_held))) {
            object.generation += 1;
            object.nonce = nonce;
            object.deadline = now + ttl.ms;
        }
        lease::RegionAnswer answer;
        answer.lock.is_granted = is_held(object) && object.nonce == nonce;
        answer.lock.generation = {object.generation};
        answer.lock.commits = object.commits;
        answer.lock.left = Duration{object.deadline > now ? object.deadline - now : 0};
        return answer;
    }
    Result<lease::RegionAnswer> commit(Object& object, const lease::CommitRequest& request) {
        const bool is_ours =
            object.nonce == request.nonce.value && object.generation == request.generation.value;
        const bool is_late =
            now >= object.deadline && !(wrong == Wrong::commits_after_the_deadline);
        if (!is_ours || is_late) {
            return Error{ErrorCode::stale_epoch, is_ours ? Field::ttl : Field::nonce};
        }
        if (!is_wrong(Wrong::forgets_a_commit)) {
            set(object, load_little_endian<uint64_t>(request.extents[0].bytes.data()));
        }
        object.commits += 1;
        if (request.release && wrong != Wrong::commits_after_the_release) {
            object.nonce = 0;
        }
        lease::RegionAnswer answer;
        answer.lock.commits = object.commits;
        return answer;
    }
};

/// A client's way to it: what it asks is done some time between then and when it is answered, or
/// never answered.
class Way final : public lease::Region {
public:
    Way(Home& home, uint64_t seed) : home_{home}, choice_{seed} {}

    uint64_t size_bytes() const noexcept override { return SharedLayout::bytes; }
    Result<lease::RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                           Instant) noexcept override {
        return ask({.verb = Verb::read}, offset, to);
    }
    Result<lease::RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                            Instant) noexcept override {
        return ask({.verb = Verb::write, .value = load_little_endian<uint64_t>(from.data())},
                   offset);
    }
    Result<lease::RegionTicket> start_flush(Instant) noexcept override {
        return Error{ErrorCode::unsupported};
    }
    Result<lease::RegionTicket> start_compare_exchange(uint64_t offset, uint64_t expected,
                                                       uint64_t desired,
                                                       Instant) noexcept override {
        return ask({.verb = Verb::compare_exchange, .value = desired, .expected = expected},
                   offset);
    }
    Result<lease::RegionTicket> start_fetch_add(uint64_t offset, uint64_t addend,
                                                Instant) noexcept override {
        return ask({.verb = Verb::fetch_add, .value = addend}, offset);
    }
    Result<lease::RegionTicket> start_lock(const lease::LockRequest& request,
                                           Instant) noexcept override {
        ttl_ = request.ttl;
        return ask({.verb = Verb::lock, .nonce = request.nonce.value}, request.offset);
    }
    Result<lease::RegionTicket> start_commit(const lease::CommitRequest& request,
                                             Instant) noexcept override {
        return ask({.verb = Verb::commit,
                    .is_release = request.release,
                    .value = load_little_endian<uint64_t>(request.extents[0].bytes.data()),
                    .nonce = request.nonce.value,
                    .generation = request.generation.value},
                   request.offset);
    }
    Result<lease::RegionAnswer> poll(lease::RegionTicket, Instant) noexcept override {
        if (home_.now < done_at_) {
            return Error{ErrorCode::busy, Field::ticket};
        }
        if (!is_done_) {
            answer_.emplace(execute());
            is_done_ = true;
        }
        if (home_.now < answered_at_) {
            return Error{ErrorCode::busy, Field::ticket};
        }
        if (is_lost_) {
            return Error{ErrorCode::disconnected, Field::none, 1};
        }
        return answer_->is_ok() ? Result<lease::RegionAnswer>{answer_->value()} : answer_->error();
    }

private:
    Result<lease::RegionTicket> ask(const Call& call, uint64_t offset, MutableBytes to = {}) {
        call_ = call;
        object_ = offset / SharedLayout::stride;
        to_ = to;
        done_at_ = home_.now + choice_.between(0, 30);
        answered_at_ = done_at_ + choice_.between(0, 30);
        is_done_ = false;
        is_lost_ = choice_.chance(20);
        return lease::RegionTicket{1};
    }
    Result<lease::RegionAnswer> execute() {
        Home::Object& object = home_.objects[object_];
        switch (call_.verb) {
        case Verb::read:
            store_word(std::span<uint8_t, 8>{to_.data(), 8},
                       home_.is_wrong(Wrong::reads_what_was) ? object.before : object.word);
            return lease::RegionAnswer{};
        case Verb::write:
            if (!home_.is_wrong(Wrong::drops_a_write)) {
                home_.set(object, call_.value);
            }
            return lease::RegionAnswer{};
        case Verb::compare_exchange: return home_.exchange(object, call_.expected, call_.value);
        case Verb::fetch_add: return lease::RegionAnswer{.value = home_.add(object, call_.value)};
        case Verb::lock: return home_.lock(object, call_.nonce, ttl_);
        case Verb::commit: {
            std::array<uint8_t, 8> word;
            store_word(word, call_.value);
            const lease::CommitExtent extent{0, word};
            return home_.commit(object, {.generation = {call_.generation},
                                         .nonce = {call_.nonce},
                                         .extents = {&extent, 1},
                                         .release = call_.is_release});
        }
        case Verb::expire: break;
        }
        GRAFOS_UNREACHABLE();
    }

    Home& home_;
    SeededChoice choice_;
    Call call_{};
    uint64_t object_ = 0;
    MutableBytes to_{};
    Duration ttl_{};
    uint64_t done_at_ = 0, answered_at_ = 0;
    bool is_done_ = false, is_lost_ = false;
    std::optional<Result<lease::RegionAnswer>> answer_{};
};

struct Bench {
    SimObservers observers{};
    Verdict verdict{};
    HistoryOf<4'096> history{};
    SharedRecord record{history, 4'096};
    LinearizabilityOf<4'096, 16'384> checker{};
    Home home{};
    std::array<std::optional<Way>, clients> ways{};
    std::array<std::optional<SharingClient>, clients> sharers{};
};

/// What comes of 1,000 operations and more.
HistoryVerdict verdict_on(Wrong wrong, uint64_t seed, uint64_t& answered) {
    const auto bench = std::make_unique<Bench>();
    bench->home.wrong = wrong;
    for (uint32_t i = 0; i < clients; ++i) {
        bench->ways[i].emplace(bench->home, seed * 100 + i);
        bench->sharers[i].emplace(
            SharingClient::Parts{bench->observers, bench->verdict, bench->record, i, i, i},
            seed * 1'000 + i);
    }
    while (bench->history.operations().size() < 1'600) {
        bench->home.now += 1;
        bench->observers.set_now(Instant{bench->home.now});
        bench->record.on_home_turn(bench->home.now, Instant{bench->home.now});
        for (uint32_t i = 0; i < clients; ++i) {
            const SharedAccess access{.region = &*bench->ways[i], .round = 1, .is_direct = true};
            (void)bench->sharers[i]->step(access, true, Instant{bench->home.now});
        }
    }
    answered = 0;
    for (const std::optional<SharingClient>& sharer : bench->sharers) {
        answered += sharer->figures().answered;
    }
    EXPECT_TRUE(bench->verdict.is_good()) << bench->verdict.failure;
    return bench->checker.check(bench->history);
}

TEST(Sharing, A_home_that_does_right_is_never_blamed) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        uint64_t answered = 0;
        EXPECT_TRUE(verdict_on(Wrong::nothing, seed, answered).result == Linearity::good) << seed;
        EXPECT_GE(answered, operations_least);
    }
}

TEST(Sharing, A_home_that_does_wrong_is_found_out) {
    for (const Wrong wrong :
         {Wrong::adds_twice, Wrong::adds_without_answering_so, Wrong::exchanges_whatever_it_finds,
          Wrong::drops_a_write, Wrong::reads_what_was, Wrong::grants_what_is_held,
          Wrong::commits_after_the_deadline, Wrong::commits_after_the_release,
          Wrong::forgets_a_commit}) {
        uint64_t found = 0;
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            uint64_t answered = 0;
            found += verdict_on(wrong, seed, answered).result == Linearity::bad ? 1u : 0u;
        }
        EXPECT_EQ(found, 4u) << static_cast<uint64_t>(wrong);
    }
}

} // namespace
} // namespace grafos::test
