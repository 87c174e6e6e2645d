// SPDX-License-Identifier: Apache-2.0
/// Words of cryptography that a machine supplies: SHA-256 compression where the CPU has
/// instructions for it (`arch`), and the elliptic curves (a library behind `boards/parts`). Free
/// functions, bound at link time; each core protocol over them lives in `core/crypto`.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace grafos::hal {

/// Whether `sha256_blocks` may be called on this CPU; fixed from entry on. Context: any.
[[nodiscard]] bool has_sha256_blocks() noexcept;

/// Compresses `count` 64-byte blocks at `data` into `state` (FIPS 180-4, host-endian words).
/// Only where `has_sha256_blocks()`. Context: any.
void sha256_blocks(uint32_t state[8], const uint8_t* data, size_t count) noexcept;

using Ed25519Seed = std::array<uint8_t, 32>;
using Ed25519PublicKey = std::array<uint8_t, 32>;
using Ed25519SecretKey =
    std::array<uint8_t, 64>; ///< seed, then public key (RFC 8032 expanded on use)
using Ed25519Signature = std::array<uint8_t, 64>;
using X25519Key = std::array<uint8_t, 32>;

/// RFC 8032 §5.1.5. Context: turn.
void ed25519_key_pair(const Ed25519Seed& seed, Ed25519PublicKey& public_key,
                      Ed25519SecretKey& secret_key) noexcept;
void ed25519_sign(const Ed25519SecretKey& secret_key, Bytes message,
                  Ed25519Signature& signature) noexcept;
[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& public_key, Bytes message,
                                  const Ed25519Signature& signature) noexcept;

/// RFC 7748: the public key of `secret_key`. Context: turn.
void x25519_public_key(const X25519Key& secret_key, X25519Key& public_key) noexcept;

} // namespace grafos::hal
