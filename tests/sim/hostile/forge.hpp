// SPDX-License-Identifier: Apache-2.0
/// What somebody who has a token, and no key, can make of it: by the layout in token.hpp alone.
#pragma once

#include "core/lease/token/token.hpp"

namespace grafos::test {

[[nodiscard]] inline Instant expiry_of(const lease::Token& token) noexcept {
    return {load_big_endian<uint64_t>(token.bytes.data() + 68)};
}
[[nodiscard]] inline Generation generation_of(const lease::Token& token) noexcept {
    return {load_big_endian<uint32_t>(token.bytes.data() + 40)};
}

/// A fixed field of a token, and its bytes.
struct ClaimPlace {
    size_t at;
    size_t size;
};
/// Those that a forger would want otherwise: rights, tenant, resource, lease, generation, epoch,
/// audience, expiry, bytes, ttl.
inline constexpr std::array<ClaimPlace, 10> claim_places{{
    {2, 2},
    {4, 4},
    {8, 16},
    {24, 16},
    {40, 4},
    {44, 8},
    {52, 16},
    {68, 8},
    {76, 8},
    {84, 8},
}};

/// Chains any caveat, known or not, as whoever made the token would; false: there is no room.
[[nodiscard]] bool chain_caveat(lease::Token& token, Bytes caveat) noexcept;
/// `whole` with the MAC of `narrowed`, which was made from it: as if nothing had been added.
void drop_caveat(const lease::Token& whole, const lease::Token& narrowed,
                 lease::Token& to) noexcept;

} // namespace grafos::test
