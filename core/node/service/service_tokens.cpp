// SPDX-License-Identifier: Apache-2.0
/// Who may, with what: tenants, tokens, and the messages that make them.
#include "core/node/service/reply.hpp"

namespace grafos::node {

Result<> FabricService::check_tenant(const Call& call, TenantId tenant) const noexcept {
    if (call.principal.has_tenant && call.principal.tenant != tenant) {
        return Error{ErrorCode::denied, Field::tenant, tenant.value, call.principal.tenant.value};
    }
    return ok();
}

lease::Needed FabricService::needed_of(const Call& call, lease::TokenKind kind) const noexcept {
    lease::Needed needed;
    needed.kind = kind;
    needed.rights = call.entry.rights;
    needed.is_any_tenant = !call.principal.has_tenant;
    needed.tenant = call.principal.tenant;
    needed.principal.bytes = call.principal.exchange_key.bytes;
    return needed;
}

/// What a token proves depends on its bytes and this boot's key alone; everything else is asked
/// anew on every use.
Result<lease::TokenCache::Entry*> FabricService::open_token(const Call& call,
                                                            Bytes token) noexcept {
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    GRAFOS_ASSERT(keeper_.is_started() && call.origin.session.slot < parts_.tokens.size());
    return parts_.tokens[call.origin.session.slot]->open(keeper_, token, boot_.value);
}

/// A token that has run out says less than the end of its lease does, so the lease is asked first;
/// but nobody learns of a lease by a token that is not for him.
Result<FabricService::Opened> FabricService::open_lease(Call& call, Bytes token,
                                                        Duration ttl) noexcept {
    GRAFOS_TRY_ASSIGN(lease::TokenCache::Entry* const entry, open_token(call, token));
    const lease::Claims& claims = entry->claims;
    lease::Needed needed = needed_of(call, lease::TokenKind::lease);
    needed.ttl = ttl;
    const Result<> allowed =
        lease::check_claims(claims, needed, claims.epoch, claims.generation, call.now);
    if (!allowed.is_ok() && allowed.error().field != Field::expiry) {
        return allowed.error();
    }
    const lease::LeaseTable& table = parts_.node.lessor().table();
    if (!table.check_access(entry->slot, claims.epoch, claims.generation, call.now).is_ok()) {
        GRAFOS_TRY_ASSIGN(const lease::Authority found,
                          parts_.node.lessor().find_access(claims.lease_ref, claims.epoch,
                                                           claims.generation, call.now));
        entry->slot = found.slot;
    }
    if (!allowed.is_ok()) {
        return allowed.error();
    }
    call.is_warned = is_warned(entry->slot);
    return Opened{&claims, lease::authority_by(claims, entry->slot)};
}

/// The live lease behind an id, if it is of a tenant that the principal may act for.
Result<SlotIndex> FabricService::find_lease(Call& call, const LeaseId& id) const noexcept {
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    const lease::LeaseTable& table = parts_.node.lessor().table();
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table.find(id, call.now));
    GRAFOS_TRY(check_tenant(call, table.info(slot).tenant));
    call.is_warned = is_warned(slot);
    return slot;
}

Result<uint8_t> FabricService::find_resource(lease::ResourceKind kind,
                                             const ResourceId& id) const noexcept {
    const auto resources = parts_.node.lessor().resources();
    for (uint8_t index = 0; index < resources.size(); ++index) {
        const lease::ResourceInfo info = resources[index]->info();
        if (info.kind == kind && (id.is_zero() || info.id == id)) {
            return index;
        }
    }
    return Error{ErrorCode::not_found, Field::resource, static_cast<uint64_t>(kind), 0};
}

bool FabricService::is_warned(SlotIndex slot) const noexcept {
    const lease::Phase phase = parts_.node.lessor().table().phase(slot);
    return lease::is_live(phase) && phase != lease::Phase::active;
}

Result<> FabricService::on_cap_request(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::CapRequestRequest>(call.message.payload));
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    const bool means_its_own = call.principal.has_tenant && request.tenant.value == 0;
    const TenantId tenant = means_its_own ? call.principal.tenant : request.tenant;
    GRAFOS_TRY(check_tenant(call, tenant));
    if (request.ttl_max > call.principal.ttl_max) {
        return Error{ErrorCode::denied, Field::ttl, request.ttl_max.ms, call.principal.ttl_max.ms};
    }
    GRAFOS_TRY_ASSIGN(const uint8_t index, find_resource(request.kind, request.resource));
    lease::AllocTerms terms;
    terms.tenant = tenant;
    terms.resource = parts_.node.lessor().resources()[index]->info().id;
    terms.amount_bytes = request.bytes_max;
    terms.ttl = request.ttl_max;
    terms.life = request.token_ttl;
    GRAFOS_TRY_ASSIGN(const lease::Token token, keeper_.mint_alloc(terms, call.now));
    return reply(call, wire::CapRequestReply{request.token_ttl, token.view()});
}

Result<> FabricService::on_token_refresh(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::TokenRefreshRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    const lease::Lessor& lessor = parts_.node.lessor();
    const Instant end = lessor.access_end(opened.by.slot);
    const lease::Reminted anew =
        keeper_.remint_opened(request.token, lessor.table().info(opened.by.slot).generation, end);
    return reply(call, wire::TokenRefreshReply{left_until(anew.claims.expires_at, call.now),
                                               anew.token.view()});
}

/// For a restarted holder: the id is what it kept, and it is the one the lease was granted to.
Result<> FabricService::on_lease_attach(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseAttachRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, find_lease(call, request.lease));
    const lease::Lessor& lessor = parts_.node.lessor();
    const lease::LeaseInfo info = lessor.table().info(slot);
    if (!is_equal(info.identity, call.principal.exchange_key.view())) {
        return Error{ErrorCode::denied, Field::identity};
    }
    const lease::ResourceInfo resource = lessor.resources()[info.resource]->info();
    lease::LeaseTerms terms;
    terms.rights = info.rights & lease::right::all;
    terms.tenant = info.tenant;
    terms.resource = resource.id;
    terms.lease_ref = info.ref;
    terms.generation = info.generation;
    terms.epoch = info.epoch;
    terms.amount_bytes = info.amount_bytes;
    terms.ttl = info.ttl;
    terms.expires_at = lessor.access_end(slot);
    const lease::Token token = keeper_.mint_lease(terms);
    wire::LeaseAttachReply answer;
    answer.lease_ref = info.ref;
    answer.epoch = info.epoch;
    answer.generation = info.generation;
    answer.left = left_until(terms.expires_at, call.now);
    answer.size_bytes = info.amount_bytes;
    answer.kind = resource.kind;
    answer.resource = resource.id;
    answer.unit_bytes = resource.unit_bytes;
    answer.token_left = answer.left;
    answer.token = token.view();
    return reply(call, answer);
}

} // namespace grafos::node
