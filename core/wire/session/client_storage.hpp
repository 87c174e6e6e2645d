// SPDX-License-Identifier: Apache-2.0
/// What a program keeps of its requests, and what it sees of them.
#pragma once

#include "core/wire/fragment.hpp"
#include "core/wire/session/channel.hpp"
#include "core/wire/session/handshake.hpp"
#include "core/wire/session/request.hpp"

namespace grafos::wire {

/// First retransmission after this, doubling up to the second while the node is silent; a request
/// that a later one has overtaken waits the first time only.
inline constexpr Duration retransmit_first{60};
inline constexpr Duration retransmit_most{1'000};
[[nodiscard]] constexpr Duration doubled(Duration wait) noexcept {
    return 2 * wait.ms < retransmit_most.ms ? Duration{2 * wait.ms} : retransmit_most;
}
/// Nothing heard for so long while something is owed: the session is suspect.
inline constexpr Duration silence_most{1'000};

enum class SessionState : uint8_t { closed, opening, open };

struct RequestHandle {
    uint16_t slot = 0;
    uint64_t number = 0; ///< never reused by this client; 0 names none
    friend constexpr bool operator==(const RequestHandle&, const RequestHandle&) = default;
};

struct RequestOptions {
    Duration patience{};          ///< disconnected after this
    bool takes_fragments = false; ///< the reply may be longer than a packet
    std::optional<TraceParent> trace{};
};

/// What came back. `payload` is valid until the handle is released.
struct ReplyView {
    bool is_warned = false;
    Instant first_sent{}; ///< of this request's first transmission: what deadlines count from
    Bytes payload{};
};

/// Counts of one client session; they only rise.
struct ClientFigures {
    uint64_t opened = 0; ///< sessions
    uint64_t lost = 0;   ///< sessions given up for a new one
    uint64_t hellos = 0; ///< sent
    uint64_t inits = 0;  ///< sent
    uint64_t public_key_steps = 0;
    uint64_t accepts_refused = 0; ///< forged, or for another attempt
    uint64_t requests = 0;
    uint64_t retransmitted = 0; ///< messages sent again
    uint64_t replies = 0;
    uint64_t replies_unwanted = 0; ///< repeated, or of requests given up
    uint64_t fragments_refused = 0;
    uint64_t disconnected = 0; ///< requests that ended so
    uint64_t packets_sent = 0; ///< sealed ones
    uint64_t packets_opened = 0;
    uint64_t packets_dropped = 0; ///< ours by number, and not acceptable
};

enum class ClientSlotState : uint8_t {
    free,
    queued, ///< never sent
    sent,   ///< at least once, in this session
    done,   ///< answered, or ended with `error`
};

struct ClientSlot {
    ClientSlotState state = ClientSlotState::free;
    bool is_warned = false;
    bool takes_fragments = false;
    bool was_sent = false;
    uint16_t type = 0;
    uint32_t size = 0;   ///< of the request, then of the reply
    uint64_t number = 0; ///< of the handle
    RequestId request{}; ///< in the session it was sent in
    Instant deadline{};  ///< patience ends
    Instant first_sent = Instant::never();
    Instant last_sent{};
    Instant next_send{};
    Duration wait{}; ///< until the send after the next
    std::optional<TraceParent> trace{};
    std::optional<Error> error{};
    /// Of a reply in pieces: the packet of its first one, and the name it is put together under.
    uint64_t first_piece = 0;
    uint64_t pieces_name = 0; ///< 0: none came yet
};

struct ClientStorageSpans {
    std::span<ClientSlot> slots;
    MutableBytes payloads; ///< as much for each slot: the request, then its reply
    std::span<ReassemblySlot> reassemblies;
};

template <uint16_t window, size_t payload_bytes>
class ClientStorage {
    static_assert(window > 0 && window <= 64 && payload_bytes >= 64);

protected:
    [[nodiscard]] ClientStorageSpans spans() noexcept { return {slots_, payloads_, reassemblies_}; }

private:
    std::array<ClientSlot, window> slots_{};
    std::array<uint8_t, size_t{window} * payload_bytes> payloads_{};
    // Only what is longer than a packet comes in pieces.
    static constexpr size_t reassembly_count =
        (payload_bytes > whole_payload_bytes_max) ? reassemblies_per_sender_max : 0;
    std::array<ReassemblySlot, reassembly_count> reassemblies_{};
};

} // namespace grafos::wire
