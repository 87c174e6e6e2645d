// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead.hpp"

#include "core/crypto/sha256.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;

constexpr size_t longest = 1'200;

/// A key, a message and associated data that the generator of the digests below made alike.
struct Known {
    Known() noexcept {
        std::array<uint8_t, 32> bytes;
        for (size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<uint8_t>(7 * i + 1);
        }
        key.set(bytes);
        for (size_t i = 0; i < message.size(); ++i) {
            message[i] = static_cast<uint8_t>(13 * i + 5);
        }
        for (size_t i = 0; i < associated.size(); ++i) {
            associated[i] = static_cast<uint8_t>(11 * i + 3);
        }
    }
    [[nodiscard]] Bytes associated_of(size_t length) const noexcept {
        return Bytes{associated}.first(length % 49);
    }
    AeadKey key;
    std::array<uint8_t, longest> message;
    std::array<uint8_t, 64> associated;
};

TEST(Aead, The_word_gives_the_bytes_of_RFC_8439_section_2_8_2) {
    const auto key = from_hex<hal::AeadSecret>(
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    const auto nonce = from_hex<hal::AeadNonce>("070000004041424344454647");
    const Hex associated{"50515253c0c1c2c3c4c5c6c7"};
    const Bytes plain = bytes_of("Ladies and Gentlemen of the class of '99: If I could offer you "
                                 "only one tip for the future, sunscreen would be it.");
    const Hex sealed{"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                     "3ff4def08e4b7a9de576d26586cec64b6116"};
    const auto tag = from_hex<std::array<uint8_t, 16>>("1ae10b594f09e26a7e902ecbd0600691");

    std::array<uint8_t, 114> message;
    copy_bytes(message, plain);
    std::array<uint8_t, 16> tag_made{};
    hal::chacha20_poly1305_seal(key, nonce, associated.bytes(), message, hal::AeadTag{tag_made});
    EXPECT_TRUE(is_equal(message, sealed.bytes()));
    EXPECT_EQ(tag_made, tag);
    EXPECT_TRUE(hal::chacha20_poly1305_open(key, nonce, associated.bytes(), message,
                                            hal::AeadTagGiven{tag}));
    EXPECT_TRUE(is_equal(message, plain));
}

TEST(Aead, A_counter_is_the_nonce_little_endian_behind_four_zeroes) {
    // RFC 8439 A.5, whose nonce is 00000000 0102030405060708; its key and associated data.
    const Hex associated{"f33388860000000000004e91"};
    const Bytes plain = bytes_of(
        "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
        "replaced, or obsoleted by other documents at any time. It is inappropriate to use "
        "Internet-Drafts as reference material or to cite them other than as "
        "/\xe2\x80\x9cwork in progress./\xe2\x80\x9d");
    const Hex first{"64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"};
    const Hex tag{"eead9d67890cbb22392336fea1851f38"};
    AeadKey key;
    key.set(Hex{"1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"}.bytes());

    std::array<uint8_t, 265 + seal_tag_bytes> body{};
    ASSERT_EQ(plain.size(), 265u);
    copy_bytes(body, plain);
    key.seal(0x0807060504030201, associated.bytes(), body);
    EXPECT_TRUE(is_equal(Bytes{body}.first(32), first.bytes()));
    EXPECT_TRUE(is_equal(Bytes{body}.last(seal_tag_bytes), tag.bytes()));
    EXPECT_TRUE(key.open(0x0807060504030201, associated.bytes(), body));
    EXPECT_TRUE(is_equal(Bytes{body}.first(265), plain));
}

TEST(Aead, Every_length_to_1200_is_sealed_as_another_implementation_does) {
    // SHA-256 over each length's sealed bytes and tag, made by OpenSSL (python3-cryptography).
    Known known;
    Sha256 all;
    std::array<uint8_t, longest + seal_tag_bytes> body;
    for (size_t length = 0; length <= longest; ++length) {
        const Bytes plain = Bytes{known.message}.first(length);
        const MutableBytes used = MutableBytes{body}.first(length + seal_tag_bytes);
        copy_bytes(used, plain);
        const uint64_t counter = length * 0x0101010101;
        known.key.seal(counter, known.associated_of(length), used);
        all.update(used);
        ASSERT_TRUE(known.key.open(counter, known.associated_of(length), used)) << length;
        ASSERT_TRUE(is_equal(used.first(length), plain)) << length;
    }
    EXPECT_EQ(all.finish(),
              from_hex<Digest>("6b00bc6f821c6b5f5d1691697a693fe591527787491e541bf5eb4c99c76aa6c4"));
}

TEST(Aead, Any_alignment_gives_the_same_bytes) {
    Known known;
    std::array<uint8_t, 700> first{};
    copy_bytes(first, Bytes{known.message}.first(600));
    known.key.seal(1, known.associated, MutableBytes{first}.first(616));
    alignas(64) std::array<uint8_t, 800> shifted;
    for (size_t shift = 1; shift < 64; ++shift) {
        const MutableBytes body = MutableBytes{shifted}.subspan(shift, 616);
        copy_bytes(body, Bytes{known.message}.first(600));
        known.key.seal(1, known.associated, body);
        EXPECT_TRUE(is_equal(body, Bytes{first}.first(616))) << shift;
    }
}

/// Sealed bytes of which one bit was changed are refused, and stay what they were.
void expect_refused(const AeadKey& key, uint64_t counter, Bytes associated, MutableBytes body) {
    std::array<uint8_t, 600> before{};
    copy_bytes(before, body);
    EXPECT_FALSE(key.open(counter, associated, body));
    EXPECT_TRUE(is_equal(Bytes{before}.first(body.size()), body));
}

TEST(Aead, Every_bit_of_body_tag_associated_data_and_counter_counts) {
    Known known;
    constexpr size_t length = 70;
    std::array<uint8_t, length + seal_tag_bytes> body;
    copy_bytes(body, Bytes{known.message}.first(length));
    const MutableBytes associated = MutableBytes{known.associated}.first(24);
    constexpr uint64_t counter = 5;
    known.key.seal(counter, associated, body);
    for (size_t bit = 0; bit < 8 * body.size(); ++bit) {
        const auto mask = static_cast<uint8_t>(1u << (bit % 8));
        body[bit / 8] = static_cast<uint8_t>(body[bit / 8] ^ mask);
        expect_refused(known.key, counter, associated, body);
        body[bit / 8] = static_cast<uint8_t>(body[bit / 8] ^ mask);
    }
    for (size_t bit = 0; bit < 8 * associated.size(); ++bit) {
        const auto mask = static_cast<uint8_t>(1u << (bit % 8));
        associated[bit / 8] = static_cast<uint8_t>(associated[bit / 8] ^ mask);
        expect_refused(known.key, counter, associated, body);
        associated[bit / 8] = static_cast<uint8_t>(associated[bit / 8] ^ mask);
    }
    for (unsigned bit = 0; bit < 64; ++bit) {
        expect_refused(known.key, counter ^ (uint64_t{1} << bit), associated, body);
    }
    EXPECT_TRUE(known.key.open(counter, associated, body));
}

TEST(Aead, A_body_cut_or_moved_against_its_associated_data_is_refused) {
    Known known;
    std::array<uint8_t, 500 + seal_tag_bytes> body;
    copy_bytes(body, Bytes{known.message}.first(500));
    known.key.seal(9, {}, body);
    for (size_t size = 0; size < body.size(); ++size) {
        expect_refused(known.key, 9, {}, MutableBytes{body}.first(size));
    }
    // The lengths are in the tag: what was message cannot become associated data.
    expect_refused(known.key, 9, Bytes{body}.first(16), MutableBytes{body}.subspan(16));
    EXPECT_TRUE(known.key.open(9, {}, body));
}

TEST(Aead, Another_key_opens_nothing) {
    Known known;
    AeadKey other;
    std::array<uint8_t, 32> bytes{};
    other.set(bytes);
    std::array<uint8_t, 64> body{};
    known.key.seal(0, {}, body);
    expect_refused(other, 0, {}, body);
    EXPECT_TRUE(known.key.open(0, {}, body));
}

TEST(Aead, The_last_counter_is_never_used) {
    Known known;
    std::array<uint8_t, 32> body{};
    // Somebody who has the key and does not keep the rule.
    const auto secret = from_hex<hal::AeadSecret>(
        "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
    const auto nonce = from_hex<hal::AeadNonce>("00000000ffffffffffffffff");
    AeadKey key;
    key.set(secret);
    hal::chacha20_poly1305_seal(secret, nonce, {}, MutableBytes{body}.first(16),
                                MutableBytes{body}.last<16>());
    EXPECT_FALSE(key.open(seal_counter_never, {}, body));
    known.key.seal(seal_counter_never - 1, {}, body);
    EXPECT_FALSE(known.key.open(seal_counter_never, {}, body));
    EXPECT_TRUE(known.key.open(seal_counter_never - 1, {}, body));
    EXPECT_ASSERTION(known.key.seal(seal_counter_never, {}, body));
}

TEST(Aead, A_key_that_is_not_set_or_was_erased_asserts) {
    std::array<uint8_t, 32> body{};
    AeadKey key;
    EXPECT_FALSE(key.is_set());
    EXPECT_ASSERTION(key.seal(0, {}, body));
    EXPECT_ASSERTION(key.open(0, {}, body));
    EXPECT_ASSERTION(key.set(Bytes{body}.first(31)));
    key.set(Hex{"1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"}.bytes());
    EXPECT_TRUE(key.is_set());
    EXPECT_ASSERTION(key.seal(0, {}, MutableBytes{body}.first(15)));
    key.erase();
    EXPECT_FALSE(key.is_set());
    EXPECT_ASSERTION(key.open(0, {}, body));
    const Bytes memory{reinterpret_cast<const uint8_t*>(&key), sizeof(key)};
    EXPECT_TRUE(is_all_zero(memory.first(32)));
}

} // namespace
} // namespace grafos::crypto
