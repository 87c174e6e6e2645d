// SPDX-License-Identifier: Apache-2.0
/// A lock as it lies in leased memory: 256 bytes that only the home node should write, and that any
/// holder of the lease can write anything into.
///
/// So the bytes are read as hostile input: a header that this node cannot have written (another
/// magic, a deadline farther away than any TTL) is `corrupt`, and no value in it is followed
/// anywhere. What a holder can do with a forged one is what it could do with the data beside it.
/// Time in it is the home node's, and counts in the boot that wrote it only.
///
/// Layout, little-endian:
///
/// | at | bytes | |
/// |----|-------|-|
/// | 0  | 4  | magic "gLck" |
/// | 4  | 2  | version = 1 |
/// | 6  | 1  | 1: held, 0: not |
/// | 7  | 1  | waiters ≤ lock_waiters_max |
/// | 8  | 8  | boot: the first epoch of the boot whose instants these are |
/// | 16 | 8  | generation: grants so far |
/// | 24 | 8  | nonce of the grant |
/// | 32 | 16 | holder |
/// | 48 | 8  | deadline, ms |
/// | 56 | 8  | commits so far |
/// | 64 | 8  | generation of the last commit |
/// | 72 | 8  | nonce of the last commit |
/// | 80 | 16 | zero |
/// | 96 | 20 each | waiters, first come first: nonce u64 · poll deadline u64 · overtaken u32 |
#pragma once

#include <array>

#include "core/lease/lock/lock_words.hpp"

namespace grafos::lease {

struct LockWaiter {
    LockNonce nonce{};
    Instant poll_by{};
    uint32_t overtaken = 0;
    friend constexpr bool operator==(const LockWaiter&, const LockWaiter&) = default;
};

/// A header taken apart.
struct LockHeader {
    bool is_held = false;
    uint8_t waiter_count = 0;
    Epoch boot{};
    LockGeneration generation{};
    LockNonce nonce{};
    HolderId holder{};
    Instant deadline{};
    uint64_t commits = 0;
    LockGeneration last_generation{};
    LockNonce last_nonce{};
    std::array<LockWaiter, limits::lock_waiters_max> waiters{};
    friend constexpr bool operator==(const LockHeader&, const LockHeader&) = default;
};

/// Zeroes are a lock that nobody has had. In another boot than `boot` nobody holds it or waits.
/// Failures: unsupported_version (version), corrupt (lock: value = the byte at fault). Context:
/// any.
[[nodiscard]] Result<LockHeader> read_lock(Bytes from, Epoch boot, Instant now) noexcept;

/// `to` has lock_bytes. Context: any.
void write_lock(const LockHeader& header, MutableBytes to) noexcept;

/// One call to lock: changes `header` and says what to answer. `lease_end` bounds the deadline.
/// Failures: invalid_argument (nonce, ttl), exhausted (generation). Then nothing changed.
[[nodiscard]] Result<LockGrant> take_lock(LockHeader& header, const LockRequest& request,
                                          Instant lease_end, Instant now) noexcept;

/// Whether a commit by this grant is accepted now. Failures: stale_epoch (generation, nonce, ttl),
/// exhausted (sequence: commits). Context: any.
[[nodiscard]] Result<> check_commit(const LockHeader& header, const CommitRequest& request,
                                    Instant now) noexcept;
/// Counts a commit that was checked and written.
[[nodiscard]] LockGrant count_commit(LockHeader& header, const CommitRequest& request,
                                     Instant now) noexcept;

} // namespace grafos::lease
