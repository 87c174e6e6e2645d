// SPDX-License-Identifier: Apache-2.0
/// Whether what a program asked for once was granted once: one alloc key, one live lease.
///
/// A grant's record names who asked, not what was asked. So all live leases of one principal at one
/// home that nobody was told of are counted: each must belong to an ask that is still open, or to
/// one whose answer was lost not long ago.
#pragma once

#include "tests/sim/oracles/lease_book.hpp"

namespace grafos::test {

class AskWatch {
public:
    static constexpr size_t programs_max = 128;

    explicit AskWatch(Findings& findings) noexcept : findings_{findings} {}
    AskWatch(const AskWatch&) = delete;
    AskWatch& operator=(const AskWatch&) = delete;

    /// `machine`: the program's.
    void on_program(uint32_t machine, const ProgramEvent& program) noexcept;
    /// What its programs asked for is not waited for any more.
    void on_power_off(uint32_t machine) noexcept;
    /// A program was told of its lease: who that is in records.
    void on_told(uint32_t machine, const BookLease& lease) noexcept;
    /// `book`: of the lease's home, which has just granted it.
    void on_grant(LeaseBook& book, const BookLease& lease) noexcept;

private:
    struct Ask {
        bool is_open = false;
        uint32_t machine = 0;
        uint32_t home = 0;
        Duration ttl{};
        Instant until{}; ///< lost: its lease may live so long, true time
    };
    struct Known {
        uint64_t principal = 0; ///< 0: none
        uint32_t machine = 0;
    };

    void lose(Ask& ask) noexcept;
    [[nodiscard]] uint64_t count(uint32_t machine, uint32_t home) const noexcept;

    Findings& findings_;
    std::array<Ask, programs_max> asks_{};
    std::array<Ask, programs_max> lost_{};
    size_t next_lost_ = 0;
    std::array<Known, 32> known_{};
    size_t next_known_ = 0;
};

} // namespace grafos::test
