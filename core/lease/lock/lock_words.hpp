// SPDX-License-Identifier: Apache-2.0
/// What goes into the two verbs of a lock in leased memory, and what comes out (protocol §7).
///
/// A lock is 256 bytes at an offset of the holder's choice (`lock_header.hpp`), kept by the home
/// node on its own clock. Whoever shares the lease may take it: `lock` until it is granted, then
/// `commit` once or more, the last time with `release`. Numbers in leased memory are little-endian.
#pragma once

#include <span>

#include "core/base/ids.hpp"
#include "core/base/limits.hpp"
#include "core/base/time.hpp"

namespace grafos::lease {

/// Who holds a lock, as the program names itself; shown, never checked.
using HolderId = StrongBytes<struct HolderIdTag, 16>;
/// Random, fresh for each call to lock; 0 is nobody's. Repeating a call repeats its nonce.
using LockNonce = StrongNumber<struct LockNonceTag, uint64_t>;
/// Rises with every grant of one lock, from 1. 0 = never granted.
using LockGeneration = StrongNumber<struct LockGenerationTag, uint64_t>;

struct LockRequest {
    uint64_t offset = 0; ///< of the lock's header in the region, a multiple of 8
    HolderId holder{};
    LockNonce nonce{};
    Duration ttl{}; ///< 1 ms … lease_ttl_max; the deadline is min(now + ttl, end of the lease)
};

/// The answer to `lock`, and, for its last fields, to `commit`.
struct LockGrant {
    /// False: somebody else has it or is before us. Ask again with the same nonce, within
    /// `poll_within` of this answer, or lose the place in the queue.
    bool is_granted = false;
    /// Place in the queue of waiters, from 1; 0: granted, or no room in the queue.
    uint8_t place = 0;
    LockGeneration generation{}; ///< of our grant; not granted: of whoever has or had it last
    Duration left{};             ///< until the deadline of whoever has it
    Duration poll_within{};
    // What a lost answer is resolved with: did my commit count?
    uint64_t commits = 0;
    LockGeneration last_generation{};
    LockNonce last_nonce{};

    friend constexpr bool operator==(const LockGrant&, const LockGrant&) = default;
};

/// One run of bytes that a commit writes.
struct CommitExtent {
    uint64_t offset = 0; ///< in the region; not over the lock's own header
    Bytes bytes{};       ///< the caller's until the start has returned
};

struct CommitRequest {
    uint64_t offset = 0; ///< of the lock's header
    LockGeneration generation{};
    LockNonce nonce{};
    /// ≤ limits::commit_extents_max, together ≤ limits::commit_bytes_max; written in this order,
    /// all or none. None at all is a plain unlock.
    std::span<const CommitExtent> extents{};
    bool release = false;
};

} // namespace grafos::lease
