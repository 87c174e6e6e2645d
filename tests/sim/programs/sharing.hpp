// SPDX-License-Identifier: Apache-2.0
/// One memory lease that programs on all machines share, again and again: a *round* is one lease,
/// its token, its history, and how it ended.
///
///     phase   | what goes on                                        | leaves it
///     idle    | nobody has anything                                 | wanted, after a rest →
///     seeking seeking | the owner acquires it, and asks for a token to show | token → open;
///     refused → idle open    | everybody works on it                               | over → idle
///
/// An owner on one machine, the home on another, both drawn anew. What the owner shows, everybody
/// sees at once: that is the one thing here that is no part of the world. A round is over when the
/// home says so, when the owner loses or releases the lease, when an operator has revoked it, when
/// the home went down, or when the history is full; if the owner's machine went down, when the
/// lease must have run out. Then its history is checked, and the next one's words are zeroes.
#pragma once

#include "core/lease/token/token.hpp"
#include "tests/sim/programs/sharing_client.hpp"

namespace grafos::test {

class Sharing final : public SimObserver {
public:
    static constexpr uint32_t operations_max = 4'096;
    static constexpr size_t memo_slots = 16'384;
    static constexpr Duration ttl{4'000};
    static constexpr TenantId tenant{100}; ///< of all who share
    using HistoryType = HistoryOf<operations_max>;
    using CheckerType = LinearizabilityOf<operations_max, memo_slots>;

    struct Parts {
        SimObservers& observers;
        Verdict& verdict;
        std::span<const std::string_view> names; ///< of all machines, two or more
        /// Its home may count a boot twice.
        bool is_home_forgetful = false;
    };
    enum class Phase : uint8_t { idle, seeking, open };
    /// How a round is to end, if nothing ends it before.
    enum class Ending : uint8_t { none, released_by_owner, released_at_home, revoked };
    struct Round {
        uint64_t number = 0;
        uint32_t home = 0;
        uint32_t owner = 0;
        LeaseId lease{};
        LeaseRef ref{};
        uint64_t size_bytes = 0;
        lease::Token token{};
        uint64_t tokens = 0; ///< shown so far
        Ending ending = Ending::none;
        Instant ends_at = Instant::never(); ///< in the world
        Duration grace{};                   ///< of a revocation
        Instant orphan_until = Instant::never();
    };
    struct Figures {
        uint64_t rounds = 0;     ///< that were open
        uint64_t operations = 0; ///< in their histories
        uint64_t largest = 0;    ///< history
        uint64_t open = 0;       ///< without an answer
        uint64_t undecided = 0;  ///< rounds
        uint64_t steps = 0;      ///< of the checker
        uint64_t revoked = 0;
        uint64_t released = 0;
        void add(const Figures& other) noexcept;
    };

    Sharing(const Parts& parts, uint64_t seed) noexcept : parts_{parts}, choice_{seed} {
        GRAFOS_ASSERT(parts.names.size() >= 2);
    }
    Sharing(const Sharing&) = delete;
    Sharing& operator=(const Sharing&) = delete;

    bool is_wanted = false;

    void on_event(const SimEvent& event) noexcept override;
    /// Begins and ends what is due. Context: any machine's turn.
    void tick() noexcept;
    /// Whatever is open is over, and checked.
    void finish() noexcept { close(); }

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] const Round& round() const noexcept { return round_; }
    [[nodiscard]] std::string_view name_of(uint32_t machine) const noexcept {
        return parts_.names[machine];
    }
    [[nodiscard]] SharedRecord& record() noexcept { return record_; }
    [[nodiscard]] const Parts& parts() const noexcept { return parts_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    /// Ending is due: what there is to do.
    [[nodiscard]] Ending due() const noexcept;

    // --- what the programs tell
    void granted(const LeaseId& lease, const LeaseRef& ref, uint64_t size_bytes) noexcept;
    void show(const lease::Token& token) noexcept;
    void over(uint64_t number) noexcept;
    void noted_revoked() noexcept { figures_.revoked += 1; }
    void noted_released() noexcept;

private:
    void begin() noexcept;
    void close() noexcept;
    void check() noexcept;

    Parts parts_;
    SeededChoice choice_;
    HistoryType history_{};
    CheckerType checker_{};
    SharedRecord record_{history_, operations_max};
    Phase phase_ = Phase::idle;
    Round round_{};
    Instant next_at_{}; ///< idle
    Figures figures_{};
    std::array<char, 1'024> failure_{};
};

} // namespace grafos::test
