// SPDX-License-Identifier: Apache-2.0
/// The way between actors on different machines of a fabric: letters go as calls to programs.
///
///     Context::send ─► carry ─► Fabric::start_call ══► on_call ─► System::take_in ─► mailbox
///                                      ◄══ empty: it is in the mailbox
///     Context::call ─► carry ─► Fabric::start_call ══► on_call ─► take_in ─► … ─► reply
///     Answer ◄─ System::take_answer ◄─ step ◄══ answer_call ◄─ carry_answer ◄─────┘
///
/// Rules. Numbers of actors are each machine's own: calls name an actor by what its machine has
/// announced, and only the messages announced with it are taken in from outside, none with an
/// address in it. A letter is carried for as long as a call waits, and no longer. A letter that is
/// sent is given up if it finds no place, as at a full mailbox; a question waits for one, since
/// each actor has one at a time. An answer that does not come at all is the system's affair, whose
/// own patience ends then too; a refusal is told as it came.
#pragma once

#include "core/fabric/fabric.hpp"
#include "core/node/service/fabric_service.hpp"
#include "examples/emulation/system.hpp"

namespace grafos::ec_counter {

/// How a letter lies in a call: kind u8, number of the message u8, its bytes. And in the answer to
/// a question: 0, the reply; or 1, the refusal as letters carry it.
inline constexpr size_t letter_header_bytes = 2;
inline constexpr size_t answer_header_bytes = 1;

class PostOffice final : public emulation::Carrier, public node::ProgramDesk {
public:
    static constexpr size_t actors_max = 64;   ///< numbers below may have a home elsewhere
    static constexpr size_t outgoing_max = 64; ///< letters on their way to other machines
    static constexpr size_t sent_max = 3;      ///< of them, that nobody waits for: to one machine
    static constexpr size_t asked_max = 64;    ///< questions from elsewhere, unanswered

    struct Figures {
        uint64_t carried = 0;
        uint64_t given_up = 0; ///< found no place, or were not answered in time
        uint64_t refused = 0;  ///< by the machine they went to, or by its program
        uint64_t taken_in = 0;
        uint64_t answered = 0;
    };

    /// All outlive it. `patience`: of a letter.
    PostOffice(emulation::System& system, fabric::Fabric& fabric, node::FabricService& service,
               Duration patience) noexcept
        : system_{system}, fabric_{fabric}, service_{service}, patience_{patience} {}
    PostOffice(const PostOffice&) = delete;
    PostOffice& operator=(const PostOffice&) = delete;
    ~PostOffice() = default;

    /// Where an actor lives that was started elsewhere, and what it is announced as there. Context:
    /// before the first tick.
    void set_home(emulation::ActorNumber actor, uint8_t home, uint64_t there) noexcept;
    /// The one actor here that is written to from elsewhere, and by which messages. Context: the
    /// same.
    template <typename... Messages, typename P>
    void announce(uint64_t as, const emulation::Address<P>& actor) noexcept {
        announced_ = {as, emulation::System::number_of(actor),
                      ((uint32_t{1} << P::template number_of<Messages>()) | ...)};
    }

    /// Before the system's tick: what came for us, and what waits to leave. Context: turn.
    void step(Instant now) noexcept;
    /// Answers come with packets, which bring a turn; this is for what waits to leave.
    [[nodiscard]] Instant next_deadline() const noexcept;
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

    // emulation::Carrier
    [[nodiscard]] Result<> carry(const emulation::Letter& letter) noexcept override;
    void carry_answer(uint32_t call, const emulation::Letter& letter) noexcept override;
    // node::ProgramDesk
    [[nodiscard]] Result<> on_call(const node::CallTicket& ticket, const wire::Principal& caller,
                                   uint64_t to, Bytes message, Instant now) noexcept override;

private:
    static constexpr Duration look_again{5}; ///< for a place in the session
    enum class State : uint8_t { free, waiting, called };
    struct Home {
        bool is_known = false;
        uint8_t home = 0;   ///< index among the fabric's nodes
        uint64_t there = 0; ///< what the actor is announced as
    };
    struct Announced {
        uint64_t as = 0;
        emulation::ActorNumber actor = emulation::ActorNumber::nobody;
        uint32_t messages = 0; ///< one bit for each number
    };
    struct Outgoing {
        State state = State::free;
        Home to{};
        Instant ends{};
        fabric::CallHandle call{};
        emulation::Letter letter{};
    };
    struct Asked {
        uint32_t call = 0; ///< 0: none yet
        bool is_open = false;
        node::CallTicket ticket{};
    };

    [[nodiscard]] Outgoing* place_for(const emulation::Letter& letter, uint8_t home) noexcept;
    void give_up(Outgoing& outgoing) noexcept;
    void call(Outgoing& outgoing, Instant now) noexcept;
    void poll(Outgoing& outgoing) noexcept;
    void take_answer(const Outgoing& outgoing, Bytes answer) noexcept;

    emulation::System& system_;
    fabric::Fabric& fabric_;
    node::FabricService& service_;
    Duration patience_;
    std::array<Home, actors_max> homes_{};
    Announced announced_{};
    std::array<Outgoing, outgoing_max> outgoing_{};
    std::array<Asked, asked_max> asked_{};
    uint32_t asked_count_ = 0;
    Instant now_{};
    Figures figures_{};
};

} // namespace grafos::ec_counter
