// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/sha256.hpp"

#include "hal/crypto.hpp"

namespace grafos::crypto {
namespace {

/// Where the 64-bit length stands in the last block.
constexpr size_t length_offset = sha256_block_bytes - sizeof(uint64_t);

void compress(std::array<uint32_t, 8>& words, const uint8_t* data, size_t count) noexcept {
    if (hal::has_sha256_blocks()) {
        hal::sha256_blocks(words.data(), data, count);
    } else {
        sha256_blocks_portable(words, data, count);
    }
}

[[nodiscard]] Digest digest_of(const std::array<uint32_t, 8>& words) noexcept {
    Digest digest;
    for (size_t i = 0; i < words.size(); ++i) {
        const uint32_t word = __builtin_bswap32(words[i]);
        __builtin_memcpy(digest.bytes.data() + 4 * i, &word, 4);
    }
    return digest;
}

} // namespace

void sha256_absorb(Sha256State& state, Bytes blocks) noexcept {
    GRAFOS_ASSERT(blocks.size() % sha256_block_bytes == 0);
    if (!blocks.empty()) {
        compress(state.words, blocks.data(), blocks.size() / sha256_block_bytes);
        state.size_bytes += blocks.size();
    }
}

Digest sha256_finish(Sha256State state, Bytes rest) noexcept {
    const size_t tail_bytes = rest.size() % sha256_block_bytes;
    sha256_absorb(state, rest.first(rest.size() - tail_bytes));

    // 0x80, zeroes, and the length in bits: one block, or two if the length does not fit behind.
    std::array<uint8_t, 2 * sha256_block_bytes> tail;
    const size_t block_count = tail_bytes < length_offset ? 1 : 2;
    const size_t length_at = length_offset + (block_count - 1) * sha256_block_bytes;
    copy_bytes(tail, rest.last(tail_bytes));
    tail[tail_bytes] = 0x80;
    zero_bytes(MutableBytes{tail}.subspan(tail_bytes + 1, length_at - tail_bytes - 1));
    const uint64_t bit_count = __builtin_bswap64(8 * (state.size_bytes + tail_bytes));
    __builtin_memcpy(tail.data() + length_at, &bit_count, sizeof(bit_count));
    compress(state.words, tail.data(), block_count);
    return digest_of(state.words);
}

Digest sha256(Bytes bytes) noexcept {
    return sha256_finish(sha256_initial_state, bytes);
}

Digest sha256_of_parts(std::initializer_list<Bytes> parts) noexcept {
    Sha256 hash;
    for (const Bytes part : parts) {
        hash.update(part);
    }
    return hash.finish();
}

Sha256& Sha256::update(Bytes bytes) noexcept {
    GRAFOS_ASSERT(held_ < sha256_block_bytes);
    if (held_ > 0) {
        const size_t room = sha256_block_bytes - held_;
        const size_t taken = bytes.size() < room ? bytes.size() : room;
        copy_bytes(MutableBytes{block_}.subspan(held_), bytes.first(taken));
        held_ += taken;
        bytes = bytes.subspan(taken);
        if (held_ < sha256_block_bytes) {
            return *this;
        }
        sha256_absorb(state_, block_);
    }
    held_ = bytes.size() % sha256_block_bytes;
    sha256_absorb(state_, bytes.first(bytes.size() - held_));
    copy_bytes(block_, bytes.last(held_));
    return *this;
}

Digest Sha256::finish() noexcept {
    const Digest digest = sha256_finish(state_, Bytes{block_}.first(held_));
    state_ = sha256_initial_state;
    held_ = 0;
    return digest;
}

} // namespace grafos::crypto
