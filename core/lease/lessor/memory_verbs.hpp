// SPDX-License-Identifier: Apache-2.0
/// What can be done to the bytes of a memory lease besides copying them: words and locks.
///
/// The same functions serve a holder on this machine (`LocalRegion`) and, through the node's
/// service, one far away whose token was checked: each is checked here once more, as every access
/// is, and is done in one step of one turn.
#pragma once

#include "core/lease/lessor/lessor.hpp"
#include "core/lease/lock/lock_words.hpp"

namespace grafos::lease {

struct Exchange {
    uint64_t value = 0; ///< before
    bool exchanged = false;
};

class MemoryVerbs {
public:
    explicit MemoryVerbs(Lessor& lessor) noexcept : lessor_{lessor} {}
    MemoryVerbs(const MemoryVerbs&) = delete;
    MemoryVerbs& operator=(const MemoryVerbs&) = delete;

    // Failures of all: those of `Lessor::find_access`; denied (offset, length: outside what the
    // token allows), capacity_exceeded (offset, length: outside the lease), unsupported (operation:
    // not memory), invalid_argument (offset: not a multiple of 8). Refused ones change counters
    // only. Context: turn. Audit: none.

    [[nodiscard]] Result<Exchange> compare_exchange(const Authority& by, uint64_t offset,
                                                    uint64_t expected, uint64_t desired,
                                                    Instant now) noexcept;
    /// The word as it was before.
    [[nodiscard]] Result<uint64_t> fetch_add(const Authority& by, uint64_t offset, uint64_t addend,
                                             Instant now) noexcept;
    /// Besides: as `Region::start_lock`.
    [[nodiscard]] Result<LockGrant> lock(const Authority& by, const LockRequest& request,
                                         Instant now) noexcept;
    /// Besides: as `Region::start_commit`.
    [[nodiscard]] Result<LockGrant> commit(const Authority& by, const CommitRequest& request,
                                           Instant now) noexcept;

private:
    [[nodiscard]] Result<LockGrant> try_lock(const Authority& by, const LockRequest& request,
                                             Instant now) noexcept;
    [[nodiscard]] Result<LockGrant> try_commit(const Authority& by, const CommitRequest& request,
                                               Instant now) noexcept;
    [[nodiscard]] Error refuse(const Error& error) noexcept;

    Lessor& lessor_;
};

} // namespace grafos::lease
