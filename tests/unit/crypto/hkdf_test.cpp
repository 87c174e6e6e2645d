// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/hkdf.hpp"

#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;

struct Case {
    std::string_view chaining_key;
    std::string_view input;
    std::string_view outputs[3];
};

/// The first is RFC 5869 A.3 (no salt, no information; its 42 bytes are the first output and ten of
/// the second); all three were computed again by Python's hmac.
constexpr Case cases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     {"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
      "9d201395faa4b61a96c8b2fb61057244b36c6ddd287f634795e7d80d5fe26bfc",
      "36def6dc129c29271a0eb7ab14bd2ca88259f8a3a92ac2ec0e3e4fa046a4b90b"}},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "",
     {"1d7e0d6f1d9da2d68dabed53b5f88345f3fd01cb75411fbe5aa4293bd8f430d6",
      "3ed9b8035bbf370b8cfef7ff15007de45488e18660c84e3d996e8e6c658fa7f8",
      "deb13a41969a3f32515850a9a082e41b072c2bcaecde627cce56db90903aadc5"}},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
     {"2607f5d05b268e0057684567787ed2f250fdb6e5b0572df9ef57a29539e5b5f8",
      "ccc538566c93ab32f7106fbee1e0e9fa5501f6363b63ce894b3a27385f13c86c",
      "f72d032483792781ae9b50b273a57a44b0f8c47ff9ca121e5443eb7a9dd62e74"}},
};

TEST(Hkdf, Two_and_three_outputs_are_those_of_RFC_5869) {
    for (const Case& one : cases) {
        const auto chaining_key = from_hex<Digest>(one.chaining_key);
        const Hex input{one.input};
        Digest outputs[3];
        hkdf2(chaining_key, input.bytes(), outputs[0], outputs[1]);
        EXPECT_EQ(outputs[0], from_hex<Digest>(one.outputs[0]));
        EXPECT_EQ(outputs[1], from_hex<Digest>(one.outputs[1]));
        hkdf3(chaining_key, input.bytes(), outputs[0], outputs[1], outputs[2]);
        for (size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(outputs[i], from_hex<Digest>(one.outputs[i])) << i;
        }
    }
}

TEST(Hkdf, An_output_may_take_the_chaining_keys_place) {
    for (const Case& one : cases) {
        const Hex input{one.input};
        auto chaining_key = from_hex<Digest>(one.chaining_key);
        Digest second;
        hkdf2(chaining_key, input.bytes(), chaining_key, second);
        EXPECT_EQ(chaining_key, from_hex<Digest>(one.outputs[0]));
        EXPECT_EQ(second, from_hex<Digest>(one.outputs[1]));
    }
}

} // namespace
} // namespace grafos::crypto
