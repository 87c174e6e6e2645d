// SPDX-License-Identifier: Apache-2.0
/// What the two ends of the handshake share and nobody else needs: the lengths of the fields, a
/// result of X25519 that is erased on leaving, and how a message begins.
#pragma once

#include "core/crypto/aead.hpp"
#include "core/crypto/noise_state.hpp"
#include "core/crypto/secret.hpp"
#include "hal/crypto.hpp"

namespace grafos::crypto::noise {

inline constexpr size_t key_bytes = 32;
inline constexpr size_t sealed_key_bytes = key_bytes + seal_tag_bytes;

struct SharedSecret {
    SharedSecret() noexcept = default;
    SharedSecret(const SharedSecret&) = delete;
    SharedSecret& operator=(const SharedSecret&) = delete;
    ~SharedSecret() { erase_secret(bytes); }

    hal::X25519Key bytes{};
};

/// The token `e`: the public key of `ephemeral`, in the clear, at the front of a message.
inline void write_e(const hal::X25519Key& ephemeral, MutableBytes message,
                    NoiseState& state) noexcept {
    GRAFOS_ASSERT(message.size() >= key_bytes);
    hal::X25519Key public_key;
    hal::x25519_public_key(ephemeral, public_key);
    copy_bytes(message, public_key);
    state.mix_hash(public_key);
}

} // namespace grafos::crypto::noise
