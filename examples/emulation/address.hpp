// SPDX-License-Identifier: Apache-2.0
/// Where an actor is, for those who were given it.
///
/// Nobody can make an address out of a number, nor ask one for what lies behind it: an actor
/// reaches whom it was told of, by messages of that one's protocol, and nothing else. An address
/// may stand in a message; so actors are introduced to one another. Where a message came from
/// another machine its addresses may be anything; what they name is checked when they are used.
#pragma once

#include "examples/emulation/letter.hpp"

namespace grafos::emulation {

template <typename P>
class Address {
public:
    /// Nobody's: what is sent there is lost, what is asked is refused with not_found.
    constexpr Address() noexcept = default;
    [[nodiscard]] constexpr bool is_nobody() const noexcept {
        return number_ == ActorNumber::nobody;
    }
    friend constexpr bool operator==(const Address&, const Address&) = default;

private:
    friend class System;
    template <typename Self>
    friend class Context;
    explicit constexpr Address(ActorNumber number) noexcept : number_{number} {}

    ActorNumber number_ = ActorNumber::nobody;
};

/// A question that waits for its answer: given to a handler, given back with `Context::reply`, then
/// or in a later turn. Only the actor that was asked can answer it.
template <typename Reply>
class Asked {
public:
    constexpr Asked() noexcept = default;

private:
    template <typename Self>
    friend class Context;
    template <typename Self, typename P>
    friend class Actor;
    constexpr Asked(const LetterHead& question) noexcept
        : asker_{question.from},
          asked_{question.to},
          call_{question.call},
          message_{question.message} {}

    ActorNumber asker_ = ActorNumber::nobody;
    ActorNumber asked_ = ActorNumber::nobody;
    uint32_t call_ = 0;
    uint8_t message_ = 0;
};

/// What became of a call: the answer, or `disconnected` (no answer in time; value = how long it
/// waited, ms), or the refusal of whoever was asked.
template <typename Message>
struct Answer {
    Result<typename Message::Reply> result;
};

} // namespace grafos::emulation
