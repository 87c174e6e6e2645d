// SPDX-License-Identifier: Apache-2.0
/// ChaCha20-Poly1305 over libsodium's stream cipher and one-time authenticator.
///
/// libsodium's own composition calls the cipher twice, once for the authenticator's key and once
/// for the message; its faster bodies compute four or eight blocks in the time of two, so for a
/// packet of 200 bytes most of that is spent on waiting. Here one call makes the key's block and
/// the stream of the message's first part together. The bytes are RFC 8439's either way (a test
/// holds them against libsodium's own).
#include <sodium/crypto_onetimeauth_poly1305.h>
#include <sodium/crypto_stream_chacha20.h>

#include "hal/crypto.hpp"

namespace grafos::hal {
namespace {

constexpr size_t block_bytes = 64;
constexpr size_t window_bytes = 512; ///< the key's block, then stream for what follows
constexpr size_t first_bytes = window_bytes - block_bytes;
constexpr size_t message_bytes_max = size_t{64} * 1024;
constexpr std::array<uint8_t, 16> zeroes{};

static_assert(aead_key_bytes == crypto_stream_chacha20_ietf_KEYBYTES);
static_assert(aead_nonce_bytes == crypto_stream_chacha20_ietf_NONCEBYTES);
static_assert(aead_tag_bytes == crypto_onetimeauth_poly1305_BYTES);

void erase(void* at, size_t size) noexcept {
    __builtin_memset(at, 0, size);
    asm volatile("" : : "r"(at) : "memory"); // the store must not be dropped
}

/// The stream's beginning: block 0, of which half is the authenticator's key, and what covers the
/// first bytes of the message. Erased on leaving.
class Window {
public:
    Window(const AeadSecret& key, const AeadNonce& nonce, size_t message_bytes) noexcept
        : key_{key}, nonce_{nonce} {
        const size_t first = message_bytes < first_bytes ? message_bytes : first_bytes;
        used_ = block_bytes + first;
        (void)crypto_stream_chacha20_ietf(stream_.data(), used_, nonce.data(), key.data());
    }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;
    ~Window() { erase(stream_.data(), used_); }

    [[nodiscard]] const uint8_t* authenticator_key() const noexcept { return stream_.data(); }

    /// Encrypts, which is the same as decrypts.
    void apply(MutableBytes message) noexcept {
        const size_t first = used_ - block_bytes;
        GRAFOS_ASSERT(message.size() >= first);
        const uint8_t* const stream = stream_.data() + block_bytes;
        for (size_t i = 0; i < first; ++i) {
            message[i] = static_cast<uint8_t>(message[i] ^ stream[i]);
        }
        const MutableBytes rest = message.subspan(first);
        if (!rest.empty()) {
            (void)crypto_stream_chacha20_ietf_xor_ic(rest.data(), rest.data(), rest.size(),
                                                     nonce_.data(), window_bytes / block_bytes,
                                                     key_.data());
        }
    }

private:
    const AeadSecret& key_;
    const AeadNonce& nonce_;
    size_t used_;
    alignas(32) std::array<uint8_t, window_bytes> stream_;
};

/// Bytes, then zeroes up to a multiple of sixteen (RFC 8439 §2.8).
void absorb(crypto_onetimeauth_poly1305_state& state, Bytes bytes) noexcept {
    if (!bytes.empty()) {
        (void)crypto_onetimeauth_poly1305_update(&state, bytes.data(), bytes.size());
    }
    const size_t over = bytes.size() % zeroes.size();
    if (over != 0) {
        (void)crypto_onetimeauth_poly1305_update(&state, zeroes.data(), zeroes.size() - over);
    }
}

void store_little_endian(uint8_t* to, uint64_t value) noexcept {
    store_big_endian<uint64_t>(to, __builtin_bswap64(value));
}

void authenticate(const uint8_t* key, Bytes associated, Bytes sealed, AeadTag tag) noexcept {
    crypto_onetimeauth_poly1305_state state;
    (void)crypto_onetimeauth_poly1305_init(&state, key);
    absorb(state, associated);
    absorb(state, sealed);
    std::array<uint8_t, 16> lengths;
    store_little_endian(lengths.data(), associated.size());
    store_little_endian(lengths.data() + 8, sealed.size());
    (void)crypto_onetimeauth_poly1305_update(&state, lengths.data(), lengths.size());
    (void)crypto_onetimeauth_poly1305_final(&state, tag.data()); // erases its key
}

} // namespace

void chacha20_poly1305_seal(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTag tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    Window window{key, nonce, message.size()};
    window.apply(message);
    authenticate(window.authenticator_key(), associated, message, tag);
}

bool chacha20_poly1305_open(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTagGiven tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    Window window{key, nonce, message.size()};
    std::array<uint8_t, aead_tag_bytes> computed;
    authenticate(window.authenticator_key(), associated, message, AeadTag{computed});
    if (!is_equal_constant_time(computed, tag)) {
        return false;
    }
    window.apply(message);
    return true;
}

} // namespace grafos::hal
