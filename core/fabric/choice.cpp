// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/choice.hpp"

#include <algorithm>

#include "core/lease/renewal/policy.hpp"

namespace grafos::fabric {
namespace {

/// Folds bytes into a seed, eight at a time; the last word is filled with zeroes.
[[nodiscard]] uint64_t fold(uint64_t seed, Bytes bytes) noexcept {
    std::array<uint8_t, 8> word{};
    for (size_t at = 0; at < bytes.size(); at += word.size()) {
        word = {};
        copy_bytes(word, bytes.subspan(at, std::min(word.size(), bytes.size() - at)));
        seed = lease::mix(seed ^ load_big_endian<uint64_t>(word.data()));
    }
    return seed;
}

} // namespace

uint64_t weight_of(const Home& home, const Wish& wish, const crypto::ExchangeKey& holder) noexcept {
    uint64_t seed = lease::mix(static_cast<uint64_t>(wish.kind));
    seed = lease::mix(seed ^ wish.amount_bytes);
    seed = lease::mix(seed ^ wish.ttl.ms);
    seed = lease::mix(seed ^ wish.tenant.value);
    seed = fold(seed, holder.view());
    return fold(seed, bytes_of(home.name));
}

uint8_t nth_choice(std::span<const Home> homes, uint8_t nth, const Wish& wish,
                   const crypto::ExchangeKey& holder) noexcept {
    GRAFOS_ASSERT(nth < homes.size() && homes.size() <= homes_max);
    std::array<uint64_t, homes_max> weights{};
    for (size_t i = 0; i < homes.size(); ++i) {
        weights[i] = weight_of(homes[i], wish, holder);
    }
    const auto goes_before = [&](size_t a, size_t b) {
        return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
    };
    for (size_t i = 0; i < homes.size(); ++i) {
        size_t before = 0;
        for (size_t j = 0; j < homes.size(); ++j) {
            before += j != i && goes_before(j, i) ? 1u : 0u;
        }
        if (before == nth) {
            return static_cast<uint8_t>(i);
        }
    }
    GRAFOS_UNREACHABLE();
}

uint8_t telling_of(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::disconnected: return 0;
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::unsupported_version:
    case ErrorCode::foreign:
    case ErrorCode::out_of_fuel: return 1;
    case ErrorCode::not_found: return 2;
    case ErrorCode::denied: return 3;
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported: return 4;
    case ErrorCode::not_ready:
    case ErrorCode::degraded:
    case ErrorCode::stale_epoch:
    case ErrorCode::exhausted: return 5;
    case ErrorCode::lease_expired:
    case ErrorCode::released:
    case ErrorCode::revoked:
    case ErrorCode::fenced: return 6;
    case ErrorCode::rate_limited: return 7;
    case ErrorCode::capacity_exceeded: return 8;
    case ErrorCode::busy: return 9;
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::fabric
