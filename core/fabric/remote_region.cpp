// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/remote_region.hpp"

#include <algorithm>

#include "core/wire/messages.hpp"

namespace grafos::fabric {
namespace {

using PayloadBuffer = std::array<uint8_t, wire::whole_payload_bytes_max>;

/// An answer that its own node's layout does not allow.
[[nodiscard]] Error no_answer() noexcept {
    return {ErrorCode::corrupt, Field::message, 0, 0};
}

[[nodiscard]] lease::RegionAnswer answer_of(const wire::MemLockReply& reply) noexcept {
    lease::RegionAnswer answer;
    answer.lock.is_granted = reply.is_granted;
    answer.lock.place = reply.place;
    answer.lock.generation = {reply.generation.value};
    answer.lock.left = reply.left;
    answer.lock.poll_within = reply.poll_within;
    answer.lock.commits = reply.commits;
    answer.lock.last_generation = {reply.last_generation.value};
    answer.lock.last_nonce = {reply.last_nonce.value};
    return answer;
}

[[nodiscard]] lease::RegionAnswer answer_of(const wire::MemCommitReply& reply) noexcept {
    lease::RegionAnswer answer;
    answer.lock.commits = reply.commits;
    answer.lock.last_generation = {reply.last_generation.value};
    answer.lock.last_nonce = {reply.last_nonce.value};
    return answer;
}

} // namespace

Result<> check_usable(const HeldTerms& terms, Instant now) noexcept {
    if (terms.end.has_value()) {
        return *terms.end;
    }
    if (!is_before_deadline(now, terms.usable_until)) {
        return Error{ErrorCode::lease_expired, Field::ttl, now.ms, terms.usable_until.ms};
    }
    if (terms.is_suspect) {
        return Error{ErrorCode::busy, Field::clock, now.ms, terms.usable_until.ms};
    }
    return ok();
}

bool is_end_of_lease(const Error& error) noexcept {
    switch (error.code) {
    case ErrorCode::lease_expired:
    case ErrorCode::revoked:
    case ErrorCode::released:
    case ErrorCode::fenced: return true;
    // Of the lock's or the token's generation it is the operation's affair, of the lease's epoch
    // or the node's boot the end.
    case ErrorCode::stale_epoch: return error.field == Field::epoch || error.field == Field::boot;
    case ErrorCode::not_found:
        return error.field == Field::lease || error.field == Field::lease_ref;
    case ErrorCode::disconnected:
    case ErrorCode::capacity_exceeded:
    case ErrorCode::busy:
    case ErrorCode::invalid_argument:
    case ErrorCode::denied:
    case ErrorCode::rate_limited:
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::unsupported:
    case ErrorCode::unsupported_version:
    case ErrorCode::out_of_fuel:
    case ErrorCode::not_ready:
    case ErrorCode::degraded:
    case ErrorCode::foreign:
    case ErrorCode::exhausted: return false;
    }
    GRAFOS_UNREACHABLE();
}

RemoteRegion::~RemoteRegion() {
    for (Operation& operation : operations_) {
        if (operation.number != 0) {
            forget(operation);
        }
    }
}

void RemoteRegion::forget(Operation& operation) noexcept {
    GRAFOS_ASSERT(operation.number != 0);
    parts_.channel.release(operation.request);
    operation = Operation{};
}

Result<lease::RegionTicket> RemoteRegion::send(wire::MessageType type,
                                               const Result<size_t>& payload_size, Bytes payload,
                                               MutableBytes to, Instant now) noexcept {
    if (!payload_size.is_ok()) {
        return payload_size.error();
    }
    GRAFOS_TRY(check_usable(parts_.terms, now));
    Operation* const free = std::find_if(operations_.begin(), operations_.end(),
                                         [](const Operation& each) { return each.number == 0; });
    if (free == operations_.end()) {
        return Error{ErrorCode::busy, Field::slot, remote_operations_max, remote_operations_max};
    }
    const Duration patience{
        std::min(parts_.patience.ms, left_until(parts_.terms.usable_until, now).ms)};
    GRAFOS_TRY_ASSIGN(
        const wire::RequestHandle request,
        parts_.channel.start(type, payload.first(payload_size.value()), patience, now));
    *free = {next_number_, type, request, to};
    next_number_ += 1;
    return lease::RegionTicket{free->number};
}

/// What the node would refuse is refused here, so that a mistake costs no round trip.
Result<> RemoteRegion::check_transfer(uint64_t offset, size_t length) const noexcept {
    if (offset > parts_.size_bytes) {
        return Error{ErrorCode::capacity_exceeded, Field::offset, offset, parts_.size_bytes};
    }
    const uint64_t most =
        std::min<uint64_t>(parts_.size_bytes - offset, limits::region_transfer_bytes_max);
    if (length > most) {
        return Error{ErrorCode::capacity_exceeded, Field::length, length, most};
    }
    const bool is_block = parts_.kind == lease::ResourceKind::block;
    if (is_block && offset % limits::block_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::offset, offset, limits::block_bytes};
    }
    if (length == 0 || (is_block && length % limits::block_bytes != 0)) {
        return Error{ErrorCode::invalid_argument, Field::length, length, limits::block_bytes};
    }
    return ok();
}

