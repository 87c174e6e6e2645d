// SPDX-License-Identifier: Apache-2.0
/// What libsodium's code wants from the rest of libsodium, which is not built: its utilities
/// stand on an operating system (locked memory, /dev/urandom, abort).
#include <sodium/core.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include "core/base/bytes.hpp"

namespace {

[[nodiscard]] grafos::Bytes bytes_at(const void* at, size_t size) noexcept {
    return {static_cast<const uint8_t*>(at), size};
}

} // namespace

extern "C" {

void sodium_memzero(void* const at, const size_t size) {
    __builtin_memset(at, 0, size);
    asm volatile("" : : "r"(at) : "memory"); // the store must not be dropped: it erases a secret
}

int sodium_memcmp(const void* const a, const void* const b, size_t size) {
    return grafos::is_equal_constant_time(bytes_at(a, size), bytes_at(b, size)) ? 0 : -1;
}

int sodium_is_zero(const unsigned char* at, const size_t size) {
    return grafos::is_all_zero(bytes_at(at, size)) ? 1 : 0;
}

/// The library was called outside its contract: a broken program.
void sodium_misuse(void) {
    GRAFOS_UNREACHABLE();
}

/// Random keys come from the core's generator only, so nothing of libsodium that draws is ever
/// called.
void randombytes_buf(void* const, const size_t) {
    GRAFOS_UNREACHABLE();
}

} // extern "C"
