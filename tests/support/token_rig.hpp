// SPDX-License-Identifier: Apache-2.0
/// One live memory lease on a lessor of its own, and the keeper that made its token: what a node's
/// service has at hand when a request comes in. For measuring and for fuzzing.
#pragma once

#include "core/lease/lessor/memory_verbs.hpp"
#include "core/lease/resource/memory_resource.hpp"
#include "core/lease/token/token_cache.hpp"
#include "tests/support/ram_journal.hpp"

namespace grafos::test {

class TokenRig {
public:
    static constexpr uint32_t unit_count = 16;
    static constexpr uint64_t lease_bytes = 16 * 1024;

    TokenRig() noexcept {
        for (uint8_t i = 0; i < NodeId::size_bytes; ++i) {
            node.bytes[i] = static_cast<uint8_t>(i + 1);
            principal.bytes[i] = static_cast<uint8_t>(0x80 + i);
        }
        table.start(now, {1, 2});
        drbg.seed(bytes_of("token rig"));
        GRAFOS_ASSERT(memory.start().is_ok());
        lessor.start({}, Epoch{100});
        keeper.start(drbg, node, lessor.first_epoch());
        while (memory.info().free < unit_count) { // each turn wipes some
            (void)lessor.tick(now, {.expiries = 8, .wipe_bytes = 64 * 1024});
        }
        lease::Request request;
        request.operation = lease::Operation::grant;
        request.caller = {TenantId{7}, principal.view()};
        request.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
        request.amount_bytes = lease_bytes;
        request.ttl = limits::lease_ttl_max;
        answer = lessor.grant(request, now).value();
        token = keeper.mint_lease(terms());
        needed.rights = lease::right::read | lease::right::write;
        needed.tenant = request.caller.tenant;
        needed.principal = principal;
        authority =
            lessor.find_access(answer.lease_ref, answer.epoch, answer.generation, now).value();
    }
    TokenRig(const TokenRig&) = delete;
    TokenRig& operator=(const TokenRig&) = delete;

    [[nodiscard]] lease::LeaseTerms terms() const noexcept {
        lease::LeaseTerms terms;
        terms.tenant = {7};
        terms.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
        terms.lease_ref = answer.lease_ref;
        terms.generation = answer.generation;
        terms.epoch = answer.epoch;
        terms.amount_bytes = answer.amount_bytes;
        terms.ttl = limits::lease_ttl_max;
        terms.expires_at = saturating_add(now, answer.left);
        return terms;
    }

    // What the service does with a request's token, first and again.
    [[nodiscard]] bool check_first() const noexcept {
        return keeper.check(token.view(), needed, answer.epoch, answer.generation, now).is_ok();
    }
    [[nodiscard]] bool check_again() noexcept {
        const Result<lease::TokenCache::Entry*> entry = cache.open(keeper, token.view(), 1);
        return entry.is_ok() &&
               check_claims(entry.value()->claims, needed, answer.epoch, answer.generation, now)
                   .is_ok();
    }
    [[nodiscard]] bool read_by_ref(MutableBytes to) noexcept {
        const Result<lease::Authority> by =
            lessor.find_access(answer.lease_ref, answer.epoch, answer.generation, now);
        lease::Access access;
        access.buffer = to;
        access.offset = 4096;
        return by.is_ok() && lessor.start_access(by.value(), access, now).is_ok();
    }
    [[nodiscard]] lease::LockGrant lock(uint64_t nonce) noexcept {
        lease::LockRequest request;
        request.nonce = {nonce};
        request.ttl = Duration{1'000};
        return verbs.lock(authority, request, now).value();
    }
    [[nodiscard]] bool commit(const lease::LockGrant& held, uint64_t nonce, Bytes data) noexcept {
        const lease::CommitExtent extents[] = {{1024, data}};
        lease::CommitRequest request;
        request.generation = held.generation;
        request.nonce = {nonce};
        request.extents = extents;
        request.release = true;
        return verbs.commit(authority, request, now).is_ok();
    }

    static constexpr lease::NodeLimits limits_of_rig = lease::small_node;

    Instant now{10'000};
    NodeId node{};
    lease::PrincipalKey principal{};
    alignas(64) std::array<uint8_t, unit_count * 4096> ram{};
    RamJournalOf<64> journal{};
    lease::MemoryResourceOf<unit_count> memory{
        lease::resource_id_of(lease::ResourceKind::memory, 0), ram};
    std::array<lease::Resource*, 1> resources{&memory};
    lease::LeaseTableOf<16> table{};
    crypto::Drbg drbg{};
    observe::Counters counters{};
    observe::EventRingOf<16> events{};
    lease::Lessor lessor{{table, resources, journal, drbg, counters, events}, limits_of_rig};
    lease::MemoryVerbs verbs{lessor};
    lease::TokenKeeper keeper{};
    lease::TokenCacheOf<4> cache{};
    lease::Answer answer{};
    lease::Token token{};
    lease::Needed needed{};
    lease::Authority authority{};
};

} // namespace grafos::test
