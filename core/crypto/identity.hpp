// SPDX-License-Identifier: Apache-2.0
/// Who a node is: an Ed25519 key, whose public half is the `NodeId` and which signs the head of the
/// audit chain, and an X25519 key for handshakes. Both are made at first boot; neither is ever
/// converted into the other (protocol §2).
///
/// Only the two secrets are kept on disk; everything public is computed from them.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/crypto/drbg.hpp"
#include "hal/crypto.hpp"

namespace grafos::crypto {

/// Ed25519 (RFC 8032).
using Signature = StrongBytes<struct SignatureTag, 64>;
/// The public half of a node's handshake key (RFC 7748).
using ExchangeKey = StrongBytes<struct ExchangeKeyTag, 32>;

/// What the identity cell holds. Whoever has these bytes is the node.
struct IdentitySecrets {
    hal::Ed25519Seed signing_seed;
    hal::X25519Key exchange_secret;
};

/// Two fresh secrets, for the first boot. Context: turn.
[[nodiscard]] IdentitySecrets draw_identity_secrets(Drbg& drbg) noexcept;
void erase_secrets(IdentitySecrets& secrets) noexcept;

class Identity {
public:
    /// Nobody yet: the questions below assert.
    constexpr Identity() noexcept = default;
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;
    ~Identity();

    /// Becomes the node with these secrets, once. Two curve operations. Context: turn, at start.
    void start(const IdentitySecrets& secrets) noexcept;
    [[nodiscard]] bool is_started() const noexcept { return is_started_; }

    [[nodiscard]] const NodeId& node_id() const noexcept;
    [[nodiscard]] const ExchangeKey& exchange_key() const noexcept;

    /// Signs "grafos-head-v1\n" · node_id · sequence u64 · hash (core/lease/audit): the record
    /// `sequence` of this node's chain has the hash `hash`. One public-key operation. Context:
    /// turn.
    [[nodiscard]] Signature sign_head(Sequence sequence, const Digest& hash) const noexcept;

    /// What this node and the holder of `other`'s secret compute alike (X25519); the node's secret
    /// itself stays in here. False if `other` is a point that whoever sent it should not have sent
    /// (RFC 7748 §6.1). The caller erases `shared`. One public-key operation. Context: turn.
    [[nodiscard]] bool exchange(const ExchangeKey& other, hal::X25519Key& shared) const noexcept;

private:
    NodeId node_id_{};
    ExchangeKey exchange_key_{};
    hal::Ed25519SecretKey signing_key_{};
    hal::X25519Key exchange_secret_{};
    bool is_started_ = false;
};

/// Whether `node` signed this head. One public-key operation. Context: turn.
[[nodiscard]] bool verify_head(const NodeId& node, Sequence sequence, const Digest& hash,
                               const Signature& signature) noexcept;

} // namespace grafos::crypto
