// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/identity.hpp"

#include "core/crypto/secret.hpp"

namespace grafos::crypto {
namespace {

constexpr std::string_view head_label = "grafos-head-v1\n";
constexpr size_t head_bytes = head_label.size() + NodeId::size_bytes + 8 + Digest::size_bytes;
static_assert(head_bytes == 87);

using HeadMessage = std::array<uint8_t, head_bytes>;

[[nodiscard]] HeadMessage head_message(const NodeId& node, Sequence sequence,
                                       const Digest& hash) noexcept {
    HeadMessage message;
    ByteWriter writer{message};
    writer.put_bytes(bytes_of(head_label));
    writer.put_bytes(node.view());
    writer.put<uint64_t>(sequence.value);
    writer.put_bytes(hash.view());
    GRAFOS_ASSERT(writer.size() == message.size());
    return message;
}

} // namespace

IdentitySecrets draw_identity_secrets(Drbg& drbg) noexcept {
    IdentitySecrets secrets;
    drbg.fill(secrets.signing_seed);
    drbg.fill(secrets.exchange_secret);
    return secrets;
}

void erase_secrets(IdentitySecrets& secrets) noexcept {
    erase_secret(secrets.signing_seed);
    erase_secret(secrets.exchange_secret);
}

Identity::~Identity() {
    erase_secret(signing_key_);
    erase_secret(exchange_secret_);
}

void Identity::start(const IdentitySecrets& secrets) noexcept {
    GRAFOS_ASSERT(!is_started_);
    hal::ed25519_key_pair(secrets.signing_seed, node_id_.bytes, signing_key_);
    exchange_secret_ = secrets.exchange_secret;
    hal::x25519_public_key(exchange_secret_, exchange_key_.bytes);
    is_started_ = true;
}

const NodeId& Identity::node_id() const noexcept {
    GRAFOS_ASSERT(is_started_);
    return node_id_;
}

const ExchangeKey& Identity::exchange_key() const noexcept {
    GRAFOS_ASSERT(is_started_);
    return exchange_key_;
}

Signature Identity::sign_head(Sequence sequence, const Digest& hash) const noexcept {
    GRAFOS_ASSERT(is_started_);
    Signature signature;
    hal::ed25519_sign(signing_key_, head_message(node_id_, sequence, hash), signature.bytes);
    return signature;
}

bool Identity::exchange(const ExchangeKey& other, hal::X25519Key& shared) const noexcept {
    GRAFOS_ASSERT(is_started_);
    return hal::x25519(exchange_secret_, other.bytes, shared);
}

bool verify_head(const NodeId& node, Sequence sequence, const Digest& hash,
                 const Signature& signature) noexcept {
    return hal::ed25519_verify(node.bytes, head_message(node, sequence, hash), signature.bytes);
}

} // namespace grafos::crypto
