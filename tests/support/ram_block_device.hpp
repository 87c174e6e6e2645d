// SPDX-License-Identifier: Apache-2.0
/// A disk in RAM that completes when asked, fails where told, lies if told, and remembers
/// everything.
///
/// It reads back what was last written, like a disk with a cache. What a power cut would leave of
/// that is another question: `PowerCuts` answers it from the log of operations kept here, for every
/// moment; `cut_power` does it to this disk, once, by a seed, if it was lent a cache.
#pragma once

#include <array>
#include <span>

#include "hal/block_device.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

/// One operation in the log. Moments count the starts and completions of all operations, from 1.
struct BlockRecord {
    hal::BlockOperation operation{};
    uint64_t sector = 0;
    uint32_t sector_count = 0;
    uint64_t data_offset = 0; ///< in the log's data; writes only
    uint64_t started = 0;
    uint64_t completed = 0;    ///< 0: never; it may have happened all the same, until:
    uint64_t abandoned = 0;    ///< the reset after which reads showed that it had not; 0: none
    bool is_swallowed = false; ///< a flush that only said it had flushed
};

/// Where the log of operations is kept. Reads are not logged.
struct BlockLog {
    std::span<BlockRecord> records{};
    MutableBytes data{};
    size_t record_count = 0;
    size_t data_size = 0;
    uint64_t moment = 0; ///< of the last start or completion
    bool is_full = false;

    void clear() noexcept {
        record_count = 0;
        data_size = 0;
        moment = 0;
        is_full = false;
    }
};

/// What a disk does to those who trust it.
enum class DiskFault : uint8_t {
    read_error,
    write_error,
    flush_error,
    misdirected_write, ///< lands on other sectors, and says ok
    lost_flush,        ///< says ok, and nothing is durable by it
    late_write,        ///< stays in flight for long; only then is it on the disk
    dropped_sector,    ///< a power cut: an unflushed sector is as before
    torn_sector,       ///< a power cut: new up to some byte, old from there
    erased,            ///< another disk, blank
    rolled_back,       ///< another disk: this one as it was at some earlier moment
};
inline constexpr size_t disk_fault_count = 10;

/// Each operation draws on its own, in the order of starting.
struct DiskFaults {
    uint32_t read_error_permille = 0;
    uint32_t write_error_permille = 0;
    uint32_t misdirect_permille = 0;
    uint32_t lost_flush_permille = 0;
    uint32_t late_permille = 0;
    uint64_t late_turns_most = 0; ///< each late write: 1 … so many turns
};

/// Hears every fault that was drawn or counted out, as it takes effect.
class DiskFaultListener {
public:
    virtual void on_disk_fault(DiskFault fault, uint64_t sector) noexcept = 0;

protected:
    ~DiskFaultListener() = default;
};

/// One sector that was written and not flushed: what it held before.
struct CachedSector {
    uint64_t sector = 0;
    uint64_t completed = 0;
    std::array<uint8_t, hal::sector_bytes> before{};
};

class RamBlockDevice final : public hal::BlockDevice {
public:
    static constexpr uint32_t pending_max = 16;

    /// When an operation is done.
    enum class Completion : uint8_t {
        at_poll, ///< as soon as it is asked for
        at_turn, ///< when it is asked for after the next `turn()`
        never,   ///< not before the mode is changed, or a reset
    };

    explicit RamBlockDevice(MutableBytes disk, BlockLog* log = nullptr) noexcept
        : disk_{disk}, log_{log} {}
    RamBlockDevice(const RamBlockDevice&) = delete;
    RamBlockDevice& operator=(const RamBlockDevice&) = delete;

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    /// Forgets everything in flight, and nothing of it is on the disk.
    [[nodiscard]] Result<> reset() noexcept override;

    void turn() noexcept { turn_ += 1; }
    void set_completion(Completion completion) noexcept { completion_ = completion; }
    void set_transfer_sectors_max(uint32_t sectors) noexcept { transfer_sectors_max_ = sectors; }
    void set_in_flight_max(uint32_t count) noexcept { in_flight_max_ = count; }

    // --- faults ----------------------------------------------------------------------------------
    /// The `nth` operation of this kind from now on (1 = the next) completes with io.
    void fail_nth(hal::BlockOperation operation, uint64_t nth) noexcept;
    /// Every operation of this kind that touches the sectors completes with io, until `heal`.
    void fail_sectors(hal::BlockOperation operation, uint64_t first, uint64_t count) noexcept;
    void read_fails_at(uint64_t nth) noexcept { fail_nth(hal::BlockOperation::read, nth); }
    void write_fails_at(uint64_t nth) noexcept { fail_nth(hal::BlockOperation::write, nth); }
    /// The `nth` write from now on lands elsewhere; is in flight for `turns` more.
    void misdirect_nth_write(uint64_t nth) noexcept { misdirect_countdown_ = nth; }
    void delay_nth_write(uint64_t nth, uint64_t turns) noexcept;
    /// Drawn from `seed` for every operation from now on, until `heal`.
    void set_faults(const DiskFaults& faults, uint64_t seed) noexcept;
    void listen(DiskFaultListener* whom) noexcept;
    void heal() noexcept;
    /// The `nth` flush from now on says ok and does nothing. `every` flush, for a disk that always
    /// lies.
    void swallow_nth_flush(uint64_t nth) noexcept { swallow_countdown_ = nth; }
    void swallow_every_flush(bool is_lying) noexcept { swallows_every_ = is_lying; }
    /// Every write of zeroes alone, from this sector on, completes with io, until `heal`; 0: none.
    void refuse_wipes(uint64_t from_sector) noexcept { refused_from_ = from_sector; }
    [[nodiscard]] uint64_t refused_wipes() const noexcept { return refused_wipes_; }
    void fail_reset(bool is_lost) noexcept { is_lost_ = is_lost; }

