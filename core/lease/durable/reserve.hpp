// SPDX-License-Identifier: Apache-2.0
/// Space in the log, counted so that what must never be refused never is (protocol §5).
///
/// The unit is the sector, since the longest record alone in its group takes one. What is *kept*
/// (groups not trimmed), *open* (records not yet in a written group) and *promised* adds up to at
/// most the capacity; a fixed share stays for boots, adoptions and trims.
///
/// The ring's end is wasted where the longest group would not fit: up to g - 1 sectors, once
/// between its start and its end. Let L be the ring, D what is kept (waste included), T = open +
/// promised. To keep every promise, D + T + g <= L must hold while the wrap lies ahead, and D + T <
/// L behind it. Admitting only up to L - 2g gives both: passing the wrap adds at most g - 1 to D,
/// and a trim that brings the next wrap ahead finds at most L - g - 1.
///
/// A live lease promises four sectors: its end; a fence, should its teardown fail; the clear of
/// that fence; and the fence that takes its place should the clear's teardown fail. A second
/// failing clear of the same fence draws on the rest: a log is finite, and an operator's tries are
/// not.
#pragma once

#include "core/lease/audit/journal.hpp"
#include "core/lease/durable/layout.hpp"

namespace grafos::lease {

inline constexpr uint64_t promise_per_fence = 2;                        ///< clear, new fence
inline constexpr uint64_t promise_per_teardown = 1 + promise_per_fence; ///< fence, then those two
inline constexpr uint64_t promise_per_grant = 1 + promise_per_teardown; ///< end, then those three

/// Sectors for boots, adoptions and trims: an eighth of a small log, 64 of a larger one.
inline constexpr uint64_t control_sectors_max = 64;

class SpaceLedger {
public:
    /// What `layout` has to give; `kept` sectors are taken already.
    void start(const DiskLayout& layout, uint64_t kept) noexcept;

    /// Failures: capacity_exceeded (log; value = sectors taken with it, expected = the line). A
    /// draw on a promise never fails. `is_refence`: a fence that a clear's teardown left behind,
    /// not a lease's. Context: any.
    [[nodiscard]] Result<> check(Draw draw, bool is_refence = false) const noexcept;
    /// Books what `check` allowed.
    void draw(Draw draw, bool is_refence = false) noexcept;
    /// A teardown succeeded: no fence will come of it.
    void return_teardown() noexcept { drop(promised_teardowns_, promise_per_teardown); }
    /// Fences that stand at boot.
    void restore_fences(uint64_t count) noexcept;

    /// `count` open records became a group of `sectors` (with what the ring's end wasted).
    void close_group(uint64_t count, uint64_t sectors) noexcept;
    /// What the ring holds now, after a trim.
    void set_kept(uint64_t sectors) noexcept { kept_ = sectors; }

    [[nodiscard]] uint64_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] uint64_t kept() const noexcept { return kept_; }
    [[nodiscard]] uint64_t open() const noexcept { return open_; }
    [[nodiscard]] uint64_t promised() const noexcept {
        return promised_ends_ + promised_teardowns_ + promised_fences_;
    }
    [[nodiscard]] uint64_t taken() const noexcept { return kept_ + open_ + promised(); }

private:
    static void drop(uint64_t& promised, uint64_t count) noexcept {
        promised -= promised < count ? promised : count;
    }
    void promise_fence() noexcept;
    [[nodiscard]] bool has_promise(Draw draw, bool is_refence) const noexcept;

    uint64_t ring_ = 0;
    uint64_t capacity_ = 0;
    uint64_t control_ = 0; ///< of the capacity, for control records only
    uint64_t kept_ = 0;
    uint64_t open_ = 0;
    uint64_t promised_ends_ = 0;
    uint64_t promised_teardowns_ = 0; ///< sectors, of leases that live or are being torn down
    uint64_t promised_fences_ = 0;    ///< sectors, of fences that stand
};

} // namespace grafos::lease
