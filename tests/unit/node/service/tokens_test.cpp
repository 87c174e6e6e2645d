// SPDX-License-Identifier: Apache-2.0
// Tokens at the resource: what they allow, whom, and for how long.
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

class ServiceTokens : public ::testing::Test {
protected:
    ServiceTokens() { rig.boot(); }
    [[nodiscard]] static lease::Token narrowed(lease::Token token, const lease::Caveat& caveat) {
        EXPECT_TRUE(lease::attenuate(token, caveat).is_ok());
        return token;
    }
    [[nodiscard]] static ServiceRig::Held with(const ServiceRig::Held& held,
                                               const lease::Token& token) {
        ServiceRig::Held other = held;
        other.token = token;
        return other;
    }
    [[nodiscard]] Result<wire::LeaseRenewReply> renew(ServiceClient& client,
                                                      const lease::Token& token,
                                                      Duration ttl = {}) {
        return rig.ask<wire::LeaseRenewReply>(client, wire::MessageType::lease_renew,
                                              wire::LeaseRenewRequest{token.view(), ttl});
    }
    template <typename T>
    [[nodiscard]] static bool is(const Result<T>& result, ErrorCode code, Field field) {
        return !result.is_ok() && result.error().code == code && result.error().field == field;
    }

    ServiceRig rig{};
};

TEST_F(ServiceTokens, A_narrower_token_allows_less_and_never_more) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const auto reader =
        with(held, narrowed(held.token, lease::Caveat::only_rights(lease::right::read)));
    EXPECT_TRUE(rig.read(rig.alice, reader, 0, 8).is_ok());
    EXPECT_TRUE(
        is(rig.write(rig.alice, reader, 0, bytes_of("x")), ErrorCode::denied, Field::rights));
    EXPECT_TRUE(is(renew(rig.alice, reader.token), ErrorCode::denied, Field::rights));

    const auto window = with(held, narrowed(held.token, lease::Caveat::window(64, 64)));
    EXPECT_TRUE(rig.write(rig.alice, window, 64, bytes_of("inside")).is_ok());
    EXPECT_TRUE(is(rig.read(rig.alice, window, 63, 2), ErrorCode::denied, Field::offset));
    EXPECT_TRUE(is(rig.read(rig.alice, window, 120, 9), ErrorCode::denied, Field::length));

    const auto small = with(held, narrowed(held.token, lease::Caveat::bytes_max(4)));
    EXPECT_TRUE(rig.read(rig.alice, small, 0, 4).is_ok());
    EXPECT_TRUE(is(rig.read(rig.alice, small, 0, 5), ErrorCode::denied, Field::length));

    lease::PrincipalKey someone;
    someone.bytes.fill(9);
    const auto bound = with(held, narrowed(held.token, lease::Caveat::holder(someone)));
    EXPECT_TRUE(is(rig.read(rig.alice, bound, 0, 4), ErrorCode::denied, Field::holder));
}

TEST_F(ServiceTokens, Every_changed_byte_of_a_token_is_refused) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    for (size_t at = 0; at < held.token.size; ++at) {
        ServiceRig::Held forged = held;
        forged.token.bytes[at] ^= 0x40;
        const Result<Bytes> answer = rig.read(rig.alice, forged, 0, 8);
        ASSERT_FALSE(answer.is_ok()) << at;
    }
    EXPECT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok());
}

TEST_F(ServiceTokens, A_token_of_an_earlier_boot_is_told_so) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    rig.cut_power();
    rig.boot();
    EXPECT_TRUE(is(rig.read(rig.alice, held, 0, 8), ErrorCode::stale_epoch, Field::epoch));
    EXPECT_TRUE(is(renew(rig.alice, held.token), ErrorCode::stale_epoch, Field::epoch));
}

TEST_F(ServiceTokens, Renewal_keeps_the_caveats_and_a_generation_behind_still_works) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const lease::Token narrow = narrowed(held.token, lease::Caveat::window(0, 64));
    const auto first = renew(rig.alice, narrow);
    ASSERT_TRUE(first.is_ok());
    const lease::Token second = lease::token_of(first.value().token).value();
    EXPECT_TRUE(
        is(rig.read(rig.alice, with(held, second), 65, 8), ErrorCode::denied, Field::offset));
    // Again with the old one: extends nothing, makes no record, answers the same generation.
    const uint64_t renewals = rig.node().counters().value(observe::Counter::renewals);
    const auto again = renew(rig.alice, narrow);
    ASSERT_TRUE(again.is_ok());
    EXPECT_EQ(again.value().generation.value, 1u);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::renewals), renewals);
    ASSERT_TRUE(renew(rig.alice, second).is_ok());
    EXPECT_TRUE(is(rig.read(rig.alice, held, 0, 8), ErrorCode::stale_epoch, Field::generation));
    EXPECT_TRUE(is(renew(rig.alice, held.token), ErrorCode::stale_epoch, Field::generation));
}

