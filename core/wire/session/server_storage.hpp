// SPDX-License-Identifier: Apache-2.0
/// What a node keeps of each session, and how much of it there is.
///
/// A session is light until it is confirmed: keys, a counter, a bitmap. Only then it gets a window
/// of request slots, of which there are as many as sessions may be open; so strangers who replay an
/// old init can fill the pending places of one principal, and nothing else.
#pragma once

#include "core/wire/fragment.hpp"
#include "core/wire/session/channel.hpp"
#include "core/wire/session/handshake.hpp"
#include "core/wire/session/request.hpp"
#include "core/wire/session/request_window.hpp"

namespace grafos::wire {

enum class EntryState : uint8_t {
    free,
    accepting, ///< message 2 is being written
    pending,   ///< accepted; its client has not been heard under its key
    open,
};

inline constexpr uint16_t no_index = 0xFFFF;

struct SessionEntry {
    EntryState state = EntryState::free;
    uint8_t principal = 0;
    bool owes_sign = false;       ///< heard something that has no answer of its own: say so
    uint16_t window = no_index;   ///< which window of slots; open only
    uint16_t outgoing = no_index; ///< the packet its answers go to
    uint16_t asked_in_turn = 0;
    uint32_t attempt = 0; ///< of the handshake desk: what opening it cost
    uint64_t turn = 0;    ///< that `asked_in_turn` counts for
    SessionNumber number{};
    SessionNumber old_session{}; ///< dies when this one is confirmed
    hal::DatagramAddress address{};
    Instant since{}; ///< pending, then open, since
    Instant last_heard{};
    std::array<uint8_t, 32> ephemeral{}; ///< the client's, of its init: knows a copy of it again
    AcceptPacket accept{};               ///< pending only
    Channel channel{};
    RequestWindow requests{};
};

/// A packet being filled with the answers of one session.
struct OutgoingPacket {
    uint16_t entry = no_index; ///< none: free
    uint16_t body_bytes = 0;
    uint64_t order = 0; ///< of its beginning: the oldest leaves first when room is needed
    std::array<uint8_t, packet_bytes_max> bytes{};

    [[nodiscard]] MutableBytes body() noexcept { return Channel::body_of(bytes); }
};

/// One open session, for consoles and lists.
struct SessionInfo {
    SessionRef session{};
    uint8_t principal = 0;
    hal::DatagramAddress address{};
    Instant since{};
    Instant last_heard{};
    uint16_t executing = 0;
    uint64_t packets_sent = 0;
};

struct SessionStorageSpans {
    SessionLimits limits;
    std::span<SessionEntry> entries;
    std::span<RequestSlot> slots; ///< sessions_max windows, one after another
    std::span<uint16_t> windows_free;
    std::span<OutgoingPacket> outgoing;
    std::span<ReassemblySlot> reassemblies;
};

template <SessionLimits limits>
class SessionStorage {
    static_assert(is_consistent(limits));

protected:
    [[nodiscard]] SessionStorageSpans spans() noexcept {
        return {limits, entries_, slots_, windows_free_, outgoing_, reassemblies_};
    }

private:
    std::array<SessionEntry, limits.sessions_max + limits.pending_max> entries_{};
    std::array<RequestSlot, size_t{limits.sessions_max} * limits.window> slots_{};
    std::array<uint16_t, limits.sessions_max> windows_free_{};
    std::array<OutgoingPacket, limits.outgoing_max> outgoing_{};
    std::array<ReassemblySlot, limits.reassemblies_max> reassemblies_{};
};

} // namespace grafos::wire
