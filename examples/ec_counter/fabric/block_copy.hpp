// SPDX-License-Identifier: Apache-2.0
/// One copy of a counter: two blocks leased on another machine, written in turn.
///
///     away ─► acquiring ─► reading ─► idle ─► writing, written ─► flushing ─► idle
///      ▲                       └───── the lease ends ──┴─────────────┘
///
/// The lease is asked for under a key of its own, so that a machine that lost power finds the same
/// one again, if it has not ended meanwhile; either way the blocks are read before they are
/// written. A record says which value it is and how many were written before it, and has a
/// checksum: a block of zeroes, a torn or foreign one is no record, and of two the larger counts.
/// The block that was acknowledged last is not the one that is written next.
#pragma once

#include "core/fabric/builder.hpp"

namespace grafos::ec_counter {

class BlockCopy {
public:
    struct Place {
        std::string_view node{}; ///< the machine that lends
        uint32_t server = 0;     ///< whose counter; in every record
        Duration ttl{};
    };
    /// An access that nobody answered for so long: the machine counts as out of reach.
    static constexpr Duration reach_within{300};

    BlockCopy(fabric::Fabric& fabric, const Place& place) noexcept;
    BlockCopy(const BlockCopy&) = delete;
    BlockCopy& operator=(const BlockCopy&) = delete;
    ~BlockCopy() = default;

    /// Goes on with whatever is under way, and writes `wanted` if that is more than is kept here.
    /// Context: turn.
    void step(Instant now, uint64_t wanted) noexcept;

    /// What lies here is known: what was found, or written since.
    [[nodiscard]] bool is_read() const noexcept { return is_read_; }
    /// The largest value that was found here when the lease was read.
    [[nodiscard]] uint64_t found() const noexcept { return found_; }
    /// Acknowledged by the disk there, and the lease has not ended as far as is known.
    [[nodiscard]] uint64_t kept() const noexcept { return kept_; }
    /// Its machine answers.
    [[nodiscard]] bool is_in_reach(Instant now) const noexcept;
    /// Something is under way, or must be tried again soon.
    [[nodiscard]] bool is_busy(uint64_t wanted) const noexcept {
        return step_ != Step::idle || wanted > kept_;
    }

private:
    enum class Step : uint8_t {
        away,
        acquiring,
        reading,
        idle,
        writing,
        written,
        flushing,
        leaving
    };
    static constexpr size_t record_blocks = 2;
    static constexpr Duration retry_after{100};

    void acquire(Instant now) noexcept;
    void poll_acquire(Instant now) noexcept;
    void start(Step step, Instant now) noexcept;
    void poll_access(Instant now) noexcept;
    void take_success() noexcept;
    void take_failure(const Error& error, Instant now) noexcept;
    void read_records() noexcept;
    void put_record(uint64_t value) noexcept;
    void leave(bool is_in_flight, Instant now) noexcept;
    [[nodiscard]] MutableBytes block(size_t index) noexcept {
        return MutableBytes{buffer_}.subspan(index * limits::block_bytes, limits::block_bytes);
    }

    fabric::Fabric& fabric_;
    Place place_;
    Step step_ = Step::away;
    std::optional<fabric::Acquiring<fabric::BlockLease>> acquiring_{};
    std::optional<fabric::BlockLease> lease_{};
    std::optional<fabric::FabricBlock> blocks_{};
    lease::RegionTicket ticket_{};
    Instant began_{}; ///< the access, or the acquire
    Instant retry_at_{};
    bool is_silent_ = false; ///< the last access had no answer
    bool is_read_ = false;
    uint64_t found_ = 0;
    uint64_t kept_ = 0;
    uint64_t writing_ = 0;
    uint64_t sequence_ = 0; ///< of the last record that was acknowledged or found
    std::array<uint8_t, record_blocks * limits::block_bytes> buffer_{};
};

} // namespace grafos::ec_counter
