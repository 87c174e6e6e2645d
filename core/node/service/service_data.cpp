// SPDX-License-Identifier: Apache-2.0
/// The bytes of leases. An access is served while its packet is read, as long as the turn's budget
/// lasts and nobody waits; then it waits in a queue with a copy of its bytes. Tokens, epochs and
/// bounds are checked when it is served, not when it came.
#include "core/node/service/reply.hpp"

namespace grafos::node {
namespace {

/// What the lessor refuses, it counts.
template <typename Call, typename T>
[[nodiscard]] Result<T> seen(Call& call, Result<T> result) noexcept {
    call.is_counted = !result.is_ok();
    return result;
}

} // namespace

bool FabricService::serve_data(Instant now) noexcept {
    poll_blocks(now);
    const bool has_memory = serve_queue(memory_queue_, now);
    const bool has_blocks = serve_queue(block_queue_, now) && blocks_busy_ == 0;
    return has_memory || has_blocks; // blocks that wait for a device have its interrupt
}

/// Whether something is left.
bool FabricService::serve_queue(AccessQueue& queue, Instant now) noexcept {
    const bool is_blocks = &queue == &block_queue_;
    while (!queue.is_empty() && data_left_ > 0) {
        if (is_blocks && blocks_busy_ == parts_.block_operations.size()) {
            return true;
        }
        const QueuedAccess& access = queue.front();
        const wire::MessageEntry* const entry = wire::find_message(access.type);
        GRAFOS_ASSERT(entry != nullptr);
        if (parts_.sessions.reply_bytes_max(access.origin) == 0) {
            figures_.data_forgotten += 1; // its session is over: outcome unknown, and not begun
            queue.pop();
            continue;
        }
        wire::MessageView message;
        message.type = access.type;
        message.request = access.origin.request;
        message.payload = Bytes{access.payload}.first(access.size);
        Call call{access.origin, parts_.peers[access.origin.principal], *entry, message, now};
        data_left_ -= 1;
        const Result<> served = is_blocks ? serve_block(call) : serve_memory(call);
        if (!served.is_ok()) {
            refuse(call, served.error());
        }
        queue.pop();
    }
    return !queue.is_empty();
}

Result<> FabricService::on_memory(Call& call) noexcept {
    if (memory_queue_.is_empty() && data_left_ > 0) {
        data_left_ -= 1;
        return serve_memory(call);
    }
    if (!memory_queue_.push(call.origin, call.message)) {
        return Error{ErrorCode::busy, Field::operation, memory_queue_.size(),
                     parts_.memory_queue.size()};
    }
    figures_.data_queued += 1;
    return ok();
}

Result<> FabricService::on_block(Call& call) noexcept {
    const bool has_place = blocks_busy_ < parts_.block_operations.size();
    if (block_queue_.is_empty() && data_left_ > 0 && has_place) {
        data_left_ -= 1;
        return serve_block(call);
    }
    if (!block_queue_.push(call.origin, call.message)) {
        return Error{ErrorCode::busy, Field::operation, block_queue_.size(),
                     parts_.block_queue.size()};
    }
    figures_.data_queued += 1;
    return ok();
}

// --- memory ---

Result<> FabricService::serve_memory(Call& call) noexcept {
    using wire::MessageType;
    const MessageType type = call.entry.type;
    return type == MessageType::mem_read               ? mem_read(call)
           : type == MessageType::mem_write            ? mem_write(call)
           : type == MessageType::mem_compare_exchange ? mem_compare_exchange(call)
           : type == MessageType::mem_fetch_add        ? mem_fetch_add(call)
           : type == MessageType::mem_lock             ? mem_lock(call)
                                                       : mem_commit(call);
}

/// Straight from the leased bytes into the answer.
Result<> FabricService::mem_read(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request, wire::decode<wire::MemReadRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    lease::Lessor& lessor = parts_.node.lessor();
    GRAFOS_TRY_ASSIGN(const MutableBytes bytes, lessor.memory_of(opened.by, call.now));
    const Result<> inside =
        lease::check_range(opened.by, request.offset, request.length, bytes.size());
    if (!inside.is_ok()) {
        return inside.error();
    }
    lessor.counters().add(observe::Counter::reads);
    lessor.counters().add(observe::Counter::bytes_read, request.length);
    return reply(call, wire::MemReadReply{
                           bytes.subspan(static_cast<size_t>(request.offset), request.length)});
}

Result<> FabricService::mem_write(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::MemWriteRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    lease::Lessor& lessor = parts_.node.lessor();
    GRAFOS_TRY_ASSIGN(const MutableBytes bytes, lessor.memory_of(opened.by, call.now));
    const Result<> inside =
        lease::check_range(opened.by, request.offset, request.data.size(), bytes.size());
    if (!inside.is_ok()) {
        return inside.error();
    }
    copy_bytes(bytes.subspan(static_cast<size_t>(request.offset)), request.data);
    lessor.counters().add(observe::Counter::writes);
    lessor.counters().add(observe::Counter::bytes_written, request.data.size());
    return reply(call, wire::MemWriteReply{});
}

Result<> FabricService::mem_compare_exchange(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::MemCompareExchangeRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    GRAFOS_TRY_ASSIGN(
        const lease::Exchange exchange,
        seen(call, verbs_.compare_exchange(opened.by, request.offset, request.expected,
                                           request.desired, call.now)));
    return reply(call, wire::MemCompareExchangeReply{exchange.exchanged, exchange.value});
}

Result<> FabricService::mem_fetch_add(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::MemFetchAddRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    GRAFOS_TRY_ASSIGN(const uint64_t value, seen(call, verbs_.fetch_add(opened.by, request.offset,
                                                                        request.addend, call.now)));
    return reply(call, wire::MemFetchAddReply{value});
}

Result<> FabricService::mem_lock(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request, wire::decode<wire::MemLockRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    lease::LockRequest lock;
    lock.offset = request.offset;
    lock.holder = request.holder;
    lock.nonce = request.nonce;
    lock.ttl = request.ttl;
    GRAFOS_TRY_ASSIGN(const lease::LockGrant grant,
                      seen(call, verbs_.lock(opened.by, lock, call.now)));
    wire::MemLockReply answer;
    answer.is_granted = grant.is_granted;
    answer.place = grant.place;
    answer.generation = grant.generation;
    answer.left = grant.left;
    answer.poll_within = grant.poll_within;
    answer.commits = grant.commits;
    answer.last_generation = grant.last_generation;
    answer.last_nonce = grant.last_nonce;
    return reply(call, answer);
}

Result<> FabricService::mem_commit(Call& call) noexcept {
    GRAFOS_TRY_ASSIGN(const auto request,
                      wire::decode<wire::MemCommitRequest>(call.message.payload));
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, request.token));
    std::array<lease::CommitExtent, limits::commit_extents_max> extents{};
    size_t count = 0;
    for (const wire::CommitEntry& entry : request.extents) {
        GRAFOS_ASSERT(count < extents.size()); // the list's bound is the same
        extents[count] = {entry.offset, entry.data};
        count += 1;
    }
    lease::CommitRequest commit;
    commit.offset = request.offset;
    commit.generation = request.generation;
    commit.nonce = request.nonce;
    commit.extents = std::span{extents}.first(count);
    commit.release = request.is_release;
    GRAFOS_TRY_ASSIGN(const lease::LockGrant grant,
                      seen(call, verbs_.commit(opened.by, commit, call.now)));
    return reply(call,
                 wire::MemCommitReply{grant.commits, grant.last_generation, grant.last_nonce});
}

