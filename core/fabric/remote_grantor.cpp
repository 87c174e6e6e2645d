// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/remote_grantor.hpp"

#include "core/lease/lessor/lessor.hpp"
#include "core/wire/messages.hpp"

namespace grafos::fabric {
namespace {

/// The longest request here: LEASE_ALLOC or LEASE_RENEW with the longest token.
constexpr size_t request_bytes_max = 512;

/// An ALLOC token is used at once; a little longer for the repetitions.
constexpr Duration alloc_token_ttl{30'000};

[[nodiscard]] lease::ResourceKind kind_of(const ResourceId& resource) noexcept {
    return static_cast<lease::ResourceKind>(load_big_endian<uint16_t>(resource.bytes.data()));
}

[[nodiscard]] Error no_grantors_operation(lease::Operation operation) noexcept {
    return {ErrorCode::unsupported, Field::operation, static_cast<uint64_t>(operation), 0};
}

[[nodiscard]] Result<wire::MessageType> type_of(lease::Operation operation) noexcept {
    switch (operation) {
    case lease::Operation::grant: return wire::MessageType::lease_alloc;
    case lease::Operation::renew: return wire::MessageType::lease_renew;
    case lease::Operation::release: return wire::MessageType::lease_free;
    case lease::Operation::revoke: return wire::MessageType::lease_revoke;
    case lease::Operation::report_checkpoint: return wire::MessageType::lease_checkpoint;
    case lease::Operation::clear_fence: return wire::MessageType::fence_clear;
    case lease::Operation::request_token:
    case lease::Operation::refresh_token:
    case lease::Operation::attach:
    case lease::Operation::look:
    case lease::Operation::set_time:
    case lease::Operation::read_log:
    case lease::Operation::trim_log:
    case lease::Operation::other: return no_grantors_operation(operation);
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] Result<size_t> encode_token_wish(const lease::Request& wanted,
                                               MutableBytes to) noexcept {
    wire::CapRequestRequest message;
    message.tenant = wanted.caller.tenant;
    message.kind = kind_of(wanted.resource);
    message.resource = wanted.resource;
    message.bytes_max = wanted.amount_bytes;
    message.ttl_max = wanted.ttl;
    message.token_ttl = alloc_token_ttl;
    return wire::encode(message, to);
}

[[nodiscard]] Result<size_t> encode_grant(const lease::Request& wanted, const lease::Token& token,
                                          MutableBytes to) noexcept {
    wire::LeaseAllocRequest message;
    message.token = token.view();
    message.kind = kind_of(wanted.resource);
    message.resource = wanted.resource;
    message.amount_bytes = wanted.amount_bytes;
    message.ttl = wanted.ttl;
    message.alloc_key = wanted.alloc_key;
    return wire::encode(message, to);
}

[[nodiscard]] Result<RemoteAnswer> granted(Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::LeaseAllocReply reply,
                      wire::decode<wire::LeaseAllocReply>(payload));
    RemoteAnswer answer;
    answer.lease = {reply.lease, reply.lease_ref,  reply.epoch, reply.generation,
                    reply.left,  reply.size_bytes, reply.record};
    answer.kind = reply.kind;
    GRAFOS_TRY_ASSIGN(answer.token, lease::token_of(reply.token));
    return answer;
}

[[nodiscard]] Result<RemoteAnswer> renewed(Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::LeaseRenewReply reply,
                      wire::decode<wire::LeaseRenewReply>(payload));
    RemoteAnswer answer;
    answer.lease.generation = reply.generation;
    answer.lease.left = reply.left;
    answer.lease.record = reply.record;
    GRAFOS_TRY_ASSIGN(answer.token, lease::token_of(reply.token));
    return answer;
}

[[nodiscard]] Result<RemoteAnswer> attached(const LeaseId& lease, Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::LeaseAttachReply reply,
                      wire::decode<wire::LeaseAttachReply>(payload));
    RemoteAnswer answer;
    answer.lease = {lease,      reply.lease_ref,  reply.epoch, reply.generation,
                    reply.left, reply.size_bytes, {}};
    answer.kind = reply.kind;
    GRAFOS_TRY_ASSIGN(answer.token, lease::token_of(reply.token));
    return answer;
}

[[nodiscard]] Result<RemoteAnswer> freed(Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::LeaseFreeReply reply,
                      wire::decode<wire::LeaseFreeReply>(payload));
    RemoteAnswer answer;
    answer.lease.lease_ref = reply.lease_ref;
    answer.lease.record = reply.record;
    return answer;
}

[[nodiscard]] Result<RemoteAnswer> revoked(const LeaseRef& lease_ref, Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::LeaseRevokeReply reply,
                      wire::decode<wire::LeaseRevokeReply>(payload));
    if (reply.outcome == wire::RevokeOutcome::not_found) {
        return Error{ErrorCode::not_found, Field::lease_ref};
    }
    RemoteAnswer answer;
    answer.lease.lease_ref = lease_ref;
    answer.lease.left = reply.left;
    answer.lease.record = reply.record;
    return answer;
}