Result<lease::RegionTicket> RemoteRegion::start_read(uint64_t offset, MutableBytes to,
                                                     Instant now) noexcept {
    GRAFOS_TRY(check_usable(parts_.terms, now));
    GRAFOS_TRY(check_transfer(offset, to.size()));
    PayloadBuffer payload;
    const auto length = static_cast<uint32_t>(to.size());
    const Bytes token = parts_.terms.token.view();
    if (parts_.kind == lease::ResourceKind::block) {
        return send(wire::MessageType::block_read,
                    wire::encode(wire::BlockReadRequest{token, offset, length}, payload), payload,
                    to, now);
    }
    return send(wire::MessageType::mem_read,
                wire::encode(wire::MemReadRequest{token, offset, length}, payload), payload, to,
                now);
}

Result<lease::RegionTicket> RemoteRegion::start_write(uint64_t offset, MutableBytes from,
                                                      Instant now) noexcept {
    GRAFOS_TRY(check_usable(parts_.terms, now));
    GRAFOS_TRY(check_transfer(offset, from.size()));
    PayloadBuffer payload;
    const Bytes token = parts_.terms.token.view();
    if (parts_.kind == lease::ResourceKind::block) {
        return send(wire::MessageType::block_write,
                    wire::encode(wire::BlockWriteRequest{token, offset, from}, payload), payload,
                    {}, now);
    }
    return send(wire::MessageType::mem_write,
                wire::encode(wire::MemWriteRequest{token, offset, from}, payload), payload, {},
                now);
}

Result<lease::RegionTicket> RemoteRegion::start_flush(Instant now) noexcept {
    GRAFOS_TRY(check_usable(parts_.terms, now));
    if (parts_.kind != lease::ResourceKind::block) {
        return lease::RegionTicket{0}; // memory is as durable as it gets
    }
    PayloadBuffer payload;
    return send(wire::MessageType::block_flush,
                wire::encode(wire::BlockFlushRequest{parts_.terms.token.view()}, payload), payload,
                {}, now);
}

Result<lease::RegionTicket> RemoteRegion::start_compare_exchange(uint64_t offset, uint64_t expected,
                                                                 uint64_t desired,
                                                                 Instant now) noexcept {
    GRAFOS_TRY(check_memory());
    PayloadBuffer payload;
    const wire::MemCompareExchangeRequest message{parts_.terms.token.view(), offset, expected,
                                                  desired};
    return send(wire::MessageType::mem_compare_exchange, wire::encode(message, payload), payload,
                {}, now);
}

Result<lease::RegionTicket> RemoteRegion::start_fetch_add(uint64_t offset, uint64_t addend,
                                                          Instant now) noexcept {
    GRAFOS_TRY(check_memory());
    PayloadBuffer payload;
    const wire::MemFetchAddRequest message{parts_.terms.token.view(), offset, addend};
    return send(wire::MessageType::mem_fetch_add, wire::encode(message, payload), payload, {}, now);
}

Result<lease::RegionTicket> RemoteRegion::start_lock(const lease::LockRequest& request,
                                                     Instant now) noexcept {
    GRAFOS_TRY(check_memory());
    PayloadBuffer payload;
    wire::MemLockRequest message;
    message.token = parts_.terms.token.view();
    message.offset = request.offset;
    message.holder.bytes = request.holder.bytes;
    message.nonce = {request.nonce.value};
    message.ttl = request.ttl;
    return send(wire::MessageType::mem_lock, wire::encode(message, payload), payload, {}, now);
}

Result<lease::RegionTicket> RemoteRegion::start_commit(const lease::CommitRequest& request,
                                                       Instant now) noexcept {
    GRAFOS_TRY(check_memory());
    PayloadBuffer extents;
    wire::ListBuilder<wire::CommitEntry> list{extents};
    if (request.extents.size() > limits::commit_extents_max) {
        return Error{ErrorCode::capacity_exceeded, Field::extents, request.extents.size(),
                     limits::commit_extents_max};
    }
    for (const lease::CommitExtent& extent : request.extents) {
        GRAFOS_TRY(list.put({extent.offset, extent.bytes}));
    }
    PayloadBuffer payload;
    wire::MemCommitRequest message;
    message.token = parts_.terms.token.view();
    message.offset = request.offset;
    message.generation = {request.generation.value};
    message.nonce = {request.nonce.value};
    message.is_release = request.release;
    message.extents = list.list();
    return send(wire::MessageType::mem_commit, wire::encode(message, payload), payload, {}, now);
}

