// SPDX-License-Identifier: Apache-2.0
/// What goes through the node's outbox: it is executed at its point of the turn, and answered when
/// its record is durable.
#include <algorithm>

#include "core/node/service/reply.hpp"

namespace grafos::node {

lease::Request FabricService::request_of(const Call& call, lease::Operation operation,
                                         TenantId tenant) const noexcept {
    lease::Request request;
    request.operation = operation;
    request.caller.tenant = tenant;
    request.caller.identity = call.principal.exchange_key.view();
    request.caller.quota_bytes = call.principal.quota_bytes;
    request.caller.quota_leases = call.principal.quota_leases;
    request.caller.ttl_max = call.principal.ttl_max;
    return request;
}

Result<StartedRequest*> FabricService::take_started(const Call& call,
                                                    StartedRequest::Kind kind) noexcept {
    if (started_free_ == 0) {
        return Error{ErrorCode::busy, Field::outbox, parts_.started.size(), parts_.started.size()};
    }
    StartedRequest& started = parts_.started[started_free_ - 1u];
    GRAFOS_ASSERT(!started.is_used);
    started_free_ = started.next_free;
    started = StartedRequest{};
    started.is_used = true;
    started.origin = call.origin;
    started.kind = kind;
    return &started;
}

void FabricService::release_started(StartedRequest& started) noexcept {
    started.is_used = false;
    started.next_free = started_free_;
    started_free_ = static_cast<uint16_t>(&started - parts_.started.data() + 1);
}

Result<> FabricService::start(StartedRequest& started, const lease::Request& request) noexcept {
    const auto cookie = static_cast<uint32_t>(&started - parts_.started.data());
    const Result<> put = parts_.node.start_served(request, cookie);
    if (!put.is_ok()) {
        release_started(started);
        return put.error();
    }
    return ok();
}

// --- requests ---

Result<> FabricService::on_lease_alloc(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseAllocRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(lease::TokenCache::Entry* const entry, open_token(call, request.token));
    const lease::Claims& claims = entry->claims;
    GRAFOS_TRY_ASSIGN(const uint8_t index, find_resource(request.kind, request.resource));
    lease::Needed needed = needed_of(call, lease::TokenKind::alloc);
    needed.resource = parts_.node.lessor().resources()[index]->info().id;
    needed.amount_bytes = request.amount_bytes;
    needed.ttl = request.ttl;
    GRAFOS_TRY(lease::check_claims(claims, needed, keeper_.first_epoch(), Generation{}, call.now));
    GRAFOS_TRY_ASSIGN(StartedRequest* const started,
                      take_started(call, StartedRequest::Kind::alloc));
    started->resource = index;
    started->rights = claims.rights;
    started->tenant = claims.tenant;
    started->ttl_max = claims.ttl;
    lease::Request grant = request_of(call, lease::Operation::grant, claims.tenant);
    grant.resource = needed.resource;
    grant.amount_bytes = request.amount_bytes;
    grant.ttl = request.ttl;
    grant.alloc_key = request.alloc_key;
    grant.rights = static_cast<uint8_t>(claims.rights);
    return start(*started, grant);
}

Result<> FabricService::on_lease_renew(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseRenewRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token, request.ttl));
    GRAFOS_TRY_ASSIGN(StartedRequest* const started,
                      take_started(call, StartedRequest::Kind::renew));
    const lease::LeaseTable& table = parts_.node.lessor().table();
    const Result<lease::Token> shown = lease::token_of(request.token);
    GRAFOS_ASSERT(shown.is_ok()); // it was opened
    started->token = shown.value();
    started->lease_ref = opened.claims->lease_ref;
    lease::Request renew = request_of(call, lease::Operation::renew, opened.claims->tenant);
    renew.lease = table.id(opened.by.slot);
    renew.generation = opened.claims->generation;
    renew.ttl = request.ttl;
    return start(*started, renew);
}

/// FREE and CHECKPOINT need no token: whoever knows the id may, also with one that ran out.
Result<> FabricService::start_by_id(Call& call, const LeaseId& id,
                                    StartedRequest::Kind kind) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, find_lease(call, id));
    const lease::LeaseInfo info = parts_.node.lessor().table().info(slot);
    GRAFOS_TRY_ASSIGN(StartedRequest* const started, take_started(call, kind));
    started->lease_ref = info.ref;
    const auto operation = kind == StartedRequest::Kind::free ? lease::Operation::release
                                                              : lease::Operation::report_checkpoint;
    lease::Request request = request_of(call, operation, info.tenant);
    request.lease = id;
    return start(*started, request);
}

Result<> FabricService::on_lease_free(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseFreeRequest>(call.message.payload));
    return start_by_id(call, request.lease, StartedRequest::Kind::free);
}

Result<> FabricService::on_lease_checkpoint(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseCheckpointRequest>(call.message.payload));
    return start_by_id(call, request.lease, StartedRequest::Kind::checkpoint);
}

Result<> FabricService::on_lease_revoke(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::LeaseRevokeRequest>(call.message.payload));
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    const lease::LeaseTable& table = parts_.node.lessor().table();
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table.find(request.lease_ref, call.now));
    const TenantId tenant = table.info(slot).tenant;
    GRAFOS_TRY(check_tenant(call, tenant));
    GRAFOS_TRY_ASSIGN(StartedRequest* const started,
                      take_started(call, StartedRequest::Kind::revoke));
    started->lease_ref = request.lease_ref;
    lease::Request revoke = request_of(call, lease::Operation::revoke, tenant);
    revoke.lease_ref = request.lease_ref;
    revoke.grace = request.grace;
    revoke.reason =
        request.reason == lease::Reason::none ? lease::Reason::authority_request : request.reason;
    return start(*started, revoke);
}

