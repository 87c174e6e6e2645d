// SPDX-License-Identifier: Apache-2.0
/// The leases, units and fences of one machine as its log says them: a book kept from records
/// alone.
///
/// Every record is held against what stood before it: grants against units, fences and epochs; ends
/// against deadlines and against the accesses that were seen; clears against fences. Fences count
/// from their flush on, so the book knows what is durable and what a crash may take back.
#pragma once

#include "tests/sim/oracles/findings.hpp"
#include "tests/sim/oracles/log_bytes.hpp"
#include "tests/sim/oracles/turn_log.hpp"

namespace grafos::test {

/// What of a node is known beforehand.
struct OracleLimits {
    uint64_t leases_max = 0;
    uint64_t requests_per_turn_max = 0;
    uint64_t expiries_per_turn_max = 0;
    uint64_t wipe_bytes_per_turn = 0;
    Duration turn_max{};
    UnixMillis unix_base{}; ///< of each boot's start
};

struct BookLease {
    enum class State : uint8_t { none, live, over };

    State state = State::none;
    uint8_t resource = 0; ///< 0 memory, 1 blocks
    bool is_durable = false;
    bool is_cut = false;  ///< over by a restart of its node
    bool is_seen = false; ///< its bytes were looked at
    LoggedKind end{};
    LeaseRef ref{};
    uint32_t tenant = 0;
    uint64_t principal = 0;
    uint64_t epoch = 0;
    uint64_t first = 0; ///< unit
    uint64_t count = 0;
    uint64_t generation = 0;
    uint64_t durable_generation = 0;
    uint64_t sequence = 0; ///< of its grant
    // On the node's clock.
    Instant deadline{};
    Instant last_access{};
    bool was_accessed = false;
    Instant wiped_from{}; ///< its bytes began to vanish, before its end was told
    bool is_wiped = false;
    Duration ttl{};
    // In true time.
    Instant over_at{}; ///< its node ended it
    // What programs said.
    uint32_t holders = 0;
    uint32_t machine = 0; ///< of the holder
    uint32_t home = 0;
    Instant asked_after{}; ///< true time
    Instant last_began{};  ///< true time
    bool has_begun = false;
    Instant last_handed{}; ///< true time: an access was answered with success
    uint64_t tag = 0;
    uint64_t version = 0; ///< the newest one written
    uint64_t word_at = 0; ///< byte that is exchanged; 0: none
    uint64_t word = 0;
    uint64_t renewals = 0; ///< that its holder was told of

    [[nodiscard]] bool is_live() const noexcept { return state == State::live; }
    /// One program writes it, and every word of that is tagged.
    [[nodiscard]] bool is_tagged() const noexcept { return holders == 1 && tag != 0; }
};

/// Zeroes from a unit's first byte on.
struct Wipe {
    Instant from{};     ///< node's clock
    uint64_t bytes = 0; ///< that are written
    uint64_t last = 0;  ///< which write of zeroes was the last of them
};

struct BookUnit {
    /// Records may be told after what followed them: so by time, not by order.
    [[nodiscard]] bool is_wiped(uint64_t unit_bytes) const noexcept {
        return unit_bytes > 0 && wiped.bytes >= unit_bytes && wiped.from >= dirty_since;
    }

    uint64_t epoch = 0;         ///< of its last grant
    uint64_t fence = 0;         ///< sequence + 1; 0: none
    uint64_t durable_fence = 0; ///< what a crash leaves
    Wipe wipe{};                ///< under way, or over
    Wipe wiped{};               ///< the last whole one of this boot; none: `bytes` is 0
    Instant dirty_since{};      ///< node's clock: its lease ended, or it was fenced
    uint16_t lease = 0;         ///< index + 1
    Instant wipe_from{};        ///< node's clock: not before
    Instant used_until{};       ///< the turn in which its last lease ended may have begun with one
    bool must_zero = false;     ///< had a lease or a fence in this boot, and is to be wiped
    bool is_blank = false;      ///< was seen to be all zero, and nobody had it since
};

struct BookResource {
    static constexpr size_t units_most = 128;
    uint64_t unit_bytes = 0;
    uint64_t unit_count = 0;
    Bytes bytes{}; ///< of all units, where they lie
    std::array<BookUnit, units_most> units{};

    [[nodiscard]] Bytes bytes_of(uint64_t unit, uint64_t count = 1) const noexcept {
        return bytes.subspan(static_cast<size_t>(unit * unit_bytes),
                             static_cast<size_t>(count * unit_bytes));
    }
};

class LeaseBook {
public:
    static constexpr size_t leases_kept = 128;
    static constexpr size_t resource_count = 2;

    class Listener {
    public:
        virtual void on_grant(BookLease& lease) noexcept = 0;
        /// A lease has ended by a record.
        virtual void on_end(BookLease& lease) noexcept = 0;

    protected:
        ~Listener() = default;
    };

    LeaseBook(Findings& findings, const OracleLimits& limits, const TurnLog& turns,
              Listener& listener, uint32_t home) noexcept
        : findings_{findings}, limits_{limits}, turns_{turns}, listener_{listener}, home_{home} {}
    LeaseBook(const LeaseBook&) = delete;
    LeaseBook& operator=(const LeaseBook&) = delete;

