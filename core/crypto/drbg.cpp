// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/drbg.hpp"

#include "core/crypto/secret.hpp"
#include "core/crypto/sha256.hpp"

namespace grafos::crypto {
namespace {

constexpr std::string_view block_label = "grafos-drbg-v1\n";
constexpr std::string_view seed_label = "grafos-drbg-seed-v1\n";
constexpr size_t input_bytes = block_label.size() + 32 + 8;

// One compression a block: the input leaves room for the padding's first byte and the length.
static_assert(input_bytes + 1 + 8 == sha256_block_bytes);
static_assert(Drbg::pool_bytes % sha256_digest_bytes == 0);

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
    std::array<uint8_t, input_bytes> input;
    ByteWriter writer{input};
    writer.put_bytes(bytes_of(block_label));
    writer.put_bytes(key_);
    writer.put<uint64_t>(0);
    GRAFOS_ASSERT(writer.size() == input.size());

    key_ = sha256(input).bytes;
    for (size_t block = 0; block < pool_bytes / sha256_digest_bytes; ++block) {
        store_big_endian<uint64_t>(input.data() + input.size() - 8, block + 1);
        const Digest digest = sha256(input);
        copy_bytes(MutableBytes{pool_}.subspan(block * sha256_digest_bytes), digest.view());
    }
    left_ = pool_bytes;
    erase_secret(input); // it holds the key that made this pool
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
