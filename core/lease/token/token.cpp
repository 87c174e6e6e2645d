// SPDX-License-Identifier: Apache-2.0
/// The holder's side of a token, and the question whether its claims are enough.
#include "core/lease/token/token.hpp"

#include "core/crypto/hmac.hpp"
#include "core/lease/token/caveat.hpp"

namespace grafos::lease {
namespace {

constexpr size_t count_at = token_fixed_bytes;

[[nodiscard]] Result<> check_length(size_t size) noexcept {
    if (size < token_bytes_min || size > limits::token_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::length, size,
                     size < token_bytes_min ? token_bytes_min : limits::token_bytes_max};
    }
    return ok();
}

[[nodiscard]] Error denial(Field field, uint64_t value, uint64_t expected) noexcept {
    return {ErrorCode::denied, field, value, expected};
}

} // namespace

Audience audience_of(const NodeId& node) noexcept {
    Audience audience;
    copy_bytes(audience.bytes, node.view().first(Audience::size_bytes));
    return audience;
}

Result<Token> token_of(Bytes bytes) noexcept {
    GRAFOS_TRY(check_length(bytes.size()));
    if (bytes[0] != token_version) {
        return Error{ErrorCode::unsupported_version, Field::version, bytes[0], token_version};
    }
    Token token;
    copy_bytes(token.bytes, bytes);
    token.size = static_cast<uint16_t>(bytes.size());
    return token;
}

/// The old MAC is the key of the new one, and is written over: without it the old token is lost.
Result<> attenuate(Token& token, const Caveat& caveat) noexcept {
    GRAFOS_TRY(check_length(token.size));
    if (caveat.kind == CaveatKind::window &&
        token.bytes[1] != static_cast<uint8_t>(TokenKind::lease)) {
        return Error{ErrorCode::invalid_argument, Field::caveat, static_cast<uint64_t>(caveat.kind),
                     token.bytes[1]};
    }
    std::array<uint8_t, caveat_bytes_max> bytes;
    const size_t size = write_caveat(caveat, bytes);
    if (token.bytes[count_at] >= limits::token_caveats_max) {
        return Error{ErrorCode::capacity_exceeded, Field::caveat, token.bytes[count_at] + 1u,
                     limits::token_caveats_max};
    }
    if (size > limits::token_bytes_max - token.size) {
        return Error{ErrorCode::capacity_exceeded, Field::caveat, size,
                     limits::token_bytes_max - token.size};
    }
    const size_t mac_at = token.size - token_mac_bytes;
    const MutableBytes place = MutableBytes{token.bytes}.subspan(mac_at);
    const crypto::HmacKey key{place.first(token_mac_bytes)};
    const Digest mac = key.mac(Bytes{bytes}.first(size));
    copy_bytes(place, Bytes{bytes}.first(size));
    copy_bytes(place.subspan(size), mac.view());
    token.bytes[count_at] += 1;
    token.size = static_cast<uint16_t>(token.size + size);
    return ok();
}

Result<> check_claims(const Claims& claims, const Needed& needed, Epoch epoch,
                      Generation generation, Instant now) noexcept {
    if (claims.kind != needed.kind) {
        return denial(Field::kind, static_cast<uint64_t>(claims.kind),
                      static_cast<uint64_t>(needed.kind));
    }
    if (claims.epoch != epoch) {
        return Error{ErrorCode::stale_epoch, Field::epoch, claims.epoch.value, epoch.value};
    }
    const bool is_previous =
        generation.value > 0 && claims.generation.value == generation.value - 1;
    if (claims.generation != generation && !is_previous) {
        return Error{ErrorCode::stale_epoch, Field::generation, claims.generation.value,
                     generation.value};
    }
    if (!is_before_deadline(now, claims.expires_at)) {
        return denial(Field::expiry, now.ms, claims.expires_at.ms);
    }
    if (claims.has_holder && claims.holder != needed.principal) {
        return denial(Field::holder, 0, 0);
    }
    if (!needed.is_any_tenant && claims.tenant != needed.tenant) {
        return denial(Field::tenant, needed.tenant.value, claims.tenant.value);
    }
    if (claims.kind == TokenKind::alloc) {
        if (claims.resource != needed.resource) {
            return Error{ErrorCode::foreign, Field::resource};
        }
        if (needed.amount_bytes > claims.bytes_max) {
            return denial(Field::amount, needed.amount_bytes, claims.bytes_max);
        }
    }
    if (needed.ttl > claims.ttl) {
        return denial(Field::ttl, needed.ttl.ms, claims.ttl.ms);
    }
    if ((claims.rights & needed.rights) != needed.rights) {
        return denial(Field::rights, needed.rights, claims.rights);
    }
    return ok();
}

} // namespace grafos::lease
