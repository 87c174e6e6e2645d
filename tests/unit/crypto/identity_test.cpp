// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/identity.hpp"

#include "core/crypto/sha256.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;

struct Rfc8032Case {
    std::string_view seed;
    std::string_view public_key;
    std::string_view message;
    std::string_view signature;
};

/// RFC 8032 §7.1: TEST 1, 2, 3 and SHA(abc).
constexpr Rfc8032Case rfc8032_cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

[[nodiscard]] IdentitySecrets known_secrets() {
    return {from_hex<hal::Ed25519Seed>(rfc8032_cases[0].seed),
            from_hex<hal::X25519Key>(
                "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")};
}

constexpr Sequence known_sequence{0x0102030405060708};

TEST(Curves, Ed25519_gives_the_keys_and_signatures_of_RFC_8032) {
    for (const Rfc8032Case& one : rfc8032_cases) {
        hal::Ed25519PublicKey public_key{};
        hal::Ed25519SecretKey secret_key{};
        hal::Ed25519Signature signature{};
        const Hex message{one.message};
        hal::ed25519_key_pair(from_hex<hal::Ed25519Seed>(one.seed), public_key, secret_key);
        hal::ed25519_sign(secret_key, message.bytes(), signature);
        EXPECT_EQ(public_key, from_hex<hal::Ed25519PublicKey>(one.public_key));
        EXPECT_EQ(signature, from_hex<hal::Ed25519Signature>(one.signature));
        EXPECT_TRUE(hal::ed25519_verify(public_key, message.bytes(), signature));
    }
}

TEST(Curves, A_signature_is_of_one_message_and_one_key_only) {
    const auto signature = from_hex<hal::Ed25519Signature>(rfc8032_cases[1].signature);
    const auto right = from_hex<hal::Ed25519PublicKey>(rfc8032_cases[1].public_key);
    const auto wrong = from_hex<hal::Ed25519PublicKey>(rfc8032_cases[2].public_key);
    EXPECT_TRUE(hal::ed25519_verify(right, Hex{"72"}.bytes(), signature));
    EXPECT_FALSE(hal::ed25519_verify(wrong, Hex{"72"}.bytes(), signature));
    EXPECT_FALSE(hal::ed25519_verify(right, Hex{"73"}.bytes(), signature));
    EXPECT_FALSE(hal::ed25519_verify(right, Hex{"7200"}.bytes(), signature));
    EXPECT_FALSE(hal::ed25519_verify(right, {}, signature));
}

TEST(Curves, A_second_form_of_a_signature_is_refused) {
    // S + L signs the same message for a verifier that does not look (RFC 8032 §5.1.7).
    const auto public_key = from_hex<hal::Ed25519PublicKey>(rfc8032_cases[1].public_key);
    const Hex order{"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"};
    auto signature = from_hex<hal::Ed25519Signature>(rfc8032_cases[1].signature);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; ++i) {
        const unsigned sum = signature[32 + i] + order.bytes()[i] + carry;
        signature[32 + i] = static_cast<uint8_t>(sum);
        carry = sum >> 8;
    }
    EXPECT_FALSE(hal::ed25519_verify(public_key, Hex{"72"}.bytes(), signature));
}

TEST(Curves, A_key_of_small_order_verifies_nothing) {
    // The neutral element as key and as R, with S = 0, satisfies the equation for any message.
    hal::Ed25519PublicKey neutral{1};
    hal::Ed25519Signature signature{1};
    EXPECT_FALSE(hal::ed25519_verify(neutral, bytes_of("anything"), signature));
    neutral[0] = 0; // of order 4
    EXPECT_FALSE(hal::ed25519_verify(neutral, bytes_of("anything"), signature));
}

TEST(Curves, X25519_gives_the_public_keys_of_RFC_7748) {
    // §6.1, Alice and Bob.
    const std::string_view pairs[][2] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    for (const auto& [secret, expected] : pairs) {
        hal::X25519Key public_key{};
        hal::x25519_public_key(from_hex<hal::X25519Key>(secret), public_key);
        EXPECT_EQ(public_key, from_hex<hal::X25519Key>(expected));
    }
}

