// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/sha256.hpp"

#include "hal/crypto.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"
#include "tests/unit/crypto/sha256_vectors.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;
using test::Hex;
using test::pattern;

constexpr size_t every_length_max = 300;

/// Any compression, driven by hand: padding as FIPS 180-4 §5.1.1 says, one block at a time. The
/// hash of the core never runs here, so that the two can be compared.
template <typename Compress>
[[nodiscard]] Digest digest_by(Compress compress, Bytes message) {
    std::array<uint8_t, 512> padded{};
    copy_bytes(padded, message);
    padded[message.size()] = 0x80;
    const size_t size = (message.size() + 1 + 8 + 63) / 64 * 64;
    store_big_endian<uint64_t>(padded.data() + size - 8, 8 * message.size());
    std::array<uint32_t, 8> words = sha256_initial_state.words;
    for (size_t at = 0; at < size; at += 64) {
        compress(words, padded.data() + at);
    }
    Digest digest;
    for (size_t i = 0; i < words.size(); ++i) {
        store_big_endian(digest.bytes.data() + 4 * i, words[i]);
    }
    return digest;
}

[[nodiscard]] Digest portable(Bytes message) {
    return digest_by([](std::array<uint32_t, 8>& words,
                        const uint8_t* block) { sha256_blocks_portable(words, block, 1); },
                     message);
}

[[nodiscard]] Digest cpu(Bytes message) {
    return digest_by([](std::array<uint32_t, 8>& words,
                        const uint8_t* block) { hal::sha256_blocks(words.data(), block, 1); },
                     message);
}

TEST(Sha256, Gives_the_digests_of_the_published_messages) {
    size_t checked = 0;
    for (const test::Sha256Vector& vector : test::sha256_vectors) {
        const Hex message{vector.message};
        EXPECT_EQ(sha256(message.bytes()), from_hex<Digest>(vector.digest)) << vector.message;
        EXPECT_EQ(portable(message.bytes()), from_hex<Digest>(vector.digest)) << vector.message;
        ++checked;
    }
    EXPECT_EQ(checked, 66u);
}

