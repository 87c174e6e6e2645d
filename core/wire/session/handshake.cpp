// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/handshake.hpp"

#include "core/wire/session/limits.hpp"

namespace grafos::wire {
namespace {

template <size_t N>
[[nodiscard]] std::array<uint8_t, N> packet_with(PacketKind kind, SessionNumber session) noexcept {
    std::array<uint8_t, N> packet{};
    const PacketHeader header{.kind = kind,
                              .is_to_client =
                                  kind == PacketKind::cookie || kind == PacketKind::accept,
                              .body_bytes = static_cast<uint16_t>(N - packet_header_bytes),
                              .session = session,
                              .counter = 0};
    encode_packet_header(header, std::span{packet}.template first<packet_header_bytes>());
    return packet;
}

[[nodiscard]] Result<> check(const PacketHeader& header, Bytes packet, size_t bytes,
                             bool is_to_client) noexcept {
    if (packet.size() != bytes) {
        return Error{ErrorCode::corrupt, Field::length, packet.size(), bytes};
    }
    if (header.is_to_client != is_to_client || header.counter != 0) {
        return Error{ErrorCode::invalid_argument, Field::operation, header.counter, 0};
    }
    return ok();
}

[[nodiscard]] Result<> check_session(const PacketHeader& header, SessionNumber wanted) noexcept {
    if (header.session != wanted) {
        return Error{ErrorCode::invalid_argument, Field::operation, header.session.value,
                     wanted.value};
    }
    return ok();
}

} // namespace

SessionNumber mark_of(const ClientRandom& random) noexcept {
    return {load_big_endian<uint64_t>(random.bytes.data())};
}

HelloPacket encode_hello(const ClientRandom& random) noexcept {
    auto packet = packet_with<hello_packet_bytes>(PacketKind::hello, {});
    copy_bytes(MutableBytes{packet}.subspan(packet_header_bytes), random.view());
    return packet;
}

CookiePacket encode_cookie(const CookieBody& body) noexcept {
    auto packet = packet_with<cookie_packet_bytes>(PacketKind::cookie, {});
    ByteWriter writer{MutableBytes{packet}.subspan(packet_header_bytes)};
    writer.put_bytes(body.random.view());
    writer.put_bytes(body.cookie.view());
    GRAFOS_ASSERT(writer.size() == cookie_body_bytes);
    return packet;
}

InitPacket encode_init(const InitBody& body) noexcept {
    auto packet = packet_with<init_packet_bytes>(PacketKind::init, mark_of(body.proof.random));
    ByteWriter writer{MutableBytes{packet}.subspan(packet_header_bytes)};
    writer.put_bytes(body.proof.cookie.view());
    writer.put_bytes(body.proof.random.view());
    writer.put_bytes(body.noise);
    GRAFOS_ASSERT(writer.size() == init_body_bytes);
    return packet;
}

AcceptPacket encode_accept(SessionNumber mark, Bytes noise) noexcept {
    GRAFOS_ASSERT(noise.size() == accept_body_bytes);
    auto packet = packet_with<accept_packet_bytes>(PacketKind::accept, mark);
    copy_bytes(MutableBytes{packet}.subspan(packet_header_bytes), noise);
    return packet;
}

Result<ClientRandom> decode_hello(const PacketHeader& header, Bytes packet) noexcept {
    GRAFOS_TRY(check(header, packet, hello_packet_bytes, false));
    GRAFOS_TRY(check_session(header, {}));
    ByteReader reader{packet.subspan(packet_header_bytes)};
    ClientRandom random;
    random.bytes = reader.take_array<ClientRandom::size_bytes>();
    if (!is_all_zero(reader.take_bytes(reader.left()))) {
        return Error{ErrorCode::invalid_argument, Field::padding};
    }
    return random;
}

Result<CookieBody> decode_cookie(const PacketHeader& header, Bytes packet) noexcept {
    GRAFOS_TRY(check(header, packet, cookie_packet_bytes, true));
    GRAFOS_TRY(check_session(header, {}));
    ByteReader reader{packet.subspan(packet_header_bytes)};
    CookieBody body;
    body.random.bytes = reader.take_array<ClientRandom::size_bytes>();
    body.cookie.bytes = reader.take_array<Cookie::size_bytes>();
    GRAFOS_ASSERT(reader.is_ok() && reader.left() == 0);
    return body;
}

Result<InitBody> decode_init(const PacketHeader& header, Bytes packet) noexcept {
    GRAFOS_TRY(check(header, packet, init_packet_bytes, false));
    ByteReader reader{packet.subspan(packet_header_bytes)};
    InitBody body;
    body.proof.cookie.bytes = reader.take_array<Cookie::size_bytes>();
    body.proof.random.bytes = reader.take_array<ClientRandom::size_bytes>();
    body.noise = reader.take_array<init_noise_bytes>();
    GRAFOS_ASSERT(reader.is_ok() && reader.left() == 0);
    GRAFOS_TRY(check_session(header, mark_of(body.proof.random)));
    return body;
}

Result<Bytes> decode_accept(const PacketHeader& header, Bytes packet) noexcept {
    GRAFOS_TRY(check(header, packet, accept_packet_bytes, true));
    return packet.subspan(packet_header_bytes);
}

std::array<uint8_t, init_payload_bytes> encode_init_payload(const InitPayload& payload) noexcept {
    std::array<uint8_t, init_payload_bytes> bytes{};
    ByteWriter writer{bytes};
    writer.put<uint8_t>(wire_version);
    writer.put<uint8_t>(0);
    writer.put<uint16_t>(0);
    writer.put<uint64_t>(payload.old_session.value);
    GRAFOS_ASSERT(writer.size() == bytes.size());
    return bytes;
}

std::array<uint8_t, accept_payload_bytes> encode_accept_payload(
    const AcceptPayload& payload) noexcept {
    std::array<uint8_t, accept_payload_bytes> bytes{};
    ByteWriter writer{bytes};
    writer.put<uint64_t>(payload.session.value);
    writer.put<uint64_t>(payload.boot.value);
    writer.put<uint16_t>(payload.window);
    writer.put<uint16_t>(payload.seals ? 0 : accept_is_plain);
    writer.put<uint32_t>(static_cast<uint32_t>(payload.turn_max.ms));
    writer.put_bytes(payload.node_id.view());
    GRAFOS_ASSERT(writer.size() == bytes.size());
    return bytes;
}

Result<InitPayload> decode_init_payload(Bytes payload) noexcept {
    if (payload.size() != init_payload_bytes) {
        return Error{ErrorCode::corrupt, Field::length, payload.size(), init_payload_bytes};
    }
    ByteReader reader{payload};
    const uint8_t version = reader.take<uint8_t>();
    if (version != wire_version) {
        return Error{ErrorCode::unsupported_version, Field::version, version, wire_version};
    }
    const uint32_t reserved = (uint32_t{reader.take<uint8_t>()} << 16) | reader.take<uint16_t>();
    if (reserved != 0) {
        return Error{ErrorCode::invalid_argument, Field::padding, reserved, 0};
    }
    return InitPayload{{reader.take<uint64_t>()}};
}

Result<AcceptPayload> decode_accept_payload(Bytes payload) noexcept {
    if (payload.size() != accept_payload_bytes) {
        return Error{ErrorCode::corrupt, Field::length, payload.size(), accept_payload_bytes};
    }
    ByteReader reader{payload};
    AcceptPayload accept;
    accept.session.value = reader.take<uint64_t>();
    accept.boot.value = reader.take<uint64_t>();
    accept.window = reader.take<uint16_t>();
    const uint16_t flags = reader.take<uint16_t>();
    accept.seals = (flags & accept_is_plain) == 0;
    accept.turn_max.ms = reader.take<uint32_t>();
    accept.node_id.bytes = reader.take_array<NodeId::size_bytes>();
    GRAFOS_ASSERT(reader.is_ok() && reader.left() == 0);
    if ((flags & ~uint32_t{accept_is_plain}) != 0) {
        return Error{ErrorCode::invalid_argument, Field::flags, flags, accept_is_plain};
    }
    if (accept.session.value == 0) {
        return Error{ErrorCode::invalid_argument, Field::operation};
    }
    if (accept.window == 0 || accept.window > session_window_most ||
        (accept.window & (accept.window - 1u)) != 0) {
        return Error{ErrorCode::invalid_argument, Field::length, accept.window,
                     session_window_most};
    }
    return accept;
}

} // namespace grafos::wire
