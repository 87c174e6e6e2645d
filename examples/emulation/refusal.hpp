// SPDX-License-Identifier: Apache-2.0
/// A refusal on its way: code u16, field u16, value u64, expected u64.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "examples/emulation/limits.hpp"

namespace grafos::emulation {

inline constexpr size_t refusal_bytes = 20;
static_assert(refusal_bytes <= message_bytes_max);

[[nodiscard]] std::array<uint8_t, refusal_bytes> encoded(const Error& error) noexcept;
/// `corrupt` if it is no refusal.
[[nodiscard]] Error refusal_of(Bytes bytes) noexcept;

} // namespace grafos::emulation
