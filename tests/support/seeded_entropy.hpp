// SPDX-License-Identifier: Apache-2.0
/// Randomness of which one 64-bit seed is the whole story (SplitMix64).
#pragma once

#include "hal/entropy.hpp"

namespace grafos::test {

/// A small generator for choices in tests. Not for secrets.
class SeededChoice {
public:
    explicit SeededChoice(uint64_t seed) noexcept : state_{seed} {}

    [[nodiscard]] uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15u;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// 0 … count − 1.
    [[nodiscard]] uint64_t below(uint64_t count) noexcept { return next() % count; }
    /// `least` … `most`.
    [[nodiscard]] uint64_t between(uint64_t least, uint64_t most) noexcept {
        return least + below(most - least + 1);
    }
    /// True about so many times in a thousand.
    [[nodiscard]] bool chance(uint64_t permille) noexcept { return below(1000) < permille; }

private:
    uint64_t state_;
};

class SeededEntropy final : public hal::Entropy {
public:
    explicit SeededEntropy(uint64_t seed) noexcept : choice_{seed} {}

    [[nodiscard]] Result<> fill(MutableBytes to) noexcept override {
        if (busy_fills_ > 0) {
            busy_fills_ -= 1;
            return Error{ErrorCode::busy, Field::entropy};
        }
        if (is_broken_) {
            return Error{ErrorCode::io, Field::entropy};
        }
        if (to.size() > 64) {
            return Error{ErrorCode::invalid_argument, Field::length, to.size(), 64};
        }
        for (uint8_t& byte : to) {
            byte = static_cast<uint8_t>(choice_.next() >> 56);
        }
        return ok();
    }

    /// The next `count` fills are answered with busy.
    void be_busy(uint32_t count) noexcept { busy_fills_ = count; }
    void set_broken(bool is_broken) noexcept { is_broken_ = is_broken; }

private:
    SeededChoice choice_;
    uint32_t busy_fills_ = 0;
    bool is_broken_ = false;
};

} // namespace grafos::test
