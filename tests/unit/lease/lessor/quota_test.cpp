// SPDX-License-Identifier: Apache-2.0
/// A quota is counted in what lives, so nothing that is used twice can pass it (protocol §3).
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

class LessorQuota : public LessorFixture {
protected:
    [[nodiscard]] Request limited(uint64_t bytes, uint64_t quota_bytes, uint64_t quota_leases,
                                  TenantId tenant = {7}) const {
        Request request = grant_request(bytes);
        request.caller.tenant = tenant;
        request.caller.quota_bytes = quota_bytes;
        request.caller.quota_leases = quota_leases;
        return request;
    }
    void expect_refused(const Request& request, const Error& error) {
        const Figures before = figures();
        const Result<Answer> answer = lessor.grant(request, now);
        ASSERT_FALSE(answer.is_ok());
        EXPECT_EQ(answer.error(), error);
        EXPECT_TRUE(figures() == before);
    }
    [[nodiscard]] uint64_t live_bytes(TenantId tenant) const {
        for (const QuotaLedger::Entry& entry : lessor.ledger().live()) {
            if (entry.tenant == tenant) {
                return entry.bytes;
            }
        }
        return 0;
    }
};

TEST_F(LessorQuota, Leases_and_bytes_are_held_to_it_and_the_figures_are_told) {
    const Answer first = lessor.grant(limited(100, 250, 2), now).value();
    static_cast<void>(lessor.grant(limited(150, 250, 2), now).value());
    EXPECT_EQ(live_bytes({7}), 250u);
    expect_refused(limited(1, 1'000, 2), {ErrorCode::rate_limited, Field::quota_leases, 3, 2});
    expect_refused(limited(1, 250, 3), {ErrorCode::rate_limited, Field::quota_bytes, 251, 250});
    expect_refused(limited(~uint64_t{0}, 250, 3),
                   {ErrorCode::rate_limited, Field::quota_bytes, ~uint64_t{0}, 250});
    static_cast<void>(lessor.release(release_of(first), now).value());
    EXPECT_EQ(live_bytes({7}), 150u);
    expect_refused(limited(101, 250, 2), {ErrorCode::rate_limited, Field::quota_bytes, 251, 250});
    EXPECT_TRUE(lessor.grant(limited(100, 250, 2), now).is_ok());
}

TEST_F(LessorQuota, Zero_is_unlimited_and_still_counted) {
    for (uint32_t i = 0; i < table.capacity(); ++i) {
        EXPECT_TRUE(lessor.grant(limited(10, 0, 0), now).is_ok());
    }
    EXPECT_EQ(live_bytes({7}), 10u * table.capacity());
}

TEST_F(LessorQuota, A_tenants_quota_is_shared_by_its_principals_and_by_nobody_else) {
    static_cast<void>(lessor.grant(limited(200, 250, 0), now).value());
    Request bobs = limited(100, 250, 0);
    bobs.caller.identity = bytes_of("bob");
    expect_refused(bobs, {ErrorCode::rate_limited, Field::quota_bytes, 300, 250});
    EXPECT_TRUE(lessor.grant(limited(100, 250, 0, {8}), now).is_ok());
}

TEST_F(LessorQuota, Every_end_gives_it_back_once) {
    const auto one = [&] { return lessor.grant(limited(100, 100, 1), now).value(); };
    // released, revoked, revoked with grace, run out
    static_cast<void>(lessor.release(release_of(one()), now).value());
    EXPECT_EQ(live_bytes({7}), 0u);
    static_cast<void>(lessor.revoke(revocation_of(one()), now).value());
    EXPECT_EQ(live_bytes({7}), 0u);
    static_cast<void>(lessor.revoke(revocation_of(one(), 50_ms), now).value());
    EXPECT_EQ(live_bytes({7}), 100u); // in grace it lives
    tick();
    pass(50);
    EXPECT_TRUE(settle());
    EXPECT_EQ(live_bytes({7}), 0u);
    const Answer last = one();
    pass(ttl.ms);
    EXPECT_TRUE(settle());
    EXPECT_EQ(live_bytes({7}), 0u);
    EXPECT_EQ(lessor.ledger().live().size(), 0u);
    EXPECT_EQ(try_read(last), ErrorCode::lease_expired);
    // A teardown that fails gives nothing back twice.
    static_cast<void>(fence_units(unit, ResourceKind::memory));
    EXPECT_EQ(lessor.ledger().live().size(), 0u);
}

TEST_F(LessorQuota, A_repeated_grant_is_not_charged_and_passes_a_full_quota) {
    Request request = limited(100, 100, 1);
    request.alloc_key.bytes[0] = 1;
    const Answer lease = lessor.grant(request, now).value();
    EXPECT_TRUE(lessor.grant(request, now).value().lease == lease.lease);
    EXPECT_EQ(live_bytes({7}), 100u);
}

TEST_F(LessorQuota, There_is_room_for_so_many_tenants_and_it_comes_back) {
    QuotaLedger ledger;
    Caller caller;
    for (uint32_t tenant = 0; tenant < ledger_tenants_max; ++tenant) {
        caller.tenant = {tenant};
        EXPECT_TRUE(ledger.check(caller, 1).is_ok());
        ledger.charge(caller.tenant, 1);
    }
    caller.tenant = {99};
    const Result<> full = ledger.check(caller, 1);
    ASSERT_FALSE(full.is_ok());
    EXPECT_EQ(full.error(), (Error{ErrorCode::capacity_exceeded, Field::tenant,
                                   ledger_tenants_max + 1, ledger_tenants_max}));
    EXPECT_ASSERTION(ledger.charge({99}, 1));
    EXPECT_ASSERTION(ledger.give_back({99}, 1));
    EXPECT_ASSERTION(ledger.give_back({5}, 2));
    ledger.give_back({5}, 1);
    EXPECT_TRUE(ledger.check(caller, 1).is_ok());
    ledger.charge({99}, 1);
    EXPECT_EQ(ledger.live().size(), size_t{ledger_tenants_max});
}

TEST_F(LessorQuota, A_ttl_beyond_the_callers_own_is_denied_at_grant_and_renewal) {
    Request request = grant_request();
    request.caller.ttl_max = Duration{ttl.ms - 1};
    expect_refused(request, {ErrorCode::denied, Field::ttl, ttl.ms, ttl.ms - 1});
    request.caller.ttl_max = ttl;
    const Answer lease = lessor.grant(request, now).value();
    Request renewal = renewal_of(lease);
    renewal.caller.ttl_max = ttl;
    renewal.ttl = Duration{ttl.ms + 1};
    EXPECT_EQ(code_of(lessor.renew(renewal, now)), ErrorCode::denied);
    renewal.ttl = ttl;
    EXPECT_TRUE(lessor.renew(renewal, now).is_ok());
}

} // namespace
} // namespace grafos::lease::test
