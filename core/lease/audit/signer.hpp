// SPDX-License-Identifier: Apache-2.0
/// Who vouches for the head of a chain. A chain that nobody signs proves that it is whole; a signed
/// head proves whose it is and where it ended.
#pragma once

#include "core/crypto/identity.hpp"

namespace grafos::lease {

using crypto::Signature;

class Signer {
public:
    /// Whose chain this is; stands in every record. Context: any.
    [[nodiscard]] virtual NodeId node_id() const noexcept = 0;
    /// Over the record `sequence` with the hash `hash`. One public-key operation. Context: turn.
    [[nodiscard]] virtual Signature sign_head(Sequence sequence,
                                              const Digest& hash) const noexcept = 0;

protected:
    ~Signer() = default;
};

/// The node's own key.
class IdentitySigner final : public Signer {
public:
    /// `identity` is started before the first question.
    explicit IdentitySigner(const crypto::Identity& identity) noexcept : identity_{identity} {}
    [[nodiscard]] NodeId node_id() const noexcept override { return identity_.node_id(); }
    [[nodiscard]] Signature sign_head(Sequence sequence,
                                      const Digest& hash) const noexcept override {
        return identity_.sign_head(sequence, hash);
    }

private:
    const crypto::Identity& identity_;
};

/// For tests and benchmarks: a name without a key. Its signatures are zeroes, which verify nowhere.
class NullSigner final : public Signer {
public:
    explicit NullSigner(const NodeId& node_id) noexcept : node_id_{node_id} {}
    [[nodiscard]] NodeId node_id() const noexcept override { return node_id_; }
    [[nodiscard]] Signature sign_head(Sequence, const Digest&) const noexcept override {
        return {};
    }

private:
    NodeId node_id_;
};

} // namespace grafos::lease
