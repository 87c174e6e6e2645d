// SPDX-License-Identifier: Apache-2.0
/// Which node is asked next, and whose refusal is worth telling.
#pragma once

#include <span>

#include "core/crypto/identity.hpp"
#include "core/fabric/home.hpp"
#include "core/fabric/wish.hpp"
#include "core/wire/principal.hpp"

namespace grafos::fabric {

/// This machine's own node and all that a peer list holds.
inline constexpr size_t homes_max = wire::peers_max + 1;

/// Where `home` stands in the order for this request: a mix of the kind, the amount, the TTL, the
/// tenant, the holder's key and the node's name. The same request by the same holder asks the nodes
/// in the same order on every machine; other requests spread over them (rendezvous hashing).
/// Context: any.
[[nodiscard]] uint64_t weight_of(const Home& home, const Wish& wish,
                                 const crypto::ExchangeKey& holder) noexcept;

/// The `nth` home, from 0, in the order of weight, heaviest first; of equals the first in the list.
/// O(homes_max²) comparisons. Context: any.
[[nodiscard]] uint8_t nth_choice(std::span<const Home> homes, uint8_t nth, const Wish& wish,
                                 const crypto::ExchangeKey& holder) noexcept;

/// How close a node that answered `code` came to granting: the higher, the more telling.
///
///     not reached    disconnected
///     not understood corrupt, io, unsupported_version, foreign, out_of_fuel
///     not known      not_found
///     not allowed    denied
///     not askable    invalid_argument, unsupported
///     not able       not_ready, degraded, stale_epoch, exhausted
///     over           lease_expired, released, revoked, fenced
///     over quota     rate_limited
///     no room        capacity_exceeded
///     just not now   busy
///
/// Context: any.
[[nodiscard]] uint8_t telling_of(ErrorCode code) noexcept;

} // namespace grafos::fabric
