// SPDX-License-Identifier: Apache-2.0
/// Actors, and the letters between them, moved in turns.
///
///     Context::send ─► Weather ─► on its way ─► mailbox ─► Actor::on(message)     one at a time
///     Context::call ─► … ─────────────────────► on(message, Asked) ─► reply ─► … ─► on(Answer)
///                      └─ or Carrier, to another machine
///
/// Rules. An actor handles one message at a time, in the order of arrival. While a call of its own
/// is open its mailbox waits. A call ends once: by its answer, its refusal, or its patience.
/// Mailboxes and the number of letters are bounded: what finds no room is lost and counted, a
/// question is refused with capacity_exceeded (slot: its mailbox is full; outbox: no letter is
/// left). The same seed, the same ticks and the same actors give the same lines, on every machine.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "examples/emulation/address.hpp"
#include "examples/emulation/due_heap.hpp"
#include "examples/emulation/observer.hpp"
#include "examples/emulation/ways.hpp"
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

class System {
public:
    struct Slot {
        AnyActor* actor = nullptr; ///< null: it lives on another machine
        std::string_view name{};
        std::span<const MessageWord> words{};
        bool is_stopped = false;
        bool is_ready = false; ///< in the queue of those that have something to handle
        uint16_t mailbox_max = 0;
        uint16_t mail_count = 0;
        uint32_t mail_first = 0; ///< index + 1; 0: none
        uint32_t mail_last = 0;
        uint32_t ready_next = 0; ///< index + 1
        // its call
        uint32_t call = 0; ///< number of the last one
        bool is_calling = false;
        uint64_t call_order = 0; ///< of the question
        const MessageWord* asked = nullptr;
        Duration patience{};
        AnswerHandler on_answer = nullptr;
        uint32_t answer = 0;            ///< letter that came; index + 1
        std::optional<Error> refusal{}; ///< nothing left, or nothing came
        Random random{0};
    };
    struct Item {
        Letter letter{};
        uint32_t next = 0; ///< in a mailbox or among the free; index + 1
    };
    struct Storage {
        std::span<Slot> slots;
        std::span<Item> items;
        DueHeap& travelling;
        DueHeap& calls;
        SystemLimits limits;
    };
    struct StartOptions {
        uint16_t mailbox_max = mailbox_default;
    };
    /// Counts since the start.
    struct Figures {
        uint64_t sent = 0;
        uint64_t handled = 0;
        uint64_t lost = 0; ///< for whatever reason
        uint64_t timed_out = 0;
        uint64_t doubled = 0;
        uint32_t letters_most = 0; ///< in use at once
        uint32_t letters = 0;      ///< now
    };

    System(const Storage& storage, uint64_t seed) noexcept;
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    // --- putting it together
    /// Null: letters arrive at once. Both outlive the system. Context: before the first start.
    void set_weather(Weather* weather) noexcept { weather_ = weather; }
    void set_carrier(Carrier* carrier) noexcept { carrier_ = carrier; }
    void add(Observer& observer) noexcept;
    /// The actor and its name outlive the system. Numbers are given in order, from 0. Failures:
    /// capacity_exceeded (slot). Context: any.
    template <typename ActorType>
    [[nodiscard]] Result<Address<typename ActorType::ProtocolType>> start(
        ActorType& actor, std::string_view name, const StartOptions& options) noexcept {
        using P = typename ActorType::ProtocolType;
        static constexpr auto words = P::words();
        GRAFOS_TRY_ASSIGN(const ActorNumber number, place(&actor, name, words, options));
        actor.begin(*this, number);
        return Address<P>{number};
    }
    template <typename ActorType>
    [[nodiscard]] Result<Address<typename ActorType::ProtocolType>> start(
        ActorType& actor, std::string_view name) noexcept {
        return start(actor, name, StartOptions{});
    }
    /// One that lives on another machine: letters for it go to the carrier.
    template <typename P>
    [[nodiscard]] Result<Address<P>> start_elsewhere(std::string_view name) noexcept {
        static constexpr auto words = P::words();
        GRAFOS_TRY_ASSIGN(const ActorNumber number, place(nullptr, name, words, StartOptions{}));
        return Address<P>{number};
    }
    /// The actor handles nothing more; what waits for it is lost. Twice is once. Context: turn.
    void stop(ActorNumber number, const Error& why) noexcept;

    // --- turns
    /// Handles what is due at `now`, as many as `letters_per_tick_max`. True: more is due now.
    [[nodiscard]] bool tick(Instant now) noexcept;
    /// When something is due: the past or `now()` if letters wait to be handled. Context: any.
    [[nodiscard]] Instant next_deadline() const noexcept;
    [[nodiscard]] Instant now() const noexcept { return now_; }

