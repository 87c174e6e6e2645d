// SPDX-License-Identifier: Apache-2.0
/// What goes into a `RenewalManager`, what comes out, and what it keeps of each lease.
#pragma once

#include "core/lease/grantor.hpp"
#include "core/lease/renewal/policy.hpp"

namespace grafos::lease {

/// Names a registration; stale once it is cancelled. Generation 0 names none.
struct RenewalHandle {
    uint32_t slot = 0;
    uint32_t generation = 0;
    friend constexpr bool operator==(const RenewalHandle&, const RenewalHandle&) = default;
};

/// What the holder knows of a lease when he hands it over.
struct RenewalTerms {
    LeaseId id{};
    Generation generation{};
    Instant expiry{}; ///< the holder's own deadline, margin already taken off
    Duration ttl{};   ///< the one first granted; 0: what is left until `expiry`
    Instant token_expiry = Instant::never(); ///< of the lease token, if there is one
};

struct RenewalSummary {
    uint32_t renewed = 0;     ///< in this tick
    uint32_t failed = 0;      ///< tries in this tick that brought no renewal
    uint32_t expired = 0;     ///< in this tick: ran out unrenewed
    uint32_t near_expiry = 0; ///< now: past every jitter and still not renewed
    uint32_t pending = 0;     ///< now: a question is out, or the next try is
    bool has_more = false;    ///< the budget was used up with work left
};

struct RenewalStatus {
    Instant expiry{}; ///< the largest the answers gave; after a suspicion, the newest
    Generation generation{};
    uint32_t failures = 0;   ///< in a row
    bool is_suspect = false; ///< not to be used until it is confirmed
    bool is_asking = false;
};

struct RenewalSlot {
    enum class Phase : uint8_t { free, waiting, asking, ended, draining };

    RenewalTerms terms{};
    RenewalPolicy policy{};
    Instant due{};
    Instant near_at{};
    Instant sent_at{};      ///< asking, draining
    uint64_t sent_mark = 0; ///< asking: suspicions counted when it was sent
    uint64_t confirmed_mark = 0;
    Ticket ticket{}; ///< asking, draining
    Duration backoff{};
    uint32_t failures = 0;
    uint32_t generation = 0; ///< of the handle
    uint32_t previous = 0;   ///< asking, draining: neighbours in the list of those that are out
    uint32_t next = 0;       ///< also: next free slot
    Error end{};             ///< ended, and draining unless cancelled
    Phase phase = Phase::free;
    bool is_near = false;      ///< counted in near_expiry
    bool is_retrying = false;  ///< waiting after a failure
    bool is_cancelled = false; ///< draining: free it when the ticket is drained
};

} // namespace grafos::lease
