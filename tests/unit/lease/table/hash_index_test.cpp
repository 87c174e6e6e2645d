// SPDX-License-Identifier: Apache-2.0
#include "core/lease/table/hash_index.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint32_t slot_count = 32;
using Entries = std::array<HashIndex::Entry, 2 * slot_count>; // as full as one may ever be

bool finds(const HashIndex& index, uint32_t hash, uint32_t slot) {
    HashIndex::Probe probe = index.probe(hash);
    for (auto found = index.next(probe); found.has_value(); found = index.next(probe)) {
        if (found->value == slot) {
            return true;
        }
    }
    return false;
}

TEST(HashIndex, Asks_for_the_least_power_of_two_that_is_at_most_a_quarter_full) {
    EXPECT_EQ(HashIndex::entries_for(1), 4u);
    EXPECT_EQ(HashIndex::entries_for(2), 8u);
    EXPECT_EQ(HashIndex::entries_for(3), 16u);
    EXPECT_EQ(HashIndex::entries_for(64), 256u);
    EXPECT_EQ(HashIndex::entries_for(65), 512u);
}

TEST(HashIndex, Agrees_with_a_plain_list_when_hashes_collide_and_wrap) {
    Entries entries;
    HashIndex index;
    index.start(entries);
    std::array<uint32_t, slot_count> hash_of{}; // 0 = not in
    uint64_t seed = 1;
    for (int step = 0; step < 30'000; ++step) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto slot = static_cast<uint32_t>((seed >> 40) % slot_count);
        if (hash_of[slot] != 0) {
            index.erase(hash_of[slot], {slot});
            hash_of[slot] = 0;
        } else {
            // Few homes, near the end of the ring: long runs that wrap around.
            hash_of[slot] = 56 + static_cast<uint32_t>((seed >> 33) % 12);
            index.insert(hash_of[slot], {slot});
        }
        size_t count = 0;
        for (uint32_t other = 0; other < slot_count; ++other) {
            count += hash_of[other] != 0 ? 1u : 0u;
            ASSERT_EQ(finds(index, hash_of[other], other), hash_of[other] != 0);
        }
        ASSERT_EQ(index.count(), count);
        ASSERT_TRUE(index.check_invariants());
    }
}

TEST(HashIndex, A_pair_that_is_not_there_or_one_too_many_is_a_broken_program) {
    Entries entries;
    HashIndex index;
    index.start(entries);
    index.insert(5, {1});
    EXPECT_ASSERTION(index.erase(6, {1}));
    EXPECT_ASSERTION(index.erase(5, {2}));
    for (uint32_t slot = 0; slot < slot_count - 1; ++slot) {
        index.insert(slot, {slot});
    }
    EXPECT_ASSERTION(index.insert(9, {9}));
    EXPECT_ASSERTION(index.start(std::span<HashIndex::Entry>{entries}.first(3)));
}

/// SipHash-1-3 written a second time, straight from the paper's figure, over any length.
uint64_t reference_siphash_1_3(uint64_t k0, uint64_t k1, const uint8_t* in, size_t length) {
    uint64_t v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du;
    uint64_t v2 = k0 ^ 0x6c7967656e657261u, v3 = k1 ^ 0x7465646279746573u;
    const auto turn = [](uint64_t x, unsigned by) { return (x << by) | (x >> (64 - by)); };
    const auto round = [&] {
        v0 += v1;
        v1 = turn(v1, 13);
        v1 ^= v0;
        v0 = turn(v0, 32);
        v2 += v3;
        v3 = turn(v3, 16);
        v3 ^= v2;
        v0 += v3;
        v3 = turn(v3, 21);
        v3 ^= v0;
        v2 += v1;
        v1 = turn(v1, 17);
        v1 ^= v2;
        v2 = turn(v2, 32);
    };
    for (size_t word = 0; word <= length / 8; ++word) {
        uint64_t m = word == length / 8 ? uint64_t{length & 0xff} << 56 : 0;
        for (size_t i = 0; i < 8 && word * 8 + i < length; ++i) {
            m |= uint64_t{in[word * 8 + i]} << (8 * i);
        }
        v3 ^= m;
        round();
        v0 ^= m;
    }
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
}

TEST(HashIndex, The_keyed_hash_is_SipHash_1_3_of_the_bytes_and_whatever_follows) {
    std::array<uint8_t, 16 + 40> message{};
    for (size_t i = 0; i < message.size(); ++i) {
        message[i] = static_cast<uint8_t>(i * 17 + 3);
    }
    const Bytes all{message};
    for (size_t length = 0; length <= 40; ++length) {
        const HashKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u + length};
        EXPECT_EQ(keyed_hash(key, all.first(16), all.subspan(16, length)),
                  static_cast<uint32_t>(
                      reference_siphash_1_3(key.first, key.second, message.data(), 16 + length)));
    }
    const std::array<uint8_t, 129> too_long{};
    EXPECT_ASSERTION(keyed_hash({}, all.first(15), {}));
    EXPECT_ASSERTION(keyed_hash({}, all.first(16), too_long));
}

TEST(HashIndex, Another_key_or_name_lands_elsewhere) {
    const std::array<uint8_t, 16> bytes{};
    const uint32_t hash = keyed_hash({1, 2}, bytes, bytes_of("ann"));
    EXPECT_TRUE(hash != keyed_hash({2, 2}, bytes, bytes_of("ann")));
    EXPECT_TRUE(hash != keyed_hash({1, 3}, bytes, bytes_of("ann")));
    EXPECT_TRUE(hash != keyed_hash({1, 2}, bytes, bytes_of("amm")));
}

} // namespace
} // namespace grafos::lease