    // --- from other machines
    /// A message, or the question number `call` of somebody elsewhere. Failures: not_found (slot:
    /// no such actor here, or it has stopped), capacity_exceeded (slot; outbox), invalid_argument
    /// (message). Context: turn.
    [[nodiscard]] Result<> take_in(uint64_t to, uint8_t message, Bytes payload,
                                   std::optional<uint32_t> call) noexcept;
    /// What became of a question that the carrier carried. Context: turn.
    void take_answer(ActorNumber asker, uint32_t call, const Result<Bytes>& answer) noexcept;

    // --- looking
    [[nodiscard]] size_t actor_count() const noexcept { return count_; }
    [[nodiscard]] ActorView view(ActorNumber number) const noexcept;
    [[nodiscard]] bool is_stopped(ActorNumber number) const noexcept {
        return slot(number).is_stopped;
    }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    template <typename P>
    [[nodiscard]] static ActorNumber number_of(const Address<P>& address) noexcept {
        return address.number_;
    }

private:
    template <typename Self>
    friend class Context;
    template <typename Self, typename P>
    friend class Actor;
    friend class Line;

    [[nodiscard]] Result<ActorNumber> place(AnyActor* actor, std::string_view name,
                                            std::span<const MessageWord> words,
                                            const StartOptions& options) noexcept;
    [[nodiscard]] Slot& slot(ActorNumber number) noexcept {
        GRAFOS_ASSERT(index_of(number) < count_);
        return storage_.slots[index_of(number)];
    }
    [[nodiscard]] const Slot& slot(ActorNumber number) const noexcept {
        GRAFOS_ASSERT(index_of(number) < count_);
        return storage_.slots[index_of(number)];
    }

    // for contexts
    void send(ActorNumber from, ActorNumber to, uint8_t message, Bytes payload,
              std::optional<Duration> after) noexcept;
    void call(ActorNumber from, ActorNumber to, uint8_t message, Bytes payload, Duration patience,
              AnswerHandler handler) noexcept;
    void answer(ActorNumber from, ActorNumber asker, uint32_t call, uint8_t message,
                Bytes payload) noexcept;
    void refuse(ActorNumber from, ActorNumber asker, uint32_t call, uint8_t message,
                const Error& error) noexcept;
    void show(ActorNumber actor, std::string_view name, uint64_t value) noexcept;
    void print(ActorNumber actor, const Rule& rule, std::string_view text) noexcept;

    // the way of a letter
    [[nodiscard]] uint32_t take_item() noexcept; ///< index + 1; 0: none is left
    void free_item(uint32_t item) noexcept;
    [[nodiscard]] Item& item(uint32_t number) noexcept { return storage_.items[number - 1]; }
    [[nodiscard]] bool dispatch(Letter& letter, std::optional<Duration> after) noexcept;
    bool travel(const Letter& letter, Duration delay) noexcept;
    void send_away(Letter& letter) noexcept;
    void arrive(uint32_t number) noexcept;
    void put_into_mailbox(Slot& to, uint32_t number) noexcept;
    void take_answer_letter(Slot& to, uint32_t number) noexcept;
    void end_call(Slot& asker, const Error& why) noexcept;
    void make_ready(Slot& ready) noexcept;
    void handle_next() noexcept;
    void handle_answer(Slot& at) noexcept;
    void time_out() noexcept;
    void lose(const Letter& letter, LossReason reason) noexcept;
    [[nodiscard]] const MessageWord& word_of(const Letter& letter) const noexcept;
    [[nodiscard]] ActorNumber number_of(const Slot& slot) const noexcept {
        return static_cast<ActorNumber>(&slot - storage_.slots.data());
    }
    template <typename Call>
    void tell(const Call& call) noexcept {
        for (size_t i = 0; i < observer_count_; ++i) {
            call(*observers_[i]);
        }
    }

    Storage storage_;
    size_t count_ = 0;
    uint64_t seed_;
    Weather* weather_ = nullptr;
    Carrier* carrier_ = nullptr;
    std::array<Observer*, observers_max> observers_{};
    size_t observer_count_ = 0;
    Instant now_{};
    uint64_t order_ = 0;
    uint32_t free_ = 0; ///< first free letter; index + 1
    uint32_t ready_first_ = 0;
    uint32_t ready_last_ = 0;
    Figures figures_{};
};

template <SystemLimits limits>
struct SystemStorageOf {
    std::array<System::Slot, limits.actors_max> slots{};
    std::array<System::Item, limits.letters_max> items{};
    std::array<DueHeap::Entry, limits.letters_max> entries{};
    std::array<uint32_t, limits.letters_max> places{};
    std::array<DueHeap::Entry, limits.actors_max> call_entries{};
    std::array<uint32_t, limits.actors_max> call_places{};
    DueHeap travelling{entries, places};
    DueHeap calls{call_entries, call_places};
};

/// A system with its memory.
template <SystemLimits limits>
class SystemOf final : private SystemStorageOf<limits>, public System {
    using Places = SystemStorageOf<limits>;

public:
    explicit SystemOf(uint64_t seed) noexcept
        : System{{Places::slots, Places::items, Places::travelling, Places::calls, limits}, seed} {}
};

} // namespace grafos::emulation
