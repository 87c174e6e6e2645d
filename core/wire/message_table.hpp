// SPDX-License-Identifier: Apache-2.0
/// The one table of messages: what is fixed for each number.
///
/// Dispatch, quotas, sessions, the README's tables, the dissector, the tests and the fuzzers are
/// driven from it. Numbers 0x0200 and 0x020A are the reference's, the others are ours.
#pragma once

#include "core/wire/message.hpp"
#include "core/wire/messages.hpp"

namespace grafos::wire {

/// In which part of a turn it is served, and against which budget (protocol §2).
enum class MessageClass : uint8_t {
    look,    ///< only reads
    control, ///< ends and prolongs what is held
    data,    ///< bytes of a lease
    alloc,   ///< new tokens and leases
    operate, ///< fences, clock, audit
    call,    ///< from program to program; the node hands over, and knows no meaning
};

/// Which token a request has to carry in its field `token`.
enum class TokenNeed : uint8_t { none, alloc, lease };

struct MessageEntry {
    MessageType type{};
    MessageClass message_class{};
    /// True: executed at most once, and its reply is kept and repeated. False: executed again.
    bool is_mutating = false;
    TokenNeed token = TokenNeed::none;
    uint16_t rights = 0; ///< `lease::right` bits that the token needs
    Roles roles{};       ///< all of these
    std::string_view name{};
    const Layout* request = nullptr; ///< its bounds are bytes_min … bytes_max, and TLVs
    const Layout* reply = nullptr;
};

/// By number, rising. Context: any.
[[nodiscard]] std::span<const MessageEntry> message_table() noexcept;

/// Null: no such message; it is answered `unsupported`. Context: any.
[[nodiscard]] const MessageEntry* find_message(uint16_t type) noexcept;

/// Longest payload of a reply that is kept to be repeated, TLVs left out.
inline constexpr size_t kept_reply_bytes_max = 320;

/// snake_case. Context: any.
[[nodiscard]] std::string_view name_of(MessageType type) noexcept;
[[nodiscard]] std::string_view name_of(MessageClass message_class) noexcept;
[[nodiscard]] std::string_view name_of(TokenNeed need) noexcept;

} // namespace grafos::wire
