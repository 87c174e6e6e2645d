// SPDX-License-Identifier: Apache-2.0
/// What programs asked of shared words and locks, and what they were answered, in the order in
/// which it happened: the input of `linearizability.hpp`.
///
/// Each call and each answer takes the next position; the simulator is one thread, so positions say
/// all there is to say about before and after. An operation that is never answered, or whose answer
/// was lost, is *open*: it may take effect at any time after its call, or never. One that was
/// refused for certain took no effect and is left out.
///
/// An object is one 64-bit word at home, zero at first, with the lock beside it that may guard it.
/// Whoever records names it by a number of its own choice: memory granted anew is a new object.
///
/// | verb | takes effect if | then | its answer |
/// |------|-----------------|------|------------|
/// | read | | | value: the word |
/// | write | | word = value | |
/// | compare_exchange | word == expected | word = value | is_done: it did; value: as found |
/// | fetch_add | | word += value | value: as found |
/// | lock | nobody holds it | generation + 1, held by nonce | is_done: held by nonce; counts |
/// | commit | held by nonce, generation | word = value, commits + 1 | is_done: it did; commits |
/// | expire | that generation, or that nonce, holds it | nobody holds it | |
///
/// A commit with `is_release` also lets go. A lock that is not granted changes nothing and may be
/// answered for a free lock too (its queue). `expire` is the home's own record: by its answer that
/// generation, granted at some time, holds no more, by its deadline or by the end of the lease. The
/// grant of a call that nobody answered has no generation that is known: its end names the nonce,
/// and is never answered.
#pragma once

#include <array>
#include <span>

#include "core/base/result.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace grafos::test {

enum class Verb : uint8_t { read, write, compare_exchange, fetch_add, lock, commit, expire };

struct Call {
    uint32_t client = 0;
    Verb verb = Verb::read;
    bool is_release = false; ///< commit
    uint64_t object = 0;
    uint64_t value = 0;
    uint64_t expected = 0;
    uint64_t nonce = 0; ///< lock, commit: never zero; expire: 0 unless by nonce
    uint64_t generation = 0;
};

struct Answer {
    bool is_done = true; ///< false: not exchanged, not granted, not committed
    uint64_t value = 0;
    uint64_t generation = 0; ///< lock: of the grant; not granted: of whoever has or had it
    uint64_t commits = 0;    ///< lock, and commit that was done: counted so far
};

/// Which operation, in the order of calls.
using OperationIndex = uint32_t;

class History {
public:
    static constexpr uint32_t clients_max = 64;
    static constexpr uint32_t objects_max = 64;
    /// Behind every position.
    static constexpr uint32_t never = UINT32_MAX;

    enum class Outcome : uint8_t { open, answered, refused };
    struct Operation {
        Call call{};
        Answer answer{};
        uint32_t object_number = 0; ///< 0 … object_count() − 1
        uint32_t called = 0;        ///< position
        uint32_t answered = never;
        Outcome outcome = Outcome::open;
        bool is_running = false; ///< its client still waits
        Instant called_at{};
        Instant answered_at{};
    };

    explicit constexpr History(std::span<Operation> slots) noexcept : slots_{slots} {}
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// The client waits for nothing else. Failures: capacity_exceeded (operations, or objects);
    /// then the operation is missing and the history `is_cut()`.
    [[nodiscard]] Result<OperationIndex> call(const Call& call, Instant now) noexcept;
    /// Its client waited for it.
    void answer(OperationIndex operation, const Answer& answer, Instant now) noexcept;
    /// Nobody will know: its client goes on, it stays open.
    void lose(OperationIndex operation) noexcept;
    /// It is certain that it took no effect.
    void refuse(OperationIndex operation) noexcept;
    void clear() noexcept;

    [[nodiscard]] std::span<const Operation> operations() const noexcept {
        return slots_.first(count_);
    }
    [[nodiscard]] const Operation& operator[](OperationIndex operation) const noexcept;
    [[nodiscard]] uint32_t object_count() const noexcept { return object_count_; }
    /// Calls and answers so far: the next position.
    [[nodiscard]] uint32_t event_count() const noexcept { return event_count_; }
    /// An operation is missing: no verdict can be had.
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

private:
    [[nodiscard]] Operation& running(OperationIndex operation) noexcept;
    [[nodiscard]] uint32_t number_of(uint64_t object) const noexcept;

    std::span<Operation> slots_;
    uint32_t count_ = 0;
    uint32_t event_count_ = 0;
    uint32_t object_count_ = 0;
    bool is_cut_ = false;
    std::array<uint64_t, objects_max> objects_{};
    std::array<bool, clients_max> is_waiting_{};
};

template <size_t operations_max>
class HistoryOf final : public History {
public:
    constexpr HistoryOf() noexcept : History{slots_} {}

private:
    std::array<Operation, operations_max> slots_{};
};

[[nodiscard]] std::string_view name_of(Verb verb) noexcept;
/// One line: `#12 client 3 compare_exchange object 64 1 -> 2: found 7, not done [30, 41] at 1200
/// ms`
void put_operation(TextWriter& out, const History& history, OperationIndex operation) noexcept;

} // namespace grafos::test
