// SPDX-License-Identifier: Apache-2.0
/// Locks in leased memory over the wire: the two verbs of protocol §7, executed at the home node on
/// its clock.
#pragma once

#include "core/lease/lock/lock_words.hpp"
#include "core/wire/messages_data.hpp"

namespace grafos::wire {

struct MemLockRequest {
    Bytes token{};
    uint64_t offset = 0;      ///< of the lock
    lease::HolderId holder{}; ///< shown, never checked
    lease::LockNonce nonce{}; ///< fresh for each call; a repeat of the call repeats it
    Duration ttl{};
};
inline constexpr FieldLayout mem_lock_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemLockRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemLockRequest, offset, offset, ruled(Rule::aligned)),
    GRAFOS_WIRE_FIELD(MemLockRequest, holder, holder, any()),
    GRAFOS_WIRE_FIELD(MemLockRequest, nonce, nonce, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(MemLockRequest, ttl, ttl, between(Duration{1}, limits::lease_ttl_max))};
template <>
inline constexpr Layout layout_of<MemLockRequest> = layout<MemLockRequest>(mem_lock_request_fields);

struct MemLockReply {
    bool is_granted = false;
    uint8_t place = 0; ///< among the waiters, from 1; 0: granted, or no room
    lease::LockGeneration generation{};
    Duration left{};        ///< until the deadline of whoever has it
    Duration poll_within{}; ///< ask again within this, or lose the place
    uint64_t commits = 0;
    lease::LockGeneration last_generation{};
    lease::LockNonce last_nonce{};
};
inline constexpr FieldLayout mem_lock_reply_fields[] = {
    GRAFOS_WIRE_FIELD(MemLockReply, is_granted, flags, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, place, window, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, generation, generation, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, left, ttl, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, poll_within, ttl, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, commits, record_count, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, last_generation, generation, any()),
    GRAFOS_WIRE_FIELD(MemLockReply, last_nonce, nonce, any())};
template <>
inline constexpr Layout layout_of<MemLockReply> = layout<MemLockReply>(mem_lock_reply_fields);

struct CommitEntry {
    uint64_t offset = 0; ///< in the lease
    Bytes data{};
};
inline constexpr FieldLayout commit_entry_fields[] = {
    GRAFOS_WIRE_FIELD(CommitEntry, offset, offset, any()),
    GRAFOS_WIRE_FIELD(CommitEntry, data, data, counted(1, limits::commit_bytes_max))};
template <>
inline constexpr Layout layout_of<CommitEntry> = layout<CommitEntry>(commit_entry_fields);

/// Every byte or none, iff held under this generation and nonce. No entry at all: an unlock.
struct MemCommitRequest {
    Bytes token{};
    uint64_t offset = 0; ///< of the lock
    lease::LockGeneration generation{};
    lease::LockNonce nonce{};
    bool is_release = false;
    List<CommitEntry> extents{};
};
inline constexpr FieldLayout mem_commit_request_fields[] = {
    GRAFOS_WIRE_FIELD(MemCommitRequest, token, token, token_limit()),
    GRAFOS_WIRE_FIELD(MemCommitRequest, offset, offset, ruled(Rule::aligned)),
    GRAFOS_WIRE_FIELD(MemCommitRequest, generation, generation, any()),
    GRAFOS_WIRE_FIELD(MemCommitRequest, nonce, nonce, between(1, UINT32_MAX)),
    GRAFOS_WIRE_FIELD(MemCommitRequest, is_release, flags, any()),
    GRAFOS_WIRE_FIELD(MemCommitRequest, extents, extents,
                      listed(limits::commit_extents_max,
                             limits::commit_extents_max * 12 + limits::commit_bytes_max))};
template <>
inline constexpr Layout layout_of<MemCommitRequest> =
    layout<MemCommitRequest>(mem_commit_request_fields);

struct MemCommitReply {
    uint64_t commits = 0;
    lease::LockGeneration last_generation{};
    lease::LockNonce last_nonce{};
};
inline constexpr FieldLayout mem_commit_reply_fields[] = {
    GRAFOS_WIRE_FIELD(MemCommitReply, commits, record_count, any()),
    GRAFOS_WIRE_FIELD(MemCommitReply, last_generation, generation, any()),
    GRAFOS_WIRE_FIELD(MemCommitReply, last_nonce, nonce, any())};
template <>
inline constexpr Layout layout_of<MemCommitReply> = layout<MemCommitReply>(mem_commit_reply_fields);

} // namespace grafos::wire
