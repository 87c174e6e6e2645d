// SPDX-License-Identifier: Apache-2.0
/// What clients of one shared lease did, as a history: the words by calls and answers, the locks
/// with the ends of their grants besides.
///
/// A grant ends by its deadline on the home's clock, and nobody is told. The home said how much was
/// left; its clock is heard at each of its turns. So the deadline lies between
///
///     home's time at the call + left   and   home's time at the answer + left
///
/// and that is when the end of that generation is called, and answered, in the history. As long as
/// a grant is not answered, it may be there and end at any time: until then, or for ever if the
/// answer is lost, an open end of its nonce says so. Sound for every clock; a grant that is known
/// is never ended early.
#pragma once

#include "tests/sim/history/linearizability.hpp"

namespace grafos::test {

class SharedRecord {
public:
    static constexpr uint32_t clients_max = 16; ///< the history's others are for ends

    /// One operation under way.
    struct Running {
        OperationIndex operation = 0;
        uint64_t home_ms = 0; ///< the home's clock at the call
        uint8_t end = none;   ///< lock: of its unknown grant
    };

    SharedRecord(History& history, uint32_t operations_max) noexcept
        : history_{history}, operations_max_{operations_max} {}
    SharedRecord(const SharedRecord&) = delete;
    SharedRecord& operator=(const SharedRecord&) = delete;

    /// Of another lease.
    void clear() noexcept;
    /// For one more; of a lock, for the ends of its grant too.
    [[nodiscard]] bool has_room() const noexcept;
    /// A turn of the home began at this reading of its raw clock.
    void on_home_turn(uint64_t raw_ms, Instant now) noexcept;

    // Context: `has_room`, and the client waits for nothing.
    [[nodiscard]] Running call(const Call& call, Instant now) noexcept;
    /// `left`: of a lock that was granted.
    void answer(const Running& running, const Answer& answer, Duration left, Instant now) noexcept;
    void lose(const Running& running) noexcept;
    void refuse(const Running& running) noexcept;

    [[nodiscard]] const History& history() const noexcept { return history_; }

private:
    static constexpr size_t ends_max = History::clients_max - clients_max;
    /// An operation and the two ends of its grant; and of all others those that are still to come.
    static constexpr uint32_t slack = 3 + ends_max + clients_max;
    static constexpr uint8_t none = UINT8_MAX;
    struct End {
        bool is_used = false;
        bool is_called = false;
        bool is_of_nonce = false;
        uint64_t object = 0;
        uint64_t nonce = 0;
        uint64_t generation = 0;
        uint64_t due_ms = 0; ///< on the home's clock
        uint64_t over_ms = 0;
        OperationIndex operation = 0;
    };

    [[nodiscard]] uint8_t take_end() noexcept;
    void call_end(uint8_t slot, Instant now) noexcept;
    void drop_end(uint8_t slot) noexcept;
    void note_grant(const Running& running, uint64_t generation, Duration left,
                    Instant now) noexcept;
    void note_release(const Call& call) noexcept;

    History& history_;
    uint32_t operations_max_;
    uint64_t home_ms_ = 0;
    uint64_t raw_ms_ = 0;
    bool has_raw_ = false;
    std::array<End, ends_max> ends_{};
};

} // namespace grafos::test
