// SPDX-License-Identifier: Apache-2.0
/// ChaCha20-Poly1305 over libsodium's stream cipher and one-time authenticator.
///
/// libsodium's own composition calls the cipher twice, once for the authenticator's key and once
/// for the message; its faster bodies compute four or eight blocks in the time of two single ones,
/// and fall back to single ones for the rest. Here the stream is made in windows of eight blocks,
/// of which the first holds the authenticator's key and what covers the message's beginning, each
/// in whole steps of the body that runs. The bytes are RFC 8439's either way.
///
/// Which body runs is chosen here, once, by what the CPU says; the library's own choosing
/// (`sodium_init`) stands on an operating system. The reference runs where nothing else may.
#include <sodium/crypto_onetimeauth_poly1305.h>
#include <sodium/crypto_stream_chacha20.h>
#include <sodium/onetimeauth_poly1305.h>
#include <sodium/stream_chacha20.h>

#include "arch/vector_words.hpp"
#include "hal/crypto.hpp"

/// The bodies that the library for this CPU has (tools/libs).
extern "C" {
extern const crypto_stream_chacha20_implementation crypto_stream_chacha20_ref_implementation;
#if defined(__x86_64__)
extern const crypto_stream_chacha20_implementation
    crypto_stream_chacha20_dolbeau_ssse3_implementation;
extern const crypto_onetimeauth_poly1305_implementation
    crypto_onetimeauth_poly1305_sse2_implementation;
#if __STDC_HOSTED__
extern const crypto_stream_chacha20_implementation
    crypto_stream_chacha20_dolbeau_avx2_implementation;
extern const crypto_stream_chacha20_implementation grafos_chacha20_avx512;
extern const crypto_onetimeauth_poly1305_implementation grafos_poly1305_avx512;
#endif
#else
extern const crypto_onetimeauth_poly1305_implementation
    crypto_onetimeauth_poly1305_donna_implementation;
#endif
}

namespace grafos::hal {
namespace {

constexpr size_t block_bytes = 64;
constexpr size_t window_bytes = 8 * block_bytes;
constexpr size_t message_bytes_max = size_t{64} * 1024;
constexpr size_t pad_bytes = 16;

static_assert(aead_key_bytes == crypto_stream_chacha20_ietf_KEYBYTES);
static_assert(aead_nonce_bytes == crypto_stream_chacha20_ietf_NONCEBYTES);
static_assert(aead_tag_bytes == crypto_onetimeauth_poly1305_BYTES);

/// A choice of bodies, and how many bytes of stream its cipher makes at once.
struct Bodies {
    const crypto_stream_chacha20_implementation* cipher;
    const crypto_onetimeauth_poly1305_implementation* authenticator;
    size_t step_bytes;
};

#if defined(__x86_64__)
constexpr Bodies bodies_sse2{&crypto_stream_chacha20_ref_implementation,
                             &crypto_onetimeauth_poly1305_sse2_implementation, block_bytes};
constexpr Bodies bodies_ssse3{&crypto_stream_chacha20_dolbeau_ssse3_implementation,
                              &crypto_onetimeauth_poly1305_sse2_implementation, 4 * block_bytes};
#if __STDC_HOSTED__
constexpr Bodies bodies_avx2{&crypto_stream_chacha20_dolbeau_avx2_implementation,
                             &crypto_onetimeauth_poly1305_sse2_implementation, 4 * block_bytes};
constexpr Bodies bodies_avx512{&grafos_chacha20_avx512, &grafos_poly1305_avx512, 4 * block_bytes};
#endif
#else
constexpr Bodies bodies_any{&crypto_stream_chacha20_ref_implementation,
                            &crypto_onetimeauth_poly1305_donna_implementation, block_bytes};
#endif

[[nodiscard]] const Bodies* choose() noexcept {
#if defined(__x86_64__)
    const arch::VectorWords words = arch::vector_words();
#if __STDC_HOSTED__
    if (words.avx512 || words.avx2) {
        return words.avx512 ? &bodies_avx512 : &bodies_avx2;
    }
#endif
    return words.ssse3 ? &bodies_ssse3 : &bodies_sse2;
#else
    return &bodies_any;
#endif
}

/// Null until the first message; two contexts that choose at once choose the same.
constinit const Bodies* chosen = nullptr;

[[nodiscard]] const Bodies& bodies() noexcept {
    const Bodies* found = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (found == nullptr) [[unlikely]] {
        found = choose();
        __atomic_store_n(&chosen, found, __ATOMIC_RELAXED);
    }
    return *found;
}

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

} // namespace

void chacha20_poly1305_seal(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTag tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    const Bodies& with = bodies();
    Stream stream{with, key, nonce, message.size()};
    std::array<uint8_t, 32> authenticator_key;
    __builtin_memcpy(authenticator_key.data(), stream.authenticator_key(), 32);
    stream.apply(message);
    authenticate(with, authenticator_key.data(), associated, message, tag);
    erase(authenticator_key.data(), authenticator_key.size());
}

bool chacha20_poly1305_open(const AeadSecret& key, const AeadNonce& nonce, Bytes associated,
                            MutableBytes message, AeadTagGiven tag) noexcept {
    GRAFOS_ASSERT(message.size() <= message_bytes_max);
    const Bodies& with = bodies();
    Stream stream{with, key, nonce, message.size()};
    std::array<uint8_t, aead_tag_bytes> computed;
    authenticate(with, stream.authenticator_key(), associated, message, AeadTag{computed});
    if (!is_equal_constant_time(computed, tag)) {
        return false;
    }
    stream.apply(message);
    return true;
}

} // namespace grafos::hal
