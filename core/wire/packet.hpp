// SPDX-License-Identifier: Apache-2.0
/// The outside of a datagram: what it is, whose session it belongs to, and its nonce.
///
/// Everything that means something is sealed inside; this header is all that a listener sees, and
/// the whole of it is authenticated with what it covers. A packet whose header is not exactly
/// right is dropped without an answer: fail closed, and nothing to amplify.
///
///     0 magic u16 · 2 version u8 · 3 kind u8 · 4 flags u16 · 6 body_bytes u16
///     8 session u64 · 16 counter u64 · 24 body
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::wire {

inline constexpr uint16_t packet_magic = 0x6746; // "gF"
inline constexpr uint8_t wire_version = 1;
inline constexpr size_t packet_header_bytes = 24;
inline constexpr size_t packet_tag_bytes = 16;
inline constexpr size_t packet_bytes_max = hal::datagram_bytes_max;
/// What the messages of one sealed packet may take together.
inline constexpr size_t packet_body_bytes_max =
    packet_bytes_max - packet_header_bytes - packet_tag_bytes;

enum class PacketKind : uint8_t {
    hello = 1,  ///< client → node: may I open a session from this address?
    cookie = 2, ///< node → client: proves that the address answers
    init = 3,   ///< client → node: cookie and Noise IK message 1
    accept = 4, ///< node → client: Noise IK message 2
    sealed = 5, ///< messages, under the session's keys
    plain = 6,  ///< messages, unsealed: only between builds for a trusted fabric
};

/// Flag bits of a packet; every other bit is refused.
inline constexpr uint16_t packet_to_client = 1u << 0;

/// A session as it stands on the wire: random, never reused; the low 16 bits are the node's slot.
using SessionNumber = StrongNumber<struct SessionNumberTag, uint64_t>;

struct PacketHeader {
    PacketKind kind{};
    bool is_to_client = false;
    uint16_t body_bytes = 0;
    SessionNumber session{};
    uint64_t counter = 0;
    friend constexpr bool operator==(const PacketHeader&, const PacketHeader&) = default;
};

/// Writes the 24 bytes. A header that `decode_packet_header` would refuse is a broken program.
/// Context: any.
void encode_packet_header(const PacketHeader& header,
                          std::span<uint8_t, packet_header_bytes> to) noexcept;

/// Hello and init go to a node, cookie and accept come from one; hello and cookie have session 0,
/// and all four counter 0. Failures: corrupt (length: shorter than a header or a sealed packet's
/// tag, longer than a packet, or body_bytes is not what follows; magic), unsupported_version
/// (version), invalid_argument (kind; flags: a bit that nobody has, or the wrong direction;
/// session, packet: not 0), exhausted (packet: the last counter). Context: any.
[[nodiscard]] Result<PacketHeader> decode_packet_header(Bytes datagram) noexcept;

/// Whoever takes the packets of one direction: a node's server side, or a program's client side.
class PacketSink {
public:
    /// `packet` is a whole datagram whose header is valid; it may be opened in place. Never fails:
    /// what is not acceptable is dropped and counted. Context: turn.
    virtual void on_packet(const hal::DatagramAddress& from, const PacketHeader& header,
                           MutableBytes packet, Instant now) noexcept = 0;

protected:
    ~PacketSink() = default;
};

} // namespace grafos::wire
