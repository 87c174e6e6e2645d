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

#include "examples/emulation/address.hpp"
#include "examples/emulation/observer.hpp"
#include "examples/emulation/storage.hpp"
#include "examples/emulation/ways.hpp"

namespace grafos::emulation {

class System {
public:
    using StartOptions = emulation::StartOptions;
    using Figures = SystemFigures;

    System(const SystemStorage& storage, uint64_t seed) noexcept;
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
        GRAFOS_TRY_ASSIGN(const ActorNumber number, place(&actor, name, words_of<P>, options));
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
        GRAFOS_TRY_ASSIGN(const ActorNumber number,
                          place(nullptr, name, words_of<P>, StartOptions{}));
        return Address<P>{number};
    }
    /// The actor handles nothing more; what waits for it is lost. Twice is once. Context: turn.
    void stop(ActorNumber number, const Error& why) noexcept;

    // --- turns
    /// Does what is due at `now`, in its order, but no more than `letters_per_tick_max` steps.
    /// True: more is due now. Time that goes backwards stands still.
    [[nodiscard]] bool tick(Instant now) noexcept;
    /// When something is due: the past or `now()` if letters wait to be handled. Context: any.
    [[nodiscard]] Instant next_deadline() const noexcept;
    [[nodiscard]] Instant now() const noexcept { return now_; }

    // --- from other machines; observers see it as sent and arrived at once
    /// A message, or the question number `call` of somebody elsewhere. Failures: not_found (slot:
    /// no such actor here, or it has stopped), capacity_exceeded (slot; outbox), invalid_argument
    /// (message: not in its protocol, asked what nobody answers, or too long). A question that is
    /// lost later is refused through `Carrier::carry_answer`. Context: turn.
    [[nodiscard]] Result<> take_in(uint64_t to, uint8_t message, Bytes payload,
                                   std::optional<uint32_t> call) noexcept;
    /// What became of a question that the carrier carried. Context: turn.
    void take_answer(ActorNumber asker, uint32_t call, const Result<Bytes>& answer) noexcept;

    // --- looking
    [[nodiscard]] size_t actor_count() const noexcept { return count_; }
    /// Of nobody: nameless.
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
    friend class Line;

    [[nodiscard]] Result<ActorNumber> place(AnyActor* actor, std::string_view name,
                                            std::span<const MessageWord> words,
                                            const StartOptions& options) noexcept;
    [[nodiscard]] ActorSlot& slot(ActorNumber number) noexcept {
        GRAFOS_ASSERT(index_of(number) < count_);
        return storage_.slots[index_of(number)];
    }
    [[nodiscard]] const ActorSlot& slot(ActorNumber number) const noexcept {
        GRAFOS_ASSERT(index_of(number) < count_);
        return storage_.slots[index_of(number)];
    }
    [[nodiscard]] ActorNumber number_of(const ActorSlot& slot) const noexcept {
        return static_cast<ActorNumber>(&slot - storage_.slots.data());
    }

    // for contexts; `ends` has from and to
    void send(const LetterHead& ends, const MessageKind& kind, Bytes payload,
              std::optional<Duration> after) noexcept;
    void call(const LetterHead& ends, const MessageKind& kind, Bytes payload, Duration patience,
              AnswerHandler handler) noexcept;
    void answer(const LetterHead& head, Bytes payload) noexcept;
    void refuse(LetterHead head, const Error& error) noexcept;
    void show(ActorNumber actor, std::string_view name, uint64_t value) noexcept;
    void print(ActorNumber actor, const Rule& rule, std::string_view text) noexcept;

    // the way of a letter: letters are places in the pool, 0 the one that is lost
    [[nodiscard]] uint32_t take_letter(const LetterHead& head, Bytes payload) noexcept;
    void free_letter(uint32_t place) noexcept;
    [[nodiscard]] Letter& letter(uint32_t place) noexcept { return storage_.letters[place].letter; }
    void post(uint32_t place, const MessageKind& kind, std::optional<Duration> after) noexcept;
    void post_copy(const Letter& of, const MessageWord& word, Duration delay) noexcept;
    void hand_over(uint32_t place) noexcept;
    void arrive(uint32_t place) noexcept;
    void put_into_mailbox(ActorSlot& to, uint32_t place) noexcept;
    void take_answer_letter(ActorSlot& to, uint32_t place) noexcept;
    void end_call(ActorSlot& asker, uint32_t call, const Error& why) noexcept;
    void make_ready(ActorSlot& ready) noexcept;
    void handle_next() noexcept;
    void handle_answer(ActorSlot& at) noexcept;
    void time_out() noexcept;
    void lose(const Letter& letter, LossReason reason) noexcept;
    void fail(uint32_t place, LossReason reason, const Error& why) noexcept;
    void turn_away(const Letter& letter, LossReason reason, const Error& why) noexcept;
    [[nodiscard]] bool has_actor(ActorNumber number, const MessageKind& kind) const noexcept;
    [[nodiscard]] Error no_letter_left() const noexcept;
    [[nodiscard]] static LetterHead answer_head(const LetterHead& question) noexcept;
    template <typename Call>
    void tell(const Call& call) noexcept {
        for (size_t i = 0; i < observer_count_; ++i) {
            call(*observers_[i]);
        }
    }

    SystemStorage storage_;
    size_t count_ = 0;
    uint64_t seed_;
    Weather* weather_ = nullptr;
    Carrier* carrier_ = nullptr;
    std::array<Observer*, observers_max> observers_{};
    size_t observer_count_ = 0;
    Instant now_{};
    uint64_t order_ = 0;
    uint32_t free_ = 0;        ///< first free letter; 0: none
    uint32_t ready_first_ = 0; ///< slot; index + 1
    uint32_t ready_last_ = 0;
    Figures figures_{};
};

/// A system with its memory.
template <SystemLimits limits>
class SystemOf final : private SystemStorageOf<limits>, public System {
    using Places = SystemStorageOf<limits>;

public:
    explicit SystemOf(uint64_t seed) noexcept
        : System{{Places::slots, Places::letters, Places::travelling, Places::calls, limits},
                 seed} {}
};

} // namespace grafos::emulation
