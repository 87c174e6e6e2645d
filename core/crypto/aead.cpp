// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead.hpp"

#include "core/crypto/secret.hpp"

namespace grafos::crypto {
namespace {

constexpr size_t body_bytes_max = size_t{64} * 1024;

[[nodiscard]] hal::AeadNonce nonce_of(uint64_t counter) noexcept {
    hal::AeadNonce nonce{};
    store_big_endian<uint64_t>(nonce.data() + 4, __builtin_bswap64(counter));
    return nonce;
}

} // namespace

void AeadKey::set(Bytes key) noexcept {
    GRAFOS_ASSERT(key.size() == key_.size());
    copy_bytes(key_, key);
    is_set_ = true;
}

void AeadKey::erase() noexcept {
    erase_secret(key_);
    is_set_ = false;
}

void AeadKey::seal(uint64_t counter, Bytes associated, MutableBytes body) const noexcept {
    GRAFOS_ASSERT(is_set_ && counter != seal_counter_never);
    GRAFOS_ASSERT(body.size() >= seal_tag_bytes && body.size() <= body_bytes_max);
    hal::chacha20_poly1305_seal(key_, nonce_of(counter), associated,
                                body.first(body.size() - seal_tag_bytes),
                                body.last<seal_tag_bytes>());
}

bool AeadKey::open(uint64_t counter, Bytes associated, MutableBytes body) const noexcept {
    GRAFOS_ASSERT(is_set_);
    if (counter == seal_counter_never || body.size() < seal_tag_bytes ||
        body.size() > body_bytes_max) {
        return false;
    }
    return hal::chacha20_poly1305_open(key_, nonce_of(counter), associated,
                                       body.first(body.size() - seal_tag_bytes),
                                       body.last<seal_tag_bytes>());
}

} // namespace grafos::crypto
