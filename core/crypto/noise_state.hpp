// SPDX-License-Identifier: Apache-2.0
/// What both ends of a Noise handshake keep alike (Noise §5.2, `SymmetricState`): a hash of all
/// that was said, and a key made of all that was agreed.
///
/// Each message is sealed with the hash as associated data, so a single bit that one side saw
/// differently makes the next opening fail. Protocol: Noise_IK_25519_ChaChaPoly_SHA256.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/crypto/aead.hpp"
#include "hal/crypto.hpp"

namespace grafos::crypto {

class NoiseState {
public:
    /// Not started. Every word below is for the context "turn".
    constexpr NoiseState() noexcept = default;
    NoiseState(const NoiseState&) = delete;
    NoiseState& operator=(const NoiseState&) = delete;
    ~NoiseState() { erase(); }

    /// Starts a handshake whose both ends know `prologue` already and must agree on it.
    void start(Bytes prologue) noexcept;
    /// Goes on where `other` stands, which stays as it is; the next word is `mix_hash` or
    /// `mix_key`.
    void continue_from(const NoiseState& other) noexcept;
    /// Forgets keys and hash.
    void erase() noexcept;

    void mix_hash(Bytes bytes) noexcept;
    /// A result of X25519 goes into the key; the sealing counter starts again at zero.
    void mix_key(const hal::X25519Key& shared) noexcept;

    /// `body` is the plain bytes and 16 behind them for the tag. Only after `mix_key`.
    void seal(MutableBytes body) noexcept;
    /// In place; false: these bytes are not the other end's. Only after `mix_key`.
    [[nodiscard]] bool open(MutableBytes body) noexcept;

    /// The two transport keys: the initiator's sending one, then the responder's.
    void split(AeadKey& initiator, AeadKey& responder) const noexcept;

    /// After the last message: names this handshake, alike at both ends, and is no secret.
    [[nodiscard]] const Digest& hash() const noexcept { return hash_; }

private:
    Digest hash_{};
    Digest chaining_key_{};
    AeadKey key_;
    uint64_t counter_ = 0;
};

} // namespace grafos::crypto
