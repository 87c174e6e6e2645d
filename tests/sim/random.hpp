// SPDX-License-Identifier: Apache-2.0
/// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit seed is the whole story of a run.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "hal/entropy.hpp"

namespace grafos::test {

class Random {
public:
    constexpr explicit Random(uint64_t seed) noexcept : state_{seed} {}

    constexpr uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15ull;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    /// 0 … bound − 1; bound > 0. The tiny bias does not matter to a test.
    constexpr uint64_t below(uint64_t bound) noexcept { return next() % bound; }
    constexpr uint64_t between(uint64_t least, uint64_t most) noexcept {
        return least + below(most - least + 1);
    }
    /// True about `permille` times in a thousand.
    constexpr bool chance(uint64_t permille) noexcept { return below(1000) < permille; }

    void fill(MutableBytes to) noexcept {
        for (uint8_t& byte : to) {
            byte = static_cast<uint8_t>(next());
        }
    }

private:
    uint64_t state_;
};

} // namespace grafos::test
