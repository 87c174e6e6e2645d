// SPDX-License-Identifier: Apache-2.0
/// The same question to several actors, one after another: how whoever watches sees whether they
/// agree.
#pragma once

#include "examples/emulation/context.hpp"

namespace grafos::emulation {

/// `Question` is a message without fields whose reply can be compared.
template <typename P, typename Question, size_t actors_max>
class Round {
public:
    using Reply = typename Question::Reply;

    /// Whom to ask, in this order; forgets what was answered before.
    void begin(std::span<const Address<P>> actors) noexcept {
        GRAFOS_ASSERT(actors.size() <= actors_max);
        actors_ = actors;
        answered_ = 0;
    }
    /// Asks the next one; false: all have been asked. Its answer goes to the caller's handler, and
    /// from there to `note`.
    template <typename Self>
    bool ask_next(Context<Self>& context, Duration patience = call_patience) noexcept {
        if (is_complete()) {
            return false;
        }
        context.call(actors_[answered_], Question{}, patience);
        return true;
    }
    /// Which one this is the answer of.
    size_t note(const Answer<Question>& answer) noexcept {
        GRAFOS_ASSERT(!is_complete());
        replies_[answered_].reset();
        if (answer.result.is_ok()) {
            replies_[answered_] = answer.result.value();
        }
        answered_ += 1;
        return answered_ - 1;
    }
    [[nodiscard]] bool is_complete() const noexcept { return answered_ == actors_.size(); }
    /// Empty: no answer.
    [[nodiscard]] const std::optional<Reply>& reply(size_t index) const noexcept {
        GRAFOS_ASSERT(index < answered_);
        return replies_[index];
    }
    /// All have answered, and the same.
    [[nodiscard]] bool has_converged() const noexcept {
        bool is_equal = is_complete();
        for (size_t i = 0; i < answered_; ++i) {
            is_equal = is_equal && replies_[i].has_value() && *replies_[i] == *replies_[0];
        }
        return is_equal;
    }

private:
    std::span<const Address<P>> actors_{};
    std::array<std::optional<Reply>, actors_max> replies_{};
    size_t answered_ = 0;
};

} // namespace grafos::emulation
