// SPDX-License-Identifier: Apache-2.0
/// What a system is made of: a slot for each actor, one pool of letters, two heaps of what is due.
#pragma once

#include <optional>
#include <span>

#include "examples/emulation/due_heap.hpp"
#include "examples/emulation/protocol.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::emulation {

using Random = test::SeededChoice;
class System;

/// An actor as the system sees it; programs derive from `Actor<Self, P>`.
class AnyActor {
public:
    /// Once, when it is started.
    virtual void begin(System& system, ActorNumber self) noexcept = 0;
    /// False: it does not decode.
    [[nodiscard]] virtual bool receive(System& system, const Letter& letter) noexcept = 0;

protected:
    ~AnyActor() = default;
};

/// Hands an actor what became of its call; false: the answer does not decode.
using AnswerHandler = bool (*)(AnyActor& actor, System& system, ActorNumber self,
                               const Result<Bytes>& answer) noexcept;

struct ActorSlot {
    AnyActor* actor = nullptr; ///< null: it lives on another machine
    std::string_view name{};
    std::span<const MessageWord> words{};
    bool is_stopped = false;
    bool is_ready = false; ///< in the queue of those that have something to handle
    uint16_t mailbox_max = 0;
    uint16_t mail_count = 0;
    uint32_t mail_first = 0; ///< letter; means nothing if there is none
    uint32_t mail_last = 0;
    uint32_t ready_next = 0; ///< index + 1
    // its call
    bool is_calling = false;
    LetterHead question{}; ///< the last one; its `call` is the number
    Duration patience{};
    AnswerHandler on_answer = nullptr;
    uint32_t answer = 0;            ///< letter that came; 0: none
    std::optional<Error> refusal{}; ///< nothing left, or nothing came
    Random random{0};

    /// The call is open, and neither answer nor refusal has come.
    [[nodiscard]] bool awaits(uint32_t number) const noexcept {
        return !is_stopped && is_calling && question.call == number && answer == 0 &&
               !refusal.has_value();
    }
};

struct PooledLetter {
    Letter letter{};
    uint32_t next = 0; ///< in a mailbox or among the free
};

/// How many letters wait in front of an actor; more are lost.
struct StartOptions {
    uint16_t mailbox_max = mailbox_default;
};

/// Counts since the start.
struct SystemFigures {
    uint64_t sent = 0;
    uint64_t handled = 0;
    uint64_t lost = 0; ///< for whatever reason
    uint64_t timed_out = 0;
    uint64_t doubled = 0;
    uint32_t letters_most = 0; ///< in use at once
    uint32_t letters = 0;      ///< now
};

struct SystemStorage {
    std::span<ActorSlot> slots;
    /// The first is nobody's: what is said while no letter is left is written there, and lost.
    std::span<PooledLetter> letters;
    DueHeap& travelling; ///< by place in `letters`
    DueHeap& calls;      ///< by place in `slots`
    SystemLimits limits;
};

template <SystemLimits limits>
struct SystemStorageOf {
    std::array<ActorSlot, limits.actors_max> slots{};
    std::array<PooledLetter, limits.letters_max + 1> letters{};
    std::array<DueHeap::Entry, limits.letters_max + 1> entries{};
    std::array<uint32_t, limits.letters_max + 1> places{};
    std::array<DueHeap::Entry, limits.actors_max> call_entries{};
    std::array<uint32_t, limits.actors_max> call_places{};
    DueHeap travelling{entries, places};
    DueHeap calls{call_entries, call_places};
};

} // namespace grafos::emulation
