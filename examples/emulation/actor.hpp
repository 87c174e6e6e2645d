// SPDX-License-Identifier: Apache-2.0
/// An actor: state that nobody else reaches, and what it does when a message comes.
///
///     class Server final : public Actor<Server, ServerProtocol> {
///     public:
///         void on_start(Context<Server>& context) noexcept;                        // if it wants
///         void on(Context<Server>& context, const SyncValue& message) noexcept;    // was sent
///         void on(Context<Server>& context, const Set& message,
///                 const Asked<Accepted>& asked) noexcept;                          // was called
///         void on(Context<Server>& context, const Answer<Keep>& answer) noexcept;  // it had
///         called
///     };
///
/// A handler may not wait: it sends, calls, replies, and returns. Its messages view the letter, and
/// are gone when it returns.
#pragma once

#include "examples/emulation/context.hpp"

namespace grafos::emulation {

template <typename Self, typename P>
class Actor : public AnyActor {
public:
    using ProtocolType = P;

    void begin(System& system, ActorNumber number) noexcept final {
        Context<Self> context{system, number};
        if constexpr (requires(Self& self) { self.on_start(context); }) {
            static_cast<Self&>(*this).on_start(context);
        }
    }
    [[nodiscard]] bool receive(System& system, const Letter& letter) noexcept final {
        Context<Self> context{system, letter.to};
        bool is_taken = false;
        P::visit(letter.message,
                 [&]<typename Message>() { is_taken = take<Message>(context, letter); });
        return is_taken;
    }

protected:
    constexpr Actor() noexcept = default;
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;
    ~Actor() = default;

private:
    template <typename Message>
    [[nodiscard]] bool take(Context<Self>& context, const Letter& letter) noexcept {
        const Result<Message> message = wire::decode<Message>(letter.view());
        if (!message.is_ok() || HasReply<Message> != (letter.kind == LetterKind::question)) {
            return false;
        }
        auto& self = static_cast<Self&>(*this);
        if constexpr (HasReply<Message>) {
            using Question = Asked<typename Message::Reply>;
            static_assert(
                requires { self.on(context, message.value(), Question{}); },
                "a message of the protocol without a handler");
            self.on(context, message.value(), Question{letter});
        } else {
            static_assert(
                requires { self.on(context, message.value()); },
                "a message of the protocol without a handler");
            self.on(context, message.value());
        }
        return true;
    }
};

} // namespace grafos::emulation
