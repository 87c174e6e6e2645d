// SPDX-License-Identifier: Apache-2.0
/// Counts of a node's sessions. Each packet or message that is not acted on moves exactly one
/// `SessionDrop`; silence towards a stranger is told to the operator here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace grafos::wire {

enum class SessionDrop : uint8_t {
    // packets of strangers
    kind_unexpected,   ///< a kind or direction that is not for a node
    hello_malformed,   ///< length, padding, session or counter not as they must be
    init_malformed,    ///< likewise
    cookie_wrong,      ///< forged, of another address, expired, or of another boot
    init_repeated,     ///< waits already, or opened a session that lives
    queue_full,        ///< more inits than the ration of public-key operations takes
    key_refused,       ///< not sealed to this node, or not by whom it says
    principal_unknown, ///< a key that is not in the peer list
    init_payload,      ///< sealed rightly, and not what it must be
    table_full,        ///< as many live sessions as there is room for
    // packets in a session
    session_unknown, ///< of an older boot, ended, or invented
    address_foreign, ///< not from where the session was opened
    kind_refused,    ///< plain to a sealing node, or sealed to a plain one
    counter_old,     ///< before the replay window
    counter_repeated,
    tag_wrong,
    // messages
    message_malformed,     ///< and what follows it in its packet
    request_below_floor,   ///< answered, and the client said it knows
    request_beyond_window, ///< more than the window's requests open
    request_executing,     ///< again, before its answer
    request_over_budget,   ///< more than one session may ask in a turn
    fragment_refused,      ///< contradicts its siblings, or no room to put it together
};
inline constexpr size_t session_drop_count = 22;

/// Why an open session ended.
enum class SessionEnd : uint8_t {
    replaced,  ///< its client opened a new one and named it
    displaced, ///< its principal opened more than it may have, or had most when all were taken
    idle,
    exhausted, ///< its counter reached the end
    closed,    ///< by this node
};
inline constexpr size_t session_end_count = 5;

struct SessionFigures {
    std::array<uint64_t, session_drop_count> drops{};
    std::array<uint64_t, session_end_count> ends{};
    uint64_t hellos = 0;           ///< answered with a cookie
    uint64_t inits = 0;            ///< taken into the queue
    uint64_t public_key_steps = 0; ///< operations spent
    uint64_t accepts = 0;          ///< handshakes finished
    uint64_t accepts_repeated = 0; ///< the same bytes for the same init
    uint64_t pending_ended = 0;    ///< accepted and never confirmed, or pushed out
    uint64_t opened = 0;           ///< confirmed
    uint64_t packets = 0;          ///< opened under a session's key
    uint64_t requests = 0;         ///< handed to the sink
    uint64_t reads_repeated = 0;   ///< of them: reads executed again
    uint64_t replies = 0;          ///< answers given by the sink
    uint64_t replies_repeated = 0; ///< kept answers sent again
    uint64_t answers_unwanted = 0; ///< of a request or session that is no more
    uint64_t probes = 0;           ///< empty packets heard
    uint64_t packets_sent = 0;     ///< sealed ones

    [[nodiscard]] uint64_t of(SessionDrop drop) const noexcept {
        return drops[static_cast<size_t>(drop)];
    }
    [[nodiscard]] uint64_t of(SessionEnd end) const noexcept {
        return ends[static_cast<size_t>(end)];
    }
};

/// snake_case. Context: any.
[[nodiscard]] std::string_view name_of(SessionDrop drop) noexcept;
[[nodiscard]] std::string_view name_of(SessionEnd end) noexcept;

} // namespace grafos::wire
