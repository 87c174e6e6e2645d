// SPDX-License-Identifier: Apache-2.0
/// Words of cryptography that a machine supplies: SHA-256 compression where the CPU has
/// instructions for it (`arch`), the elliptic curves and the sealing of packets (a library behind
/// `boards/parts`). Free functions, bound at link time; each core protocol over them lives in
/// `core/crypto`.
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

/// RFC 7748 §6.1: what the holders of both secrets compute alike. False, and `shared` all zero, if
/// the result is zero: `public_key` is one of the few points whose answer does not depend on the
/// secret, and whoever sent it is refused. `shared` is a secret; the caller erases it. Context:
/// turn.
[[nodiscard]] bool x25519(const X25519Key& secret_key, const X25519Key& public_key,
                          X25519Key& shared) noexcept;

inline constexpr size_t aead_key_bytes = 32;
inline constexpr size_t aead_nonce_bytes = 12;
inline constexpr size_t aead_tag_bytes = 16;
using AeadSecret = std::array<uint8_t, aead_key_bytes>;
using AeadNonce = std::array<uint8_t, aead_nonce_bytes>;
using AeadTag = std::span<uint8_t, aead_tag_bytes>;
using AeadTagGiven = std::span<const uint8_t, aead_tag_bytes>;

/// ChaCha20-Poly1305 (RFC 8439 §2.8): encrypts `message` where it lies and puts the tag over it and
/// `associated` to `tag`, which overlaps neither. A nonce is used once under a key, or both
/// messages are readable. `message` up to 64 KiB. Context: turn.
void chacha20_poly1305_seal(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTag tag) noexcept;

/// Decrypts `message` where it lies; false, and `message` untouched, if the tag is not that of
/// these bytes under this key. `message` up to 64 KiB. Time depends on the lengths only. Context:
/// turn.
[[nodiscard]] bool chacha20_poly1305_open(const AeadSecret& key, const AeadNonce& nonce,
                                          Bytes associated, MutableBytes message,
                                          AeadTagGiven tag) noexcept;

} // namespace grafos::hal