// --- blocks ---

/// The device works on the operation's own buffer; one that is done at once is answered at once.
Result<> FabricService::serve_block(Call& call) noexcept {
    BlockOperation* place = nullptr;
    for (BlockOperation& operation : parts_.block_operations) {
        place = operation.is_used ? place : &operation;
    }
    GRAFOS_ASSERT(place != nullptr);
    lease::Access access;
    Bytes token;
    if (call.entry.type == wire::MessageType::block_read) {
        GRAFOS_TRY_ASSIGN(const auto request,
                          wire::decode<wire::BlockReadRequest>(call.message.payload));
        token = request.token;
        access.kind = lease::Access::Kind::read;
        access.offset = request.offset;
        access.buffer = MutableBytes{place->buffer}.first(request.length);
    } else if (call.entry.type == wire::MessageType::block_write) {
        GRAFOS_TRY_ASSIGN(const auto request,
                          wire::decode<wire::BlockWriteRequest>(call.message.payload));
        token = request.token;
        access.kind = lease::Access::Kind::write;
        access.offset = request.offset;
        access.buffer = MutableBytes{place->buffer}.first(request.data.size());
        copy_bytes(access.buffer, request.data);
    } else {
        GRAFOS_TRY_ASSIGN(const auto request,
                          wire::decode<wire::BlockFlushRequest>(call.message.payload));
        token = request.token;
        access.kind = lease::Access::Kind::flush;
    }
    GRAFOS_TRY_ASSIGN(const Opened opened, open_lease(call, token));
    lease::Lessor& lessor = parts_.node.lessor();
    const lease::ResourceKind kind =
        lessor.resources()[lessor.table().resource(opened.by.slot)]->info().kind;
    if (kind != lease::ResourceKind::block) {
        return Error{ErrorCode::unsupported, Field::operation, static_cast<uint64_t>(kind),
                     static_cast<uint64_t>(lease::ResourceKind::block)};
    }
    GRAFOS_TRY_ASSIGN(place->handle, seen(call, lessor.start_access(opened.by, access, call.now)));
    place->is_used = true;
    place->origin = call.origin;
    place->type = call.entry.type;
    blocks_busy_ += 1;
    (void)finish_block(*place, call.now); // or later
    return ok();
}

void FabricService::poll_blocks(Instant now) noexcept {
    if (blocks_busy_ == 0) {
        return;
    }
    for (BlockOperation& operation : parts_.block_operations) {
        if (operation.is_used) {
            (void)finish_block(operation, now);
        }
    }
}

/// Whether it is done, one way or the other.
bool FabricService::finish_block(BlockOperation& operation, Instant now) noexcept {
    const Result<> done = parts_.node.lessor().poll_access(operation.handle, now);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return false;
    }
    operation.is_used = false;
    blocks_busy_ -= 1;
    const SlotIndex slot = operation.handle.slot;
    const bool is_warned = this->is_warned(slot);
    Result<> answered = ok();
    if (!done.is_ok()) {
        figures_.refused += 1;
        parts_.node.counters().add_refusal(done.error().code);
        answered = parts_.sessions.answer(operation.origin,
                                          {.error = done.error(), .is_warned = is_warned}, now);
    } else if (operation.type == wire::MessageType::block_read) {
        answered =
            reply(operation.origin, wire::BlockReadReply{operation.handle.buffer}, is_warned, now);
    } else {
        answered = reply(operation.origin, wire::BlockWriteReply{}, is_warned, now);
    }
    (void)answered.is_ok(); // a session that has ended has nobody to tell
    return true;
}

} // namespace grafos::node
