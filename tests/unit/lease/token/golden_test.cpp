// SPDX-License-Identifier: Apache-2.0
// The golden tokens, byte for byte what another implementation writes: minted, narrowed, opened,
// and refused.
#include "core/lease/token/token_keeper.hpp"
#include "tests/conformance/golden/wire/v1/tokens.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::lease {
namespace {

namespace golden = test::golden_tokens;
using test::from_hex;

/// A token's bytes, and a few more for one that is too long.
class TokenHex {
public:
    explicit TokenHex(std::string_view digits) noexcept : size_{digits.size() / 2} {
        GRAFOS_ASSERT(parse_hex(digits, MutableBytes{bytes_}.first(size_), Field::hex).is_ok());
    }
    [[nodiscard]] Bytes bytes() const noexcept { return Bytes{bytes_}.first(size_); }

private:
    std::array<uint8_t, limits::token_bytes_max + 1> bytes_{};
    size_t size_;
};

[[nodiscard]] Caveat caveat_of(ByteReader& in) noexcept {
    const CaveatKind kind{in.take<uint8_t>()};
    static_cast<void>(in.take<uint8_t>());
    switch (kind) {
    case CaveatKind::shorter: return Caveat::shorter(Duration{in.take<uint64_t>()});
    case CaveatKind::rights: return Caveat::only_rights(in.take<uint16_t>());
    case CaveatKind::window: {
        const auto offset = in.take<uint64_t>();
        return Caveat::window(offset, in.take<uint64_t>());
    }
    case CaveatKind::bytes: return Caveat::bytes_max(in.take<uint64_t>());
    case CaveatKind::ttl: return Caveat::ttl_max(Duration{in.take<uint64_t>()});
    case CaveatKind::holder: return Caveat::holder({in.take_array<32>()});
    }
    GRAFOS_UNREACHABLE();
}

class GoldenTokens : public ::testing::Test {
protected:
    GoldenTokens() noexcept {
        crypto::Drbg drbg;
        drbg.seed(bytes_of(golden::seed));
        keeper.start(drbg, from_hex<NodeId>(golden::node_id), Epoch{golden::first_epoch});
    }
    [[nodiscard]] Token base_of(const golden::Good& row) const noexcept {
        const auto resource = from_hex<ResourceId>("101112131415161718191a1b1c1d1e1f");
        if (row.is_lease) {
            LeaseTerms terms;
            terms.tenant = {7};
            terms.resource = resource;
            terms.lease_ref = from_hex<LeaseRef>("303132333435363738393a3b3c3d3e3f");
            terms.generation = {3};
            terms.epoch = {123};
            terms.amount_bytes = 65'536;
            terms.ttl = Duration{60'000};
            terms.expires_at = Instant{61'000};
            return keeper.mint_lease(terms);
        }
        AllocTerms terms;
        terms.tenant = {7};
        terms.resource = resource;
        terms.amount_bytes = 1 << 20;
        terms.ttl = Duration{45'000};
        terms.life = Duration{30'000};
        return keeper.mint_alloc(terms, Instant{1'000}).value();
    }

    TokenKeeper keeper{};
};

TEST_F(GoldenTokens, Begin_with_the_root_key_that_the_generator_draws) {
    crypto::Drbg drbg;
    drbg.seed(bytes_of(golden::seed));
    std::array<uint8_t, 32> root;
    drbg.fill(root);
    EXPECT_TRUE(is_equal(root, from_hex<Digest>(golden::root).view()));
}

TEST_F(GoldenTokens, Are_minted_and_narrowed_byte_for_byte) {
    for (const golden::Good& row : golden::good) {
        SCOPED_TRACE(row.name);
        Token token = base_of(row);
        const TokenHex caveats{row.caveats};
        ByteReader in{caveats.bytes()};
        while (in.left() > 0) {
            ASSERT_TRUE(attenuate(token, caveat_of(in)).is_ok());
        }
        EXPECT_TRUE(is_equal(token.view(), TokenHex{row.token}.bytes()));
    }
}

TEST_F(GoldenTokens, Prove_what_is_written_beside_them) {
    for (const golden::Good& row : golden::good) {
        SCOPED_TRACE(row.name);
        const Result<Claims> opened = keeper.open(TokenHex{row.token}.bytes());
        ASSERT_TRUE(opened.is_ok());
        const Claims& claims = opened.value();
        EXPECT_EQ(claims.kind == TokenKind::lease, row.is_lease);
        EXPECT_EQ(claims.tenant.value, 7u);
        EXPECT_EQ(claims.epoch.value, row.is_lease ? 123u : golden::first_epoch);
        EXPECT_EQ(claims.generation.value, row.is_lease ? 3u : 0u);
        EXPECT_EQ(claims.rights, row.rights);
        EXPECT_EQ(claims.expires_at.ms, row.expires_at);
        EXPECT_EQ(claims.bytes_max, row.bytes_max);
        EXPECT_EQ(claims.ttl.ms, row.ttl);
        EXPECT_EQ(claims.begin, row.begin);
        EXPECT_EQ(claims.end, row.end);
        EXPECT_EQ(claims.has_holder, !row.holder.empty());
        if (claims.has_holder) {
            EXPECT_TRUE(claims.holder == from_hex<PrincipalKey>(row.holder));
        }
    }
}

TEST_F(GoldenTokens, Are_refused_as_is_written_beside_them) {
    for (const golden::Wrong& row : golden::wrong) {
        SCOPED_TRACE(row.name);
        const Result<Claims> opened = keeper.open(TokenHex{row.token}.bytes());
        ASSERT_FALSE(opened.is_ok());
        EXPECT_EQ(opened.error().code, row.code);
        EXPECT_EQ(opened.error().field, row.field);
    }
}

} // namespace
} // namespace grafos::lease
