// SPDX-License-Identifier: Apache-2.0
/// ChaCha20-Poly1305 over libsodium's stream cipher and one-time authenticator.
///
/// libsodium's own composition calls the cipher twice, once for the authenticator's key and once
/// for the message; its faster bodies compute four or eight blocks in the time of two single ones,
/// and fall back to single ones for the rest. Here the stream is made in windows of eight blocks,
/// of which the first holds the authenticator's key and what covers the message's beginning, each
/// in whole steps of the body that runs (bodies.hpp). The bytes are RFC 8439's either way.
#include <sodium/crypto_stream_chacha20.h>

#include "boards/parts/sodium/bodies.hpp"

namespace grafos::board {
namespace {

using hal::AeadNonce;
using hal::AeadSecret;
using hal::AeadTag;
using hal::AeadTagGiven;

constexpr size_t block_bytes = 64;
constexpr size_t window_bytes = 8 * block_bytes;
constexpr size_t message_bytes_max = size_t{64} * 1024;
constexpr size_t pad_bytes = 16;

static_assert(hal::aead_key_bytes == crypto_stream_chacha20_ietf_KEYBYTES);
static_assert(hal::aead_nonce_bytes == crypto_stream_chacha20_ietf_NONCEBYTES);
static_assert(hal::aead_tag_bytes == crypto_onetimeauth_poly1305_BYTES);

void erase(void* at, size_t size) noexcept {
    __builtin_memset(at, 0, size);
    asm volatile("" : : "r"(at) : "memory"); // the store must not be dropped
}

/// The stream of one message, a window at a time. Erased on leaving.
class Stream {
public:
    /// Makes the first window: block 0, then what covers the beginning of the message.
    Stream(const Bodies& bodies, const AeadSecret& key, const AeadNonce& nonce,
           size_t message_bytes) noexcept
        : bodies_{bodies}, key_{key}, nonce_{nonce} {
        make(block_bytes + message_bytes);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { erase(window_.data(), touched_); }

    /// The first half of block 0 (RFC 8439 §2.6). Before `apply`.
    [[nodiscard]] const uint8_t* authenticator_key() const noexcept { return window_.data(); }

    /// Encrypts, which is the same as decrypts. Once.
    void apply(MutableBytes message) noexcept {
        GRAFOS_ASSERT(next_block_ == window_bytes / block_bytes);
        message = apply_window(message, block_bytes);
        while (!message.empty()) {
            make(message.size());
            message = apply_window(message, 0);
        }
    }

private:
    /// Makes the next window, as much of it as `wanted` bytes need.
    void make(size_t wanted) noexcept {
        const size_t step = bodies_.step_bytes;
        const size_t used =
            wanted < window_bytes ? (wanted + step - 1) / step * step : window_bytes;
        __builtin_memset(window_.data(), 0, used);
        (void)bodies_.cipher->stream_ietf_ext_xor_ic(window_.data(), window_.data(), used,
                                                     nonce_.data(), next_block_, key_.data());
        touched_ = used > touched_ ? used : touched_;
        next_block_ += window_bytes / block_bytes;
    }

    /// Covers what the window from `offset` on covers; returns what is left.
    [[nodiscard]] MutableBytes apply_window(MutableBytes message, size_t offset) noexcept {
        const size_t room = window_bytes - offset;
        const MutableBytes part = message.first(message.size() < room ? message.size() : room);
        const uint8_t* const stream = window_.data() + offset;
        for (size_t i = 0; i < part.size(); ++i) {
            part[i] = static_cast<uint8_t>(part[i] ^ stream[i]);
        }
        return message.subspan(part.size());
    }

    const Bodies& bodies_;
    const AeadSecret& key_;
    const AeadNonce& nonce_;
    size_t touched_ = 0;
    uint32_t next_block_ = 0;
    alignas(32) std::array<uint8_t, window_bytes> window_;
};

/// A message's last bytes, zeroes up to a multiple of sixteen, and room for the two lengths.
struct Tail {
    explicit Tail(Bytes message) noexcept {
        const Bytes rest = message.last(message.size() % pad_bytes);
        copy_bytes(bytes, rest);
        size = rest.empty() ? 0 : pad_bytes;
    }
    void put_little_endian(uint64_t value) noexcept {
        store_big_endian<uint64_t>(bytes.data() + size, __builtin_bswap64(value));
        size += sizeof(value);
    }
    std::array<uint8_t, 2 * pad_bytes> bytes{};
    size_t size;
};

/// RFC 8439 §2.8. The library is given whole multiples of sixteen, which it need not hold back.
void authenticate(const Bodies& bodies, const uint8_t* key, Bytes associated, Bytes sealed,
                  AeadTag tag) noexcept {
    crypto_onetimeauth_poly1305_state state;
    (void)bodies.authenticator->onetimeauth_init(&state, key);
    const auto absorb = [&](const uint8_t* data, size_t size) {
        if (size != 0) {
            (void)bodies.authenticator->onetimeauth_update(&state, data, size);
        }
    };
    const Tail associated_tail{associated};
    absorb(associated.data(), associated.size() / pad_bytes * pad_bytes);
    absorb(associated_tail.bytes.data(), associated_tail.size);
    Tail tail{sealed};
    tail.put_little_endian(associated.size());
    tail.put_little_endian(sealed.size());
    absorb(sealed.data(), sealed.size() / pad_bytes * pad_bytes);
    absorb(tail.bytes.data(), tail.size);
    (void)bodies.authenticator->onetimeauth_final(&state, tag.data()); // erases its key
}

/// Null until the first message; two contexts that choose at once choose the same.
constinit const Bodies* chosen = nullptr;

[[nodiscard]] const Bodies& chosen_bodies() noexcept {
    const Bodies* found = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (found == nullptr) [[unlikely]] {
        found = &best_bodies(arch::vector_words());
        __atomic_store_n(&chosen, found, __ATOMIC_RELAXED);
    }
    return *found;
}

} // namespace

void seal_with(const Bodies& bodies, const AeadSecret& key, const AeadNonce& nonce,
               Bytes associated, MutableBytes message, AeadTag tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    Stream stream{bodies, key, nonce, message.size()};
    std::array<uint8_t, 32> authenticator_key;
    __builtin_memcpy(authenticator_key.data(), stream.authenticator_key(), 32);
    stream.apply(message);
    authenticate(bodies, authenticator_key.data(), associated, message, tag);
    erase(authenticator_key.data(), authenticator_key.size());
}

bool open_with(const Bodies& bodies, const AeadSecret& key, const AeadNonce& nonce,
               Bytes associated, MutableBytes message, AeadTagGiven tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    Stream stream{bodies, key, nonce, message.size()};
    std::array<uint8_t, hal::aead_tag_bytes> computed;
    authenticate(bodies, stream.authenticator_key(), associated, message, AeadTag{computed});
    if (!is_equal_constant_time(computed, tag)) {
        return false;
    }
    stream.apply(message);
    return true;
}

} // namespace grafos::board

namespace grafos::hal {

void chacha20_poly1305_seal(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTag tag) noexcept {
    board::seal_with(board::chosen_bodies(), key, nonce, associated, message, tag);
}

bool chacha20_poly1305_open(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTagGiven tag) noexcept {
    return board::open_with(board::chosen_bodies(), key, nonce, associated, message, tag);
}

} // namespace grafos::hal
