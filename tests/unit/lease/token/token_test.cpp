// SPDX-License-Identifier: Apache-2.0
/// What a token proves, and everything that is refused for which reason (protocol §3).
#include "tests/unit/lease/token/token_fixture.hpp"

namespace grafos::lease::test {
namespace {

class TokenProof : public TokenFixture {
protected:
    /// A token whose last caveat has any bytes, chained as a holder can.
    [[nodiscard]] static Token with_raw_caveat(Token token, Bytes caveat) {
        const MutableBytes place = MutableBytes{token.bytes}.subspan(token.size - token_mac_bytes);
        const crypto::HmacKey key{place.first(token_mac_bytes)};
        const Digest mac = key.mac(caveat);
        copy_bytes(place, caveat);
        copy_bytes(place.subspan(caveat.size()), mac.view());
        token.bytes[token_fixed_bytes] += 1;
        token.size = static_cast<uint16_t>(token.size + caveat.size());
        return token;
    }
    [[nodiscard]] Error open_error(const Token& token) const {
        return error_of(keeper.open(token.view()));
    }
};

TEST_F(TokenProof, Says_what_was_minted) {
    const LeaseTerms terms = lease_terms();
    const Claims claims = keeper.open(lease_token().view()).value();
    EXPECT_TRUE(claims.kind == TokenKind::lease);
    EXPECT_EQ(claims.rights, right::all);
    EXPECT_EQ(claims.tenant.value, 7u);
    EXPECT_TRUE(claims.resource == terms.resource);
    EXPECT_TRUE(claims.lease_ref == terms.lease_ref);
    EXPECT_EQ(claims.generation.value, 3u);
    EXPECT_EQ(claims.epoch.value, 123u);
    EXPECT_EQ(claims.expires_at.ms, now.ms + 10'000);
    EXPECT_EQ(claims.bytes, 4096u);
    EXPECT_EQ(claims.bytes_max, 4096u);
    EXPECT_EQ(claims.ttl.ms, 30'000u);
    EXPECT_EQ(claims.begin, 0u);
    EXPECT_EQ(claims.end, 4096u);
    EXPECT_FALSE(claims.has_holder);

    const Claims alloc = keeper.open(alloc_token().view()).value();
    EXPECT_TRUE(alloc.kind == TokenKind::alloc);
    EXPECT_TRUE(alloc.lease_ref.is_zero());
    EXPECT_EQ(alloc.epoch.value, boot_epoch.value);
    EXPECT_EQ(alloc.generation.value, 0u);
    EXPECT_EQ(alloc.expires_at.ms, now.ms + 120'000);
    EXPECT_EQ(alloc.bytes, uint64_t{1} << 20);
    EXPECT_EQ(alloc.ttl.ms, 60'000u);
}

TEST_F(TokenProof, Lies_as_the_layout_says) {
    const Token token = lease_token();
    ASSERT_EQ(token.size, token_bytes_min);
    const uint8_t fixed[] = {1, 2, 0, 7, 0, 0, 0, 7};
    EXPECT_TRUE(is_equal(token.view().first(8), fixed));
    EXPECT_TRUE(is_equal(token.view().subspan(8, 16), lease_terms().resource.view()));
    EXPECT_TRUE(is_equal(token.view().subspan(24, 16), lease_terms().lease_ref.view()));
    const uint8_t numbers[] = {0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 123};
    EXPECT_TRUE(is_equal(token.view().subspan(40, 12), numbers));
    EXPECT_TRUE(is_equal(token.view().subspan(52, 16), node.view().first(16)));
    EXPECT_EQ(load_big_endian<uint64_t>(token.bytes.data() + 68), now.ms + 10'000);
    EXPECT_EQ(load_big_endian<uint64_t>(token.bytes.data() + 76), 4096u);
    EXPECT_EQ(load_big_endian<uint64_t>(token.bytes.data() + 84), 30'000u);
    EXPECT_EQ(token.bytes[92], 0u);
}

TEST_F(TokenProof, The_mac_is_the_chain_of_the_roots_own) {
    crypto::Drbg twin;
    twin.seed(bytes_of("tokens"));
    std::array<uint8_t, 32> root;
    twin.fill(root);
    Token token = lease_token();
    Digest mac = crypto::HmacKey{root}.mac(token.view().first(token_fixed_bytes));
    EXPECT_TRUE(is_equal(token.view().last(token_mac_bytes), mac.view()));
    const uint8_t caveat[] = {2, 2, 0, 1};
    EXPECT_TRUE(attenuate(token, Caveat::only_rights(right::read)).is_ok());
    mac = crypto::HmacKey{mac.view()}.mac(caveat);
    EXPECT_EQ(token.size, token_bytes_min + sizeof caveat);
    EXPECT_TRUE(is_equal(token.view().subspan(93, sizeof caveat), caveat));
    EXPECT_TRUE(is_equal(token.view().last(token_mac_bytes), mac.view()));
    EXPECT_TRUE(keeper.open(token.view()).is_ok());
}

TEST_F(TokenProof, Every_flipped_bit_is_refused) {
    Token narrow = narrowed(lease_token(), Caveat::window(64, 128));
    narrow = narrowed(narrow, Caveat::holder(ann));
    for (const Token& good : {lease_token(), alloc_token(), narrow}) {
        for (size_t bit = 0; bit < size_t{good.size} * 8; ++bit) {
            Token bad = good;
            bad.bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
            EXPECT_FALSE(keeper.open(bad.view()).is_ok()) << bit;
        }
    }
}

TEST_F(TokenProof, Every_other_length_is_refused) {
    const Token good = narrowed(lease_token(), Caveat::shorter(Duration{1}));
    for (size_t size = 0; size <= good.bytes.size(); ++size) {
        if (size != good.size) {
            EXPECT_FALSE(keeper.open(Bytes{good.bytes}.first(size)).is_ok()) << size;
        }
    }
    const std::array<uint8_t, limits::token_bytes_max + 1> long_one{1};
    EXPECT_EQ(error_of(keeper.open(long_one)), (Error{ErrorCode::invalid_argument, Field::length,
                                                      long_one.size(), limits::token_bytes_max}));
    EXPECT_EQ(error_of(keeper.open({})),
              (Error{ErrorCode::invalid_argument, Field::length, 0, token_bytes_min}));
}

TEST_F(TokenProof, Each_bad_form_has_its_own_refusal) {
    struct Case {
        size_t at;
        uint8_t value;
        Error error;
    };
    const Case cases[] = {
        {0, 0, {ErrorCode::unsupported_version, Field::version, 0, 1}},
        {0, 2, {ErrorCode::unsupported_version, Field::version, 2, 1}},
        {1, 0, {ErrorCode::invalid_argument, Field::kind, 0, 2}},
        {1, 3, {ErrorCode::invalid_argument, Field::kind, 3, 2}},
        {2, 1, {ErrorCode::invalid_argument, Field::rights, 0x107, 7}},
        {3, 15, {ErrorCode::invalid_argument, Field::rights, 15, 7}},
        {92, 9, {ErrorCode::invalid_argument, Field::caveat, 9, 8}},
        {92, 1, {ErrorCode::invalid_argument, Field::caveat, 0, 0}},
        {60, 1, {ErrorCode::denied, Field::mac, 0, 0}},
    };
    for (const Case& one : cases) {
        Token token = lease_token();
        token.bytes[one.at] = one.value;
        EXPECT_EQ(open_error(token), one.error) << one.at;
    }
    Token none = narrowed(lease_token(), Caveat::only_rights(1));
    none.bytes[92] = 0;
    EXPECT_EQ(open_error(none), (Error{ErrorCode::invalid_argument, Field::caveat, 0, 4}));
    Token over = narrowed(lease_token(), Caveat::only_rights(1));
    over.bytes[94] = 3;
    EXPECT_EQ(open_error(over), (Error{ErrorCode::invalid_argument, Field::caveat, 0, 4}));
}

TEST_F(TokenProof, Outlives_no_boot) {
    TokenKeeper next;
    next.start(drbg, node, Epoch{200});
    EXPECT_EQ(error_of(next.open(lease_token().view())),
              (Error{ErrorCode::stale_epoch, Field::epoch, 123, 200}));
    EXPECT_EQ(error_of(next.open(alloc_token().view())),
              (Error{ErrorCode::stale_epoch, Field::epoch, 100, 200}));
    // Of another node the epoch says nothing.
    NodeId other = node;
    other.bytes[15] ^= 1;
    TokenKeeper foreign;
    foreign.start(drbg, other, Epoch{200});
    EXPECT_EQ(error_of(foreign.open(lease_token().view())), (Error{ErrorCode::denied, Field::mac}));
    // One that claims to be of this boot is merely not ours.
    Token forged = lease_token();
    store_big_endian<uint64_t>(forged.bytes.data() + 44, 201);
    EXPECT_EQ(error_of(next.open(forged.view())), (Error{ErrorCode::denied, Field::mac}));
}

TEST_F(TokenProof, Is_for_one_node_only) {
    crypto::Drbg twin;
    twin.seed(bytes_of("tokens")); // the same root at another node: a cloned machine
    NodeId other = node;
    other.bytes[15] ^= 1;
    TokenKeeper clone;
    clone.start(twin, other, boot_epoch);
    EXPECT_EQ(error_of(clone.open(lease_token().view())),
              (Error{ErrorCode::foreign, Field::audience}));
}

TEST_F(TokenProof, A_caveat_cannot_be_taken_off_changed_or_moved) {
    const Token plain = lease_token();
    const Token one = narrowed(plain, Caveat::only_rights(right::read));
    const Token two = narrowed(one, Caveat::window(0, 8));
    Token off = plain; // the fixed part again, with the MAC of the narrower one
    copy_bytes(MutableBytes{off.bytes}.subspan(93), two.view().last(32));
    EXPECT_EQ(open_error(off), (Error{ErrorCode::denied, Field::mac}));
    Token wider = one;
    wider.bytes[96] = right::all;
    EXPECT_EQ(open_error(wider), (Error{ErrorCode::denied, Field::mac}));
    Token other_order = narrowed(narrowed(plain, Caveat::window(0, 8)), Caveat::only_rights(1));
    EXPECT_TRUE(keeper.open(other_order.view()).is_ok());
    copy_bytes(MutableBytes{other_order.bytes}.subspan(other_order.size - 32u),
               two.view().last(32));
    EXPECT_EQ(open_error(other_order), (Error{ErrorCode::denied, Field::mac}));
}

TEST_F(TokenProof, An_unknown_caveat_denies_and_so_does_one_of_the_wrong_length) {
    for (uint32_t kind = 0; kind < 256; ++kind) {
        for (uint8_t length = 0; length <= 34; ++length) {
            std::array<uint8_t, 2 + 34> caveat{};
            caveat[0] = static_cast<uint8_t>(kind);
            caveat[1] = length;
            const Error error =
                open_error(with_raw_caveat(lease_token(), Bytes{caveat}.first(size_t{2} + length)));
            const bool is_known = kind >= 1 && kind <= 6;
            const size_t lengths[] = {0, 8, 2, 16, 8, 8, 32};
            if (!is_known) {
                EXPECT_EQ(error, (Error{ErrorCode::denied, Field::caveat, kind, 6}));
            } else if (length == lengths[kind]) {
                EXPECT_EQ(error, Error{}) << kind;
            } else {
                EXPECT_EQ(error, (Error{ErrorCode::invalid_argument, Field::caveat, length,
                                        lengths[kind]}));
            }
        }
    }
}

TEST_F(TokenProof, Two_holders_are_nobody) {
    PrincipalKey bob = ann;
    bob.bytes[31] ^= 1;
    Token token = narrowed(lease_token(), Caveat::holder(ann));
    EXPECT_TRUE(keeper.open(narrowed(token, Caveat::holder(ann)).view()).is_ok());
    EXPECT_EQ(open_error(narrowed(token, Caveat::holder(bob))),
              (Error{ErrorCode::denied, Field::holder, 2, 1}));
}

TEST_F(TokenProof, Every_caveat_only_tightens_whatever_stands_before_it) {
    const Caveat caveats[] = {
        Caveat::shorter(Duration{0}),
        Caveat::shorter(Duration{4'000}),
        Caveat::shorter(Duration{~uint64_t{0}}),
        Caveat::only_rights(0),
        Caveat::only_rights(right::read),
        Caveat::only_rights(0xffff),
        Caveat::window(0, ~uint64_t{0}),
        Caveat::window(64, 64),
        Caveat::window(100, 5'000),
        Caveat::window(8'000, 1),
        Caveat::window(~uint64_t{0}, 0),
        Caveat::bytes_max(0),
        Caveat::bytes_max(100),
        Caveat::bytes_max(~uint64_t{0}),
        Caveat::ttl_max(Duration{0}),
        Caveat::ttl_max(Duration{500}),
        Caveat::ttl_max(Duration{~uint64_t{0}}),
        Caveat::holder(ann),
    };
    for (const Caveat& first : caveats) {
        const Token token = narrowed(lease_token(), first);
        const Claims before = keeper.open(token.view()).value();
        for (const Caveat& second : caveats) {
            const Claims after = keeper.open(narrowed(token, second).view()).value();
            EXPECT_LE(after.expires_at.ms, before.expires_at.ms);
            EXPECT_EQ(after.rights & before.rights, after.rights);
            EXPECT_GE(after.begin, before.begin);
            EXPECT_LE(after.end, before.end);
            EXPECT_LE(after.bytes_max, before.bytes_max);
            EXPECT_LE(after.ttl.ms, before.ttl.ms);
            EXPECT_TRUE(after.has_holder || !before.has_holder);
        }
    }
}

TEST_F(TokenProof, A_window_over_the_end_of_numbers_and_one_in_an_alloc_token_are_refused) {
    std::array<uint8_t, 18> raw{3, 16};
    store_big_endian<uint64_t>(raw.data() + 2, 2);
    store_big_endian<uint64_t>(raw.data() + 10, ~uint64_t{0});
    EXPECT_EQ(open_error(with_raw_caveat(lease_token(), raw)),
              (Error{ErrorCode::invalid_argument, Field::caveat, ~uint64_t{0}, ~uint64_t{0} - 2}));
    EXPECT_EQ(open_error(with_raw_caveat(alloc_token(), raw)),
              (Error{ErrorCode::denied, Field::caveat, 3, 1}));
    Token alloc = alloc_token();
    EXPECT_EQ(error_of(attenuate(alloc, Caveat::window(0, 1))),
              (Error{ErrorCode::invalid_argument, Field::caveat, 3, 1}));
    EXPECT_TRUE(keeper.open(alloc.view()).is_ok());
}

TEST_F(TokenProof, Has_room_for_so_many_caveats_and_so_many_bytes) {
    Token token = lease_token();
    for (size_t i = 0; i < limits::token_caveats_max; ++i) {
        EXPECT_TRUE(attenuate(token, Caveat::only_rights(right::read)).is_ok());
    }
    const Token full = token;
    EXPECT_EQ(error_of(attenuate(token, Caveat::only_rights(1))),
              (Error{ErrorCode::capacity_exceeded, Field::caveat, 9, 8}));
    EXPECT_TRUE(is_equal(token.view(), full.view()));
    EXPECT_TRUE(keeper.open(token.view()).is_ok());

    token = lease_token();
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(attenuate(token, Caveat::holder(ann)).is_ok());
    }
    EXPECT_EQ(error_of(attenuate(token, Caveat::holder(ann))),
              (Error{ErrorCode::capacity_exceeded, Field::caveat, 34, 29}));
    EXPECT_TRUE(keeper.open(token.view()).is_ok());

    Token none{};
    EXPECT_EQ(error_of(attenuate(none, Caveat::only_rights(1))),
              (Error{ErrorCode::invalid_argument, Field::length, 0, token_bytes_min}));
}

TEST_F(TokenProof, A_copy_is_taken_of_anything_that_looks_like_one) {
    const Token token = lease_token();
    EXPECT_TRUE(is_equal(token_of(token.view()).value().view(), token.view()));
    EXPECT_EQ(error_of(token_of(token.view().first(124))),
              (Error{ErrorCode::invalid_argument, Field::length, 124, 125}));
    Token newer = token;
    newer.bytes[0] = 2;
    EXPECT_EQ(error_of(token_of(newer.view())),
              (Error{ErrorCode::unsupported_version, Field::version, 2, 1}));
}

TEST_F(TokenProof, An_alloc_token_lives_five_minutes_at_most) {
    AllocTerms terms = alloc_terms();
    for (const uint64_t ms : {uint64_t{0}, limits::token_ttl_max.ms + 1, ~uint64_t{0}}) {
        terms.life = Duration{ms};
        EXPECT_EQ(error_of(keeper.mint_alloc(terms, now)),
                  (Error{ErrorCode::invalid_argument, Field::ttl, ms, 300'000}));
    }
    terms.life = limits::token_ttl_max;
    EXPECT_TRUE(keeper.mint_alloc(terms, now).is_ok());
    EXPECT_EQ(error_of(keeper.mint_alloc(terms, Instant{~uint64_t{0} - 10})).code,
              ErrorCode::exhausted);
    terms.rights = 8;
    EXPECT_EQ(error_of(keeper.mint_alloc(terms, now)),
              (Error{ErrorCode::invalid_argument, Field::rights, 8, 7}));
}

TEST_F(TokenProof, A_keeper_without_its_key_makes_and_accepts_nothing) {
    const Token token = lease_token();
    TokenKeeper none;
    EXPECT_FALSE(none.is_started());
    EXPECT_ASSERTION(none.open(token.view()));
    EXPECT_ASSERTION(none.mint_lease(lease_terms()));
    keeper.erase();
    EXPECT_FALSE(keeper.is_started());
    EXPECT_ASSERTION(keeper.open(token.view()));
}

} // namespace
} // namespace grafos::lease::test
