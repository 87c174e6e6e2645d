// SPDX-License-Identifier: Apache-2.0
/// What oracles found: the first thing that was broken, who said so, and how much was looked at.
#pragma once

#include <array>

#include "tests/sim/world/sim_program.hpp"

namespace grafos::test {

/// In the order of protocol §10, then what a turn must keep.
enum class Oracle : uint8_t {
    authority,
    exclusion,
    holder_first,
    at_most_once,
    anchored,
    chain,
    fence,
    residue,
    lock,
    conservation,
    liveness,
    turn,
    deadline,
};
inline constexpr size_t oracle_count = 13;

/// As it stands in `Verdict::oracle`.
[[nodiscard]] constexpr std::string_view name_of(Oracle oracle) noexcept {
    constexpr std::array<std::string_view, oracle_count> names{
        "authority", "exclusion", "holder-first", "at-most-once", "anchored", "chain",   "fence",
        "residue",   "lock",      "conservation", "liveness",     "turn",     "deadline"};
    return names[static_cast<size_t>(oracle)];
}

class Findings {
public:
    /// The time of what is looked at next.
    void set_now(Instant now) noexcept { now_ = now; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    /// One check. `what`: what must hold.
    void expect(Oracle oracle, bool condition, const char* what) noexcept {
        checks_[static_cast<size_t>(oracle)] += 1;
        if (!condition && verdict_.is_good()) {
            verdict_.oracle = name_of(oracle);
            verdict_.failure = what;
            verdict_.failed_at = now_;
        }
    }
    /// One check, if its premises held; else it was not made.
    void expect_if(Oracle oracle, bool premises, bool condition, const char* what) noexcept {
        if (premises) {
            expect(oracle, condition, what);
        } else {
            excused_[static_cast<size_t>(oracle)] += 1;
        }
    }

    [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }
    [[nodiscard]] uint64_t checks(Oracle oracle) const noexcept {
        return checks_[static_cast<size_t>(oracle)];
    }
    [[nodiscard]] uint64_t excused(Oracle oracle) const noexcept {
        return excused_[static_cast<size_t>(oracle)];
    }
    [[nodiscard]] uint64_t checks() const noexcept { return sum_of(checks_); }
    [[nodiscard]] uint64_t excused() const noexcept { return sum_of(excused_); }

private:
    using Counts = std::array<uint64_t, oracle_count>;
    [[nodiscard]] static uint64_t sum_of(const Counts& counts) noexcept {
        uint64_t sum = 0;
        for (const uint64_t count : counts) {
            sum += count;
        }
        return sum;
    }

    Instant now_{};
    Verdict verdict_{};
    Counts checks_{};
    Counts excused_{};
};

} // namespace grafos::test
