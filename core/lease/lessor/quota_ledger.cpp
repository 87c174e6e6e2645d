// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/quota_ledger.hpp"

namespace grafos::lease {

/// The tenant's place, or the count. Few tenants: a scan is quicker than a hash.
size_t QuotaLedger::find(TenantId tenant) const noexcept {
    size_t place = 0;
    while (place < count_ && entries_[place].tenant != tenant) {
        ++place;
    }
    return place;
}

Result<> QuotaLedger::check(const Caller& caller, uint64_t bytes) const noexcept {
    const size_t place = find(caller.tenant);
    if (place == entries_.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::tenant, count_ + 1, entries_.size()};
    }
    const Entry live = place < count_ ? entries_[place] : Entry{caller.tenant, 0, 0};
    const uint64_t leases = uint64_t{live.leases} + 1;
    if (caller.quota_leases != 0 && leases > caller.quota_leases) {
        return Error{ErrorCode::rate_limited, Field::quota_leases, leases, caller.quota_leases};
    }
    const uint64_t room = ~uint64_t{0} - live.bytes;
    if (caller.quota_bytes != 0 && (bytes > room || live.bytes + bytes > caller.quota_bytes)) {
        return Error{ErrorCode::rate_limited, Field::quota_bytes,
                     bytes > room ? ~uint64_t{0} : live.bytes + bytes, caller.quota_bytes};
    }
    return ok();
}

void QuotaLedger::charge(TenantId tenant, uint64_t bytes) noexcept {
    const size_t place = find(tenant);
    GRAFOS_ASSERT(place < entries_.size()); // checked before
    if (place == count_) {
        entries_[place] = {tenant, 0, 0};
        count_ += 1;
    }
    Entry& entry = entries_[place];
    GRAFOS_ASSERT(bytes <= ~uint64_t{0} - entry.bytes); // of units that exist
    entry.leases += 1;
    entry.bytes += bytes;
}

void QuotaLedger::give_back(TenantId tenant, uint64_t bytes) noexcept {
    const size_t place = find(tenant);
    GRAFOS_ASSERT(place < count_);
    Entry& entry = entries_[place];
    GRAFOS_ASSERT(entry.leases > 0 && entry.bytes >= bytes);
    entry.leases -= 1;
    entry.bytes -= bytes;
    if (entry.leases == 0) {
        GRAFOS_ASSERT(entry.bytes == 0);
        count_ -= 1;
        entry = entries_[count_];
        entries_[count_] = {};
    }
}

} // namespace grafos::lease
