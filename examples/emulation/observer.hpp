// SPDX-License-Identifier: Apache-2.0
/// What happens in a system, as it happens, for whoever prints, draws or judges it.
#pragma once

#include "core/base/error.hpp"
#include "examples/emulation/letter.hpp"
#include "examples/emulation/protocol.hpp"

namespace grafos::emulation {

/// Why an actor does what it does: stands beside each line that it prints.
struct Rule {
    std::string_view name{}; ///< snake_case
    std::string_view text{}; ///< a sentence
};

/// Who speaks, and to whom: filled in for observers.
struct ActorView {
    ActorNumber number = ActorNumber::nobody;
    std::string_view name{};
};

/// All of them are called in the turn in which it happens, and change nothing. Each does nothing
/// unless it is overridden.
class Observer {
public:
    /// Printed, with `[name] ` in front of it if it is the actor's own.
    virtual void on_line(Instant now, const ActorView& actor, const Rule& rule,
                         std::string_view text) noexcept;
    /// Put on its way; `arrives`: never if it is lost, or goes to another machine.
    virtual void on_sent(Instant now, const Letter& letter, const MessageWord& word,
                         Instant arrives) noexcept;
    /// Taken out of the net, into the mailbox.
    virtual void on_arrived(Instant now, const Letter& letter) noexcept;
    virtual void on_lost(Instant now, const Letter& letter, LossReason reason) noexcept;
    /// A call that got no answer: `order` is its question's.
    virtual void on_timed_out(Instant now, const ActorView& actor, uint64_t order) noexcept;
    /// A figure that an actor wants to be seen.
    virtual void on_shown(Instant now, const ActorView& actor, std::string_view name,
                          uint64_t value) noexcept;
    virtual void on_stopped(Instant now, const ActorView& actor, const Error& why) noexcept;

protected:
    ~Observer() = default;
};

} // namespace grafos::emulation
