// SPDX-License-Identifier: Apache-2.0
// The fast bodies against the one that runs everywhere. A body whose instructions this CPU lacks is
// not run; Linux on a server has them all, QEMU's default CPU has none of x86_64's.
#include "boards/parts/sodium/bodies.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::board {
namespace {

constexpr size_t longest = 1'400;

struct Sealed {
    std::array<uint8_t, longest> body;
    std::array<uint8_t, hal::aead_tag_bytes> tag;
};

constexpr hal::AeadSecret key{1, 2, 3, 250};

[[nodiscard]] Sealed seal(const Bodies& bodies, size_t length) noexcept {
    Sealed sealed;
    for (size_t i = 0; i < longest; ++i) {
        sealed.body[i] = static_cast<uint8_t>(i * 31 + length);
    }
    const std::array<uint8_t, 40> associated{9, 8, 7};
    const hal::AeadNonce nonce{static_cast<uint8_t>(length)};
    seal_with(bodies, key, nonce, Bytes{associated}.first(length % 41),
              MutableBytes{sealed.body}.first(length), hal::AeadTag{sealed.tag});
    return sealed;
}

TEST(SodiumBodies, Each_one_that_may_run_seals_the_same_bytes_at_every_length) {
    const arch::VectorWords words = arch::vector_words();
    const Bodies& plain = every_bodies().back();
    ASSERT_TRUE(plain.may_run({}));
    for (size_t length = 0; length <= longest; ++length) {
        const Sealed expected = seal(plain, length);
        for (const Bodies& bodies : every_bodies()) {
            if (bodies.may_run(words)) {
                const Sealed sealed = seal(bodies, length);
                ASSERT_TRUE(sealed.body == expected.body) << bodies.name << " at " << length;
                ASSERT_TRUE(sealed.tag == expected.tag) << bodies.name << " at " << length;
            }
        }
    }
}

TEST(SodiumBodies, Each_one_opens_what_another_sealed_and_nothing_else) {
    const arch::VectorWords words = arch::vector_words();
    const std::array<uint8_t, 40> associated{9, 8, 7};
    for (size_t length = 0; length <= longest; length += 37) {
        const hal::AeadNonce nonce{static_cast<uint8_t>(length)};
        const Bytes with = Bytes{associated}.first(length % 41);
        for (const Bodies& bodies : every_bodies()) {
            if (!bodies.may_run(words)) {
                continue;
            }
            Sealed sealed = seal(every_bodies().back(), length);
            const MutableBytes body = MutableBytes{sealed.body}.first(length);
            sealed.tag[15] = static_cast<uint8_t>(sealed.tag[15] ^ 0x80);
            EXPECT_FALSE(open_with(bodies, key, nonce, with, body, hal::AeadTag{sealed.tag}));
            sealed.tag[15] = static_cast<uint8_t>(sealed.tag[15] ^ 0x80);
            EXPECT_TRUE(open_with(bodies, key, nonce, with, body, hal::AeadTag{sealed.tag}));
        }
    }
}

TEST(SodiumBodies, The_best_is_the_first_that_may_run) {
    EXPECT_TRUE(&best_bodies({}) == &every_bodies().back());
    const arch::VectorWords all{.ssse3 = true, .avx2 = true, .avx512 = true};
    EXPECT_TRUE(&best_bodies(all) == &every_bodies().front());
    for (const Bodies& bodies : every_bodies()) {
        EXPECT_EQ(bodies.step_bytes % 64, 0u);
        EXPECT_LE(bodies.step_bytes, 512u);
    }
}

TEST(SodiumBodies, A_message_beyond_64_KiB_asserts) {
    static constinit std::array<uint8_t, 64 * 1024 + 1> message{};
    std::array<uint8_t, hal::aead_tag_bytes> tag{};
    EXPECT_ASSERTION(hal::chacha20_poly1305_seal(key, {}, {}, message, hal::AeadTag{tag}));
    const MutableBytes longest_message = MutableBytes{message}.first(64 * 1024);
    hal::chacha20_poly1305_seal(key, {}, {}, longest_message, hal::AeadTag{tag});
    EXPECT_TRUE(hal::chacha20_poly1305_open(key, {}, {}, longest_message, hal::AeadTag{tag}));
    EXPECT_TRUE(is_all_zero(message));
}

} // namespace
} // namespace grafos::board
