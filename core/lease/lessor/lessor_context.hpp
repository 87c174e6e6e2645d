// SPDX-License-Identifier: Apache-2.0
/// What the parts of a lessor share: the three sides it joins, its epochs, and when it wants a
/// turn.
#pragma once

#include "core/crypto/drbg.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/lease/audit/journal.hpp"
#include "core/lease/lessor/quota_ledger.hpp"
#include "core/lease/node_limits.hpp"
#include "core/lease/table/lease_table.hpp"
#include "core/observe/counters.hpp"
#include "core/observe/event_ring.hpp"

namespace grafos::lease {

/// What is waited for (a device's interrupt, a commit) is looked at again after this at the latest.
inline constexpr Duration lessor_patience{10};

struct LessorParts {
    LeaseTable& table;
    std::span<Resource* const> resources; ///< ≤ resources_max; the index is the table's
    Journal& journal;
    crypto::Drbg& drbg;
    observe::Counters& counters;
    observe::EventRing& events;
};

/// What a turn may spend here.
struct LessorBudget {
    uint32_t expiries = 0;   ///< timers looked at, ends sealed, teardown queue entries looked at
    uint64_t wipe_bytes = 0; ///< per resource
};

class LessorContext {
public:
    LessorContext(const LessorParts& given, const NodeLimits& chosen) noexcept
        : parts{given}, limits{chosen} {}
    LessorContext(const LessorContext&) = delete;
    LessorContext& operator=(const LessorContext&) = delete;

    LessorParts parts;
    NodeLimits limits;
    UnixMillis unix_base{};
    Epoch next_epoch{1};
    Instant last_now{};                         ///< of the last tick
    Instant wake_at = Instant::never();         ///< when the next one has something to do
    std::array<uint32_t, resources_max> ends{}; ///< leases ended so far, by resource; wraps
    QuotaLedger ledger{};

    void wake_by(Instant at) noexcept { wake_at = earlier_of(wake_at, at); }
    /// Something changed since the last tick that the next one has to look at.
    void wake_now() noexcept { wake_by(last_now); }

    [[nodiscard]] Resource& resource(uint8_t index) const noexcept {
        GRAFOS_ASSERT(index < parts.resources.size());
        return *parts.resources[index];
    }
    [[nodiscard]] UnixMillis unix_at(Instant now) const noexcept {
        return {saturating_add(Instant{unix_base.ms}, Duration{now.ms}).ms};
    }
    /// Everything a record says of the lease in `slot`; the identity is the holder's.
    [[nodiscard]] AuditEvent event_of(EventKind kind, SlotIndex slot, Instant at) const noexcept;

    /// The epoch the next grant or clear takes, if `kept_back` more are left behind it. Failures:
    /// busy (epoch: no mark above it is durable yet), exhausted (epoch).
    [[nodiscard]] Result<Epoch> check_epoch(uint64_t kept_back) const noexcept;
    /// Failures: busy (log). An end is never refused for space, but a full group asks for another
    /// turn, and that is better than a pending record. A degraded journal is no reason to wait: it
    /// has no other turn to offer.
    [[nodiscard]] Result<> check_end_record() const noexcept;
    [[nodiscard]] bool is_journal_degraded() const noexcept;
};

/// Whether a record can name `identity`. Failures: invalid_argument (identity).
[[nodiscard]] Result<> check_identity(Bytes identity) noexcept;

} // namespace grafos::lease
