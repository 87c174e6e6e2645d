// SPDX-License-Identifier: Apache-2.0
/// What one machine's log holds, by what its disk was asked and said: what was written, and the
/// prefix of it that was flushed.
///
///     write of a group ─► its records go into the book ─► its flush ends ─► they are acknowledged
///     power comes back ─► the disk is read: all that was acknowledged, at most one group more
///
/// A group goes on exactly where the one before ended, over all boots. After a disk that lied, or
/// another disk, what is read is all that is known, and nothing is held against it.
#pragma once

#include "tests/sim/oracles/lease_book.hpp"

namespace grafos::test {

class LogWatch {
public:
    LogWatch(Findings& findings, LeaseBook& book, Bytes disk) noexcept
        : findings_{findings}, book_{book}, disk_{disk} {}
    LogWatch(const LogWatch&) = delete;
    LogWatch& operator=(const LogWatch&) = delete;

    void on_power_on() noexcept;
    void on_power_off() noexcept;
    void on_write(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept;
    void on_write_end(uint64_t ticket, bool is_ok) noexcept;
    void on_flush(uint64_t ticket) noexcept;
    void on_flush_end(uint64_t ticket, bool is_ok) noexcept;
    void on_reset() noexcept;
    // What the disk did, unasked.
    void on_flush_lost() noexcept { has_lied_ = true; }
    void on_misdirected() noexcept {
        is_misled_ = true;
        book_.doubt_blocks();
    }
    void on_replaced(bool is_blank) noexcept;
    /// By the node's own word.
    void on_anchored(uint64_t next, Bytes head) noexcept;

    /// As whoever exports it would: every record that is kept, from the disk, hash by hash.
    void check_whole() noexcept;

    [[nodiscard]] const LoggedLayout& layout() const noexcept { return layout_; }
    /// What of the disk belongs to leases; empty: not known yet.
    [[nodiscard]] Bytes data() const noexcept;
    /// Nothing is on its way to the disk.
    [[nodiscard]] bool is_quiet() const noexcept { return !pending_.is_there && !has_failed_; }
    /// What the disk says it did, it did.
    [[nodiscard]] bool is_trusted() const noexcept { return !has_lied_ && !is_misled_; }
    [[nodiscard]] uint64_t groups() const noexcept { return groups_; }

private:
    /// Where the next group goes, and what it links to.
    struct Place {
        uint64_t number = 0;
        uint64_t offset = 0;
        uint64_t next = 0;
        Digest head{};
        friend bool operator==(const Place&, const Place&) = default;
    };
    struct Found {
        Place end{};
        uint64_t boot = 0;
        uint64_t mark = 0;
        uint64_t start = 0; ///< its first sequence
        uint64_t checkpoint = 0;
        uint64_t checkpoint_sector = 0;
        bool is_sure = true;
    };
    /// One frame on its way.
    struct Pending {
        bool is_there = false;
        bool is_done = false;
        uint64_t ticket = 0;
        uint64_t flush = 0; ///< that covers it
        uint32_t checksum = 0;
        uint64_t number = 0;
        uint64_t mark = 0;
        Place end{};
    };

    void expect(Oracle oracle, bool condition, const char* what) noexcept {
        findings_.expect(oracle, condition, what);
    }
    void on_identity(Bytes bytes, uint64_t sector) noexcept;
    void on_group(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept;
    [[nodiscard]] bool is_again(const LoggedGroup& group, Bytes bytes, uint64_t ticket) noexcept;
    void check_place(const LoggedGroup& group, uint64_t sector) noexcept;
    void take_records(const LoggedGroup& group) noexcept;
    void on_checkpoint(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept;
    void keep() noexcept;
    [[nodiscard]] Place place_behind(const Place& at, const LoggedGroup& group) const noexcept;
    [[nodiscard]] Found walk(bool replays) noexcept;
    [[nodiscard]] bool read_at(const Place& at, LoggedGroup& group) const noexcept;
    [[nodiscard]] bool find_start(Found& found) const noexcept;

    Findings& findings_;
    LeaseBook& book_;
    Bytes disk_;
    LoggedLayout layout_{};
    Place end_{};     ///< of what was written
    Place durable_{}; ///< of what was flushed
    uint64_t boot_ = 0;
    uint64_t mark_ = 0;      ///< durable
    uint64_t boot_mark_ = 0; ///< when the boot began
    uint64_t groups_ = 0;
    Pending pending_{};
    Pending checkpoint_{};
    uint64_t checkpoint_number_ = 0; ///< newest durable one
    uint64_t checkpoint_sector_ = 0;
    bool begins_boot_ = false; ///< no group of this boot yet
    bool was_on_ = false;
    bool is_known_ = false; ///< where the log ends
    bool has_failed_ = false;
    bool has_lied_ = false;
    bool is_misled_ = false;
    bool is_replaced_ = false;
    bool doubts_data_ = false; ///< a disk lied, and what it dropped may have been a wipe
};

} // namespace grafos::test