    /// By the node's own word, before anything is granted.
    void set_shape(size_t resource, uint64_t unit_bytes, uint64_t unit_count, Bytes bytes) noexcept;

    /// The next record, as it is written.
    void take(const LoggedRecord& record) noexcept;
    /// All that was taken is durable.
    void keep() noexcept;
    /// What was taken and not kept never happened.
    void drop() noexcept;
    /// Power: every lease is over, and nothing is known of any byte.
    void restart() noexcept;
    /// Another disk: nothing of it is known but what `replay` says.
    void forget() noexcept;
    void replay(const LoggedRecord& record) noexcept;

    // What the log's headers say of epochs.
    void set_epochs(uint64_t from, uint64_t below) noexcept {
        epoch_from_ = from;
        epoch_below_ = below;
    }
    /// The bytes of blocks cannot be trusted, or what is fenced is not known.
    void set_doubts(bool of_blocks, bool of_fences) noexcept {
        doubts_blocks_ = of_blocks;
        doubts_fences_ = of_fences;
    }
    void doubt_blocks() noexcept { doubts_blocks_ = true; }
    /// All writes of zeroes up to that one are durable.
    void set_flushed(uint64_t zeroes) noexcept { flushed_ = zeroes; }
    [[nodiscard]] bool doubts_blocks() const noexcept { return doubts_blocks_; }
    [[nodiscard]] bool doubts_fences() const noexcept { return doubts_fences_; }

    [[nodiscard]] BookLease* find(const LeaseRef& ref) noexcept;
    [[nodiscard]] BookLease* owner(size_t resource, uint64_t unit) noexcept;
    [[nodiscard]] BookResource& resource(size_t index) noexcept { return resources_[index]; }
    [[nodiscard]] std::span<BookLease> leases() noexcept { return leases_; }
    /// Of all leases and fences together, as often as asked.
    struct Sums {
        Instant next_end = Instant::never();           ///< when the first live lease runs out
        std::array<uint64_t, resource_count> live{};   ///< units
        std::array<uint64_t, resource_count> fenced{}; ///< units
    };
    [[nodiscard]] const Sums& sums() noexcept;
    /// Of first renewals: at what share of a lease's life they came, in thousandths.
    struct Shares {
        uint64_t count = 0;
        uint64_t least = ~uint64_t{0};
        uint64_t most = 0;
    };
    [[nodiscard]] const Shares& shares() const noexcept { return shares_; }
    /// Ends recorded since the last call.
    [[nodiscard]] uint64_t take_end_count() noexcept {
        const uint64_t count = ends_;
        ends_ = 0;
        return count;
    }

private:
    void expect(Oracle oracle, bool condition, const char* what) noexcept {
        findings_.expect(oracle, condition, what);
    }
    [[nodiscard]] Instant at_of(const LoggedRecord& record) const noexcept;
    void check_time(const LoggedRecord& record) noexcept;
    [[nodiscard]] bool has_extent(const LoggedRecord& record, uint8_t& resource) noexcept;
    void grant(const LoggedRecord& record) noexcept;
    /// Records of one kind of request that one turn made.
    struct Budget {
        Instant at{}; ///< the latest, on the node's clock
        uint64_t count = 0;
    };
    void check_budget(Budget& budget, Instant at, uint64_t most, const char* what) noexcept;
    void check_epoch(const LoggedRecord& record) noexcept;
    void check_clean(const LoggedRecord& record, uint8_t resource) noexcept;
    [[nodiscard]] BookLease* find_live(const LoggedRecord& record) noexcept;
    void renew(const LoggedRecord& record) noexcept;
    void end(const LoggedRecord& record) noexcept;
    [[nodiscard]] Instant wipe_from(const LoggedRecord& record,
                                    const BookLease& lease) const noexcept;
    void check_end_time(const LoggedRecord& record, const BookLease& lease) noexcept;
    void fence(const LoggedRecord& record) noexcept;
    void clear(const LoggedRecord& record) noexcept;
    void boot(const LoggedRecord& record) noexcept;
    [[nodiscard]] BookLease& place_for_new() noexcept;
    [[nodiscard]] uint64_t live_count() const noexcept;

    Findings& findings_;
    const OracleLimits& limits_;
    const TurnLog& turns_;
    Listener& listener_;
    uint32_t home_; ///< machine
    std::array<BookResource, resource_count> resources_{};
    std::array<BookLease, leases_kept> leases_{};
    uint64_t highest_epoch_ = 0;
    uint64_t epoch_from_ = 0;
    uint64_t epoch_below_ = ~uint64_t{0};
    uint64_t ends_ = 0;
    Budget grants_{};
    Budget changes_{};
    Budget expiries_{};
    Shares shares_{};
    uint64_t flushed_ = 0;
    bool doubts_blocks_ = false;
    bool doubts_fences_ = false;
    bool is_changed_ = false; ///< since it was kept
    bool is_summed_ = false;  ///< and nothing has changed since
    Sums sums_{};
};

} // namespace grafos::test
