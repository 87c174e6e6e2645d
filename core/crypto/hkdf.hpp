// SPDX-License-Identifier: Apache-2.0
/// Key derivation: out of one key and something both sides computed, two or three keys that say
/// nothing of one another.
///
/// HKDF of the Noise protocol (§4.3), which is RFC 5869 with SHA-256, the chaining key as salt and
/// no information string.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace grafos::crypto {

/// `input` 0, 32 bytes or a message's length. The outputs are secrets and the caller's to erase;
/// one of them may be `chaining_key` itself. Ten compressions. Context: turn.
void hkdf2(const Digest& chaining_key, Bytes input, Digest& first, Digest& second) noexcept;

/// The same two, and a third. Twelve compressions. Context: turn.
void hkdf3(const Digest& chaining_key, Bytes input, Digest& first, Digest& second,
           Digest& third) noexcept;

} // namespace grafos::crypto
