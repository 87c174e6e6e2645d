// SPDX-License-Identifier: Apache-2.0
/// Whether a history could have happened one operation at a time.
///
/// Programs on different machines overlap, answers get lost, so nobody knows in which order the
/// home node did what. The history is linearizable if *some* order explains all of it: each
/// answered operation takes effect once between its call and its answer, each open one at any time
/// after its call or never, and every answer is what the table in `history.hpp` gives in that
/// order. Objects are independent, so each is searched for alone.
///
/// The search is Wing and Gong's with Lowe's memo, depth first and without recursion. A
/// configuration is the set of operations that took effect and the object's state; whichever call
/// comes before the first answer still missing may be next. Five rules keep it small, and none
/// loses an order that exists:
///
/// - What changes nothing here or later (a read, a refusal) and fits is next, without alternatives.
/// - Generations and commits only rise: an answer of less than there is now ends the branch.
/// - An open operation takes effect only if that changes something.
/// - An open change of the word is followed at once by what tells the word: else it could as well
///   happen later, or never. So the word it makes is one that an answer, or a chain of open
///   operations before one, is waiting for.
/// - Of open operations that are alike the one called first is taken first.
///
/// The memo keeps 96 bits of hash for a configuration, not the configuration. Two that collide
/// could make a good history `bad` (odds below 1e-15 for a full memo), never a bad one `good`.
/// Steps and memo are bounded: whoever runs out of them gets `undecided`.
#pragma once

#include "tests/sim/history/history.hpp"

namespace grafos::test {

enum class Linearity : uint8_t { good, bad, undecided };
class WantedWords;
/// Why there is no verdict.
enum class Shortage : uint8_t { none, steps, memo, history };

struct ObjectState {
    uint64_t word = 0;
    uint64_t generation = 0;
    uint64_t nonce = 0; ///< of whoever holds the lock; 0: nobody
    uint64_t commits = 0;
};

struct HistoryVerdict {
    static constexpr uint32_t tail_max = 8;

    Linearity result = Linearity::good;
    Shortage shortage = Shortage::none; ///< undecided: of what

    // Bad: the smallest part of the history, from its beginning, that no order explains ends with
    // the answer of `culprit`. Not smallest if the search ran out of steps before it knew.
    OperationIndex culprit = 0;
    bool is_smallest = false;
    /// The end of an order that explains all answers before the culprit's, and what it leaves.
    std::array<OperationIndex, tail_max> tail{};
    uint32_t tail_count = 0;
    ObjectState state{};

    uint64_t steps = 0;         ///< in all
    uint32_t memo_used_max = 0; ///< by one search
};

class Linearizability {
public:
    static constexpr uint64_t steps_default = 4'000'000;

    struct Node {
        OperationIndex operation = 0;
        uint32_t next = 0, previous = 0;               ///< among its kind, in order of calls
        uint32_t next_return = 0, previous_return = 0; ///< answered ones, in order of answers
        uint32_t twin = 0;                             ///< open: one alike that was called before
        bool is_in_effect = false;
    };
    struct Frame {
        uint32_t node = 0;
        bool is_forced = false; ///< there is no alternative to it
        bool was_open_change = false;
        ObjectState before{};
    };
    struct MemoSlot {
        uint64_t high = 0;
        uint32_t low = 0;
        uint32_t round = 0; ///< of the search that wrote it
    };
    struct Parts {
        std::span<Node> nodes{}; ///< two more than operations: the heads of their lists
        std::span<Frame> frames{};
        std::span<MemoSlot> memo{}; ///< a power of two
    };

    explicit constexpr Linearizability(const Parts& parts) noexcept : parts_{parts} {}
    Linearizability(const Linearizability&) = delete;
    Linearizability& operator=(const Linearizability&) = delete;

