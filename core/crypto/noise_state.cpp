// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise_state.hpp"

#include "core/crypto/hkdf.hpp"
#include "core/crypto/secret.hpp"
#include "core/crypto/sha256.hpp"

namespace grafos::crypto {
namespace {

// A name of a digest's length or less is the first hash itself, padded with zeroes (Noise §5.2).
constexpr std::string_view protocol_name = "Noise_IK_25519_ChaChaPoly_SHA256";
static_assert(protocol_name.size() == Digest::size_bytes);

} // namespace

void NoiseState::start(Bytes prologue) noexcept {
    copy_bytes(hash_.bytes, bytes_of(protocol_name));
    chaining_key_ = hash_;
    key_.erase();
    counter_ = 0;
    mix_hash(prologue);
}

void NoiseState::continue_from(const NoiseState& other) noexcept {
    hash_ = other.hash_;
    chaining_key_ = other.chaining_key_;
    key_.erase();
    counter_ = 0;
}

void NoiseState::erase() noexcept {
    erase_secret(hash_.bytes);
    erase_secret(chaining_key_.bytes);
    key_.erase();
    counter_ = 0;
}

void NoiseState::mix_hash(Bytes bytes) noexcept {
    hash_ = sha256_of_parts({hash_.view(), bytes});
}

void NoiseState::mix_key(const hal::X25519Key& shared) noexcept {
    Digest key;
    hkdf2(chaining_key_, shared, chaining_key_, key);
    key_.set(key.view());
    counter_ = 0;
    erase_secret(key.bytes);
}

void NoiseState::seal(MutableBytes body) noexcept {
    key_.seal(counter_, hash_.view(), body);
    counter_ += 1;
    mix_hash(body);
}

bool NoiseState::open(MutableBytes body) noexcept {
    const Digest before = hash_;
    mix_hash(body); // while the body is still what was sent
    if (!key_.open(counter_, before.view(), body)) {
        return false;
    }
    counter_ += 1;
    return true;
}

void NoiseState::split(AeadKey& initiator, AeadKey& responder) const noexcept {
    Digest first;
    Digest second;
    hkdf2(chaining_key_, {}, first, second);
    initiator.set(first.view());
    responder.set(second.view());
    erase_secret(first.bytes);
    erase_secret(second.bytes);
}

} // namespace grafos::crypto