/// Naming the resource keeps an operator who mixed up two lists from clearing the wrong fence.
Result<> FabricService::on_fence_clear(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::FenceClearRequest>(call.message.payload));
    if (!parts_.node.is_serving()) {
        return parts_.node.refusal_of_state();
    }
    const auto resources = parts_.node.lessor().resources();
    const auto named = std::find_if(resources.begin(), resources.end(), [&](const auto* resource) {
        return resource->info().id == request.resource;
    });
    if (named == resources.end()) {
        return Error{ErrorCode::not_found, Field::resource};
    }
    GRAFOS_TRY_ASSIGN(StartedRequest* const started,
                      take_started(call, StartedRequest::Kind::fence_clear));
    lease::Request clear = request_of(call, lease::Operation::clear_fence, call.principal.tenant);
    clear.resource = request.resource;
    clear.fence = request.fence;
    return start(*started, clear);
}

// --- answers ---

void FabricService::finish(const ServedAnswer& served, Instant now) noexcept {
    StartedRequest& started = parts_.started[served.cookie];
    GRAFOS_ASSERT(started.is_used);
    const auto slot = parts_.node.lessor().table().slot_of_ref(started.lease_ref);
    const bool is_warned = slot.has_value() && this->is_warned(*slot);
    if (served.answer.is_ok()) {
        const Result<> finished =
            finish_ok(started, served.answer.value(), served.executed, is_warned, now);
        GRAFOS_ASSERT(finished.is_ok()); // every kept answer has its bounds in wire's table
    } else {
        figures_.refused += 1; // the node has noted why
        (void)parts_.sessions
            .answer(started.origin, {.error = served.answer.error(), .is_warned = is_warned}, now)
            .is_ok();
    }
    release_started(started);
}

Result<> FabricService::finish_ok(const StartedRequest& started, const lease::Answer& answer,
                                  Instant executed, bool is_warned, Instant now) noexcept {
    switch (started.kind) {
    case StartedRequest::Kind::alloc:
        return finish_alloc(started, answer, executed, is_warned, now);
    case StartedRequest::Kind::renew:
        return finish_renew(started, answer, executed, is_warned, now);
    case StartedRequest::Kind::free:
        return reply(started.origin, wire::LeaseFreeReply{answer.lease_ref, answer.record},
                     is_warned, now);
    case StartedRequest::Kind::checkpoint:
        return reply(started.origin, wire::LeaseCheckpointReply{answer.lease_ref}, is_warned, now);
    case StartedRequest::Kind::revoke: {
        const bool has_grace = answer.left.ms > 0;
        const auto outcome =
            has_grace ? wire::RevokeOutcome::grace_running : wire::RevokeOutcome::torn_down;
        return reply(started.origin, wire::LeaseRevokeReply{outcome, answer.left, answer.record},
                     is_warned, now);
    }
    case StartedRequest::Kind::fence_clear:
        return reply(started.origin, wire::FenceClearReply{answer.record}, false, now);
    }
    GRAFOS_UNREACHABLE();
}

Result<> FabricService::finish_alloc(const StartedRequest& started, const lease::Answer& answer,
                                     Instant executed, bool is_warned, Instant now) noexcept {
    const lease::ResourceInfo resource = parts_.node.lessor().resources()[started.resource]->info();
    lease::LeaseTerms terms;
    terms.rights = started.rights;
    if (const auto slot = parts_.node.lessor().table().slot_of_ref(answer.lease_ref)) {
        terms.rights &= parts_.node.lessor().table().info(*slot).rights; // a repeat adds none
    }
    terms.tenant = started.tenant;
    terms.resource = resource.id;
    terms.lease_ref = answer.lease_ref;
    terms.generation = answer.generation;
    terms.epoch = answer.epoch;
    terms.amount_bytes = answer.amount_bytes;
    terms.ttl = started.ttl_max;
    terms.expires_at = saturating_add(executed, answer.left);
    const lease::Token token = keeper_.mint_lease(terms);
    wire::LeaseAllocReply reply_message;
    reply_message.lease = answer.lease;
    reply_message.lease_ref = answer.lease_ref;
    reply_message.epoch = answer.epoch;
    reply_message.generation = answer.generation;
    reply_message.left = answer.left;
    reply_message.size_bytes = answer.amount_bytes;
    reply_message.kind = resource.kind;
    reply_message.resource = resource.id;
    reply_message.unit_bytes = resource.unit_bytes;
    reply_message.record = answer.record;
    reply_message.token_left = answer.left;
    reply_message.token = token.view();
    return reply(started.origin, reply_message, is_warned, now);
}

/// The same token, caveats and all, at the new generation.
Result<> FabricService::finish_renew(const StartedRequest& started, const lease::Answer& answer,
                                     Instant executed, bool is_warned, Instant now) noexcept {
    const lease::Reminted anew = keeper_.remint_opened(started.token.view(), answer.generation,
                                                       saturating_add(executed, answer.left));
    // Made here, so it proves itself; the session that asked shows it next. One that has taken the
    // place of that session has not shown the old one, and gets nothing.
    parts_.tokens[started.origin.session.slot]->replace(started.token.view(), anew.token.view(),
                                                        boot_.value, anew.claims);
    const Duration token_left = left_until(anew.claims.expires_at, executed);
    return reply(started.origin,
                 wire::LeaseRenewReply{answer.generation, answer.left, answer.record, token_left,
                                       anew.token.view()},
                 is_warned, now);
}

} // namespace grafos::node