[[nodiscard]] Result<RemoteAnswer> cleared(Bytes payload) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::FenceClearReply reply,
                      wire::decode<wire::FenceClearReply>(payload));
    RemoteAnswer answer;
    answer.lease.record = reply.record;
    return answer;
}

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy && error.field == Field::ticket;
}

} // namespace

Result<RemoteAnswer> RemoteGrantor::answer_of(const Call& call, Bytes payload) noexcept {
    switch (call.type) {
    case wire::MessageType::lease_alloc: return granted(payload);
    case wire::MessageType::lease_renew: return renewed(payload);
    case wire::MessageType::lease_attach: return attached(call.wanted.lease, payload);
    case wire::MessageType::lease_free: return freed(payload);
    case wire::MessageType::lease_revoke: return revoked(call.wanted.lease_ref, payload);
    case wire::MessageType::fence_clear: return cleared(payload);
    case wire::MessageType::lease_checkpoint: return RemoteAnswer{};
    case wire::MessageType::ping:
    case wire::MessageType::get_identity:
    case wire::MessageType::get_inventory:
    case wire::MessageType::get_readiness:
    case wire::MessageType::time_sync:
    case wire::MessageType::get_counters:
    case wire::MessageType::cap_request:
    case wire::MessageType::token_refresh:
    case wire::MessageType::lease_query:
    case wire::MessageType::lease_list_active:
    case wire::MessageType::mem_read:
    case wire::MessageType::mem_write:
    case wire::MessageType::mem_compare_exchange:
    case wire::MessageType::mem_fetch_add:
    case wire::MessageType::mem_lock:
    case wire::MessageType::mem_commit:
    case wire::MessageType::block_read:
    case wire::MessageType::block_write:
    case wire::MessageType::block_flush:
    case wire::MessageType::fence_list:
    case wire::MessageType::audit_head:
    case wire::MessageType::audit_read:
    case wire::MessageType::audit_trim:
    case wire::MessageType::program_call: break;
    }
    GRAFOS_UNREACHABLE();
}

// --- calls
// ------------------------------------------------------------------------------------------

RemoteGrantor::Call* RemoteGrantor::find(lease::Ticket ticket) noexcept {
    if (ticket.slot >= calls_.size() || ticket.generation == 0) {
        return nullptr;
    }
    Call& call = calls_[ticket.slot];
    return call.step != Call::Step::free && call.generation == ticket.generation ? &call : nullptr;
}

Result<RemoteGrantor::Call*> RemoteGrantor::take_call(wire::MessageType type,
                                                      const lease::Request& request,
                                                      Duration patience) noexcept {
    for (Call& call : calls_) {
        if (call.step != Call::Step::free) {
            continue;
        }
        call.generation = call.generation + 1 == 0 ? 1 : call.generation + 1;
        call.type = type;
        call.wanted = request;
        call.wanted.caller.identity = {}; // not ours to keep, and not sent
        call.deadline = saturating_add(now_, patience);
        call.token = {};
        return &call;
    }
    return Error{ErrorCode::busy, Field::slot, calls_.size() + 1, calls_.size()};
}

void RemoteGrantor::free(Call& call) noexcept {
    GRAFOS_ASSERT(call.step != Call::Step::free);
    channel_.release(call.request);
    call.request = {};
    call.token = {};
    call.step = Call::Step::free;
}

Result<size_t> RemoteGrantor::encode_last(const Call& call, MutableBytes to) const noexcept {
    const lease::Request& wanted = call.wanted;
    if (call.type == wire::MessageType::lease_attach) {
        return wire::encode(wire::LeaseAttachRequest{wanted.lease}, to);
    }
    switch (wanted.operation) {
    case lease::Operation::grant: return encode_grant(wanted, call.token, to);
    case lease::Operation::renew: {
        const lease::Token* const token = tokens_.token_of(wanted.lease);
        if (token == nullptr) {
            return Error{ErrorCode::not_found, Field::lease};
        }
        return wire::encode(wire::LeaseRenewRequest{token->view(), wanted.ttl}, to);
    }
    case lease::Operation::release: return wire::encode(wire::LeaseFreeRequest{wanted.lease}, to);
    case lease::Operation::revoke:
        return wire::encode(wire::LeaseRevokeRequest{wanted.lease_ref, wanted.grace, wanted.reason},
                            to);
    case lease::Operation::report_checkpoint:
        return wire::encode(wire::LeaseCheckpointRequest{wanted.lease}, to);
    case lease::Operation::clear_fence:
        return wire::encode(wire::FenceClearRequest{wanted.resource, wanted.fence}, to);
    case lease::Operation::request_token:
    case lease::Operation::refresh_token:
    case lease::Operation::attach:
    case lease::Operation::look:
    case lease::Operation::set_time:
    case lease::Operation::read_log:
    case lease::Operation::trim_log:
    case lease::Operation::other: return no_grantors_operation(wanted.operation);
    }
    GRAFOS_UNREACHABLE();
}

