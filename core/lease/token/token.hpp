// SPDX-License-Identifier: Apache-2.0
/// A token: bytes that prove, to the node that made them and to nobody else, what their bearer may
/// do (protocol §3).
///
/// A session says who speaks; a token says what for. It is bound to one lease (or to the right to
/// ask for one) at one node, and whoever holds it can hand on a narrower one without asking: each
/// caveat is chained into the MAC, so it can be added but not taken away. Caveats only tighten, and
/// one that the node does not know denies.
///
/// Layout, big-endian, 125 … token_bytes_max bytes:
///
/// | at | bytes | |
/// |----|-------|-|
/// | 0  | 1  | version = 1 |
/// | 1  | 1  | kind: 1 alloc, 2 lease |
/// | 2  | 2  | rights: 1 read, 2 write, 4 renew; others 0 |
/// | 4  | 4  | tenant |
/// | 8  | 16 | resource id |
/// | 24 | 16 | lease ref; alloc: zeroes |
/// | 40 | 4  | generation; alloc: 0 |
/// | 44 | 8  | epoch of the lease; alloc: the first epoch of the node's boot |
/// | 52 | 16 | audience: the first half of the node's id |
/// | 68 | 8  | expires at, ms on the node's clock since its boot |
/// | 76 | 8  | bytes: of the lease; alloc: the most there may be |
/// | 84 | 8  | longest TTL that may be asked for, ms |
/// | 92 | 1  | caveat count ≤ token_caveats_max |
/// | 93 |    | caveats: kind u8 · length u8 · value |
/// | …  | 32 | MAC: m0 = HMAC-SHA256(root, bytes 0 … 91); m(i) = HMAC-SHA256(m(i−1), caveat i) |
#pragma once

#include <array>

#include "core/base/ids.hpp"
#include "core/base/limits.hpp"
#include "core/base/result.hpp"

namespace grafos::lease {

enum class TokenKind : uint8_t { alloc = 1, lease = 2 };

/// Bits of a token's `rights`.
namespace right {
inline constexpr uint16_t read = 1;
inline constexpr uint16_t write = 2;
inline constexpr uint16_t renew = 4;
inline constexpr uint16_t all = read | write | renew;
} // namespace right

/// First half of a node's id.
using Audience = StrongBytes<struct AudienceTag, 16>;
/// A principal: its exchange key (X25519).
using PrincipalKey = StrongBytes<struct PrincipalKeyTag, 32>;

[[nodiscard]] Audience audience_of(const NodeId& node) noexcept;

inline constexpr uint8_t token_version = 1;
inline constexpr size_t token_fixed_bytes = 92;
inline constexpr size_t token_mac_bytes = 32;
inline constexpr size_t token_bytes_min = token_fixed_bytes + 1 + token_mac_bytes;

/// The bytes of one token. Not secret from its bearer; whoever reads them may use them.
struct Token {
    std::array<uint8_t, limits::token_bytes_max> bytes{};
    uint16_t size = 0;
    [[nodiscard]] Bytes view() const noexcept { return Bytes{bytes}.first(size); }
};

enum class CaveatKind : uint8_t {
    shorter = 1, ///< u64 ms taken off the token's expiry
    rights = 2,  ///< u16: only these
    window = 3,  ///< u64 offset, u64 length: only these bytes of the lease
    bytes = 4,   ///< u64: alloc: no more than this; lease: no longer access than this
    ttl = 5,     ///< u64 ms: no longer TTL than this
    holder = 6,  ///< 32 bytes: only this principal
};

/// One narrowing, made by the functions below.
struct Caveat {
    CaveatKind kind{};
    uint64_t first = 0;
    uint64_t second = 0;
    PrincipalKey key{};

    [[nodiscard]] static Caveat shorter(Duration by) noexcept;
    [[nodiscard]] static Caveat only_rights(uint16_t rights) noexcept;
    [[nodiscard]] static Caveat window(uint64_t offset, uint64_t length) noexcept;
    [[nodiscard]] static Caveat bytes_max(uint64_t bytes) noexcept;
    [[nodiscard]] static Caveat ttl_max(Duration ttl) noexcept;
    [[nodiscard]] static Caveat holder(const PrincipalKey& key) noexcept;
};

/// Adds a caveat to `token`; no key is needed, and nobody can take it off again. Failures:
/// invalid_argument (length: not a token; caveat: a window in an alloc token), capacity_exceeded
/// (caveat: no room). Then nothing changed. Context: any, the holder's side.
[[nodiscard]] Result<> attenuate(Token& token, const Caveat& caveat) noexcept;

/// A copy of bytes that came from elsewhere; only their length and version are checked. Failures:
/// invalid_argument (length), unsupported_version.
[[nodiscard]] Result<Token> token_of(Bytes bytes) noexcept;

/// What a token says once its caveats are folded in. Only `TokenKeeper` makes claims, of bytes that
/// proved themselves; they are about the token, never about the lease as it is now.
struct Claims {
    TokenKind kind{};
    bool has_holder = false; ///< bound to `holder`
    uint16_t rights = 0;
    TenantId tenant{};
    ResourceId resource{};
    LeaseRef lease_ref{};
    Generation generation{};
    Epoch epoch{};
    Instant expires_at{};
    uint64_t bytes = 0;     ///< alloc: the most; lease: its size
    uint64_t bytes_max = 0; ///< of one access
    Duration ttl{};         ///< the longest
    uint64_t begin = 0;     ///< the bytes of the lease that may be touched: begin … end − 1
    uint64_t end = 0;
    PrincipalKey holder{};
};

/// What a request needs from its token.
struct Needed {
    TokenKind kind = TokenKind::lease;
    uint16_t rights = 0; ///< all of these
    bool is_any_tenant = false;
    TenantId tenant{};        ///< of the session's principal, unless any
    PrincipalKey principal{}; ///< of the session
    // alloc only: what is asked for
    ResourceId resource{};
    uint64_t amount_bytes = 0;
    Duration ttl{}; ///< lease too, where a TTL is asked for; 0: none
};

/// Whether `claims` answer what is needed, now. `epoch` and `generation` are the lease's as they
/// are (for an alloc token: the keeper's first epoch, and 0), looked up by `claims.lease_ref`.
/// Failures, in this order: denied (kind), stale_epoch (epoch, generation), denied (expiry; value =
/// now, expected = the end), denied (holder, tenant), foreign (resource), denied (amount, ttl,
/// rights; value = asked for, expected = allowed). No code says that the lease is over: that is the
/// table's to say. Context: any.
[[nodiscard]] Result<> check_claims(const Claims& claims, const Needed& needed, Epoch epoch,
                                    Generation generation, Instant now) noexcept;

} // namespace grafos::lease
