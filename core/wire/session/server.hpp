// SPDX-License-Identifier: Apache-2.0
/// The node's side of sessions: who is there, what was asked before, what was answered.
///
/// It knows packets, keys and request numbers; what a request means is its sink's. A request is
/// handed over exactly once in the life of its session, whatever the net does to its packets
/// (at most once, protocol §2). Until a session is open nothing is kept for a stranger but a place
/// in a short queue, no answer is longer than its question, and public-key operations are rationed.
///
/// A turn: `Port::receive` → `on_packet` → `RequestSink::on_request`; `tick` spends the handshake
/// ration and ends what is stale; answers are packed together and leave at `flush`.
#pragma once

#include "core/wire/message.hpp"
#include "core/wire/port.hpp"
#include "core/wire/principal.hpp"

namespace grafos::wire {

/// A session of this node; a stale one answers not_found.
struct SessionRef {
    uint16_t slot = 0;
    SessionNumber number{};
    friend constexpr bool operator==(const SessionRef&, const SessionRef&) = default;
};

/// Who asks, in which session, under which number.
struct RequestOrigin {
    SessionRef session{};
    uint8_t principal = 0; ///< index into the peer list
    RequestId request{};
};

/// What becomes of a request. `error` set: a refusal, and `payload` follows it as TLVs.
struct Reply {
    std::optional<Error> error{};
    bool is_warned = false;
    Bytes payload{}; ///< copied before `answer` returns
};

class RequestSink {
public:
    /// A fresh request of an open session, whole (fragments are put together). `message.payload`
    /// is valid during the call only. It is answered through `SessionServer::answer`, now or in a
    /// later turn; a mutating one that is never answered stays `executing` until its session ends.
    /// Context: turn, inside Port::receive.
    virtual void on_request(const RequestOrigin& origin, const MessageView& message,
                            Instant now) noexcept = 0;
    /// Nobody will read the answers of this session any more. Context: turn.
    virtual void on_session_end(SessionRef session) noexcept = 0;

protected:
    ~RequestSink() = default;
};

// The class `SessionServer` (final, over spans of slots; `SessionServerOf<sessions, window>` owns
// them) follows in this file; its operations, for those who build on them:
//
//   SessionServer(const Parts&)                 Parts: Port&, crypto::Identity&, crypto::Drbg&,
//                                               PeerList&, RequestSink&, storage spans, seals
//   void start(BootNumber, Duration turn_max)   boot: draws the cookie secret
//   on_packet(...)                              PacketSink
//   Result<> answer(const RequestOrigin&, const Reply&, Instant now)
//                                               not_found (session), not_found (operation: no such
//                                               open request), capacity_exceeded (length)
//   bool tick(Instant now)                      one public-key step; stale sessions; more waiting?
//   void flush(Instant now)                     packs and sends what was answered
//   Instant next_deadline() const
//   Figures figures() const                     a counter for each reason a packet was dropped
//   session list for `top` and the console: size(), info(index)

} // namespace grafos::wire
