// SPDX-License-Identifier: Apache-2.0
// Who may what: each role, each tenant, each quota, against every message that needs it.
#include "core/wire/message_table.hpp"
#include "tests/support/service_rig.hpp"

namespace grafos::test {
namespace {

class ServiceRoles : public ::testing::Test {
protected:
    ServiceRig rig{};

    /// Bytes of the right length for a message; what they say is looked at only after the role.
    [[nodiscard]] Result<Bytes> ask_anything(ServiceClient& client, wire::MessageType type) {
        return rig.ask_raw(client, type, {});
    }
};

TEST_F(ServiceRoles, Without_its_role_no_message_is_even_read) {
    rig.alice_entry.roles = {};
    rig.boot();
    size_t with_roles = 0;
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const Result<Bytes> answer = ask_anything(rig.alice, entry.type);
        const bool is_denied = !answer.is_ok() && answer.error().code == ErrorCode::denied &&
                               answer.error().field == Field::role;
        EXPECT_EQ(is_denied, entry.roles.bits != 0) << static_cast<uint16_t>(entry.type);
        if (entry.roles.bits != 0) {
            with_roles += 1;
            EXPECT_EQ(answer.error().value, 0u);
            EXPECT_EQ(answer.error().expected, uint64_t{entry.roles.bits});
        }
        rig.run(Duration{2}); // budgets are by the turn
    }
    EXPECT_EQ(with_roles, 11u);
}

TEST_F(ServiceRoles, Every_role_but_the_needed_one_is_not_enough) {
    for (const wire::MessageEntry& entry : wire::message_table()) {
        if (entry.roles.bits == 0) {
            continue;
        }
        rig.cut_power();
        rig.alice_entry.roles = {static_cast<uint8_t>(wire::all_roles.bits & ~entry.roles.bits)};
        rig.bob_entry.roles = entry.roles;
        rig.boot();
        const Result<Bytes> refused = ask_anything(rig.alice, entry.type);
        ASSERT_FALSE(refused.is_ok());
        EXPECT_TRUE(refused.error().field == Field::role) << static_cast<uint16_t>(entry.type);
        const Result<Bytes> allowed = ask_anything(rig.bob, entry.type);
        EXPECT_TRUE(allowed.is_ok() || allowed.error().field != Field::role)
            << static_cast<uint16_t>(entry.type);
    }
}

TEST_F(ServiceRoles, An_unknown_message_is_unsupported_and_recorded_like_any_refusal) {
    rig.boot();
    const uint64_t before = rig.node().counters().refusals(ErrorCode::unsupported);
    const Result<Bytes> answer =
        rig.ask_raw(rig.alice, static_cast<wire::MessageType>(0x0999), bytes_of("?"));
    ASSERT_FALSE(answer.is_ok());
    EXPECT_EQ(answer.error(), (Error{ErrorCode::unsupported, Field::operation, 0x0999, 0}));
    EXPECT_EQ(rig.node().counters().refusals(ErrorCode::unsupported), before + 1);
}

TEST_F(ServiceRoles, Another_tenants_leases_are_out_of_reach) {
    rig.bob_entry.roles = wire::all_roles; // for his own tenant
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    const auto denied = [&](const auto& result) {
        return !result.is_ok() && result.error().code == ErrorCode::denied &&
               result.error().field == Field::tenant;
    };
    wire::CapRequestRequest cap;
    cap.tenant = ServiceRig::tenant;
    cap.kind = lease::ResourceKind::memory;
    cap.bytes_max = 1;
    cap.ttl_max = Duration{1'000};
    cap.token_ttl = Duration{1'000};
    EXPECT_TRUE(
        denied(rig.ask<wire::CapRequestReply>(rig.bob, wire::MessageType::cap_request, cap)));
    EXPECT_TRUE(denied(rig.read(rig.bob, held, 0, 8)));
    EXPECT_TRUE(denied(rig.write(rig.bob, held, 0, bytes_of("x"))));
    EXPECT_TRUE(denied(rig.free(rig.bob, held)));
    EXPECT_TRUE(denied(rig.ask<wire::LeaseRevokeReply>(
        rig.bob, wire::MessageType::lease_revoke, wire::LeaseRevokeRequest{held.ref, {}, {}})));
    EXPECT_TRUE(denied(rig.ask<wire::LeaseQueryReply>(
        rig.bob, wire::MessageType::lease_query, wire::LeaseQueryRequest{true, held.ref.bytes})));
    EXPECT_TRUE(denied(rig.ask<wire::LeaseAttachReply>(rig.bob, wire::MessageType::lease_attach,
                                                       wire::LeaseAttachRequest{held.id})));
    EXPECT_TRUE(denied(
        rig.ask<wire::LeaseRenewReply>(rig.bob, wire::MessageType::lease_renew,
                                       wire::LeaseRenewRequest{held.token.view(), Duration{}})));
    const auto list = rig.ask<wire::LeaseListActiveReply>(
        rig.bob, wire::MessageType::lease_list_active, wire::LeaseListActiveRequest{});
    ASSERT_TRUE(list.is_ok());
    EXPECT_EQ(list.value().leases.size(), 0u);
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    EXPECT_TRUE(denied(rig.alloc(rig.bob, token, 4'096, Duration{1'000})));
    EXPECT_TRUE(rig.read(rig.alice, held, 0, 8).is_ok()) << "and nothing has happened to it";
}

TEST_F(ServiceRoles, A_quota_holds_however_often_a_token_is_used) {
    rig.alice_entry.quota_bytes = 3 * 4'096;
    rig.alice_entry.quota_leases = 2;
    rig.boot();
    const lease::Token token = rig.must_cap(rig.alice, 2 * 4'096);
    const auto first = rig.alloc(rig.alice, token, 2 * 4'096, Duration{60'000});
    ASSERT_TRUE(first.is_ok());
    const auto too_big = rig.alloc(rig.alice, token, 2 * 4'096, Duration{60'000});
    ASSERT_FALSE(too_big.is_ok());
    EXPECT_TRUE(too_big.error().code == ErrorCode::rate_limited);
    EXPECT_TRUE(too_big.error().field == Field::quota_bytes);
    const auto second = rig.alloc(rig.alice, token, 4'096, Duration{60'000});
    ASSERT_TRUE(second.is_ok());
    const auto too_many = rig.alloc(rig.alice, token, 1, Duration{60'000});
    ASSERT_FALSE(too_many.is_ok());
    EXPECT_TRUE(too_many.error().code == ErrorCode::rate_limited);
    ASSERT_TRUE(rig.free(rig.alice, second.value()).is_ok());
    EXPECT_TRUE(rig.alloc(rig.alice, token, 4'096, Duration{60'000}).is_ok());
}

TEST_F(ServiceRoles, Nobody_gets_a_longer_lease_than_its_entry_says) {
    rig.alice_entry.ttl_max = Duration{5'000};
    rig.boot();
    wire::CapRequestRequest cap;
    cap.tenant = ServiceRig::tenant;
    cap.kind = lease::ResourceKind::memory;
    cap.bytes_max = 4'096;
    cap.ttl_max = Duration{5'001};
    cap.token_ttl = Duration{60'000};
    const auto longer =
        rig.ask<wire::CapRequestReply>(rig.alice, wire::MessageType::cap_request, cap);
    ASSERT_FALSE(longer.is_ok());
    EXPECT_EQ(longer.error(), (Error{ErrorCode::denied, Field::ttl, 5'001, 5'000}));
    // A token that somebody else got for her allows more; her entry does not.
    const lease::Token token = rig.must_cap(rig.oper, 4'096);
    const auto refused = rig.alloc(rig.alice, token, 4'096, Duration{5'001});
    ASSERT_FALSE(refused.is_ok());
    EXPECT_TRUE(refused.error().code == ErrorCode::denied && refused.error().field == Field::ttl);
    const auto held = rig.alloc(rig.alice, token, 4'096, Duration{5'000});
    ASSERT_TRUE(held.is_ok());
    const auto renewed = rig.ask<wire::LeaseRenewReply>(
        rig.alice, wire::MessageType::lease_renew,
        wire::LeaseRenewRequest{held.value().token.view(), Duration{5'001}});
    ASSERT_FALSE(renewed.is_ok());
    EXPECT_TRUE(renewed.error().code == ErrorCode::denied && renewed.error().field == Field::ttl);
}

TEST_F(ServiceRoles, A_refusal_is_recorded_once_a_turn_for_each_tenant_and_reason) {
    rig.boot();
    rig.run(Duration{20});
    const uint64_t before = rig.node().counters().value(observe::Counter::records_sealed);
    std::array<wire::RequestHandle, 10> requests{};
    for (wire::RequestHandle& request : requests) {
        request = rig.start(rig.bob, wire::MessageType::audit_head, wire::AuditHeadRequest{});
    }
    for (const wire::RequestHandle& request : requests) {
        EXPECT_FALSE(rig.wait_for(rig.bob, wire::MessageType::audit_head, request).is_ok());
    }
    rig.run(Duration{20});
    EXPECT_EQ(rig.node().counters().value(observe::Counter::records_sealed), before + 1);
    EXPECT_EQ(rig.node().counters().refusals(ErrorCode::denied), 10u);
}

} // namespace
} // namespace grafos::test
