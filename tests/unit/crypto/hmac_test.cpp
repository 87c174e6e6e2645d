// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/hmac.hpp"

#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;
using test::pattern;

struct Rfc4231Case {
    std::string_view key; ///< hexadecimal, or one byte to be repeated `key_repeats` times
    size_t key_repeats;
    std::string_view message; ///< text, or (where `message_repeats` > 1) one byte in hexadecimal
    size_t message_repeats;
    std::string_view mac; ///< all of it, or its first half (case 5)
};

constexpr Rfc4231Case rfc4231_cases[] = {
    {"0b", 20, "Hi There", 1, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", 1, "what do ya want for nothing?", 1,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aa", 20, "dd", 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819", 1, "cd", 50,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"0c", 20, "Test With Truncation", 1, "a3b6167473100ee06e0c796c2955552b"},
    {"aa", 131, "Test Using Larger Than Block-Size Key - Hash Key First", 1,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"aa", 131,
     "This is a test using a larger than block-size key and a larger than block-size data. "
     "The key needs to be hashed before being used by the HMAC algorithm.",
     1, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

TEST(Hmac, Gives_the_MACs_of_RFC_4231) {
    for (const Rfc4231Case& one : rfc4231_cases) {
        std::array<uint8_t, 256> key{};
        const Hex key_unit{one.key};
        const size_t key_bytes = key_unit.bytes().size() * one.key_repeats;
        for (size_t i = 0; i < key_bytes; ++i) {
            key[i] = key_unit.bytes()[i % key_unit.bytes().size()];
        }
        std::array<uint8_t, 256> message{};
        size_t message_bytes = one.message.size();
        if (one.message_repeats > 1) {
            message.fill(Hex{one.message}.bytes()[0]);
            message_bytes = one.message_repeats;
        } else {
            copy_bytes(message, bytes_of(one.message));
        }
        const HmacKey hmac{Bytes{key}.first(key_bytes)};
        const Hex expected{one.mac};
        const Digest mac = hmac.mac(Bytes{message}.first(message_bytes));
        EXPECT_TRUE(is_equal(mac.view().first(expected.bytes().size()), expected.bytes()))
            << one.mac;
    }
}

TEST(Hmac, Every_length_of_key_and_message_agrees_with_another_implementation) {
    // The digest of 131 MACs: key and message of length n, key byte i = 11i + n, message byte
    // i = 7i + n; computed with Python's hmac.
    Sha256 all;
    for (size_t length = 0; length <= 130; ++length) {
        const auto key = pattern(11, length);
        const auto message = pattern(7, length);
        const HmacKey hmac{Bytes{key}.first(length)};
        all.update(hmac.mac(Bytes{message}.first(length)).view());
    }
    EXPECT_EQ(all.finish(),
              from_hex<Digest>("8bd7ac4fcf3144d2abf0a5fa36bb6f3f0c93d4a44652224c0661c567dfb5d453"));
}

TEST(Hmac, One_key_makes_many_MACs) {
    const HmacKey hmac{bytes_of("key")};
    const Digest first = hmac.mac(bytes_of("one"));
    EXPECT_NE(hmac.mac(bytes_of("two")), first);
    EXPECT_EQ(hmac.mac(bytes_of("one")), first);
}

TEST(Hmac, Verify_accepts_the_MAC_and_refuses_it_with_any_bit_changed) {
    const HmacKey hmac{bytes_of("key")};
    const Digest mac = hmac.mac(bytes_of("message"));
    EXPECT_TRUE(hmac.verify(bytes_of("message"), mac));
    EXPECT_FALSE(hmac.verify(bytes_of("messagf"), mac));
    EXPECT_FALSE(hmac.verify(bytes_of("messag"), mac));
    for (size_t bit = 0; bit < 8 * Digest::size_bytes; ++bit) {
        Digest changed = mac;
        changed.bytes[bit / 8] = static_cast<uint8_t>(changed.bytes[bit / 8] ^ (1u << (bit % 8)));
        EXPECT_FALSE(hmac.verify(bytes_of("message"), changed)) << bit;
    }
}

TEST(Hmac, Setting_another_key_forgets_the_first) {
    HmacKey hmac{bytes_of("one")};
    const Digest with_one = hmac.mac(bytes_of("message"));
    hmac.set(bytes_of("two"));
    EXPECT_NE(hmac.mac(bytes_of("message")), with_one);
    hmac.set(bytes_of("one"));
    EXPECT_EQ(hmac.mac(bytes_of("message")), with_one);
}

TEST(Hmac, Without_a_key_there_is_no_MAC) {
    HmacKey hmac;
    EXPECT_FALSE(hmac.is_set());
    EXPECT_ASSERTION(hmac.mac(bytes_of("message")));
    hmac.set(bytes_of("key"));
    EXPECT_TRUE(hmac.is_set());
    hmac.erase();
    EXPECT_FALSE(hmac.is_set());
    EXPECT_ASSERTION(hmac.mac(bytes_of("message")));
    // Both states lie first in the object.
    EXPECT_TRUE(is_all_zero({reinterpret_cast<const uint8_t*>(&hmac), 2 * sizeof(Sha256State)}));
}

} // namespace
} // namespace grafos::crypto
