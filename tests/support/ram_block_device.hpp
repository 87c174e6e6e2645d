// SPDX-License-Identifier: Apache-2.0
/// A disk in RAM that completes when asked, fails where told, lies if told, and remembers
/// everything.
///
/// It reads back what was last written, like a disk with a cache. What a power cut would leave of
/// that is another question, and `PowerCuts` answers it from the log of operations kept here.
#pragma once

#include <array>
#include <span>

#include "hal/block_device.hpp"

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
    void heal() noexcept;
    /// The `nth` flush from now on says ok and does nothing. `every` flush, for a disk that always
    /// lies.
    void swallow_nth_flush(uint64_t nth) noexcept { swallow_countdown_ = nth; }
    void swallow_every_flush(bool is_lying) noexcept { swallows_every_ = is_lying; }
    void fail_reset(bool is_lost) noexcept { is_lost_ = is_lost; }

    // --- what happened ---------------------------------------------------------------------------
    [[nodiscard]] uint64_t count(hal::BlockOperation operation) const noexcept {
        return started_[static_cast<size_t>(operation)];
    }
    [[nodiscard]] uint32_t in_flight() const noexcept;
    /// Buffers that were touched while they were the device's: always a bug of the caller.
    [[nodiscard]] uint64_t buffer_violations() const noexcept { return buffer_violations_; }
    [[nodiscard]] MutableBytes disk() const noexcept { return disk_; }

private:
    struct Pending {
        hal::BlockTicket ticket{};
        hal::BlockOperation operation{};
        uint64_t sector = 0;
        MutableBytes to{};
        Bytes from{};
        uint32_t checksum = 0;
        uint64_t turn = 0;
        size_t record = SIZE_MAX;
        bool fails = false;
        bool is_swallowed = false;
    };

    [[nodiscard]] Result<> check(uint64_t sector, size_t size) const noexcept;
    [[nodiscard]] Result<hal::BlockTicket> start(Pending pending) noexcept;
    [[nodiscard]] bool takes_fault(hal::BlockOperation operation, uint64_t sector,
                                   size_t size) noexcept;
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
    uint64_t swallow_countdown_ = 0;
    bool swallows_every_ = false;
    bool is_lost_ = false;
    uint64_t buffer_violations_ = 0;
};

} // namespace grafos::test