TEST(Curves, X25519_gives_the_products_of_RFC_7748) {
    // §5.2, and what Alice and Bob of §6.1 share.
    const std::string_view rows[][3] = {
        {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
         "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
        {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
         "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
         "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
         "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
         "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    };
    for (const auto& [secret, public_key, expected] : rows) {
        hal::X25519Key shared{};
        EXPECT_TRUE(hal::x25519(from_hex<hal::X25519Key>(secret),
                                from_hex<hal::X25519Key>(public_key), shared));
        EXPECT_EQ(shared, from_hex<hal::X25519Key>(expected));
    }
}

TEST(Curves, X25519_a_thousand_times_over_ends_where_RFC_7748_says) {
    hal::X25519Key k{9};
    hal::X25519Key u{9};
    for (unsigned round = 1; round <= 1'000; ++round) {
        hal::X25519Key product{};
        ASSERT_TRUE(hal::x25519(k, u, product));
        u = k;
        k = product;
        if (round == 1) {
            EXPECT_EQ(k, from_hex<hal::X25519Key>(
                             "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
        }
    }
    EXPECT_EQ(k, from_hex<hal::X25519Key>(
                     "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

/// Every encoding of a point of small order, whose product with any secret is zero: 0, 1, the two
/// of order 8, p − 1, p, p + 1 (RFC 7748 §7; cr.yp.to/ecdh.html). The top bit is not looked at.
constexpr std::string_view small_order_points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

TEST(Curves, A_product_that_says_nothing_of_the_secret_is_refused) {
    for (const std::string_view digits : small_order_points) {
        for (const unsigned top : {0x00u, 0x80u}) {
            auto point = from_hex<hal::X25519Key>(digits);
            point[31] = static_cast<uint8_t>(point[31] | top);
            hal::X25519Key shared{1, 2, 3};
            EXPECT_FALSE(hal::x25519(known_secrets().exchange_secret, point, shared));
            EXPECT_TRUE(is_all_zero(shared));
        }
    }
}

TEST(Identity, Known_secrets_give_a_known_node) {
    Identity identity;
    identity.start(known_secrets());
    EXPECT_TRUE(identity.is_started());
    EXPECT_EQ(identity.node_id(), from_hex<NodeId>(rfc8032_cases[0].public_key));
    EXPECT_EQ(
        identity.exchange_key(),
        from_hex<ExchangeKey>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
}

TEST(Identity, A_signed_head_has_the_bytes_that_another_signer_gives) {
    // By Python's cryptography over "grafos-head-v1\n" · node_id · sequence · SHA-256("abc").
    Identity identity;
    identity.start(known_secrets());
    const Signature signature = identity.sign_head(known_sequence, sha256(bytes_of("abc")));
    const std::string_view expected =
        "e9f29a70b099bcd3324b9affae5c4cef600d51db747b88a32b6649936134c70b"
        "ce2d21ca6f160358aa38134761da0e6f7dd095f382cdaabd69e9536ced0a7a05";
    EXPECT_EQ(signature, from_hex<Signature>(expected));
    const Digest hash = sha256(bytes_of("abc"));
    EXPECT_TRUE(verify_head(identity.node_id(), known_sequence, hash, signature));
}

TEST(Identity, A_head_with_any_byte_changed_is_not_signed) {
    Identity identity;
    identity.start(known_secrets());
    const NodeId node = identity.node_id();
    const Digest hash = sha256(bytes_of("abc"));
    const Signature signature = identity.sign_head(known_sequence, hash);
    for (size_t i = 0; i < NodeId::size_bytes; ++i) {
        NodeId changed = node;
        changed.bytes[i] ^= 0x20;
        EXPECT_FALSE(verify_head(changed, known_sequence, hash, signature)) << i;
    }
    for (size_t bit = 0; bit < 64; ++bit) {
        const Sequence changed{known_sequence.value ^ (uint64_t{1} << bit)};
        EXPECT_FALSE(verify_head(node, changed, hash, signature)) << bit;
    }
    for (size_t i = 0; i < Digest::size_bytes; ++i) {
        Digest changed = hash;
        changed.bytes[i] ^= 0x01;
        EXPECT_FALSE(verify_head(node, known_sequence, changed, signature)) << i;
    }
    for (size_t i = 0; i < Signature::size_bytes; ++i) {
        Signature changed = signature;
        changed.bytes[i] ^= 0x80;
        EXPECT_FALSE(verify_head(node, known_sequence, hash, changed)) << i;
    }
}

TEST(Identity, Fresh_secrets_come_from_the_generator) {
    Drbg drbg;
    Drbg twin;
    drbg.seed(bytes_of("first boot"));
    twin.seed(bytes_of("first boot"));
    IdentitySecrets secrets = draw_identity_secrets(drbg);
    const IdentitySecrets same = draw_identity_secrets(twin);
    EXPECT_EQ(secrets.signing_seed, same.signing_seed);
    EXPECT_EQ(secrets.exchange_secret, same.exchange_secret);
    EXPECT_NE(secrets.signing_seed, secrets.exchange_secret);
    EXPECT_NE(draw_identity_secrets(drbg).signing_seed, secrets.signing_seed);
    erase_secrets(secrets);
    EXPECT_TRUE(is_all_zero(secrets.signing_seed));
    EXPECT_TRUE(is_all_zero(secrets.exchange_secret));
}

TEST(Identity, Before_its_start_a_node_is_nobody_and_it_starts_once) {
    Identity identity;
    EXPECT_FALSE(identity.is_started());
    EXPECT_ASSERTION(identity.node_id());
    EXPECT_ASSERTION(identity.exchange_key());
    EXPECT_ASSERTION(identity.sign_head(known_sequence, {}));
    identity.start(known_secrets());
    EXPECT_ASSERTION(identity.start(known_secrets()));
}

TEST(Identity, Two_nodes_compute_the_same_and_a_point_of_small_order_is_refused) {
    Identity alice;
    Identity bob;
    alice.start(known_secrets());
    IdentitySecrets secrets = known_secrets();
    secrets.exchange_secret = from_hex<hal::X25519Key>(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    bob.start(secrets);
    hal::X25519Key ours{};
    hal::X25519Key theirs{};
    EXPECT_TRUE(alice.exchange(bob.exchange_key(), ours));
    EXPECT_TRUE(bob.exchange(alice.exchange_key(), theirs));
    EXPECT_EQ(ours, theirs);
    EXPECT_EQ(ours, from_hex<hal::X25519Key>(
                        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
    for (const std::string_view digits : small_order_points) {
        EXPECT_FALSE(alice.exchange(from_hex<ExchangeKey>(digits), ours));
    }
    const Identity nobody;
    EXPECT_ASSERTION(nobody.exchange(bob.exchange_key(), ours));
}

} // namespace
} // namespace grafos::crypto
