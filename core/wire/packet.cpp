// SPDX-License-Identifier: Apache-2.0
#include "core/wire/packet.hpp"

namespace grafos::wire {
namespace {

constexpr size_t version_at = 2;
constexpr size_t kind_at = 3;
constexpr size_t flags_at = 4;
constexpr size_t body_bytes_at = 6;
constexpr size_t session_at = 8;
constexpr size_t counter_at = 16;
static_assert(counter_at + 8 == packet_header_bytes);
static_assert(packet_bytes_max - packet_header_bytes <= UINT16_MAX);

/// What a kind allows in the rest of its header.
struct KindRule {
    bool is_to_client; ///< has to be; meant for `is_fixed` kinds only
    bool is_fixed;     ///< goes in one direction only
    bool has_session;  ///< false: 0
    bool has_counter;  ///< false: 0
    uint16_t body_least;
};

[[nodiscard]] KindRule rule_of(PacketKind kind) noexcept {
    switch (kind) {
    case PacketKind::hello: return {false, true, false, false, 0};
    case PacketKind::cookie: return {true, true, false, false, 0};
    case PacketKind::init: return {false, true, true, false, 0};
    case PacketKind::accept: return {true, true, true, false, 0};
    case PacketKind::sealed: return {false, false, true, true, packet_tag_bytes};
    case PacketKind::plain: return {false, false, true, true, 0};
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] Result<> check_start(Bytes datagram) noexcept {
    if (datagram.size() < packet_header_bytes || datagram.size() > packet_bytes_max) {
        return Error{ErrorCode::corrupt, Field::length, datagram.size(), packet_header_bytes};
    }
    const auto magic = load_big_endian<uint16_t>(datagram.data());
    if (magic != packet_magic) {
        return Error{ErrorCode::corrupt, Field::magic, magic, packet_magic};
    }
    if (datagram[version_at] != wire_version) {
        return Error{ErrorCode::unsupported_version, Field::version, datagram[version_at],
                     wire_version};
    }
    return ok();
}

[[nodiscard]] Result<> check_kind(const PacketHeader& header) noexcept {
    const KindRule rule = rule_of(header.kind);
    if (rule.is_fixed && header.is_to_client != rule.is_to_client) {
        return Error{ErrorCode::invalid_argument, Field::flags, header.is_to_client ? 1u : 0u,
                     rule.is_to_client ? 1u : 0u};
    }
    if (!rule.has_session && header.session.value != 0) {
        return Error{ErrorCode::invalid_argument, Field::session, header.session.value, 0};
    }
    if (!rule.has_counter && header.counter != 0) {
        return Error{ErrorCode::invalid_argument, Field::packet, header.counter, 0};
    }
    if (header.counter == UINT64_MAX) {
        return Error{ErrorCode::exhausted, Field::packet, header.counter, UINT64_MAX - 1};
    }
    if (header.body_bytes < rule.body_least) {
        return Error{ErrorCode::corrupt, Field::length, header.body_bytes, rule.body_least};
    }
    return ok();
}

} // namespace

void encode_packet_header(const PacketHeader& header,
                          std::span<uint8_t, packet_header_bytes> to) noexcept {
    GRAFOS_ASSERT(check_kind(header).is_ok());
    uint8_t* const at = to.data();
    store_big_endian<uint16_t>(at, packet_magic);
    at[version_at] = wire_version;
    at[kind_at] = static_cast<uint8_t>(header.kind);
    store_big_endian<uint16_t>(at + flags_at, header.is_to_client ? packet_to_client : 0);
    store_big_endian<uint16_t>(at + body_bytes_at, header.body_bytes);
    store_big_endian<uint64_t>(at + session_at, header.session.value);
    store_big_endian<uint64_t>(at + counter_at, header.counter);
}

Result<PacketHeader> decode_packet_header(Bytes datagram) noexcept {
    GRAFOS_TRY(check_start(datagram));
    const uint8_t* const at = datagram.data();
    constexpr auto kind_last = static_cast<uint8_t>(PacketKind::plain);
    if (at[kind_at] == 0 || at[kind_at] > kind_last) {
        return Error{ErrorCode::invalid_argument, Field::kind, at[kind_at], kind_last};
    }
    const auto flags = load_big_endian<uint16_t>(at + flags_at);
    if ((flags & ~packet_to_client) != 0) {
        return Error{ErrorCode::invalid_argument, Field::flags, flags, packet_to_client};
    }
    PacketHeader header;
    header.kind = static_cast<PacketKind>(at[kind_at]);
    header.is_to_client = (flags & packet_to_client) != 0;
    header.body_bytes = load_big_endian<uint16_t>(at + body_bytes_at);
    header.session = {load_big_endian<uint64_t>(at + session_at)};
    header.counter = load_big_endian<uint64_t>(at + counter_at);
    if (header.body_bytes != datagram.size() - packet_header_bytes) {
        return Error{ErrorCode::corrupt, Field::length, header.body_bytes,
                     datagram.size() - packet_header_bytes};
    }
    GRAFOS_TRY(check_kind(header));
    return header;
}

} // namespace grafos::wire
