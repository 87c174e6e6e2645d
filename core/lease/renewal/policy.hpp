// SPDX-License-Identifier: Apache-2.0
/// When to renew, and when to try again.
///
/// Ten thousand leases granted in one turn must not come back in one turn. So each lease is due a
/// little before or after the same share of its life, by an amount that only its id decides: no
/// random source, no floating point, the same on every machine.
///
///     life   = expires_at − granted_at
///     spread = life · jitter / 1000                        (rounded down, ms)
///     due    = granted_at + life · renew_at / 1000 − spread + mix(seed) mod (2 · spread + 1)
///
/// `seed` is the last 8 bytes of the lease id, big-endian; `mix` is the finaliser of splitmix64.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace grafos::lease {

struct RenewalPolicy {
    uint32_t renew_at_permille = 750; ///< of a life, 1 … 999
    uint32_t jitter_permille = 100;   ///< of a life, either way
    /// A renewal asks for the TTL first granted, or for this if it is longer. 0: the program does
    /// not ask.
    Duration ttl_min{};
    Duration backoff_start{1'000}; ///< after the first failed try, or an eighth of what is left
    Duration backoff_max{5'000};
};

/// Failures: invalid_argument (argument): the earliest renewal would lie before the grant, or the
/// latest not before the end; value = the offending sum, expected = its bound. Also a back-off that
/// is 0 or starts above its own end. Context: any.
[[nodiscard]] Result<> check_policy(const RenewalPolicy& policy) noexcept;

/// Where a lease stands in the jitter. Context: any.
[[nodiscard]] uint64_t jitter_seed(const LeaseId& id) noexcept;
[[nodiscard]] uint64_t mix(uint64_t seed) noexcept;

/// `value · permille / 1000`, rounded down, without overflow for permille ≤ 1000.
[[nodiscard]] constexpr Duration share_of(Duration value, uint32_t permille) noexcept {
    return {value.ms / 1000 * permille + value.ms % 1000 * permille / 1000};
}

/// The formula above, never later than `expires_at`; `granted_at` if there is no life between the
/// two. The policy has been checked. Context: any.
[[nodiscard]] Instant renewal_deadline(Instant granted_at, Instant expires_at, uint64_t seed,
                                       const RenewalPolicy& policy) noexcept;

/// How long to wait after the `failures`-th failed try in a row (from 1) with `left` until the end:
/// min(backoff_start, left/8), doubling up to backoff_max (`previous` is the wait before this one),
/// and cut so that three tries after the first, or one after the third, still fit. At least 1 ms.
/// Context: any.
[[nodiscard]] Duration backoff_after(uint32_t failures, Duration previous, Duration left,
                                     const RenewalPolicy& policy) noexcept;

} // namespace grafos::lease