Result<> RemoteGrantor::send(Call& call, Call::Step step) noexcept {
    std::array<uint8_t, request_bytes_max> buffer;
    const bool is_token = step == Call::Step::token;
    GRAFOS_TRY_ASSIGN(const size_t size, is_token ? encode_token_wish(call.wanted, buffer)
                                                  : encode_last(call, buffer));
    GRAFOS_TRY_ASSIGN(call.request,
                      channel_.start(is_token ? wire::MessageType::cap_request : call.type,
                                     Bytes{buffer}.first(size), left_until(call.deadline, now_),
                                     now_));
    call.step = step;
    return ok();
}

Result<lease::Ticket> RemoteGrantor::begin(Call& call) noexcept {
    GRAFOS_ASSERT(call.step == Call::Step::free);
    const bool wants_token = call.type == wire::MessageType::lease_alloc && call.token.size == 0;
    GRAFOS_TRY(send(call, wants_token ? Call::Step::token : Call::Step::last));
    return lease::Ticket{static_cast<uint32_t>(&call - calls_.data()), call.generation};
}

Result<lease::Ticket> RemoteGrantor::start(const lease::Request& request) noexcept {
    return start_within(request, patience_);
}

Result<lease::Ticket> RemoteGrantor::start_within(const lease::Request& request, Duration patience,
                                                  const lease::Token& token) noexcept {
    GRAFOS_TRY_ASSIGN(const wire::MessageType type, type_of(request.operation));
    GRAFOS_TRY_ASSIGN(Call* const call, take_call(type, request, patience));
    call->token = token;
    return begin(*call);
}

Result<lease::Ticket> RemoteGrantor::start_attach(const LeaseId& lease,
                                                  Duration patience) noexcept {
    lease::Request request;
    request.lease = lease;
    GRAFOS_TRY_ASSIGN(Call* const call,
                      take_call(wire::MessageType::lease_attach, request, patience));
    return begin(*call);
}

// --- answers
// ----------------------------------------------------------------------------------------

/// The ALLOC token is there: now the grant itself.
Result<> RemoteGrantor::take_token(Call& call) noexcept {
    const Result<wire::ReplyView> reply = channel_.poll(call.request);
    if (!reply.is_ok()) {
        Error error = reply.error();
        if (error.code == ErrorCode::disconnected) {
            error.value = 0; // whatever became of this one, nothing was granted
        }
        return error;
    }
    GRAFOS_TRY_ASSIGN(const wire::CapRequestReply message,
                      wire::decode<wire::CapRequestReply>(reply.value().payload));
    GRAFOS_TRY_ASSIGN(call.token, lease::token_of(message.token));
    channel_.release(call.request);
    call.request = {};
    call.step = Call::Step::window;
    return ok();
}

Result<> RemoteGrantor::advance(Call& call) noexcept {
    if (call.step == Call::Step::token) {
        GRAFOS_TRY(take_token(call));
    }
    if (call.step == Call::Step::window) {
        if (!is_before_deadline(now_, call.deadline)) {
            return Error{ErrorCode::disconnected, Field::window, 0, 0};
        }
        const Result<> sent = send(call, Call::Step::last);
        if (!sent.is_ok() && sent.error().code != ErrorCode::busy) {
            return sent.error();
        }
        return Error{ErrorCode::busy, Field::ticket};
    }
    return ok();
}

Result<RemoteAnswer> RemoteGrantor::poll_remote(lease::Ticket ticket) noexcept {
    Call* const call = find(ticket);
    if (call == nullptr) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.slot, 0};
    }
    const Result<> advanced = advance(*call);
    if (!advanced.is_ok()) {
        if (!is_waiting(advanced.error())) {
            free(*call);
        }
        return advanced.error();
    }
    const Result<wire::ReplyView> reply = channel_.poll(call->request);
    if (!reply.is_ok()) {
        if (!is_waiting(reply.error())) {
            free(*call);
        }
        return reply.error();
    }
    Result<RemoteAnswer> answer = answer_of(*call, reply.value().payload);
    if (answer.is_ok()) {
        answer.value().first_sent = reply.value().first_sent;
        answer.value().is_warned = reply.value().is_warned;
    }
    free(*call);
    return answer;
}

Result<lease::Answer> RemoteGrantor::poll(lease::Ticket ticket) noexcept {
    GRAFOS_TRY_ASSIGN(const RemoteAnswer answer, poll_remote(ticket));
    return answer.lease;
}

void RemoteGrantor::forget(lease::Ticket ticket) noexcept {
    Call* const call = find(ticket);
    if (call != nullptr) {
        free(*call);
    }
}

} // namespace grafos::fabric
