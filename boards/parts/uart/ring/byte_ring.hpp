// SPDX-License-Identifier: Apache-2.0
/// A bounded ring of bytes between one interrupt (or thread) that puts and one turn that takes.
///
/// Two counters that only rise; each side writes its own. Header only and over compiler builtins:
/// the library's <atomic> does not compile for general registers only, as interrupt handlers are.
#pragma once

#include <cstdint>

namespace grafos::board {

template <uint32_t Size>
class ByteRing {
    static_assert(Size != 0 && (Size & (Size - 1)) == 0, "a power of two");

public:
    /// False when full: the byte is lost. Context: the one producer.
    [[nodiscard, gnu::always_inline]] bool put(uint8_t byte) noexcept {
        const uint32_t put_count = __atomic_load_n(&put_count_, __ATOMIC_RELAXED);
        if (put_count - __atomic_load_n(&take_count_, __ATOMIC_ACQUIRE) == Size) {
            return false;
        }
        bytes_[put_count % Size] = byte;
        __atomic_store_n(&put_count_, put_count + 1, __ATOMIC_RELEASE);
        return true;
    }

    /// Context: either side; only the producer's "no" is final.
    [[nodiscard, gnu::always_inline]] bool is_full() const noexcept {
        return __atomic_load_n(&put_count_, __ATOMIC_RELAXED) -
                   __atomic_load_n(&take_count_, __ATOMIC_ACQUIRE) ==
               Size;
    }

    [[nodiscard, gnu::always_inline]] bool is_empty() const noexcept {
        return __atomic_load_n(&put_count_, __ATOMIC_ACQUIRE) ==
               __atomic_load_n(&take_count_, __ATOMIC_RELAXED);
    }

    /// False when empty. Context: the one consumer.
    [[nodiscard]] bool take(uint8_t& byte) noexcept {
        const uint32_t take_count = __atomic_load_n(&take_count_, __ATOMIC_RELAXED);
        if (__atomic_load_n(&put_count_, __ATOMIC_ACQUIRE) == take_count) {
            return false;
        }
        byte = bytes_[take_count % Size];
        __atomic_store_n(&take_count_, take_count + 1, __ATOMIC_RELEASE);
        return true;
    }

private:
    uint32_t put_count_ = 0;
    uint32_t take_count_ = 0;
    uint8_t bytes_[Size] = {};
};

} // namespace grafos::board
