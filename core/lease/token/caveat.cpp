// SPDX-License-Identifier: Apache-2.0
#include "core/lease/token/caveat.hpp"

#include <algorithm>

namespace grafos::lease {
namespace {

constexpr size_t header_bytes = 2;
constexpr uint64_t largest = ~uint64_t{0};

/// Bytes of the value of a known kind.
[[nodiscard]] size_t value_bytes(CaveatKind kind) noexcept {
    switch (kind) {
    case CaveatKind::shorter:
    case CaveatKind::bytes:
    case CaveatKind::ttl: return 8;
    case CaveatKind::rights: return 2;
    case CaveatKind::window: return 16;
    case CaveatKind::holder: return PrincipalKey::size_bytes;
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] bool is_known(uint8_t kind) noexcept {
    return kind >= static_cast<uint8_t>(CaveatKind::shorter) &&
           kind <= static_cast<uint8_t>(CaveatKind::holder);
}

[[nodiscard]] Result<> apply_window(Claims& claims, uint64_t offset, uint64_t length) noexcept {
    if (claims.kind != TokenKind::lease) {
        return Error{ErrorCode::denied, Field::caveat, static_cast<uint64_t>(CaveatKind::window),
                     static_cast<uint64_t>(claims.kind)};
    }
    if (length > largest - offset) {
        return Error{ErrorCode::invalid_argument, Field::caveat, length, largest - offset};
    }
    claims.begin = std::max(claims.begin, offset);
    claims.end = std::min(claims.end, offset + length);
    return ok();
}

[[nodiscard]] Result<> apply_holder(Claims& claims, Bytes key) noexcept {
    if (claims.has_holder && !is_equal(claims.holder.view(), key)) {
        return Error{ErrorCode::denied, Field::holder, 2, 1};
    }
    claims.has_holder = true;
    copy_bytes(claims.holder.bytes, key);
    return ok();
}

} // namespace

Caveat Caveat::shorter(Duration by) noexcept {
    return {CaveatKind::shorter, by.ms, 0, {}};
}
Caveat Caveat::only_rights(uint16_t rights) noexcept {
    return {CaveatKind::rights, rights, 0, {}};
}
Caveat Caveat::window(uint64_t offset, uint64_t length) noexcept {
    return {CaveatKind::window, offset, length, {}};
}
Caveat Caveat::bytes_max(uint64_t bytes) noexcept {
    return {CaveatKind::bytes, bytes, 0, {}};
}
Caveat Caveat::ttl_max(Duration ttl) noexcept {
    return {CaveatKind::ttl, ttl.ms, 0, {}};
}
Caveat Caveat::holder(const PrincipalKey& key) noexcept {
    return {CaveatKind::holder, 0, 0, key};
}

Bytes caveat_at(Bytes caveats, size_t at) noexcept {
    if (at > caveats.size() || caveats.size() - at < header_bytes) {
        return {};
    }
    const size_t size = header_bytes + caveats[at + 1];
    return caveats.size() - at < size ? Bytes{} : caveats.subspan(at, size);
}

size_t write_caveat(const Caveat& caveat, MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() >= caveat_bytes_max);
    ByteWriter out{to};
    out.put<uint8_t>(static_cast<uint8_t>(caveat.kind));
    out.put<uint8_t>(static_cast<uint8_t>(value_bytes(caveat.kind)));
    switch (caveat.kind) {
    case CaveatKind::shorter:
    case CaveatKind::bytes:
    case CaveatKind::ttl: out.put<uint64_t>(caveat.first); break;
    case CaveatKind::rights: out.put<uint16_t>(static_cast<uint16_t>(caveat.first)); break;
    case CaveatKind::window:
        out.put<uint64_t>(caveat.first);
        out.put<uint64_t>(caveat.second);
        break;
    case CaveatKind::holder: out.put_bytes(caveat.key.view()); break;
    }
    return out.size();
}

Result<> apply_caveat(Claims& claims, Bytes caveat) noexcept {
    GRAFOS_ASSERT(caveat.size() >= header_bytes);
    if (!is_known(caveat[0])) {
        return Error{ErrorCode::denied, Field::caveat, caveat[0],
                     static_cast<uint64_t>(CaveatKind::holder)};
    }
    const auto kind = static_cast<CaveatKind>(caveat[0]);
    const Bytes value = caveat.subspan(header_bytes);
    if (value.size() != value_bytes(kind)) {
        return Error{ErrorCode::invalid_argument, Field::caveat, value.size(), value_bytes(kind)};
    }
    ByteReader in{value};
    switch (kind) {
    case CaveatKind::shorter: {
        const auto by = in.take<uint64_t>();
        claims.expires_at.ms -= std::min(by, claims.expires_at.ms);
        break;
    }
    case CaveatKind::rights: claims.rights &= in.take<uint16_t>(); break;
    case CaveatKind::window: {
        const auto offset = in.take<uint64_t>();
        return apply_window(claims, offset, in.take<uint64_t>());
    }
    case CaveatKind::bytes: {
        const auto most = in.take<uint64_t>();
        claims.bytes_max = std::min(claims.bytes_max, most);
        break;
    }
    case CaveatKind::ttl: claims.ttl.ms = std::min(claims.ttl.ms, in.take<uint64_t>()); break;
    case CaveatKind::holder: return apply_holder(claims, value);
    }
    return ok();
}

} // namespace grafos::lease
