// SPDX-License-Identifier: Apache-2.0
/// Histories that are good because they happened: programs that overlap, lose answers and refuse,
/// over words and locks that change one operation at a time at an instant of the seed's choice.
///
/// What the objects do is written here once more, apart from the checker's model, so that a fault
/// in either shows.
#pragma once

#include "tests/sim/history/history.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

struct HistoryPlan {
    uint32_t operations = 1000; ///< at most; the last ones stay open
    uint32_t clients = 8;       ///< without the home
    uint32_t objects = 4;
    uint64_t values = 1'000'000; ///< words written are below it: few make an easier history
    uint64_t lost_permille = 20;
    uint64_t refused_permille = 10;
    bool has_locks = false;
};

class HistoryMaker {
public:
    static constexpr uint32_t objects_max = 16;

    HistoryMaker(const HistoryPlan& plan, uint64_t seed) noexcept;
    HistoryMaker(const HistoryMaker&) = delete;
    HistoryMaker& operator=(const HistoryMaker&) = delete;

    /// `history` has room for the plan.
    void fill(History& history) noexcept;

private:
    static constexpr uint32_t programs_max = 17;
    static constexpr uint32_t ghosts_max = 8;
    struct Object {
        uint64_t word = 0;
        uint64_t generation = 0;
        uint64_t commits = 0;
        uint64_t holder = 0;
    };
    enum class Phase : uint8_t { idle, called, executed };
    struct Program {
        Phase phase = Phase::idle;
        OperationIndex operation = 0;
        Call call{};
        Answer answer{};
        // The grant it had last, and of which object.
        uint64_t nonce = 0;
        uint64_t generation = 0;
        uint64_t object = 0;
    };

    [[nodiscard]] Call choose(uint32_t client) noexcept;
    [[nodiscard]] Call choose_of_lock(const Program& program, Call call) noexcept;
    [[nodiscard]] Answer execute(const Call& call) noexcept;
    [[nodiscard]] static Answer execute_lock(Object& object, const Call& call) noexcept;
    [[nodiscard]] static Answer execute_commit(Object& object, const Call& call) noexcept;
    void start(History& history, uint32_t client) noexcept;
    void go_on(History& history, Program& program) noexcept;
    void leave_ghost(const Call& call) noexcept;
    void haunt() noexcept;

    HistoryPlan plan_;
    SeededChoice choice_;
    Instant now_{};
    uint64_t nonce_ = 0;
    std::array<Object, objects_max> objects_{};
    std::array<Program, programs_max> programs_{};
    std::array<Call, ghosts_max> ghosts_{}; ///< given up by their programs, still on their way
    uint32_t ghost_count_ = 0;
};

/// `from` once more, with another answer to one of its operations.
void copy_history(const History& from, History& to, OperationIndex changed,
                  const Answer& answer) noexcept;

} // namespace grafos::test