    // --- power and other disks -------------------------------------------------------------------
    /// Room for what is not durable. If it is full, the oldest becomes durable by itself, as in any
    /// disk. Without one, everything that completed is. Context: before the first operation.
    void lend_cache(std::span<CachedSector> cache) noexcept { cache_ = cache; }
    /// Every unflushed sector is kept or dropped by the seed, and so is every sector in flight, of
    /// which the last that was started is torn at a byte. Then nothing is in flight. Context: while
    /// the buffers in flight are alive.
    void cut_power(uint64_t seed) noexcept;
    /// The disk as a power cut would leave it that dropped all it may. `to`: as large as the disk.
    void copy_durable(MutableBytes to) const noexcept;
    /// Another disk. Context: off.
    void erase() noexcept;
    void roll_back(Bytes image) noexcept;

    // --- what happened ---------------------------------------------------------------------------
    [[nodiscard]] uint64_t count(hal::BlockOperation operation) const noexcept {
        return started_[static_cast<size_t>(operation)];
    }
    [[nodiscard]] uint32_t in_flight() const noexcept;
    [[nodiscard]] uint32_t writes_in_flight() const noexcept;
    /// Buffers that were touched while they were the device's: always a bug of the caller.
    [[nodiscard]] uint64_t buffer_violations() const noexcept { return buffer_violations_; }
    [[nodiscard]] MutableBytes disk() const noexcept { return disk_; }
    [[nodiscard]] uint64_t fault_count(DiskFault fault) const noexcept {
        return fault_counts_[static_cast<size_t>(fault)];
    }
    /// Sectors that a power cut may drop.
    [[nodiscard]] size_t cached() const noexcept { return cached_; }

private:
    struct Pending {
        hal::BlockTicket ticket{};
        hal::BlockOperation operation{};
        uint64_t sector = 0;
        MutableBytes to{};
        Bytes from{};
        uint32_t checksum = 0;
        uint64_t turn = 0;
        uint64_t late_turns = 0;
        uint64_t lands_on = 0; ///< the sector, if nothing is misdirected
        uint64_t started = 0;  ///< of all starts and completions
        size_t record = SIZE_MAX;
        bool fails = false;
        bool is_swallowed = false;
    };

    template <typename Condition>
    [[nodiscard]] uint32_t count_in_flight(const Condition& condition) const noexcept {
        uint32_t count = 0;
        for (const Pending& pending : pending_) {
            count += pending.ticket.number != 0 && condition(pending) ? 1u : 0u;
        }
        return count;
    }
    [[nodiscard]] Result<> check(uint64_t sector, size_t size) const noexcept;
    [[nodiscard]] Result<hal::BlockTicket> start(Pending pending) noexcept;
    [[nodiscard]] bool takes_fault(hal::BlockOperation operation, uint64_t sector,
                                   size_t size) noexcept;
    void draw_faults(Pending& pending) noexcept;
    [[nodiscard]] bool draws(uint32_t permille) noexcept;
    void misdirect(Pending& pending) noexcept;
    void say(DiskFault fault, uint64_t sector) noexcept;
    void remember(uint64_t first, uint64_t count) noexcept;
    void settle(uint64_t before) noexcept;
    [[nodiscard]] CachedSector& cached_at(size_t index) const noexcept {
        return cache_[(cache_first_ + index) % cache_.size()];
    }
    [[nodiscard]] MutableBytes sector_at(uint64_t sector) const noexcept {
        return disk_.subspan(static_cast<size_t>(sector) * hal::sector_bytes, hal::sector_bytes);
    }
    void drop_some(SeededChoice& choice) noexcept;
    void land_some(SeededChoice& choice) noexcept;
    void log_start(Pending& pending) noexcept;
    void log_completion(const Pending& pending) noexcept;
    void carry_out(const Pending& pending) noexcept;

    MutableBytes disk_;
    BlockLog* log_;
    std::array<Pending, pending_max> pending_{};
    uint64_t ticket_number_ = 0;
    uint64_t turn_ = 0;
    Completion completion_ = Completion::at_poll;
    uint32_t transfer_sectors_max_ = 256;
    uint32_t in_flight_max_ = 8;
    std::array<uint64_t, 3> started_{};
    std::array<uint64_t, 3> fail_countdown_{};
    std::array<uint64_t, 3> fail_first_{};
    std::array<uint64_t, 3> fail_count_{};
    uint64_t refused_from_ = 0;
    uint64_t refused_wipes_ = 0;
    uint64_t swallow_countdown_ = 0;
    bool swallows_every_ = false;
    bool is_lost_ = false;
    uint64_t buffer_violations_ = 0;
    DiskFaults faults_{};
    SeededChoice choice_{0};
    DiskFaultListener* listener_ = nullptr;
    std::array<uint64_t, disk_fault_count> fault_counts_{};
    uint64_t misdirect_countdown_ = 0;
    uint64_t late_countdown_ = 0;
    uint64_t late_turns_ = 0;
    std::span<CachedSector> cache_{}; ///< a ring, in the order of completion
    size_t cache_first_ = 0;
    size_t cached_ = 0;
    uint64_t moment_ = 0; ///< of the last start or completion
};

} // namespace grafos::test
