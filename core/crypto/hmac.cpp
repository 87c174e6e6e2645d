// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/hmac.hpp"

#include "core/crypto/secret.hpp"

namespace grafos::crypto {
namespace {

using Block = std::array<uint8_t, sha256_block_bytes>;

[[nodiscard]] Sha256State state_after(const Block& key, uint8_t pad) noexcept {
    Block block;
    for (size_t i = 0; i < block.size(); ++i) {
        block[i] = static_cast<uint8_t>(key[i] ^ pad);
    }
    Sha256State state = sha256_initial_state;
    sha256_absorb(state, block);
    erase_secret(block);
    return state;
}

void erase_state(Sha256State& state) noexcept {
    erase_secret({reinterpret_cast<uint8_t*>(&state), sizeof(state)});
}

} // namespace

void HmacKey::set(Bytes key) noexcept {
    Block block{};
    if (key.size() > block.size()) {
        copy_bytes(block, sha256(key).view());
    } else {
        copy_bytes(block, key);
    }
    inner_ = state_after(block, 0x36);
    outer_ = state_after(block, 0x5c);
    is_set_ = true;
    erase_secret(block);
}

void HmacKey::erase() noexcept {
    erase_state(inner_);
    erase_state(outer_);
    is_set_ = false;
}

Digest HmacKey::mac(Bytes message) const noexcept {
    GRAFOS_ASSERT(is_set_);
    return sha256_finish(outer_, sha256_finish(inner_, message).view());
}

bool HmacKey::verify(Bytes message, const Digest& mac_given) const noexcept {
    return is_same_secret(mac(message), mac_given);
}

} // namespace grafos::crypto
