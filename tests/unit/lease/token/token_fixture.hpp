// SPDX-License-Identifier: Apache-2.0
/// A keeper with a known root, and terms to mint from.
#pragma once

#include "core/lease/token/token_cache.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease::test {

template <typename T>
[[nodiscard]] Error error_of(const Result<T>& result) {
    return result.is_ok() ? Error{} : result.error();
}

class TokenFixture : public ::testing::Test {
protected:
    static constexpr Epoch boot_epoch{100};
    Instant now{5'000};
    crypto::Drbg drbg{};
    NodeId node{};
    TokenKeeper keeper{};
    PrincipalKey ann{};

    TokenFixture() {
        for (uint8_t i = 0; i < NodeId::size_bytes; ++i) {
            node.bytes[i] = static_cast<uint8_t>(0xa0 + i);
            ann.bytes[i] = static_cast<uint8_t>(0x10 + i);
        }
        drbg.seed(bytes_of("tokens"));
        keeper.start(drbg, node, boot_epoch);
    }

    [[nodiscard]] LeaseTerms lease_terms() const {
        LeaseTerms terms;
        terms.tenant = {7};
        terms.resource.bytes = {0, 2, 0, 1};
        for (uint8_t i = 0; i < LeaseRef::size_bytes; ++i) {
            terms.lease_ref.bytes[i] = static_cast<uint8_t>(0x40 + i);
        }
        terms.generation = {3};
        terms.epoch = {123};
        terms.amount_bytes = 4096;
        terms.ttl = Duration{30'000};
        terms.expires_at = {now.ms + 10'000};
        return terms;
    }
    [[nodiscard]] AllocTerms alloc_terms() const {
        AllocTerms terms;
        terms.tenant = {7};
        terms.resource = lease_terms().resource;
        terms.amount_bytes = 1 << 20;
        terms.ttl = Duration{60'000};
        terms.life = Duration{120'000};
        return terms;
    }
    [[nodiscard]] Token lease_token() const { return keeper.mint_lease(lease_terms()); }
    [[nodiscard]] Token alloc_token() const {
        return keeper.mint_alloc(alloc_terms(), now).value();
    }
    [[nodiscard]] static Token narrowed(Token token, const Caveat& caveat) {
        EXPECT_TRUE(attenuate(token, caveat).is_ok());
        return token;
    }
    /// What a session of ann's needs to read.
    [[nodiscard]] Needed read_needed() const {
        Needed needed;
        needed.rights = right::read;
        needed.tenant = {7};
        needed.principal = ann;
        return needed;
    }
    [[nodiscard]] Needed alloc_needed() const {
        Needed needed;
        needed.kind = TokenKind::alloc;
        needed.tenant = {7};
        needed.principal = ann;
        needed.resource = lease_terms().resource;
        needed.amount_bytes = 4096;
        needed.ttl = Duration{1'000};
        return needed;
    }
    /// The lease at generation 3 or 4 asks.
    [[nodiscard]] Result<Claims> check(const Token& token, const Needed& needed,
                                       uint32_t generation = 3) const {
        return keeper.check(token.view(), needed, {123}, {generation}, now);
    }
    [[nodiscard]] Result<Claims> check_alloc(const Token& token, const Needed& needed) const {
        return keeper.check(token.view(), needed, keeper.first_epoch(), {}, now);
    }
};

} // namespace grafos::lease::test
