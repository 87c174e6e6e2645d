// SPDX-License-Identifier: Apache-2.0
/// One job for the disk, as long as it takes: started, asked for, cut into what the device
/// transfers at once, and started again after a reset. Every part of the log that talks to the disk
/// has one.
#pragma once

#include "hal/block_device.hpp"

namespace grafos::lease {

enum class Progress : uint8_t { more, done };

class Transfer {
public:
    explicit Transfer(hal::BlockDevice& device) noexcept : device_{device} {}
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Sets a job, which `tick` carries out. Idle before; whole sectors; the bytes stay untouched
    /// by the caller until the job has ended.
    void set_read(uint64_t sector, MutableBytes to) noexcept;
    void set_write(uint64_t sector, Bytes from) noexcept;
    void set_flush() noexcept;

    [[nodiscard]] bool is_idle() const noexcept { return job_ == Job::none; }
    [[nodiscard]] bool is_in_flight() const noexcept { return ticket_.number != 0; }
    /// Has something to start, rather than to wait for.
    [[nodiscard]] bool wants_turn() const noexcept { return !is_idle() && !is_in_flight(); }

    /// Starts, or asks once. Idle: done. Failures: io and invalid_argument as the device gave them;
    /// the job has ended then. Context: turn.
    [[nodiscard]] Result<Progress> tick() noexcept;

    /// The device was reset: what was in flight starts again.
    void on_device_reset() noexcept { ticket_ = {}; }
    /// Forgets the job. Nothing is in flight.
    void cancel() noexcept;

private:
    enum class Job : uint8_t { none, read, write, flush };

    [[nodiscard]] Result<hal::BlockTicket> start_part() noexcept;
    [[nodiscard]] size_t part_bytes() const noexcept;

    hal::BlockDevice& device_;
    Job job_ = Job::none;
    hal::BlockTicket ticket_{};
    uint64_t sector_ = 0;
    MutableBytes to_{};
    Bytes from_{};
    size_t size_ = 0;   ///< of the whole job, bytes
    size_t offset_ = 0; ///< done so far
};

} // namespace grafos::lease
