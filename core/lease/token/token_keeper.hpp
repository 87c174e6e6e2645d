// SPDX-License-Identifier: Apache-2.0
/// Makes the tokens of one node and tells them from others.
///
/// The root key is drawn afresh at each boot and stands in RAM only, so no token outlives a boot.
/// A token without caveats costs one HMAC to check; each caveat costs about one more. What a
/// session repeats costs a comparison (`token_cache.hpp`).
#pragma once

#include "core/crypto/drbg.hpp"
#include "core/crypto/hmac.hpp"
#include "core/lease/token/token.hpp"

namespace grafos::lease {

/// What an ALLOC token allows (CAP_REQUEST).
struct AllocTerms {
    uint16_t rights = right::all; ///< of the lease that will be asked for
    TenantId tenant{};
    ResourceId resource{};
    uint64_t amount_bytes = 0; ///< the most
    Duration ttl{};            ///< the longest TTL of that lease
    Duration life{};           ///< of the token: 1 ms … token_ttl_max
};

/// A lease as it stands, for its token.
struct LeaseTerms {
    uint16_t rights = right::all;
    TenantId tenant{};
    ResourceId resource{};
    LeaseRef lease_ref{};
    Generation generation{};
    Epoch epoch{};
    uint64_t amount_bytes = 0;
    Duration ttl{};       ///< the longest a renewal may ask for
    Instant expires_at{}; ///< when access ends
};

/// A token made anew, and what it says.
struct Reminted {
    Token token;
    Claims claims;
};

class TokenKeeper {
public:
    /// Without a key: everything asserts until `start`.
    constexpr TokenKeeper() noexcept = default;
    TokenKeeper(const TokenKeeper&) = delete;
    TokenKeeper& operator=(const TokenKeeper&) = delete;
    // The key erases itself (`HmacKey`).

    /// Draws the root key. `first_epoch` = the lessor's, above every epoch of earlier boots.
    /// Context: boot, once.
    void start(crypto::Drbg& drbg, const NodeId& node, Epoch first_epoch) noexcept;
    /// Forgets the key: nothing is accepted any more, and everything asserts. Context: top level.
    void erase() noexcept { root_.erase(); }
    [[nodiscard]] bool is_started() const noexcept { return root_.is_set(); }
    [[nodiscard]] Epoch first_epoch() const noexcept { return first_epoch_; }

    /// Failures: invalid_argument (ttl: of the token; rights), exhausted (ttl). Context: turn.
    [[nodiscard]] Result<Token> mint_alloc(const AllocTerms& terms, Instant now) const noexcept;
    /// Context: turn.
    [[nodiscard]] Token mint_lease(const LeaseTerms& terms) const noexcept;
    /// TOKEN_REFRESH, and the answer to RENEW: the same token, caveats and all, at `generation` and
    /// with the life its lease has now. The caller has checked it. Failures: as `open`; denied
    /// (kind: not a lease's). Context: turn.
    [[nodiscard]] Result<Token> remint(Bytes token, Generation generation,
                                       Instant expires_at) const noexcept;

    /// As `remint`, of bytes that `open` has accepted in this boot and that have not left this
    /// node's memory since: what they proved then they prove now, so nothing is computed again but
    /// the new MAC. Asserts that they are a lease's token. Context: turn.
    [[nodiscard]] Reminted remint_opened(Bytes opened, Generation generation,
                                         Instant expires_at) const noexcept;

    /// What `token` proves, at any time: layout, MAC, audience, and caveats folded in. Failures, in
    /// this order: invalid_argument (length, kind, rights, caveat: malformed), unsupported_version
    /// (version), stale_epoch (epoch: made in an earlier boot), denied (mac), foreign (audience),
    /// denied (caveat: unknown kind; holder: bound to two). Context: any.
    [[nodiscard]] Result<Claims> open(Bytes token) const noexcept;

    /// `open`, then `check_claims`. Context: turn.
    [[nodiscard]] Result<Claims> check(Bytes token, const Needed& needed, Epoch epoch,
                                       Generation generation, Instant now) const noexcept;

private:
    [[nodiscard]] Result<> open_into(Bytes token, Claims& claims) const noexcept;
    [[nodiscard]] Result<> fold_into(Bytes token, Claims& claims) const noexcept;
    [[nodiscard]] Digest mac_of(Bytes fixed, Bytes caveats, uint8_t caveat_count) const noexcept;
    [[nodiscard]] Error refusal_of_mac(Bytes token) const noexcept;

    crypto::HmacKey root_{};
    Audience audience_{};
    Epoch first_epoch_{};
};

} // namespace grafos::lease