TEST_F(ServiceTokens, A_refreshed_token_is_the_same_at_the_newest_generation) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const lease::Token sharer =
        narrowed(held.token, lease::Caveat::only_rights(lease::right::read));
    ASSERT_TRUE(renew(rig.alice, held.token).is_ok());
    const auto fresh = rig.ask<wire::TokenRefreshReply>(rig.alice, wire::MessageType::token_refresh,
                                                        wire::TokenRefreshRequest{sharer.view()});
    ASSERT_TRUE(fresh.is_ok());
    const lease::Token token = lease::token_of(fresh.value().token).value();
    EXPECT_TRUE(rig.read(rig.alice, with(held, token), 0, 8).is_ok());
    EXPECT_TRUE(is(rig.write(rig.alice, with(held, token), 0, bytes_of("x")), ErrorCode::denied,
                   Field::rights));
}

TEST_F(ServiceTokens, The_holder_attaches_again_with_the_rights_it_had) {
    const lease::Token full = rig.must_cap(rig.oper, 4'096);
    const lease::Token reading = narrowed(full, lease::Caveat::only_rights(lease::right::read));
    const auto held = rig.alloc(rig.alice, reading, 4'096, Duration{60'000});
    ASSERT_TRUE(held.is_ok());
    EXPECT_TRUE(
        is(rig.write(rig.alice, held.value(), 0, bytes_of("x")), ErrorCode::denied, Field::rights));
    const auto attached = rig.ask<wire::LeaseAttachReply>(
        rig.alice, wire::MessageType::lease_attach, wire::LeaseAttachRequest{held.value().id});
    ASSERT_TRUE(attached.is_ok());
    EXPECT_TRUE(attached.value().lease_ref == held.value().ref);
    const auto again = with(held.value(), lease::token_of(attached.value().token).value());
    EXPECT_TRUE(rig.read(rig.alice, again, 0, 8).is_ok());
    EXPECT_TRUE(
        is(rig.write(rig.alice, again, 0, bytes_of("x")), ErrorCode::denied, Field::rights));
    // Somebody else who came by the id can end the lease, and no more.
    EXPECT_TRUE(is(rig.ask<wire::LeaseAttachReply>(rig.oper, wire::MessageType::lease_attach,
                                                   wire::LeaseAttachRequest{held.value().id}),
                   ErrorCode::denied, Field::identity));
}

TEST_F(ServiceTokens, The_same_key_gets_the_same_lease_in_any_session) {
    const lease::Token token = rig.must_cap(rig.oper, 8'192);
    AllocKey key;
    key.bytes.fill(5);
    const auto first =
        rig.alloc(rig.alice, token, 4'096, Duration{60'000}, lease::ResourceKind::memory, key);
    ASSERT_TRUE(first.is_ok());
    ASSERT_TRUE(rig.open(rig.alice));
    const auto again =
        rig.alloc(rig.alice, token, 4'096, Duration{60'000}, lease::ResourceKind::memory, key);
    ASSERT_TRUE(again.is_ok());
    EXPECT_TRUE(again.value().id == first.value().id);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::grants), 1u);
    // Another principal with the same key has a lease of its own.
    const auto other =
        rig.alloc(rig.oper, token, 4'096, Duration{60'000}, lease::ResourceKind::memory, key);
    ASSERT_TRUE(other.is_ok());
    EXPECT_FALSE(other.value().id == first.value().id);
}

TEST_F(ServiceTokens, A_warned_lease_says_so_in_every_answer_and_is_not_renewed) {
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    ASSERT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok());
    EXPECT_FALSE(rig.was_warned);
    const auto revoked = rig.ask<wire::LeaseRevokeReply>(
        rig.oper, wire::MessageType::lease_revoke,
        wire::LeaseRevokeRequest{held.ref, Duration{5'000}, lease::Reason::none});
    ASSERT_TRUE(revoked.is_ok());
    EXPECT_TRUE(revoked.value().outcome == wire::RevokeOutcome::grace_running);
    ASSERT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok());
    EXPECT_TRUE(rig.was_warned);
    ASSERT_TRUE(rig.write(rig.alice, held, 0, bytes_of("last words")).is_ok());
    EXPECT_TRUE(rig.was_warned);
    EXPECT_TRUE(is(renew(rig.alice, held.token), ErrorCode::revoked, Field::none) ||
                is(renew(rig.alice, held.token), ErrorCode::revoked, Field::lease));
    const auto query = rig.ask<wire::LeaseQueryReply>(
        rig.alice, wire::MessageType::lease_query, wire::LeaseQueryRequest{false, held.id.bytes});
    ASSERT_TRUE(query.is_ok());
    EXPECT_TRUE(query.value().is_warned && rig.was_warned);
    ASSERT_TRUE(rig.ask<wire::LeaseCheckpointReply>(rig.alice, wire::MessageType::lease_checkpoint,
                                                    wire::LeaseCheckpointRequest{held.id})
                    .is_ok());
    rig.run(Duration{20});
    EXPECT_TRUE(!rig.read(rig.alice, held, 0, 8).is_ok());
}

} // namespace
} // namespace grafos::test
