// SPDX-License-Identifier: Apache-2.0
/// Bytes: views, copies, byte orders, comparison in constant time, and two bounded cursors.
///
/// Big-endian on every wire and disk, whatever the machine. Copies go through compiler builtins, so
/// that the only library symbols the core needs are memcpy, memmove, memset and memcmp.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/assert.hpp"
#include "core/base/result.hpp"

namespace grafos {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline void copy_bytes(MutableBytes to, Bytes from) noexcept {
    GRAFOS_ASSERT(to.size() >= from.size());
    if (!from.empty()) {
        __builtin_memcpy(to.data(), from.data(), from.size());
    }
}

inline void zero_bytes(MutableBytes bytes) noexcept {
    if (!bytes.empty()) {
        __builtin_memset(bytes.data(), 0, bytes.size());
    }
}

/// For public data only; see `is_equal_constant_time` for MACs, keys and lease ids.
[[nodiscard]] inline bool is_equal(Bytes a, Bytes b) noexcept {
    return a.size() == b.size() &&
           (a.empty() || __builtin_memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Time depends on the lengths only.
[[nodiscard]] inline bool is_equal_constant_time(Bytes a, Bytes b) noexcept {
    if (a.size() != b.size()) {
        return false;
    }
    uint8_t difference = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
        asm volatile("" : "+r"(difference)); // keeps the loop from ending early
    }
    return difference == 0;
}

[[nodiscard]] bool is_all_zero(Bytes bytes) noexcept;

[[nodiscard]] inline Bytes bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(Bytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

namespace detail {

template <typename Integer>
[[nodiscard]] constexpr Integer to_from_big_endian(Integer value) noexcept {
    if constexpr (std::endian::native == std::endian::big || sizeof(Integer) == 1) {
        return value;
    } else if constexpr (sizeof(Integer) == 2) {
        return static_cast<Integer>(__builtin_bswap16(static_cast<uint16_t>(value)));
    } else if constexpr (sizeof(Integer) == 4) {
        return static_cast<Integer>(__builtin_bswap32(static_cast<uint32_t>(value)));
    } else {
        static_assert(sizeof(Integer) == 8);
        return static_cast<Integer>(__builtin_bswap64(static_cast<uint64_t>(value)));
    }
}

} // namespace detail

// Written with a copy and a swap: compilers see through a loop over bytes only where it stands
// alone.
template <typename Integer>
[[nodiscard]] constexpr Integer load_big_endian(const uint8_t* from) noexcept {
    Integer value = 0;
    if (__builtin_is_constant_evaluated()) {
        for (size_t i = 0; i < sizeof(Integer); ++i) {
            value = static_cast<Integer>((static_cast<uint64_t>(value) << 8) | from[i]);
        }
        return value;
    }
    __builtin_memcpy(&value, from, sizeof(Integer));
    return detail::to_from_big_endian(value);
}
template <typename Integer>
constexpr void store_big_endian(uint8_t* to, Integer value) noexcept {
    if (__builtin_is_constant_evaluated()) {
        for (size_t i = 0; i < sizeof(Integer); ++i) {
            const size_t shift = 8 * (sizeof(Integer) - 1 - i);
            to[i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> shift);
        }
        return;
    }
    const Integer swapped = detail::to_from_big_endian(value);
    __builtin_memcpy(to, &swapped, sizeof(Integer));
}
template <typename Integer>
[[nodiscard]] constexpr Integer load_little_endian(const uint8_t* from) noexcept {
    uint64_t value = 0;
    for (size_t i = sizeof(Integer); i-- > 0;) {
        value = (value << 8) | from[i];
    }
    return static_cast<Integer>(value);
}

/// Writes fields one after another into a buffer that the caller sized for them: running over the
/// end is a broken program, since every encoder knows its worst case.
class ByteWriter {
public:
    constexpr explicit ByteWriter(MutableBytes buffer) noexcept : buffer_{buffer} {}

    template <typename Integer>
    void put(Integer value) noexcept {
        GRAFOS_ASSERT(buffer_.size() - size_ >= sizeof(Integer));
        store_big_endian<Integer>(buffer_.data() + size_, value);
        size_ += sizeof(Integer);
    }
    void put_bytes(Bytes bytes) noexcept {
        GRAFOS_ASSERT(buffer_.size() - size_ >= bytes.size());
        copy_bytes(buffer_.subspan(size_), bytes);
        size_ += bytes.size();
    }
    /// u32 length, then the bytes.
    void put_counted(Bytes bytes) noexcept {
        put<uint32_t>(static_cast<uint32_t>(bytes.size()));
        put_bytes(bytes);
    }
    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] MutableBytes written() const noexcept { return buffer_.first(size_); }

private:
    MutableBytes buffer_;
    size_t size_ = 0;
};

/// Reads fields from bytes nobody vouches for: running over the end is remembered, answers zeroes,
/// and is asked for once with `is_ok()` after the last field.
class ByteReader {
public:
    constexpr explicit ByteReader(Bytes bytes) noexcept : bytes_{bytes} {}

    template <typename Integer>
    [[nodiscard]] Integer take() noexcept {
        const Bytes field = take_bytes(sizeof(Integer));
        return field.size() == sizeof(Integer) ? load_big_endian<Integer>(field.data())
                                               : Integer{0};
    }
    /// A view of the next `count` bytes, or an empty one (and `is_ok()` false from then on).
    [[nodiscard]] Bytes take_bytes(size_t count) noexcept {
        if (!ok_ || bytes_.size() - offset_ < count) {
            ok_ = false;
            return {};
        }
        const Bytes field = bytes_.subspan(offset_, count);
        offset_ += count;
        return field;
    }
    /// u32 length ≤ `most`, then the bytes.
    [[nodiscard]] Bytes take_counted(size_t most) noexcept {
        const uint32_t length = take<uint32_t>();
        if (length > most) {
            ok_ = false;
            return {};
        }
        return take_bytes(length);
    }
    template <size_t N>
    [[nodiscard]] std::array<uint8_t, N> take_array() noexcept {
        std::array<uint8_t, N> array{};
        const Bytes field = take_bytes(N);
        if (field.size() == N) {
            copy_bytes(array, field);
        }
        return array;
    }
    [[nodiscard]] bool is_ok() const noexcept { return ok_; }
    [[nodiscard]] size_t offset() const noexcept { return offset_; }
    [[nodiscard]] size_t left() const noexcept { return bytes_.size() - offset_; }

private:
    Bytes bytes_;
    size_t offset_ = 0;
    bool ok_ = true;
};

/// CRC-32C (Castagnoli, RFC 3720 B.4), for finding torn writes; never for authenticity.
[[nodiscard]] uint32_t crc32c(Bytes bytes, uint32_t seed = 0) noexcept;

} // namespace grafos
