// SPDX-License-Identifier: Apache-2.0
/// What one operation does to a word and the lock beside it: the table of `history.hpp`.
#pragma once

#include <optional>

#include "tests/sim/history/linearizability.hpp"

namespace grafos::test {

/// What is left of an object by an operation, if it can take effect here.
struct Effect {
    ObjectState state{};
    /// It changes nothing here, and nothing wherever else after this its answer would fit.
    bool is_pure = false;
};

/// With the answer that was given. Nothing: that answer is wrong here.
[[nodiscard]] std::optional<Effect> effect_of_answered(const ObjectState& state, const Call& call,
                                                       const Answer& answer) noexcept;
/// Whether an answer that is wrong here may be right after other operations. May say yes in vain.
[[nodiscard]] bool may_fit_later(const ObjectState& state, const Call& call,
                                 const Answer& answer) noexcept;
/// Without an answer. Nothing: it would change nothing here.
[[nodiscard]] std::optional<Effect> effect_of_open(const ObjectState& state,
                                                   const Call& call) noexcept;

/// Words that would lead on. May hold too many, never too few.
class WantedWords {
public:
    /// Whether it was not there.
    bool add(uint64_t word) noexcept;
    /// By this much more they may still be added to.
    void widen(uint64_t addend) noexcept {
        reach_ = reach_ + addend < reach_ ? UINT64_MAX : reach_ + addend;
    }
    [[nodiscard]] bool has(uint64_t word) const noexcept;

private:
    std::array<uint64_t, 128> words_{};
    uint32_t count_ = 0;
    uint64_t reach_ = 0;
};

} // namespace grafos::test
