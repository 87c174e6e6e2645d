// SPDX-License-Identifier: Apache-2.0
/// The curve words of hal/crypto.hpp over libsodium.
///
/// Public functions only, and of those only signing, verifying and the two X25519 multiplications:
/// no key is converted and no point is validated through `crypto_core_*`, so the point-validation
/// flaw of 1.0.18 (CVE-2025-69277) is in no code that runs here. `sodium_init` is not needed: it
/// would only choose among CPU-specific bodies and random sources, of which this build has one and
/// none.
#include <sodium/crypto_scalarmult_curve25519.h>
#include <sodium/crypto_sign_ed25519.h>

#include "hal/crypto.hpp"

namespace grafos::hal {

static_assert(sizeof(Ed25519Seed) == crypto_sign_ed25519_SEEDBYTES);
static_assert(sizeof(Ed25519PublicKey) == crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(sizeof(Ed25519SecretKey) == crypto_sign_ed25519_SECRETKEYBYTES);
static_assert(sizeof(Ed25519Signature) == crypto_sign_ed25519_BYTES);
static_assert(sizeof(X25519Key) == crypto_scalarmult_curve25519_BYTES);
static_assert(sizeof(X25519Key) == crypto_scalarmult_curve25519_SCALARBYTES);

void ed25519_key_pair(const Ed25519Seed& seed, Ed25519PublicKey& public_key,
                      Ed25519SecretKey& secret_key) noexcept {
    const int result =
        crypto_sign_ed25519_seed_keypair(public_key.data(), secret_key.data(), seed.data());
    GRAFOS_ASSERT(result == 0);
}

void ed25519_sign(const Ed25519SecretKey& secret_key, Bytes message,
                  Ed25519Signature& signature) noexcept {
    unsigned long long size = 0;
    const int result = crypto_sign_ed25519_detached(signature.data(), &size, message.data(),
                                                    message.size(), secret_key.data());
    GRAFOS_ASSERT(result == 0 && size == signature.size());
}

bool ed25519_verify(const Ed25519PublicKey& public_key, Bytes message,
                    const Ed25519Signature& signature) noexcept {
    return crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                               public_key.data()) == 0;
}

void x25519_public_key(const X25519Key& secret_key, X25519Key& public_key) noexcept {
    const int result = crypto_scalarmult_curve25519_base(public_key.data(), secret_key.data());
    GRAFOS_ASSERT(result == 0);
}

bool x25519(const X25519Key& secret_key, const X25519Key& public_key, X25519Key& shared) noexcept {
    // libsodium answers -1 for a zero result, and before multiplying for a known small-order point.
    if (crypto_scalarmult_curve25519(shared.data(), secret_key.data(), public_key.data()) == 0) {
        return true;
    }
    shared.fill(0);
    return false;
}

} // namespace grafos::hal
