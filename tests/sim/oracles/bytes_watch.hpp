// SPDX-License-Identifier: Apache-2.0
/// The bytes that a machine lends: what changes in its memory from turn to turn, and what is
/// written into the data area of its disk.
///
/// A change is an access that was accepted. It must belong to a live lease over that unit; and
/// where one program alone writes a lease, it must be that program's: each of its words stands
/// beside the lease's tag, and each write has a higher version than all before. What no lease has
/// any more may only become zero.
#pragma once

#include "tests/sim/oracles/lease_book.hpp"
#include "tests/sim/oracles/lock_watch.hpp"

namespace grafos::test {

class BytesWatch {
public:
    /// `shadow`: as long as the memory.
    BytesWatch(Findings& findings, LeaseBook& book, Bytes memory, MutableBytes shadow) noexcept
        : findings_{findings}, book_{book}, memory_{memory}, shadow_{shadow} {}
    BytesWatch(const BytesWatch&) = delete;
    BytesWatch& operator=(const BytesWatch&) = delete;

    void on_power_on() noexcept;
    /// `at`: bytes into the data area.
    void on_write(uint64_t at, Bytes bytes, uint64_t ticket, Instant node) noexcept;
    void on_write_end(uint64_t ticket, bool is_ok) noexcept;
    void on_flush(uint64_t ticket) noexcept;
    void on_flush_end(uint64_t ticket, bool is_ok) noexcept;
    void on_reset() noexcept {
        writes_ = {};
        flushes_ = {};
    }
    /// `node`: the turn's time on the node's clock. A turn in which nothing came to the machine and
    /// no program spoke is looked at in parts.
    void on_turn_end(Instant node, bool was_woken) noexcept;
    /// What a program read of its lease.
    void check_read(const BookLease& lease, uint64_t offset, Bytes bytes) noexcept;
    [[nodiscard]] size_t in_flight() const noexcept;
    /// Zeroes given to the disk since the last call.
    [[nodiscard]] uint64_t take_wiped() noexcept {
        const uint64_t wiped = wiped_;
        wiped_ = 0;
        return wiped;
    }

private:
    struct Write {
        uint64_t ticket = 0;
        uint64_t at = 0;
        uint64_t size = 0;
        bool is_zero = false;
    };

    void expect(Oracle oracle, bool condition, const char* what) noexcept {
        findings_.expect(oracle, condition, what);
    }
    void on_wipe(uint64_t at, uint64_t size, Instant node) noexcept;
    void add_to_wipe(BookUnit& unit, uint64_t bytes, uint64_t unit_bytes) noexcept;
    void on_access(BookLease& lease, Instant node) noexcept;
    void on_vanished(BookLease& lease, Instant node) noexcept;
    void scan_lease(BookLease& lease, Instant node) noexcept;
    void scan_unit_of_nobody(uint64_t unit, Instant node) noexcept;
    void take_cell(BookLease& lease, uint64_t offset, Bytes cell, uint64_t& newest) noexcept;
    void take_word(BookLease& lease, uint64_t word) noexcept;
    [[nodiscard]] Bytes shadow_of(uint64_t unit, uint64_t count) const noexcept;

    Findings& findings_;
    LeaseBook& book_;
    Bytes memory_;
    MutableBytes shadow_;
    LockWatch locks_{findings_};
    struct Flush {
        uint64_t ticket = 0;
        uint64_t covers = 0; ///< zero writes
    };
    std::array<Write, 16> writes_{};  ///< in flight
    std::array<Flush, 16> flushes_{}; ///< in flight
    uint64_t zero_writes_ = 0;        ///< that are done
    uint64_t flushed_ = 0;            ///< of them
    uint64_t wiped_ = 0;
    uint64_t rotation_ = 0; ///< the unit that is looked at next, whatever happened
    uint64_t turns_ = 0;
};

} // namespace grafos::test
