// SPDX-License-Identifier: Apache-2.0
/// What a program needs of the way to one node: ask, ask again for the answer, forget.
///
/// Everything above it (leases, regions, renewals) is written against this door and tried out
/// against a scripted twin; `SessionChannel` puts a sealed session behind it.
#pragma once

#include <optional>

#include "core/wire/session/client.hpp"

namespace grafos::fabric {

/// How things stand with a node, as far as we know.
struct ChannelState {
    bool is_open = false;
    BootNumber boot{};              ///< of the node, from its last accept; 0 = never reached
    Duration turn_max{};            ///< the longest turn the node promises
    uint16_t window = 0;            ///< requests open at once; 0: never reached
    NodeId node_id{};               ///< zero: never reached
    std::optional<Error> refusal{}; ///< why it will not open; nullopt: it may
};

class Channel {
public:
    /// Opens the session if it is closed; it stays open, and comes back by itself. Context: turn.
    virtual void connect(Instant now) noexcept = 0;
    [[nodiscard]] virtual ChannelState state() const noexcept = 0;

    /// Asks, at the next flush at which the session is open. Copies `payload`. Failures: busy
    /// (slot; operation: closed), capacity_exceeded (length). Context: turn.
    [[nodiscard]] virtual Result<wire::RequestHandle> start(wire::MessageType type, Bytes payload,
                                                            Duration patience,
                                                            Instant now) noexcept = 0;
    /// Failures: busy (no answer yet), disconnected (value 1: outcome unknown; 0: it never left),
    /// not_found (ticket), the node's own refusal. Stays until `release`. Context: turn.
    [[nodiscard]] virtual Result<wire::ReplyView> poll(wire::RequestHandle request) noexcept = 0;
    /// Forgets a request, answered or not. Unknown ones are ignored. Context: turn.
    virtual void release(wire::RequestHandle request) noexcept = 0;

protected:
    ~Channel() = default;
};

} // namespace grafos::fabric
