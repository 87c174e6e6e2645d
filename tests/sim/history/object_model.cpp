// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/history/object_model.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {
namespace {

[[nodiscard]] bool holds(const ObjectState& state, const Call& commit) noexcept {
    return state.nonce != 0 && state.nonce == commit.nonce && state.generation == commit.generation;
}
[[nodiscard]] bool is_ended_by(const ObjectState& state, const Call& expire) noexcept {
    const bool is_meant =
        expire.nonce != 0 ? state.nonce == expire.nonce : state.generation == expire.generation;
    return state.nonce != 0 && is_meant;
}

[[nodiscard]] ObjectState with_word(ObjectState state, uint64_t word) noexcept {
    state.word = word;
    return state;
}
[[nodiscard]] ObjectState granted(ObjectState state, uint64_t nonce) noexcept {
    GRAFOS_ASSERT(state.nonce == 0 && nonce != 0);
    state.generation += 1;
    state.nonce = nonce;
    return state;
}
[[nodiscard]] ObjectState committed(ObjectState state, const Call& commit) noexcept {
    state.word = commit.value;
    state.commits += 1;
    state.nonce = commit.is_release ? 0 : state.nonce;
    return state;
}
[[nodiscard]] ObjectState let_go(ObjectState state) noexcept {
    state.nonce = 0;
    return state;
}

using Possible = std::optional<Effect>;

[[nodiscard]] Possible pure_if(bool fits, const ObjectState& state) noexcept {
    return fits ? Possible{{state, true}} : Possible{};
}
[[nodiscard]] Possible change_if(bool fits, const ObjectState& after) noexcept {
    return fits ? Possible{{after, false}} : Possible{};
}

[[nodiscard]] Possible exchange(const ObjectState& state, const Call& call,
                                const Answer& answer) noexcept {
    const bool is_equal = state.word == call.expected;
    if (answer.value != state.word || answer.is_done != is_equal) {
        return {};
    }
    if (!answer.is_done || call.expected == call.value) {
        return pure_if(true, state);
    }
    return change_if(true, with_word(state, call.value));
}

[[nodiscard]] Possible take(const ObjectState& state, const Call& call,
                            const Answer& answer) noexcept {
    const bool is_ours = state.nonce == call.nonce;
    if (answer.commits != state.commits) {
        return {};
    }
    if (!answer.is_done) {
        return pure_if(!is_ours && answer.generation == state.generation, state);
    }
    if (is_ours) {
        // Nowhere later could it be the grant itself: generations only rise.
        return pure_if(answer.generation == state.generation, state);
    }
    if (state.nonce != 0) {
        return {};
    }
    return change_if(answer.generation == state.generation + 1, granted(state, call.nonce));
}

} // namespace

Possible effect_of_answered(const ObjectState& state, const Call& call,
                            const Answer& answer) noexcept {
    switch (call.verb) {
    case Verb::read: return pure_if(answer.value == state.word, state);
    case Verb::write: return change_if(true, with_word(state, call.value));
    case Verb::compare_exchange: return exchange(state, call, answer);
    case Verb::fetch_add:
        if (call.value == 0) {
            return pure_if(answer.value == state.word, state);
        }
        return change_if(answer.value == state.word, with_word(state, state.word + call.value));
    case Verb::lock: return take(state, call, answer);
    case Verb::commit:
        if (!answer.is_done) {
            return pure_if(!holds(state, call), state);
        }
        return change_if(holds(state, call) && answer.commits == state.commits + 1,
                         committed(state, call));
    case Verb::expire:
        GRAFOS_ASSERT(call.nonce == 0); // else it is never answered
        if (is_ended_by(state, call)) {
            return change_if(true, let_go(state));
        }
        return pure_if(state.generation >= call.generation, state); // it never holds again
    }
    return {};
}

Possible effect_of_open(const ObjectState& state, const Call& call) noexcept {
    switch (call.verb) {
    case Verb::read: return {};
    case Verb::write: return change_if(state.word != call.value, with_word(state, call.value));
    case Verb::compare_exchange:
        return change_if(state.word == call.expected && call.expected != call.value,
                         with_word(state, call.value));
    case Verb::fetch_add:
        return change_if(call.value != 0, with_word(state, state.word + call.value));
    case Verb::lock:
        if (state.nonce != 0) {
            return {};
        }
        return change_if(true, granted(state, call.nonce));
    case Verb::commit: return change_if(holds(state, call), committed(state, call));
    case Verb::expire: return change_if(is_ended_by(state, call), let_go(state));
    }
    return {};
}

bool may_fit_later(const ObjectState& state, const Call& call, const Answer& answer) noexcept {
    if (call.verb == Verb::lock) {
        const bool is_later = answer.generation > state.generation;
        const bool is_now =
            answer.generation == state.generation && (!answer.is_done || state.nonce == call.nonce);
        return (is_later || is_now) && answer.commits >= state.commits;
    }
    if (call.verb == Verb::commit && answer.is_done) {
        const bool is_later = call.generation > state.generation;
        return (is_later || holds(state, call)) && answer.commits > state.commits;
    }
    return true;
}

bool WantedWords::add(uint64_t word) noexcept {
    for (uint32_t i = 0; i < count_; ++i) {
        if (words_[i] == word) {
            return false;
        }
    }
    if (count_ == words_.size()) {
        reach_ = UINT64_MAX; // too many to tell: all are
        return false;
    }
    words_[count_] = word;
    count_ += 1;
    return true;
}

bool WantedWords::has(uint64_t word) const noexcept {
    for (uint32_t i = 0; i < count_; ++i) {
        if (words_[i] - word <= reach_) {
            return true;
        }
    }
    return false;
}

} // namespace grafos::test
