// SPDX-License-Identifier: Apache-2.0
/// HMAC-SHA256 (RFC 2104): who holds the key made these bytes.
///
/// A node checks a token far more often than it changes its key, and half of an HMAC is compressing
/// the padded key, the same two blocks every time. So a key is kept as the two states after those
/// blocks, and a MAC costs only its message and one block more.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"
#include "core/crypto/sha256.hpp"

namespace grafos::crypto {

class HmacKey {
public:
    /// No key yet: `mac` and `verify` assert.
    constexpr HmacKey() noexcept = default;
    explicit HmacKey(Bytes key) noexcept { set(key); }
    HmacKey(const HmacKey&) = delete;
    HmacKey& operator=(const HmacKey&) = delete;
    ~HmacKey() { erase(); }

    /// Any length; one beyond a block counts as its digest (RFC 2104 §2). Nothing of `key` is kept
    /// but the two states. Context: any.
    void set(Bytes key) noexcept;

    /// Forgets the key.
    void erase() noexcept;
    [[nodiscard]] bool is_set() const noexcept { return is_set_; }

    /// Context: any. Asserts that a key is set.
    [[nodiscard]] Digest mac(Bytes message) const noexcept;

    /// Whether `mac` is that of `message`; time does not depend on where they differ. Context: any.
    [[nodiscard]] bool verify(Bytes message, const Digest& mac) const noexcept;

private:
    Sha256State inner_{};
    Sha256State outer_{};
    bool is_set_ = false;
};

} // namespace grafos::crypto
