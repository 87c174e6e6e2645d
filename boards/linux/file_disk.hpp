// SPDX-License-Identifier: Apache-2.0
/// A file as block device.
///
/// Reads and writes go through the page cache at once (microseconds) and are answered at the next
/// poll; a flush is an fdatasync (milliseconds) and is left to one helper thread, so that it never
/// stops a turn. A failure carries the system's errno.
#pragma once

#include <pthread.h>

#include "boards/linux/event_loop.hpp"
#include "hal/block_device.hpp"

namespace grafos::board {

class FileDisk final : public hal::BlockDevice {
public:
    static constexpr uint32_t slots_max = 16;
    static constexpr uint32_t transfer_sectors_max = 2048;

    constexpr explicit FileDisk(EventLoop& loop) noexcept : loop_{loop} {}
    FileDisk(const FileDisk&) = delete;
    FileDisk& operator=(const FileDisk&) = delete;

    /// Opens `path` (zero-terminated) for this process alone; makes it `size_if_new` bytes long if
    /// it is new or empty. Failures: io (value = errno), busy (another process has it),
    /// invalid_argument (shorter than a sector). Context: boot, once.
    [[nodiscard]] Result<> start(const char* path, uint64_t size_if_new) noexcept;

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    [[nodiscard]] Result<> reset() noexcept override;

    /// Writes and flushes at once, without locks. Context: any; for last words.
    [[nodiscard]] bool write_now(uint64_t sector, Bytes from) const noexcept;

private:
    enum class SlotState : uint8_t { free, flushing, done };

    struct Slot {
        uint64_t ticket = 0;
        uint64_t flush_number = 0;
        int outcome = 0; ///< errno; 0: fine
        SlotState state = SlotState::free;
    };

    [[nodiscard]] Result<> open_file(const char* path, uint64_t size_if_new) noexcept;
    [[nodiscard]] Result<> start_helper() noexcept;
    [[nodiscard]] Result<> check_range(uint64_t sector, size_t size) const noexcept;
    [[nodiscard]] Slot* take_slot() noexcept;
    static void* run_helper(void* self) noexcept;
    void serve_flushes() noexcept;
    [[nodiscard]] bool is_flushed(uint64_t number, int& outcome) noexcept;

    EventLoop& loop_;
    int file_ = -1;
    int wake_ = -1; ///< eventfd: the helper has finished something
    uint64_t sector_count_ = 0;
    uint64_t serial_ = 0;
    Slot slots_[slots_max] = {};

    // Shared with the helper, under the mutex. Flushes are numbered and served one after another.
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t is_asked_ = PTHREAD_COND_INITIALIZER;
    uint64_t asked_ = 0;
    uint64_t served_ = 0;
    int outcomes_[slots_max] = {}; ///< of the last flushes, by number modulo slots
};

} // namespace grafos::board
