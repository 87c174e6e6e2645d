// SPDX-License-Identifier: Apache-2.0
/// Whether what a token says is enough, and what a renewal makes of it (protocol §3).
#include "tests/unit/lease/token/token_fixture.hpp"

namespace grafos::lease::test {
namespace {

class TokenClaims : public TokenFixture {};

TEST_F(TokenClaims, G_and_the_one_before_it_are_accepted_until_the_tokens_own_end) {
    const Token token = lease_token(); // made at 3
    for (uint32_t generation = 0; generation < 10; ++generation) {
        const Error error = error_of(check(token, read_needed(), generation));
        if (generation == 3 || generation == 4) {
            EXPECT_EQ(error, Error{});
        } else {
            EXPECT_EQ(error, (Error{ErrorCode::stale_epoch, Field::generation, 3, generation}));
        }
    }
    LeaseTerms first = lease_terms();
    first.generation = {0};
    const Token oldest = keeper.mint_lease(first);
    EXPECT_TRUE(check(oldest, read_needed(), 0).is_ok());
    EXPECT_TRUE(check(oldest, read_needed(), 1).is_ok());
    EXPECT_FALSE(check(oldest, read_needed(), ~uint32_t{0}).is_ok());
    first.generation = {~uint32_t{0}};
    EXPECT_FALSE(check(keeper.mint_lease(first), read_needed(), 0).is_ok()); // 0 has none before it
}

TEST_F(TokenClaims, Each_reason_has_a_refusal_of_its_own_and_they_come_in_order) {
    // Each line is wrong in one more way than the next, and answers its own first.
    const Token alloc = alloc_token();
    PrincipalKey bob = ann;
    bob.bytes[0] ^= 1;
    const Token token = narrowed(lease_token(), Caveat::holder(bob));
    const Instant end = lease_terms().expires_at;
    Needed needed = read_needed();
    needed.tenant = {8};
    needed.ttl = Duration{30'001};
    needed.rights = 8;
    const auto ask = [&](const Token& with, uint64_t epoch, uint32_t generation, Instant at) {
        return error_of(keeper.check(with.view(), needed, {epoch}, {generation}, at));
    };
    EXPECT_EQ(ask(alloc, 124, 9, end), (Error{ErrorCode::denied, Field::kind, 1, 2}));
    EXPECT_EQ(ask(token, 124, 9, end), (Error{ErrorCode::stale_epoch, Field::epoch, 123, 124}));
    EXPECT_EQ(ask(token, 123, 9, end), (Error{ErrorCode::stale_epoch, Field::generation, 3, 9}));
    EXPECT_EQ(ask(token, 123, 3, end), (Error{ErrorCode::denied, Field::expiry, end.ms, end.ms}));
    const Instant before{end.ms - 1};
    EXPECT_EQ(ask(token, 123, 3, before), (Error{ErrorCode::denied, Field::holder}));
    needed.principal = bob;
    EXPECT_EQ(ask(token, 123, 3, before), (Error{ErrorCode::denied, Field::tenant, 8, 7}));
    needed.is_any_tenant = true;
    EXPECT_EQ(ask(token, 123, 3, before), (Error{ErrorCode::denied, Field::ttl, 30'001, 30'000}));
    needed.ttl = Duration{30'000};
    EXPECT_EQ(ask(token, 123, 3, before), (Error{ErrorCode::denied, Field::rights, 8, 7}));
    needed.rights = right::all;
    EXPECT_EQ(ask(token, 123, 3, before), Error{});
}

TEST_F(TokenClaims, An_alloc_token_says_which_resource_how_much_and_how_long) {
    EXPECT_TRUE(check_alloc(alloc_token(), alloc_needed()).is_ok());
    EXPECT_EQ(error_of(check_alloc(lease_token(), alloc_needed())),
              (Error{ErrorCode::denied, Field::kind, 2, 1}));
    Needed needed = alloc_needed();
    needed.resource.bytes[1] ^= 1;
    EXPECT_EQ(error_of(check_alloc(alloc_token(), needed)),
              (Error{ErrorCode::foreign, Field::resource}));
    needed = alloc_needed();
    needed.amount_bytes = (1 << 20) + 1;
    EXPECT_EQ(error_of(check_alloc(alloc_token(), needed)),
              (Error{ErrorCode::denied, Field::amount, (1 << 20) + 1, 1 << 20}));
    needed.amount_bytes = 1001;
    EXPECT_EQ(error_of(check_alloc(narrowed(alloc_token(), Caveat::bytes_max(1000)), needed)),
              (Error{ErrorCode::denied, Field::amount, 1001, 1000}));
    needed = alloc_needed();
    needed.ttl = Duration{60'001};
    EXPECT_EQ(error_of(check_alloc(alloc_token(), needed)),
              (Error{ErrorCode::denied, Field::ttl, 60'001, 60'000}));
}

TEST_F(TokenClaims, Every_set_of_rights_is_asked_of_every_other) {
    for (uint16_t has = 0; has <= right::all; ++has) {
        const Token token = narrowed(lease_token(), Caveat::only_rights(has));
        for (uint16_t needs = 0; needs <= right::all; ++needs) {
            Needed needed = read_needed();
            needed.rights = needs;
            EXPECT_EQ(check(token, needed).is_ok(), (has & needs) == needs);
        }
    }
}

TEST_F(TokenClaims, A_time_caveat_is_taken_off_the_tokens_end) {
    const Token token = narrowed(lease_token(), Caveat::shorter(Duration{4'000}));
    now.ms += 5'999;
    EXPECT_TRUE(check(token, read_needed()).is_ok());
    now.ms += 1;
    EXPECT_EQ(error_of(check(token, read_needed())),
              (Error{ErrorCode::denied, Field::expiry, now.ms, now.ms}));
    EXPECT_TRUE(check(lease_token(), read_needed()).is_ok());
}

// --- TOKEN_REFRESH, RENEW
// ------------------------------------------------------------------------

TEST_F(TokenClaims, A_token_is_made_anew_at_g_with_the_same_caveats) {
    Token token = narrowed(lease_token(), Caveat::shorter(Duration{4'000}));
    token = narrowed(token, Caveat::window(64, 64));
    token = narrowed(token, Caveat::only_rights(right::read));
    const Instant end{now.ms + 60'000};
    const Token anew = keeper.remint(token.view(), {4}, end).value();
    EXPECT_EQ(anew.size, token.size);
    EXPECT_TRUE(is_equal(anew.view().subspan(92, token.size - 92u - 32u),
                         token.view().subspan(92, token.size - 92u - 32u)));
    const Claims claims = keeper.open(anew.view()).value();
    EXPECT_EQ(claims.generation.value, 4u);
    EXPECT_EQ(claims.expires_at.ms, end.ms - 4'000);
    EXPECT_EQ(claims.begin, 64u);
    EXPECT_EQ(claims.end, 128u);
    EXPECT_EQ(claims.rights, right::read);
    EXPECT_TRUE(check(anew, read_needed(), 5).is_ok());
    EXPECT_EQ(error_of(check(token, read_needed(), 5)).code, ErrorCode::stale_epoch);
    EXPECT_TRUE(keeper.open(narrowed(anew, Caveat::bytes_max(8)).view()).is_ok());
}

TEST_F(TokenClaims, Made_anew_of_opened_bytes_it_is_the_same_and_says_what_it_will_prove) {
    Token token = lease_token();
    const Caveat caveats[] = {Caveat::shorter(Duration{4'000}), Caveat::window(64, 64),
                              Caveat::only_rights(right::read), Caveat::bytes_max(32),
                              Caveat::ttl_max(Duration{9'000}), Caveat::holder(PrincipalKey{})};
    for (const Caveat& caveat : caveats) {
        for (const uint64_t life : {uint64_t{0}, uint64_t{3'999}, uint64_t{60'000}}) {
            const Instant end{now.ms + life};
            const Reminted anew = keeper.remint_opened(token.view(), {4}, end);
            EXPECT_TRUE(
                is_equal(anew.token.view(), keeper.remint(token.view(), {4}, end).value().view()));
            const Claims claims = keeper.open(anew.token.view()).value();
            EXPECT_EQ(claims.expires_at.ms, anew.claims.expires_at.ms);
            EXPECT_EQ(claims.generation.value, anew.claims.generation.value);
            EXPECT_EQ(claims.rights, anew.claims.rights);
            EXPECT_EQ(claims.begin, anew.claims.begin);
            EXPECT_EQ(claims.end, anew.claims.end);
            EXPECT_EQ(claims.bytes_max, anew.claims.bytes_max);
            EXPECT_EQ(claims.ttl.ms, anew.claims.ttl.ms);
            EXPECT_EQ(claims.has_holder, anew.claims.has_holder);
            EXPECT_TRUE(claims.lease_ref == anew.claims.lease_ref);
            EXPECT_EQ(claims.epoch.value, anew.claims.epoch.value);
        }
        token = narrowed(token, caveat);
    }
    EXPECT_ASSERTION((void)keeper.remint_opened(alloc_token().view(), {4}, now));
}

TEST_F(TokenClaims, Nothing_but_a_lease_token_of_ours_is_made_anew) {
    EXPECT_EQ(error_of(keeper.remint(alloc_token().view(), {4}, now)),
              (Error{ErrorCode::denied, Field::kind, 1, 2}));
    Token forged = lease_token();
    forged.bytes[3] = 1;
    EXPECT_EQ(error_of(keeper.remint(forged.view(), {4}, now)),
              (Error{ErrorCode::denied, Field::mac}));
}

// --- the cache
// ------------------------------------------------------------------------------------------

class TokenCacheTest : public TokenFixture {
protected:
    TokenCacheOf<3> cache{};
    [[nodiscard]] Token token_at(uint32_t generation) const {
        LeaseTerms terms = lease_terms();
        terms.generation = {generation};
        return keeper.mint_lease(terms);
    }
};

TEST_F(TokenCacheTest, A_repeat_is_found_and_says_the_same) {
    const Token token = lease_token();
    EXPECT_TRUE(cache.find(token.view(), 1) == nullptr);
    TokenCache::Entry* const entry = cache.open(keeper, token.view(), 1).value();
    EXPECT_TRUE(entry->claims.lease_ref == lease_terms().lease_ref);
    EXPECT_TRUE(cache.find(token.view(), 1) == entry);
    EXPECT_TRUE(cache.open(keeper, token.view(), 1).value() == entry);
    TokenKeeper other; // would refuse it: so it was not asked
    other.start(drbg, node, boot_epoch);
    EXPECT_TRUE(cache.open(other, token.view(), 1).value() == entry);
}

TEST_F(TokenCacheTest, A_version_that_moved_finds_nothing) {
    const Token token = lease_token();
    EXPECT_TRUE(cache.open(keeper, token.view(), 1).is_ok());
    EXPECT_TRUE(cache.find(token.view(), 2) == nullptr);
    TokenKeeper other;
    other.start(drbg, node, boot_epoch);
    EXPECT_EQ(error_of(cache.open(other, token.view(), 2)), (Error{ErrorCode::denied, Field::mac}));
}

TEST_F(TokenCacheTest, A_renewed_token_takes_the_place_of_the_one_that_was_shown) {
    const Token old = token_at(1);
    const Reminted anew = keeper.remint_opened(old.view(), {2}, now);
    cache.replace(old.view(), anew.token.view(), 1, anew.claims); // nobody showed it here
    EXPECT_TRUE(cache.find(anew.token.view(), 1) == nullptr);
    TokenCache::Entry* const entry = cache.open(keeper, old.view(), 1).value();
    entry->slot = SlotIndex{5};
    cache.replace(old.view(), anew.token.view(), 2, anew.claims); // other rules
    EXPECT_TRUE(cache.find(old.view(), 1) == entry);
    cache.replace(old.view(), anew.token.view(), 1, anew.claims);
    EXPECT_TRUE(cache.find(old.view(), 1) == nullptr);
    EXPECT_TRUE(cache.find(anew.token.view(), 1) == entry);
    EXPECT_EQ(entry->claims.generation.value, 2u);
    EXPECT_TRUE(entry->slot == SlotIndex{5});
}

TEST_F(TokenCacheTest, Bytes_that_differ_anywhere_are_another_token) {
    Token narrow = narrowed(lease_token(), Caveat::only_rights(right::read));
    for (const Token& good : {lease_token(), narrow}) {
        EXPECT_TRUE(cache.open(keeper, good.view(), 1).is_ok());
        for (size_t bit = 0; bit < size_t{good.size} * 8; ++bit) {
            Token bad = good;
            bad.bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
            EXPECT_TRUE(cache.find(bad.view(), 1) == nullptr) << bit;
            EXPECT_FALSE(cache.open(keeper, bad.view(), 1).is_ok()) << bit;
        }
        for (size_t size = 0; size < good.size; ++size) {
            EXPECT_TRUE(cache.find(good.view().first(size), 1) == nullptr);
            EXPECT_TRUE(cache.find(good.view().last(size), 1) == nullptr);
        }
        const std::array<uint8_t, limits::token_bytes_max + 1> long_one{};
        EXPECT_TRUE(cache.find(long_one, 1) == nullptr);
        EXPECT_TRUE(cache.find(good.view(), 1) != nullptr); // no refusal has cost it its place
    }
}

TEST_F(TokenCacheTest, The_oldest_gives_way_and_refused_ones_take_no_room) {
    for (uint32_t generation = 0; generation < 3; ++generation) {
        EXPECT_TRUE(cache.open(keeper, token_at(generation).view(), 1).is_ok());
    }
    Token forged = token_at(9);
    forged.bytes[124] ^= 1;
    EXPECT_FALSE(cache.open(keeper, forged.view(), 1).is_ok());
    EXPECT_TRUE(cache.find(token_at(0).view(), 1) != nullptr);
    EXPECT_TRUE(cache.open(keeper, token_at(3).view(), 1).is_ok());
    EXPECT_TRUE(cache.find(token_at(0).view(), 1) == nullptr);
    for (uint32_t generation = 1; generation <= 3; ++generation) {
        EXPECT_EQ(cache.find(token_at(generation).view(), 1)->claims.generation.value, generation);
    }
}

TEST_F(TokenCacheTest, A_session_that_ends_leaves_nothing_behind) {
    const Token token = lease_token();
    TokenCache::Entry* const entry = cache.open(keeper, token.view(), 1).value();
    cache.clear();
    EXPECT_TRUE(cache.find(token.view(), 1) == nullptr);
    EXPECT_TRUE(is_all_zero(entry->bytes));
    EXPECT_TRUE(entry->claims.lease_ref.is_zero());
}

} // namespace
} // namespace grafos::lease::test
