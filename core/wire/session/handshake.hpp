// SPDX-License-Identifier: Apache-2.0
/// The bodies of the four packets that open a session, and what the two Noise payloads say.
///
///     hello   client random 16 · zero 48
///     cookie  client random 16 · cookie 32
///     init    cookie 32 · client random 16 · Noise message 1 (96 + 12)
///     accept  Noise message 2 (48 + 56)
///
/// Each answer is shorter than its question, so nobody is a mirror. The header's session is 0 in
/// hello and cookie, and the first 8 bytes of the client random in init and accept.
#pragma once

#include "core/crypto/noise.hpp"
#include "core/wire/packet.hpp"
#include "core/wire/session/cookie.hpp"

namespace grafos::wire {

inline constexpr std::string_view handshake_prologue = "grafos-wire-v1\n";

inline constexpr size_t hello_body_bytes = 64;
inline constexpr size_t cookie_body_bytes = ClientRandom::size_bytes + Cookie::size_bytes;
inline constexpr size_t init_payload_bytes = 1 + 1 + 2 + 8;
inline constexpr size_t init_noise_bytes = crypto::noise_message_1_overhead + init_payload_bytes;
inline constexpr size_t init_body_bytes = cookie_body_bytes + init_noise_bytes;
/// In the flags of an accept's payload: the node leaves packets unsealed.
inline constexpr uint16_t accept_is_plain = 1;
inline constexpr size_t accept_payload_bytes = 8 + 8 + 2 + 2 + 4 + 32;
inline constexpr size_t accept_body_bytes = crypto::noise_message_2_overhead + accept_payload_bytes;
inline constexpr size_t hello_packet_bytes = packet_header_bytes + hello_body_bytes;
inline constexpr size_t cookie_packet_bytes = packet_header_bytes + cookie_body_bytes;
inline constexpr size_t init_packet_bytes = packet_header_bytes + init_body_bytes;
inline constexpr size_t accept_packet_bytes = packet_header_bytes + accept_body_bytes;

static_assert(cookie_body_bytes <= hello_body_bytes);
static_assert(accept_body_bytes <= init_body_bytes);

/// Written before the message of the same name is sealed (Noise payload 1).
struct InitPayload {
    SessionNumber old_session{}; ///< 0: none
};

/// Noise payload 2. That the node seals, or does not, stands here under its key: nobody on the way
/// can talk two ends that seal out of it.
struct AcceptPayload {
    SessionNumber session{};
    BootNumber boot{};
    uint16_t window = 0;
    bool seals = true;   ///< false: a build for a trusted fabric
    Duration turn_max{}; ///< below 2^32 ms
    NodeId node_id{};
};

/// The header's session of init and accept.
[[nodiscard]] SessionNumber mark_of(const ClientRandom& random) noexcept;

using HelloPacket = std::array<uint8_t, hello_packet_bytes>;
using CookiePacket = std::array<uint8_t, cookie_packet_bytes>;
using InitPacket = std::array<uint8_t, init_packet_bytes>;
using AcceptPacket = std::array<uint8_t, accept_packet_bytes>;

struct CookieBody {
    ClientRandom random{};
    Cookie cookie{};
};
struct InitBody {
    CookieBody proof{};
    std::array<uint8_t, init_noise_bytes> noise{};
};

[[nodiscard]] HelloPacket encode_hello(const ClientRandom& random) noexcept;
[[nodiscard]] CookiePacket encode_cookie(const CookieBody& body) noexcept;
[[nodiscard]] InitPacket encode_init(const InitBody& body) noexcept;
/// `noise` has accept_body_bytes.
[[nodiscard]] AcceptPacket encode_accept(SessionNumber mark, Bytes noise) noexcept;

/// Of a packet whose header is decoded and says this kind. Failures of each: corrupt (length),
/// invalid_argument (padding: not zero; operation: direction, session or counter not as they must
/// be). Context: any.
[[nodiscard]] Result<ClientRandom> decode_hello(const PacketHeader& header, Bytes packet) noexcept;
[[nodiscard]] Result<CookieBody> decode_cookie(const PacketHeader& header, Bytes packet) noexcept;
[[nodiscard]] Result<InitBody> decode_init(const PacketHeader& header, Bytes packet) noexcept;
/// Answers the Noise message; whose it is says `header.session`.
[[nodiscard]] Result<Bytes> decode_accept(const PacketHeader& header, Bytes packet) noexcept;

[[nodiscard]] std::array<uint8_t, init_payload_bytes> encode_init_payload(
    const InitPayload& payload) noexcept;
[[nodiscard]] std::array<uint8_t, accept_payload_bytes> encode_accept_payload(
    const AcceptPayload& payload) noexcept;

/// Failures: corrupt (length), unsupported_version (version), invalid_argument (padding).
[[nodiscard]] Result<InitPayload> decode_init_payload(Bytes payload) noexcept;
/// Failures: corrupt (length), invalid_argument (flags: unknown ones; operation: session 0; length:
/// a window that is no power of two up to 64).
[[nodiscard]] Result<AcceptPayload> decode_accept_payload(Bytes payload) noexcept;

} // namespace grafos::wire
