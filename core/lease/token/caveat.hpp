// SPDX-License-Identifier: Apache-2.0
/// Caveats as bytes: how one is written, and what one takes away from a token's claims.
#pragma once

#include "core/lease/token/token.hpp"

namespace grafos::lease {

/// kind u8 · length u8 · the longest value.
inline constexpr size_t caveat_bytes_max = 2 + PrincipalKey::size_bytes;

/// The bytes of a caveat at `at`, header and all; empty if they reach over the end. Context: any.
[[nodiscard]] Bytes caveat_at(Bytes caveats, size_t at) noexcept;

/// How many bytes it took. `to` has caveat_bytes_max. Context: any.
[[nodiscard]] size_t write_caveat(const Caveat& caveat, MutableBytes to) noexcept;

/// Narrows `claims` by one caveat; never widens them. Failures: invalid_argument (caveat: the
/// length of a known kind is wrong, a window over the end of numbers), denied (caveat: unknown
/// kind, or a window in an alloc token; holder: bound to another one already). Context: any.
[[nodiscard]] Result<> apply_caveat(Claims& claims, Bytes caveat) noexcept;

} // namespace grafos::lease
