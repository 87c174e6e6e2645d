// SPDX-License-Identifier: Apache-2.0
/// The third door: the bytes of one lease, wherever they are.
///
/// Every call is checked at the resource: lease live, epoch, generation, bounds (protocol §10.1).
/// Operations are started and polled, so that the same program runs over memory, a disk or a
/// network. Words that `start_compare_exchange` and `start_fetch_add` work on are 64 bits,
/// little-endian, at a multiple of 8; they and locks exist in memory leases only (elsewhere
/// `unsupported`, operation).
#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/lease/lock/lock_words.hpp"

namespace grafos::lease {

struct RegionTicket {
    uint64_t number = 0; ///< 0 = was done at once, and there is nothing to answer
};

/// What a finished operation says; each fills its own fields, reads, writes and flushes none.
struct RegionAnswer {
    uint64_t value = 0;     ///< compare_exchange, fetch_add: what the word was before
    bool exchanged = false; ///< compare_exchange: it was as expected and is as desired now
    LockGrant lock{};       ///< lock, commit
};

class Region {
public:
    /// Bytes of the region, fixed at grant.
    [[nodiscard]] virtual uint64_t size_bytes() const noexcept = 0;

    // Failures of every start: the lease's end code (lease_expired, revoked, released, fenced),
    // stale_epoch, capacity_exceeded (offset, length), busy (no room for one more in flight: try
    // later), disconnected. An operation over a network may tell any of them in `poll` instead.

    /// Start to read or write `buffer.size()` bytes at `offset`; the buffer is the region's until
    /// the ticket is polled to its end. Failures besides: io, invalid_argument (blocks: alignment).
    [[nodiscard]] virtual Result<RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                                          Instant now) noexcept = 0;
    [[nodiscard]] virtual Result<RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                                           Instant now) noexcept = 0;
    /// Done: every write that was done before is durable, where the resource is durable at all.
    [[nodiscard]] virtual Result<RegionTicket> start_flush(Instant now) noexcept = 0;

    /// If the word at `offset` is `expected`, it becomes `desired`, in one step.
    /// Failures besides: invalid_argument (offset: not a multiple of 8), unsupported.
    [[nodiscard]] virtual Result<RegionTicket> start_compare_exchange(uint64_t offset,
                                                                      uint64_t expected,
                                                                      uint64_t desired,
                                                                      Instant now) noexcept = 0;
    /// Adds to the word at `offset`, modulo 2^64. Failures: as compare_exchange.
    [[nodiscard]] virtual Result<RegionTicket> start_fetch_add(uint64_t offset, uint64_t addend,
                                                               Instant now) noexcept = 0;

    /// Asks for a lock; that somebody else has it is an answer, not a failure (`LockGrant`).
    /// Failures besides: invalid_argument (offset, nonce, ttl), corrupt (lock: the bytes there are
    /// neither zero nor a lock), exhausted (generation), unsupported.
    [[nodiscard]] virtual Result<RegionTicket> start_lock(const LockRequest& request,
                                                          Instant now) noexcept = 0;
    /// Writes under a lock. Failures besides: stale_epoch (generation, nonce, ttl: not held by this
    /// grant, or past its deadline; nothing was written), invalid_argument (offset, extents),
    /// capacity_exceeded (extents, length), not_found (lock: zeroes), corrupt, unsupported.
    [[nodiscard]] virtual Result<RegionTicket> start_commit(const CommitRequest& request,
                                                            Instant now) noexcept = 0;

    /// The answer, once. Failures: busy (ticket: still in flight), not_found (ticket), else as
    /// above. `now`: data that arrives after the end of the lease is not handed over.
    [[nodiscard]] virtual Result<RegionAnswer> poll(RegionTicket ticket, Instant now) noexcept = 0;

protected:
    ~Region() = default;
};

} // namespace grafos::lease
