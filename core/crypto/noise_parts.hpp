// SPDX-License-Identifier: Apache-2.0
/// What the two ends of the handshake share and nobody else needs: the lengths of the fields, and
/// a result of X25519 that is erased on leaving.
#pragma once

#include "core/crypto/aead.hpp"
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

} // namespace grafos::crypto::noise