TEST(Sha256, Gives_the_digests_of_the_standards_examples) {
    EXPECT_EQ(sha256(bytes_of("abc")),
              from_hex<Digest>("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_EQ(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              from_hex<Digest>("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    EXPECT_EQ(sha256(bytes_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                              "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
              from_hex<Digest>("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"));
    // A million times "a".
    std::array<uint8_t, 1000> thousand;
    thousand.fill('a');
    Sha256 hash;
    for (int i = 0; i < 1000; ++i) {
        hash.update(thousand);
    }
    EXPECT_EQ(hash.finish(),
              from_hex<Digest>("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

/// SHAVS §6.4: each round hashes the last three digests a thousand times over.
[[nodiscard]] Digest monte_carlo_round(const Digest& seed) {
    std::array<uint8_t, 96> message;
    for (size_t i = 0; i < 3; ++i) {
        copy_bytes(MutableBytes{message}.subspan(32 * i), seed.view());
    }
    Digest digest;
    for (int i = 0; i < 1000; ++i) {
        digest = sha256(message);
        __builtin_memmove(message.data(), message.data() + 32, 64);
        copy_bytes(MutableBytes{message}.last(32), digest.view());
    }
    return digest;
}

TEST(Sha256, Passes_the_published_Monte_Carlo_rounds) {
    // CAVS 11.1, SHA256Monte, counts 0 … 3.
    const std::string_view expected[] = {
        "e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788",
        "2e78f8c8772ea7c9331d41ed3f9cdf27d8f514a99342ee766ee3b8b0d0b121c0",
        "d6a23dff1b7f2eddc1a212f8a218397523a799b07386a30692fd6fe9d2bf0944",
        "fb0099a964fad5a88cf12952f2991ce256a4ac3049f3d389c3b9e6c00e585db4",
    };
    Digest digest =
        from_hex<Digest>("6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691");
    for (const std::string_view one : expected) {
        digest = monte_carlo_round(digest);
        EXPECT_EQ(digest, from_hex<Digest>(one));
    }
}

TEST(Sha256, Passes_a_whole_Monte_Carlo_run) {
    // CAVS 14.3, SHA256Monte, counts 0, 3, 49 and 99 of 100.
    Digest digest =
        from_hex<Digest>("8467c77d0cbc44d3dd0f3c5c3180ded8dc66b4f6dd94d9bc33dc6628f2d22d18");
    for (int round = 0; round < 100; ++round) {
        digest = monte_carlo_round(digest);
        if (round == 0) {
            EXPECT_EQ(digest, from_hex<Digest>("944e271a60922d7da2a6d96a957a070a"
                                               "0f42ba3363e6338c82933de175db0dfa"));
        } else if (round == 3) {
            EXPECT_EQ(digest, from_hex<Digest>("ddfd572af0fb6b1818a8dde86bd47242"
                                               "99377631996c9c6607d0618330384b04"));
        } else if (round == 49) {
            EXPECT_EQ(digest, from_hex<Digest>("c95645915b47e63065f039527314992a"
                                               "3092751bf79b4db9c10a9a5fdb3377f6"));
        }
    }
    EXPECT_EQ(digest,
              from_hex<Digest>("a8bae75a9a1125bc99ca3c3cbec5dea8f24665b9fd836b8032516da462eb8f3f"));
}

TEST(Sha256, Every_length_to_300_agrees_with_another_implementation) {
    // The digest of the digests of 301 messages (byte i of length n is 7i + n), computed with
    // Python's hashlib.
    Sha256 all;
    for (size_t length = 0; length <= every_length_max; ++length) {
        const auto bytes = pattern(7, length);
        all.update(sha256(Bytes{bytes}.first(length)).view());
    }
    EXPECT_EQ(all.finish(),
              from_hex<Digest>("60d63ff40b5558727a9b786ac0be9300f7ca58fd9ddd3b2f3681b369018a87dc"));
}

TEST(Sha256, Every_length_to_300_is_the_same_in_portable_words) {
    for (size_t length = 0; length <= every_length_max; ++length) {
        const auto bytes = pattern(7, length);
        const Bytes message = Bytes{bytes}.first(length);
        EXPECT_EQ(sha256(message), portable(message)) << length;
    }
}

TEST(Sha256, Every_length_to_300_is_the_same_in_the_CPUs_words) {
    if (!hal::has_sha256_blocks()) {
        GTEST_SKIP() << "this CPU has no SHA-256 instructions";
    }
    for (size_t length = 0; length <= every_length_max; ++length) {
        const auto bytes = pattern(7, length);
        const Bytes message = Bytes{bytes}.first(length);
        EXPECT_EQ(sha256(message), cpu(message)) << length;
    }
}

TEST(Sha256, The_CPUs_words_take_any_alignment_and_count) {
    if (!hal::has_sha256_blocks()) {
        GTEST_SKIP() << "this CPU has no SHA-256 instructions";
    }
    const auto bytes = pattern(13, 1);
    for (size_t offset = 0; offset < 16; ++offset) {
        for (size_t count = 0; count <= 7; ++count) {
            std::array<uint32_t, 8> expected = sha256_initial_state.words;
            std::array<uint32_t, 8> found = expected;
            sha256_blocks_portable(expected, bytes.data() + offset, count);
            hal::sha256_blocks(found.data(), bytes.data() + offset, count);
            EXPECT_EQ(found, expected) << offset << " " << count;
        }
    }
}

TEST(Sha256, A_message_in_two_pieces_is_the_same_wherever_it_is_cut) {
    const auto bytes = pattern(5, 3);
    for (const size_t length : {0u, 1u, 55u, 56u, 63u, 64u, 65u, 119u, 128u, 200u}) {
        const Bytes message = Bytes{bytes}.first(length);
        const Digest whole = sha256(message);
        for (size_t cut = 0; cut <= length; ++cut) {
            Sha256 hash;
            hash.update(message.first(cut)).update(message.subspan(cut));
            EXPECT_EQ(hash.finish(), whole) << length << " cut at " << cut;
            EXPECT_EQ(sha256_of_parts({message.first(cut), {}, message.subspan(cut)}), whole);
        }
    }
}

TEST(Sha256, A_message_in_pieces_of_one_size_is_the_same_for_every_size) {
    const auto bytes = pattern(5, 4);
    const Bytes message = Bytes{bytes}.first(every_length_max);
    for (size_t piece = 1; piece <= 130; ++piece) {
        Sha256 hash;
        for (size_t at = 0; at < message.size(); at += piece) {
            const size_t left = message.size() - at;
            hash.update(message.subspan(at, piece < left ? piece : left));
        }
        EXPECT_EQ(hash.finish(), sha256(message)) << piece;
    }
}

TEST(Sha256, Finish_starts_a_new_message) {
    Sha256 hash;
    const Digest first = hash.update(bytes_of("abc")).finish();
    EXPECT_EQ(hash.finish(), sha256({}));
    EXPECT_EQ(hash.update(bytes_of("a")).update(bytes_of("bc")).finish(), first);
}

TEST(Sha256, A_midstate_goes_on_where_it_was_taken) {
    const auto bytes = pattern(3, 9);
    Sha256State state = sha256_initial_state;
    sha256_absorb(state, Bytes{bytes}.first(128));
    EXPECT_EQ(state.size_bytes, 128u);
    for (size_t length = 128; length <= every_length_max; ++length) {
        EXPECT_EQ(sha256_finish(state, Bytes{bytes}.subspan(128, length - 128)),
                  sha256(Bytes{bytes}.first(length)))
            << length;
    }
}

TEST(Sha256, A_midstate_takes_whole_blocks_only) {
    const auto bytes = pattern(3, 9);
    Sha256State state = sha256_initial_state;
    sha256_absorb(state, {});
    EXPECT_EQ(state.words, sha256_initial_state.words);
    EXPECT_ASSERTION(sha256_absorb(state, Bytes{bytes}.first(63)));
    EXPECT_ASSERTION(sha256_absorb(state, Bytes{bytes}.first(65)));
}

} // namespace
} // namespace grafos::crypto
