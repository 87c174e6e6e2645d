// SPDX-License-Identifier: Apache-2.0
/// SHA-256 (FIPS 180-4): the hash of the audit chain, of lease references and of every MAC.
///
/// A chain is serial, so its speed is the speed of one compression after another. Two things cost
/// besides: copying input, and padding. So whole blocks are compressed where they lie, and the last
/// one or two are built once, in place, with their padding. Compression is the CPU's own word where
/// it has one (`hal::sha256_blocks`) and the portable one elsewhere; both give the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace grafos::crypto {

inline constexpr size_t sha256_block_bytes = 64;
inline constexpr size_t sha256_digest_bytes = 32;

/// What has been compressed so far: a whole number of blocks. Kept as a midstate where many
/// messages start with the same block (see `HmacKey`).
struct Sha256State {
    std::array<uint32_t, 8> words;
    uint64_t size_bytes; ///< a multiple of sha256_block_bytes
};

inline constexpr Sha256State sha256_initial_state{{0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u,
                                                   0xa54ff53au, 0x510e527fu, 0x9b05688cu,
                                                   0x1f83d9abu, 0x5be0cd19u},
                                                  0};

/// The digest of `bytes`. Context: any.
[[nodiscard]] Digest sha256(Bytes bytes) noexcept;

/// The digest of the parts, one after another. Context: any.
[[nodiscard]] Digest sha256_of_parts(std::initializer_list<Bytes> parts) noexcept;

/// The digest of what `state` has seen, followed by `rest`. Context: any.
[[nodiscard]] Digest sha256_finish(Sha256State state, Bytes rest) noexcept;

/// Compresses whole blocks (`blocks.size()` is a multiple of sha256_block_bytes). Context: any.
void sha256_absorb(Sha256State& state, Bytes blocks) noexcept;

/// A message that arrives in pieces. Where it lies in one piece, `sha256` is quicker.
class Sha256 {
public:
    Sha256() noexcept = default;
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& update(Bytes bytes) noexcept;

    /// The digest of everything given since construction or the last `finish`; starts afresh.
    [[nodiscard]] Digest finish() noexcept;

private:
    Sha256State state_ = sha256_initial_state;
    size_t held_ = 0; ///< bytes in block_, always less than a block between calls
    std::array<uint8_t, sha256_block_bytes> block_{};
};

/// The portable compression, also there when the CPU has its own (tests compare the two).
void sha256_blocks_portable(std::array<uint32_t, 8>& words, const uint8_t* data,
                            size_t count) noexcept;

} // namespace grafos::crypto
