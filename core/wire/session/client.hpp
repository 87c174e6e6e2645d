// SPDX-License-Identifier: Apache-2.0
/// A program's side of one session with one node.
///
/// Opens (hello → cookie → init → accept), numbers requests upward, keeps at most the node's window
/// of them open, sends again what is not answered, and says `disconnected` when an answer does not
/// come in time: that means *outcome unknown*, never *not executed*. A lost session is opened again
/// by itself, naming the old one; requests that were sent in the old one end as disconnected.
#pragma once

#include "core/wire/message.hpp"
#include "core/wire/port.hpp"
#include "core/wire/principal.hpp"

namespace grafos::wire {

/// First retransmission after this, doubling up to the second.
inline constexpr Duration retransmit_first{60};
inline constexpr Duration retransmit_most{1'000};

enum class SessionState : uint8_t { closed, opening, open };

struct RequestHandle {
    uint16_t slot = 0;
    uint64_t number = 0; ///< never reused by this client; 0 names none
    friend constexpr bool operator==(const RequestHandle&, const RequestHandle&) = default;
};

/// What came back. `payload` is valid until the handle is released.
struct ReplyView {
    bool is_warned = false;
    Instant first_sent{}; ///< of this request's first transmission: what deadlines count from
    Bytes payload{};
};

// The class `ClientSession` (final, over spans; `ClientSessionOf<window>` owns them) follows in
// this file; its operations, for those who build on them:
//
//   ClientSession(Port&, const crypto::Identity& me, crypto::Drbg&, storage)
//   Result<> open(const Principal& node, Instant now)        address and exchange key of the node
//   void close(Instant now)
//   SessionState state() const; BootNumber boot() const; const NodeId& node_id() const (accept)
//   accept) Result<RequestHandle> start(MessageType, Bytes payload, Duration patience, Instant now)
//        busy (window full), capacity_exceeded (length); queued while opening; leaves at `flush`
//   Result<ReplyView> poll(RequestHandle, Instant now)
//        busy (no answer yet), disconnected (patience over or session lost: outcome unknown),
//        the node's own typed refusal (its Error), not_found (handle)
//   void release(RequestHandle)                              also before the answer: forget it
//   on_packet: one client side sorts packets to its sessions by session number (ClientPort)
//   void tick(Instant now); void flush(Instant now); Instant next_deadline() const
//   Figures figures() const                                  sent, retransmitted, dropped by reason

} // namespace grafos::wire