    /// `steps_max` bounds each search: one an object, and at most some dozen more for the culprit.
    /// `history` has no more operations than this was made for.
    [[nodiscard]] HistoryVerdict check(const History& history,
                                       uint64_t steps_max = steps_default) noexcept;

private:
    void find_smallest(uint32_t object, HistoryVerdict& verdict) noexcept;
    [[nodiscard]] Linearity search(uint32_t object, uint32_t end, HistoryVerdict& verdict) noexcept;
    [[nodiscard]] Linearity explore(HistoryVerdict& verdict) noexcept;

    void load(uint32_t object, uint32_t end) noexcept;
    void append_answered(uint32_t node, uint32_t answered) noexcept;
    void append_open(uint32_t node) noexcept;
    void append(uint32_t head, uint32_t node) noexcept;
    [[nodiscard]] bool are_alike(uint32_t one, uint32_t other) const noexcept;
    [[nodiscard]] bool is_used_once(uint64_t nonce) const noexcept;

    [[nodiscard]] const History::Operation& operation_of(uint32_t node) const noexcept;
    [[nodiscard]] bool is_open(uint32_t node) const noexcept;
    /// Position: whatever was called before it may be next.
    [[nodiscard]] uint32_t first_missing_answer() const noexcept;
    struct Outlook {
        uint32_t forced = 0;
        bool is_hopeless = false;
    };
    [[nodiscard]] Outlook look_ahead() const noexcept;
    [[nodiscard]] uint32_t candidate_after(uint32_t node) const noexcept;
    [[nodiscard]] bool may_be_next(uint32_t node) const noexcept;
    [[nodiscard]] bool may_be_next_open(uint32_t node, const WantedWords& wanted) const noexcept;
    [[nodiscard]] WantedWords wanted_words(uint32_t limit) const noexcept;
    void take_effect(uint32_t node, bool is_forced) noexcept;
    /// The last one that took effect.
    Frame take_back() noexcept;
    void link(uint32_t node) noexcept;
    void unlink(uint32_t node) noexcept;

    enum class Memo : uint8_t { added, known, full };
    [[nodiscard]] Memo remember() noexcept;
    void toggle(uint32_t node) noexcept;
    void note_progress() noexcept;
    void take_tail(HistoryVerdict& verdict) const noexcept;

    Parts parts_;
    const History* history_ = nullptr;
    uint64_t steps_max_ = 0;

    // Of one search.
    uint32_t end_ = 0; ///< answers from here on count as never given
    uint32_t answered_head_ = 0, open_head_ = 0;
    uint32_t answers_left_ = 0;
    uint32_t node_count_ = 0;
    uint32_t last_answer_ = 0; ///< position
    uint32_t depth_ = 0;
    ObjectState state_{};
    bool is_open_change_ = false; ///< the last one was open and changed no more than the word
    uint64_t set_high_ = 0, set_low_ = 0;
    uint32_t round_ = 0;
    uint32_t memo_used_ = 0;
    // The farthest it came.
    uint32_t blocked_at_ = 0; ///< position of the answer that no order reached beyond
    std::array<OperationIndex, HistoryVerdict::tail_max> tail_{};
    uint32_t tail_count_ = 0;
    ObjectState tail_state_{};
};

/// `memo_slots`: 16 bytes each.
template <size_t operations_max, size_t memo_slots = 65'536>
class LinearizabilityOf final : public Linearizability {
    static_assert(memo_slots >= 8 && (memo_slots & (memo_slots - 1)) == 0);

public:
    constexpr LinearizabilityOf() noexcept : Linearizability{{nodes_, frames_, memo_}} {}

private:
    std::array<Node, operations_max + 2> nodes_{};
    std::array<Frame, operations_max> frames_{};
    std::array<MemoSlot, memo_slots> memo_{};
};

/// `good`, `undecided: …`, or some lines that name the culprit, what is open beside it and the end
/// of the order that came farthest.
void put_verdict(TextWriter& out, const History& history, const HistoryVerdict& verdict) noexcept;

} // namespace grafos::test
