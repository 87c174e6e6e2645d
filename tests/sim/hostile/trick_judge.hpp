// SPDX-License-Identifier: Apache-2.0
/// Judges what became of a trick.
///
/// A home is always allowed to have no time or no room; it may say of a lease that is over that it
/// is. Beyond that only what the trick deserves is right: another refusal than the one that fits is
/// as wrong as a success, since a holder decides by it.
#pragma once

#include "tests/sim/hostile/trick.hpp"
#include "tests/sim/world/sim_program.hpp"

namespace grafos::test {

/// What came back. It was executed between two moments of its home's clock.
struct TrickAnswer {
    bool is_ok = false;
    Error error{};
    Instant not_before{};      ///< the request first reached its home
    Instant not_after{};       ///< the answer left
    Instant end{};             ///< by_time: from when on it is to be refused
    bool is_lease_live = true; ///< for certain, when the answer left
};

class TrickJudge {
public:
    struct Count {
        uint64_t sent = 0;
        uint64_t right = 0;  ///< answered, or left without an answer, as it deserved
        uint64_t exact = 0;  ///< of the timed ones: executed in the very millisecond meant
        uint64_t passed = 0; ///< nothing was learnt: busy, degraded, or no answer came
    };

    TrickJudge() noexcept { verdict_.oracle = "hostile"; }
    TrickJudge(const TrickJudge&) = delete;
    TrickJudge& operator=(const TrickJudge&) = delete;

    void note_sent(Trick trick) noexcept { count_of(trick).sent += 1; }
    void note_exact(Trick trick) noexcept { count_of(trick).exact += 1; }
    void note_passed(Trick trick) noexcept { count_of(trick).passed += 1; }
    void note_right(Trick trick) noexcept { count_of(trick).right += 1; }

    void judge(Trick trick, const TrickAnswer& answer, Instant world) noexcept;
    /// Of one that deserves silence.
    void judge_silence(Trick trick, bool is_answered, Instant world) noexcept;
    /// It had its effect, whatever was answered.
    void succeeded(Trick trick, Instant world) noexcept {
        verdict_.expect(false, row_of(trick).success, world);
    }
    void expect(bool condition, const char* what, Instant world) noexcept {
        checks_ += 1;
        verdict_.expect(condition, what, world);
    }

    [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }
    /// Of a verdict that is not good, if an answer brought it about.
    struct Broken {
        Trick trick{};
        TrickAnswer answer{};
    };
    [[nodiscard]] const Broken& broken() const noexcept { return broken_; }
    [[nodiscard]] const Count& count(Trick trick) const noexcept {
        return counts_[static_cast<size_t>(trick)];
    }
    [[nodiscard]] uint64_t checks() const noexcept { return checks_; }
    /// All that were sent.
    [[nodiscard]] uint64_t sent() const noexcept;

private:
    [[nodiscard]] Count& count_of(Trick trick) noexcept {
        return counts_[static_cast<size_t>(trick)];
    }
    [[nodiscard]] static bool is_right(const TrickRow& row, const TrickAnswer& answer) noexcept;
    [[nodiscard]] static const char* text_of(const TrickRow& row,
                                             const TrickAnswer& answer) noexcept;

    Verdict verdict_{};
    Broken broken_{};
    std::array<Count, trick_count> counts_{};
    uint64_t checks_ = 0;
};

} // namespace grafos::test
