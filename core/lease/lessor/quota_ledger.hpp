// SPDX-License-Identifier: Apache-2.0
/// What each tenant has live, in leases and in bytes asked for.
///
/// A quota that is counted where tokens are handed out can be passed by using one twice; so what is
/// counted is what lives: charged with the grant, given back with the end, nothing between. Tenants
/// without a live lease take no room.
#pragma once

#include <array>

#include "core/lease/grantor.hpp"

namespace grafos::lease {

/// Tenants with live leases at one time; one more is refused.
inline constexpr uint32_t ledger_tenants_max = 32;

class QuotaLedger {
public:
    struct Entry {
        TenantId tenant{};
        uint32_t leases = 0; ///< > 0
        uint64_t bytes = 0;
    };

    constexpr QuotaLedger() noexcept = default;
    QuotaLedger(const QuotaLedger&) = delete;
    QuotaLedger& operator=(const QuotaLedger&) = delete;

    /// Whether the caller's tenant may have one more lease of `bytes`. Failures: rate_limited
    /// (quota_bytes, quota_leases; value = what would be live then, expected = the quota),
    /// capacity_exceeded (tenant). Context: turn.
    [[nodiscard]] Result<> check(const Caller& caller, uint64_t bytes) const noexcept;
    /// A lease that was checked begins. Context: turn.
    void charge(TenantId tenant, uint64_t bytes) noexcept;
    /// A lease that was charged has ended. Context: turn.
    void give_back(TenantId tenant, uint64_t bytes) noexcept;

    /// All tenants with live leases, in no order.
    [[nodiscard]] std::span<const Entry> live() const noexcept {
        return std::span{entries_}.first(count_);
    }

private:
    [[nodiscard]] size_t find(TenantId tenant) const noexcept;

    std::array<Entry, ledger_tenants_max> entries_{};
    size_t count_ = 0;
};

} // namespace grafos::lease
