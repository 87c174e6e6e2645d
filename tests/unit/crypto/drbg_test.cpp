// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/drbg.hpp"

#include <algorithm>

#include "core/crypto/sha256.hpp"
#include "tests/testkit/test.hpp"
#include "tests/unit/crypto/hex.hpp"

namespace grafos::crypto {
namespace {

using test::from_hex;

/// Hands out 0, 1, 2 …, or refuses as told.
class CountingEntropy final : public hal::Entropy {
public:
    Result<> fill(MutableBytes to) noexcept override {
        asked_bytes += to.size();
        if (!answer.is_ok()) {
            return answer.error();
        }
        for (size_t i = 0; i < to.size(); ++i) {
            to[i] = static_cast<uint8_t>(i);
        }
        return ok();
    }
    Result<> answer = ok();
    size_t asked_bytes = 0;
};

/// Whether `part` stands anywhere in the memory of `object`.
[[nodiscard]] bool has_in_memory(const Drbg& object, Bytes part) {
    const Bytes memory{reinterpret_cast<const uint8_t*>(&object), sizeof(object)};
    for (size_t at = 0; at + part.size() <= memory.size(); ++at) {
        if (is_equal(memory.subspan(at, part.size()), part)) {
            return true;
        }
    }
    return false;
}

TEST(Drbg, A_seed_gives_the_bytes_that_its_description_gives) {
    // Computed with Python's hashlib from the description in drbg.hpp.
    Drbg drbg;
    drbg.seed(bytes_of("grafos"));
    std::array<uint8_t, 1024> bytes{};
    drbg.fill(bytes);
    const test::Hex first{"0ab97ad37d8403b987ee0f494a382bb4"};
    const test::Hex last{"7e3c52d420b5d90aa9c243bba429da68"};
    EXPECT_TRUE(is_equal(Bytes{bytes}.first(16), first.bytes()));
    EXPECT_TRUE(is_equal(Bytes{bytes}.last(16), last.bytes()));
    EXPECT_EQ(sha256(bytes),
              from_hex<Digest>("32b077d40f7e466958578365909758d3801ee2fd1d1939b77c638c2b230288be"));
}

TEST(Drbg, The_machines_entropy_is_its_seed) {
    CountingEntropy entropy;
    Drbg drbg;
    ASSERT_TRUE(drbg.start(entropy).is_ok());
    EXPECT_TRUE(drbg.is_seeded());
    EXPECT_EQ(entropy.asked_bytes, Drbg::seed_bytes);
    Digest bytes;
    drbg.fill(bytes.bytes);
    EXPECT_EQ(bytes,
              from_hex<Digest>("1576c6df8c5e89ce275c36120c69ee669b6be8aa1cc59d3dccd9f5fef4cb28c4"));
}

TEST(Drbg, Entropy_that_refuses_leaves_it_as_it_was) {
    CountingEntropy entropy;
    Drbg drbg;
    entropy.answer = Error{ErrorCode::busy, Field::entropy};
    EXPECT_EQ(drbg.start(entropy).error().code, ErrorCode::busy);
    EXPECT_FALSE(drbg.is_seeded());
}

TEST(Drbg, Entropy_that_fails_later_changes_nothing) {
    CountingEntropy entropy;
    Drbg drbg;
    Drbg twin;
    drbg.seed(bytes_of("grafos"));
    twin.seed(bytes_of("grafos"));
    entropy.answer = Error{ErrorCode::io, Field::entropy};
    EXPECT_EQ(drbg.start(entropy).error().code, ErrorCode::io);
    std::array<uint8_t, 12> found{};
    std::array<uint8_t, 12> expected{};
    drbg.fill(found);
    twin.fill(expected);
    EXPECT_EQ(found, expected);
}

TEST(Drbg, Without_a_seed_it_gives_nothing) {
    Drbg drbg;
    std::array<uint8_t, 12> bytes{};
    EXPECT_ASSERTION(drbg.fill(bytes));
    EXPECT_ASSERTION(drbg.seed({}));
}

TEST(Drbg, How_the_bytes_are_asked_for_does_not_change_them) {
    std::array<uint8_t, 1024> whole{};
    Drbg drbg;
    drbg.seed(bytes_of("pieces"));
    drbg.fill(whole);
    for (const size_t piece : {1u, 12u, 32u, 255u, 256u, 257u, 600u}) {
        std::array<uint8_t, 1024> bytes{};
        drbg.seed(bytes_of("pieces"));
        for (size_t at = 0; at < bytes.size(); at += piece) {
            const size_t left = bytes.size() - at;
            drbg.fill(MutableBytes{bytes}.subspan(at, piece < left ? piece : left));
        }
        EXPECT_EQ(bytes, whole) << piece;
    }
    drbg.fill({}); // nothing asked, nothing used
}

TEST(Drbg, Another_seed_gives_other_bytes) {
    Drbg drbg;
    Digest one;
    Digest other;
    drbg.seed(bytes_of("one"));
    drbg.fill(one.bytes);
    drbg.seed(bytes_of("ond"));
    drbg.fill(other.bytes);
    EXPECT_NE(one, other);
}

TEST(Drbg, A_new_seed_discards_what_was_left_of_the_old_one) {
    Digest expected;
    Drbg fresh;
    fresh.seed(bytes_of("new"));
    fresh.fill(expected.bytes);
    Drbg drbg;
    drbg.seed(bytes_of("old"));
    Digest bytes;
    drbg.fill(bytes.bytes);
    drbg.seed(bytes_of("new"));
    drbg.fill(bytes.bytes);
    EXPECT_EQ(bytes, expected);
}

TEST(Drbg, What_was_handed_out_is_no_longer_in_its_memory) {
    Drbg drbg;
    drbg.seed(bytes_of("grafos"));
    for (int i = 0; i < 100; ++i) {
        std::array<uint8_t, 12> bytes{};
        drbg.fill(bytes);
        EXPECT_FALSE(has_in_memory(drbg, bytes)) << i;
    }
}

TEST(Drbg, The_key_that_made_the_pool_is_no_longer_in_its_memory) {
    Drbg drbg;
    drbg.seed(bytes_of("grafos"));
    const Digest key = sha256(bytes_of("grafos-drbg-seed-v1\ngrafos"));
    EXPECT_TRUE(has_in_memory(drbg, key.view()));
    std::array<uint8_t, 12> bytes{};
    drbg.fill(bytes);
    EXPECT_FALSE(has_in_memory(drbg, key.view()));
}

TEST(Drbg, Twelve_bytes_do_not_repeat_in_two_thousand_draws) {
    // A counter stuck or a pool handed out twice would repeat at once.
    Drbg drbg;
    drbg.seed(bytes_of("repeat"));
    std::array<uint64_t, 2'000> seen{};
    for (uint64_t& one : seen) {
        std::array<uint8_t, 12> bytes{};
        drbg.fill(bytes);
        one = load_big_endian<uint64_t>(bytes.data());
    }
    std::sort(seen.begin(), seen.end(), [](uint64_t a, uint64_t b) { return a < b; });
    EXPECT_TRUE(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

} // namespace
} // namespace grafos::crypto
