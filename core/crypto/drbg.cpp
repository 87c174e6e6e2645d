// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/drbg.hpp"

#include "core/crypto/secret.hpp"
#include "core/crypto/sha256.hpp"

namespace grafos::crypto {
namespace {

constexpr std::string_view block_label = "grafos-drbg-v1\n";
constexpr std::string_view seed_label = "grafos-drbg-seed-v1\n";
constexpr size_t number_offset = block_label.size() + 32;
constexpr size_t input_bytes = number_offset + 8;

// The input leaves room for SHA-256's padding in its only block: 0x80, then the length in bits.
static_assert(input_bytes + 1 + 8 == sha256_block_bytes);
static_assert(Drbg::pool_bytes % sha256_digest_bytes == 0);

using Block = std::array<uint8_t, sha256_block_bytes>;

/// SHA-256 of the block's input, without building the padding again for each number.
void digest_block(Block& block, uint64_t number, MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() == sha256_digest_bytes);
    store_big_endian<uint64_t>(block.data() + number_offset, number);
    Sha256State state = sha256_initial_state;
    sha256_absorb(state, block);
    for (size_t i = 0; i < state.words.size(); ++i) {
        store_big_endian<uint32_t>(to.data() + 4 * i, state.words[i]);
    }
}

} // namespace

Drbg::~Drbg() {
    erase_secret(key_);
    erase_secret(pool_);
}

Result<> Drbg::start(hal::Entropy& entropy) noexcept {
    std::array<uint8_t, seed_bytes> bytes{};
    GRAFOS_TRY(entropy.fill(bytes));
    seed(bytes);
    erase_secret(bytes);
    return ok();
}

void Drbg::seed(Bytes seed) noexcept {
    GRAFOS_ASSERT(!seed.empty());
    key_ = sha256_of_parts({bytes_of(seed_label), seed}).bytes;
    erase_secret(pool_);
    left_ = 0;
    is_seeded_ = true;
}

void Drbg::refill() noexcept {
    Block block{};
    copy_bytes(block, bytes_of(block_label));
    copy_bytes(MutableBytes{block}.subspan(block_label.size()), key_);
    block[input_bytes] = 0x80;
    store_big_endian<uint64_t>(block.data() + input_bytes + 1, 8 * input_bytes);

    digest_block(block, 0, key_);
    for (size_t at = 0; at < pool_bytes; at += sha256_digest_bytes) {
        digest_block(block, at / sha256_digest_bytes + 1,
                     MutableBytes{pool_}.subspan(at, sha256_digest_bytes));
    }
    left_ = pool_bytes;
    erase_secret(block); // it holds the key that made this pool
}

void Drbg::fill(MutableBytes to) noexcept {
    GRAFOS_ASSERT(is_seeded_);
    while (!to.empty()) {
        if (left_ == 0) {
            refill();
        }
        const size_t count = to.size() < left_ ? to.size() : left_;
        const MutableBytes used = MutableBytes{pool_}.last(left_).first(count);
        copy_bytes(to, used);
        erase_secret(used);
        left_ -= count;
        to = to.subspan(count);
    }
}

} // namespace grafos::crypto
