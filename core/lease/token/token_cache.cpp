// SPDX-License-Identifier: Apache-2.0
#include "core/lease/token/token_cache.hpp"

#include "core/crypto/secret.hpp"

namespace grafos::lease {
namespace {

constexpr size_t word_bytes = sizeof(uint64_t);

[[nodiscard]] uint64_t word_at(const uint8_t* from) noexcept {
    uint64_t word = 0;
    __builtin_memcpy(&word, from, word_bytes);
    return word;
}

/// Whole words, the last one over the one before it; no branch on where they differ.
[[nodiscard]] bool is_same(const uint8_t* a, const uint8_t* b, size_t size) noexcept {
    GRAFOS_ASSERT(size >= word_bytes);
    uint64_t difference = word_at(a + size - word_bytes) ^ word_at(b + size - word_bytes);
    for (size_t at = 0; at + word_bytes <= size; at += word_bytes) {
        difference |= word_at(a + at) ^ word_at(b + at);
    }
    return difference == 0;
}

} // namespace

TokenCache::Entry* TokenCache::find(Bytes token, uint64_t version) noexcept {
    if (token.size() < token_bytes_min || token.size() > limits::token_bytes_max) {
        return nullptr;
    }
    // The end of a MAC tells tokens apart nearly always; only its equal is worth the whole look.
    const uint64_t end = word_at(token.data() + token.size() - word_bytes);
    for (Entry& entry : entries_) {
        const bool may_be = entry.size == token.size() && entry.version == version;
        if (may_be && word_at(entry.bytes.data() + entry.size - word_bytes) == end &&
            is_same(entry.bytes.data(), token.data(), token.size())) {
            return &entry;
        }
    }
    return nullptr;
}

void TokenCache::fill(Entry& entry, Bytes token, uint64_t version, const Claims& claims) noexcept {
    GRAFOS_ASSERT(token.size() >= token_bytes_min && token.size() <= limits::token_bytes_max);
    copy_bytes(entry.bytes, token);
    entry.version = version;
    entry.size = static_cast<uint16_t>(token.size());
    entry.claims = claims;
}

TokenCache::Entry& TokenCache::store(Bytes token, uint64_t version, const Claims& claims) noexcept {
    GRAFOS_ASSERT(!entries_.empty());
    Entry& entry = entries_[next_];
    next_ = next_ + 1 == entries_.size() ? 0 : next_ + 1;
    fill(entry, token, version, claims);
    entry.slot = {};
    return entry;
}

void TokenCache::replace(Bytes old, Bytes anew, uint64_t version, const Claims& claims) noexcept {
    if (Entry* const known = find(old, version); known != nullptr) {
        fill(*known, anew, version, claims); // the same lease: it lies where it lay
    }
}

void TokenCache::clear() noexcept {
    for (Entry& entry : entries_) {
        crypto::erase_secret(entry.bytes);
        entry.size = 0;
        entry.claims = Claims{};
    }
    next_ = 0;
}

Result<TokenCache::Entry*> TokenCache::open(const TokenKeeper& keeper, Bytes token,
                                            uint64_t version) noexcept {
    if (Entry* const known = find(token, version); known != nullptr) {
        return known;
    }
    GRAFOS_TRY_ASSIGN(const Claims claims, keeper.open(token));
    return &store(token, version, claims);
}

} // namespace grafos::lease
