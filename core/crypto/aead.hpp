// SPDX-License-Identifier: Apache-2.0
/// Sealing: bytes that only the two ends of a session can read or make.
///
/// ChaCha20-Poly1305 (RFC 8439) with the nonce rule of the Noise protocol (§12.3): four zero bytes,
/// then a counter of 64 bits, little-endian. The counter goes up by one a message; two messages
/// under one counter would give both away, so whoever seals owns the counter. A sealed body is the
/// message, as long as before, and a tag of 16 bytes behind it.
#pragma once

#include "core/base/bytes.hpp"
#include "hal/crypto.hpp"

namespace grafos::crypto {

inline constexpr size_t seal_tag_bytes = hal::aead_tag_bytes;
/// Never sealed or opened under (Noise §5.1).
inline constexpr uint64_t seal_counter_never = ~uint64_t{0};

/// One direction's key. Erased with the object.
class AeadKey {
public:
    /// No key yet: `seal` and `open` assert.
    constexpr AeadKey() noexcept = default;
    AeadKey(const AeadKey&) = delete;
    AeadKey& operator=(const AeadKey&) = delete;
    ~AeadKey() { erase(); }

    /// `key` has 32 bytes. Context: any.
    void set(Bytes key) noexcept;

    /// Forgets the key.
    void erase() noexcept;
    [[nodiscard]] bool is_set() const noexcept { return is_set_; }

    /// `body` is the message and 16 bytes behind it for the tag; both are written, in place.
    /// `counter` was never used under this key and is not `seal_counter_never`. `body` up to 64
    /// KiB. Context: turn.
    void seal(uint64_t counter, Bytes associated, MutableBytes body) const noexcept;

    /// Decrypts all but the last 16 bytes of `body` in place. False, and `body` as it was, if this
    /// is not what the holder of the key sealed with `counter` and `associated`; any bytes and any
    /// counter may be asked about. Context: turn.
    [[nodiscard]] bool open(uint64_t counter, Bytes associated, MutableBytes body) const noexcept;

private:
    hal::AeadSecret key_{};
    bool is_set_ = false;
};

} // namespace grafos::crypto
