// SPDX-License-Identifier: Apache-2.0
/// The tokens that a session showed last, so that a repeat costs a comparison and not an HMAC.
///
/// What is kept is a function of the token's bytes alone: that they prove themselves, and what they
/// say. Whatever can change (epoch, generation, a revocation, time) is never kept; `check_claims`
/// and the table are asked on every use. So nothing here can go stale but through the root key or
/// the caller's own rules: that is what `version` is for.
#pragma once

#include <span>

#include "core/lease/token/token_keeper.hpp"

namespace grafos::lease {

class TokenCache {
public:
    struct Entry {
        std::array<uint8_t, limits::token_bytes_max> bytes{};
        uint64_t version = 0;
        uint16_t size = 0; ///< 0 = empty
        /// Where the lease was found last; a hint, checked against the epoch on every use.
        SlotIndex slot{};
        Claims claims{};
    };

    constexpr explicit TokenCache(std::span<Entry> entries) noexcept : entries_{entries} {}
    TokenCache(const TokenCache&) = delete;
    TokenCache& operator=(const TokenCache&) = delete;

    /// The entry of exactly these bytes that was stored under `version`, or nullptr. The bytes are
    /// compared whole, by the word, without a branch on where they differ. Context: turn.
    [[nodiscard]] Entry* find(Bytes token, uint64_t version) noexcept;
    /// Keeps what `token` proved, in place of the oldest. Context: turn.
    Entry& store(Bytes token, uint64_t version, const Claims& claims) noexcept;
    /// Keeps `anew` in the place of `old`, if that is known: its holder goes on with it. Context:
    /// turn.
    void replace(Bytes old, Bytes anew, uint64_t version, const Claims& claims) noexcept;
    /// Forgets, and erases, everything: a session has ended. Context: turn.
    void clear() noexcept;

    /// `find`, else `keeper.open` and `store`. Failures: those of `open`. `is_first`, if given,
    /// says whether an HMAC was computed. Context: turn.
    [[nodiscard]] Result<Entry*> open(const TokenKeeper& keeper, Bytes token,
                                      uint64_t version) noexcept;

private:
    static void fill(Entry& entry, Bytes token, uint64_t version, const Claims& claims) noexcept;

    std::span<Entry> entries_;
    size_t next_ = 0;
};

/// With its entries. A session shows few tokens: its leases', and now and then an older one.
template <size_t Count>
class TokenCacheOf final : public TokenCache {
public:
    static_assert(Count > 0);
    constexpr TokenCacheOf() noexcept : TokenCache{storage_} {}

private:
    std::array<Entry, Count> storage_{};
};

} // namespace grafos::lease
