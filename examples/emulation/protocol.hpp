// SPDX-License-Identifier: Apache-2.0
/// What one kind of actor understands, as a list of types.
///
/// A message is a struct with a `name`, with rows that say how it is encoded
/// (core/wire/layout.hpp), and, if it is called for an answer, with the type of that answer:
///
///     struct Set {
///         static constexpr std::string_view name = "Set";
///         using Reply = Accepted;
///         uint64_t value = 0;
///     };
///     struct ServerProtocol : Protocol<Get, Set, SyncValue> {};
///
/// The number of a message on its way is its place in the list. Whoever has an
/// `Address<ServerProtocol>` can send nothing else there: the compiler says so.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <type_traits>

#include "core/base/text.hpp"
#include "core/wire/codec.hpp"
#include "examples/emulation/letter.hpp"

namespace grafos::emulation {

template <typename Message>
concept HasReply = requires { typename Message::Reply; };

namespace detail {

/// Becomes whatever a member is.
struct AnyMember {
    template <typename Member>
    operator Member() const noexcept;
};
/// Members of a struct, by how many values it can be made of.
template <typename Message, typename... Members>
[[nodiscard]] consteval size_t member_count() noexcept {
    if constexpr (requires { Message{Members{}..., AnyMember{}}; }) {
        return member_count<Message, Members..., AnyMember>();
    } else {
        return sizeof...(Members);
    }
}
template <typename Message>
inline constexpr bool has_all_rows =
    member_count<Message>() == wire::layout_of<Message>.field_count;

} // namespace detail

/// A message for whoever shows it: no code of its own.
struct MessageWord {
    std::string_view name{};
    const wire::Layout* layout = nullptr;
    const wire::Layout* reply = nullptr; ///< null: nobody is answered
};

/// `Set(value=323)`; `SetPeers(peers=99)` for a list. Context: any.
void put_message(TextWriter& to, const MessageWord& word, Bytes payload) noexcept;
/// The same of an answer: `323` for one with a single field, else `(a=1, b=2)`.
void put_answer(TextWriter& to, const MessageWord& word, Bytes payload) noexcept;

template <typename... Messages>
struct Protocol {
    static_assert(sizeof...(Messages) <= protocol_messages_max);
    static_assert(((wire::layout_of<Messages>.fields != nullptr) && ...), "a message without rows");
    static_assert((detail::has_all_rows<Messages> && ...), "a member without a row");
    static_assert(((wire::layout_of<Messages>.bytes_max <= message_bytes_max) && ...),
                  "a message that fits no letter");

    template <typename Message>
    static constexpr bool takes = (std::is_same_v<Message, Messages> || ...);

    template <typename Message>
    [[nodiscard]] static consteval uint8_t number_of() noexcept {
        static_assert(takes<Message>, "whoever is addressed does not take this message");
        uint8_t number = 0;
        uint8_t found = 0;
        ((found = std::is_same_v<Message, Messages> ? number : found, ++number), ...);
        return found;
    }

    /// Calls `visitor.template operator()<M>()` with the message of this number; false: none.
    template <typename Visitor>
    static bool visit(uint8_t number, Visitor&& visitor) noexcept {
        bool is_known = false;
        ((number == number_of<Messages>()
              ? (visitor.template operator()<Messages>(), is_known = true)
              : false),
         ...);
        return is_known;
    }

    [[nodiscard]] static constexpr auto words() noexcept {
        return std::array<MessageWord, sizeof...(Messages)>{word_of<Messages>()...};
    }

private:
    template <typename Message>
    [[nodiscard]] static constexpr MessageWord word_of() noexcept {
        if constexpr (HasReply<Message>) {
            static_assert(wire::layout_of<typename Message::Reply>.fields != nullptr);
            static_assert(wire::layout_of<typename Message::Reply>.bytes_max <= message_bytes_max);
            static_assert(detail::has_all_rows<typename Message::Reply>, "a member without a row");
            return {Message::name, &wire::layout_of<Message>,
                    &wire::layout_of<typename Message::Reply>};
        } else {
            return {Message::name, &wire::layout_of<Message>, nullptr};
        }
    }
};

/// One table for each protocol, so that its address tells which protocol an actor takes.
template <typename P>
inline constexpr auto words_of = P::words();

/// A message as the system sees it: a place in somebody's protocol.
struct MessageKind {
    std::span<const MessageWord> words{};
    uint8_t number = 0;
};
template <typename P, typename Message>
[[nodiscard]] constexpr MessageKind kind_of() noexcept {
    return {words_of<P>, P::template number_of<Message>()};
}

} // namespace grafos::emulation
