// SPDX-License-Identifier: Apache-2.0
/// Which of libsodium's bodies of ChaCha20 and Poly1305 seal here.
///
/// The library's own choosing (`sodium_init`) stands on an operating system and keeps its answer in
/// variables; here it is a table, best first, asked with what the CPU says. The last one runs
/// everywhere.
#pragma once

#include <sodium/crypto_onetimeauth_poly1305.h>
#include <sodium/onetimeauth_poly1305.h>
#include <sodium/stream_chacha20.h>

#include <span>
#include <string_view>

#include "arch/vector_words.hpp"
#include "hal/crypto.hpp"

namespace grafos::board {

struct Bodies {
    std::string_view name;
    const crypto_stream_chacha20_implementation* cipher;
    const crypto_onetimeauth_poly1305_implementation* authenticator;
    size_t step_bytes; ///< of stream, made at once
    bool (*may_run)(const arch::VectorWords& words) noexcept;
};

/// All that the library for this CPU has, best first. Context: any.
[[nodiscard]] std::span<const Bodies> every_bodies() noexcept;

/// The first that may run. Context: any.
[[nodiscard]] const Bodies& best_bodies(const arch::VectorWords& words) noexcept;

/// `hal::chacha20_poly1305_seal` and `_open` with given bodies, which may run here.
void seal_with(const Bodies& bodies, const hal::AeadSecret& key, const hal::AeadNonce& nonce,
               Bytes associated, MutableBytes message, hal::AeadTag tag) noexcept;
[[nodiscard]] bool open_with(const Bodies& bodies, const hal::AeadSecret& key,
                             const hal::AeadNonce& nonce, Bytes associated, MutableBytes message,
                             hal::AeadTagGiven tag) noexcept;

} // namespace grafos::board
