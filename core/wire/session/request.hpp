// SPDX-License-Identifier: Apache-2.0
/// What a node's side of sessions hands over, and what it takes back.
#pragma once

#include "core/wire/message.hpp"
#include "core/wire/packet.hpp"

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

/// Longest payload of a reply, or of a request, that is not cut into fragments.
inline constexpr size_t whole_payload_bytes_max = packet_body_bytes_max - message_header_bytes;

/// Of one piece of a longer reply; only the last is shorter. The pieces of one reply lie in packets
/// one after another, so a piece's packet and offset say which execution it is of.
inline constexpr size_t reply_piece_bytes = whole_payload_bytes_max - fragment_header_bytes;

class RequestSink {
public:
    /// A fresh request of an open session, whole (fragments are put together). `message.payload`
    /// is valid during the call only; its flags still say FRAG_V2 if the client takes a fragmented
    /// reply. It is answered through `SessionServer::answer`, now or in a later turn; a mutating
    /// one that is never answered stays `executing` until its session ends.
    /// Context: turn, inside Port::receive.
    virtual void on_request(const RequestOrigin& origin, const MessageView& message,
                            Instant now) noexcept = 0;
    /// Nobody will read the answers of this session any more. It may come inside `on_packet`,
    /// `answer`, `tick` and `flush`. Context: turn.
    virtual void on_session_end(SessionRef session) noexcept = 0;

protected:
    ~RequestSink() = default;
};

} // namespace grafos::wire