Result<> RemoteRegion::check_memory() const noexcept {
    return parts_.kind == lease::ResourceKind::memory
               ? Result<>{ok()}
               : Error{ErrorCode::unsupported, Field::operation};
}

/// A read's bytes must be as many as were asked for.
Result<> RemoteRegion::take_data(MutableBytes to, Bytes data) noexcept {
    if (data.size() != to.size()) {
        return no_answer();
    }
    copy_bytes(to, data);
    return ok();
}

Result<lease::RegionAnswer> RemoteRegion::take(const Operation& operation, Bytes payload) noexcept {
    lease::RegionAnswer answer;
    switch (operation.type) {
    case wire::MessageType::mem_read: {
        GRAFOS_TRY_ASSIGN(const wire::MemReadReply reply,
                          wire::decode<wire::MemReadReply>(payload));
        GRAFOS_TRY(take_data(operation.to, reply.data));
        return answer;
    }
    case wire::MessageType::block_read: {
        GRAFOS_TRY_ASSIGN(const wire::BlockReadReply reply,
                          wire::decode<wire::BlockReadReply>(payload));
        GRAFOS_TRY(take_data(operation.to, reply.data));
        return answer;
    }
    case wire::MessageType::mem_compare_exchange: {
        GRAFOS_TRY_ASSIGN(const wire::MemCompareExchangeReply reply,
                          wire::decode<wire::MemCompareExchangeReply>(payload));
        answer.value = reply.value;
        answer.exchanged = reply.is_exchanged;
        return answer;
    }
    case wire::MessageType::mem_fetch_add: {
        GRAFOS_TRY_ASSIGN(const wire::MemFetchAddReply reply,
                          wire::decode<wire::MemFetchAddReply>(payload));
        answer.value = reply.value;
        return answer;
    }
    case wire::MessageType::mem_lock: {
        GRAFOS_TRY_ASSIGN(const wire::MemLockReply reply,
                          wire::decode<wire::MemLockReply>(payload));
        return answer_of(reply);
    }
    case wire::MessageType::mem_commit: {
        GRAFOS_TRY_ASSIGN(const wire::MemCommitReply reply,
                          wire::decode<wire::MemCommitReply>(payload));
        return answer_of(reply);
    }
    case wire::MessageType::mem_write:
    case wire::MessageType::block_write:
    case wire::MessageType::block_flush: return answer;
    case wire::MessageType::ping:
    case wire::MessageType::get_identity:
    case wire::MessageType::get_inventory:
    case wire::MessageType::get_readiness:
    case wire::MessageType::time_sync:
    case wire::MessageType::get_counters:
    case wire::MessageType::cap_request:
    case wire::MessageType::token_refresh:
    case wire::MessageType::lease_alloc:
    case wire::MessageType::lease_renew:
    case wire::MessageType::lease_free:
    case wire::MessageType::lease_query:
    case wire::MessageType::lease_list_active:
    case wire::MessageType::lease_checkpoint:
    case wire::MessageType::lease_attach:
    case wire::MessageType::lease_revoke:
    case wire::MessageType::fence_list:
    case wire::MessageType::fence_clear:
    case wire::MessageType::audit_head:
    case wire::MessageType::audit_read:
    case wire::MessageType::audit_trim:
    case wire::MessageType::program_call: break;
    }
    GRAFOS_UNREACHABLE();
}

Result<lease::RegionAnswer> RemoteRegion::poll(lease::RegionTicket ticket, Instant now) noexcept {
    if (ticket.number == 0) {
        return lease::RegionAnswer{};
    }
    Operation* const operation =
        std::find_if(operations_.begin(), operations_.end(),
                     [&](const Operation& each) { return each.number == ticket.number; });
    if (operation == operations_.end()) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    const Result<> usable = check_usable(parts_.terms, now);
    if (!usable.is_ok()) {
        if (usable.error().code != ErrorCode::busy) { // too late, whatever the node said
            forget(*operation);
        }
        return usable.error();
    }
    const Result<wire::ReplyView> reply = parts_.channel.poll(operation->request);
    if (!reply.is_ok() && reply.error().code == ErrorCode::busy &&
        reply.error().field == Field::ticket) {
        return reply.error();
    }
    if (!reply.is_ok()) {
        forget(*operation);
        if (is_end_of_lease(reply.error())) {
            parts_.terms.end = reply.error();
        }
        return reply.error();
    }
    parts_.terms.is_warned = parts_.terms.is_warned || reply.value().is_warned;
    const Result<lease::RegionAnswer> answer = take(*operation, reply.value().payload);
    forget(*operation);
    return answer.is_ok() ? Result<lease::RegionAnswer>{answer.value()} : answer.error();
}

} // namespace grafos::fabric
