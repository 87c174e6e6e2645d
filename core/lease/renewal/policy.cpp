// SPDX-License-Identifier: Apache-2.0
#include "core/lease/renewal/policy.hpp"

#include <algorithm>

namespace grafos::lease {
namespace {

constexpr uint32_t whole = 1000; // permille
/// Tries that must fit between a first failure and the end (protocol §8).
constexpr uint32_t tries_after_failure = 3;

} // namespace

Result<> check_policy(const RenewalPolicy& policy) noexcept {
    const uint64_t latest = uint64_t{policy.renew_at_permille} + policy.jitter_permille;
    if (policy.renew_at_permille == 0 || latest >= whole) {
        return Error{ErrorCode::invalid_argument, Field::argument, latest, whole - 1};
    }
    if (policy.jitter_permille > policy.renew_at_permille) {
        return Error{ErrorCode::invalid_argument, Field::argument, policy.jitter_permille,
                     policy.renew_at_permille};
    }
    if (policy.backoff_start.ms == 0 || policy.backoff_start > policy.backoff_max) {
        return Error{ErrorCode::invalid_argument, Field::argument, policy.backoff_start.ms,
                     policy.backoff_max.ms};
    }
    return ok();
}

uint64_t jitter_seed(const LeaseId& id) noexcept {
    return load_big_endian<uint64_t>(id.bytes.data() + LeaseId::size_bytes - sizeof(uint64_t));
}

uint64_t mix(uint64_t seed) noexcept {
    uint64_t z = seed + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

Instant renewal_deadline(Instant granted_at, Instant expires_at, uint64_t seed,
                         const RenewalPolicy& policy) noexcept {
    GRAFOS_ASSERT(policy.renew_at_permille <= whole && policy.jitter_permille <= whole);
    if (expires_at <= granted_at) {
        return granted_at;
    }
    const Duration life = expires_at - granted_at;
    const Duration middle = share_of(life, policy.renew_at_permille);
    const Duration spread{std::min(share_of(life, policy.jitter_permille).ms, middle.ms)};
    const Duration offset{mix(seed) % (2 * spread.ms + 1)};
    const Instant due = saturating_add(granted_at, {middle.ms - spread.ms + offset.ms});
    GRAFOS_ASSERT(due >= granted_at);
    return earlier_of(due, expires_at);
}

Duration backoff_after(uint32_t failures, Duration previous, Duration left,
                       const RenewalPolicy& policy) noexcept {
    GRAFOS_ASSERT(failures > 0);
    const uint64_t wished = failures == 1 ? std::min(policy.backoff_start.ms, left.ms / 8)
                                          : saturating_add(previous, previous).ms;
    const uint32_t retries = failures - 1;
    const uint32_t to_come = retries < tries_after_failure ? tries_after_failure - retries : 1;
    const uint64_t room = left.ms / (to_come + 1);
    const Duration wait{std::max<uint64_t>(1, std::min({wished, policy.backoff_max.ms, room}))};
    GRAFOS_ASSERT(wait.ms <= std::max<uint64_t>(1, left.ms));
    return wait;
}

} // namespace grafos::lease
