// SPDX-License-Identifier: Apache-2.0
#include "boards/linux/file_disk.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grafos::board {

namespace {

Error system_error(Field field) noexcept {
    return Error{ErrorCode::io, field, static_cast<uint64_t>(errno), 0};
}

off_t offset_of(uint64_t sector) noexcept {
    return static_cast<off_t>(sector * hal::sector_bytes);
}

/// All of it or an errno. A write that crosses the file-size limit is cut short first and refused
/// with EFBIG at the next try; a file that ends early reads as EIO.
int write_all(int file, uint64_t sector, Bytes from) noexcept {
    size_t done = 0;
    while (done < from.size()) {
        const ssize_t count = pwrite(file, from.data() + done, from.size() - done,
                                     offset_of(sector) + static_cast<off_t>(done));
        if (count > 0) {
            done += static_cast<size_t>(count);
        } else if (count == 0) {
            return ENOSPC;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int read_all(int file, uint64_t sector, MutableBytes to) noexcept {
    size_t done = 0;
    while (done < to.size()) {
        const ssize_t count = pread(file, to.data() + done, to.size() - done,
                                    offset_of(sector) + static_cast<off_t>(done));
        if (count > 0) {
            done += static_cast<size_t>(count);
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/// After a failed fdatasync the kernel may have dropped the pages and will call the next one a
/// success; the core stops believing the disk at the first failure, so each number keeps its own
/// outcome.
int flush_file(int file) noexcept {
    return fdatasync(file) == 0 ? 0 : errno;
}

} // namespace

Result<> FileDisk::open_file(const char* path, uint64_t size_if_new) noexcept {
    file_ = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) {
        return system_error(Field::device);
    }
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? Error{ErrorCode::busy, Field::device}
                                    : system_error(Field::device);
    }
    struct stat status{};
    if (fstat(file_, &status) != 0) {
        return system_error(Field::device);
    }
    uint64_t size = static_cast<uint64_t>(status.st_size);
    if (size == 0) {
        size = size_if_new;
        if (ftruncate(file_, static_cast<off_t>(size)) != 0 || fsync(file_) != 0) {
            return system_error(Field::length);
        }
    }
    sector_count_ = size / hal::sector_bytes;
    if (sector_count_ == 0) {
        return Error{ErrorCode::invalid_argument, Field::length, size, hal::sector_bytes};
    }
    return ok();
}

Result<> FileDisk::start_helper() noexcept {
    wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_ < 0 || !loop_.watch_event(wake_)) {
        return system_error(Field::device);
    }
    pthread_t thread;
    const int result = pthread_create(&thread, nullptr, run_helper, this);
    if (result != 0) {
        errno = result;
        return system_error(Field::device);
    }
    return ok();
}

Result<> FileDisk::start(const char* path, uint64_t size_if_new) noexcept {
    GRAFOS_TRY(open_file(path, size_if_new));
    return start_helper();
}

hal::BlockGeometry FileDisk::geometry() const noexcept {
    return {sector_count_, transfer_sectors_max, slots_max};
}

Result<> FileDisk::check_range(uint64_t sector, size_t size) const noexcept {
    const uint64_t sectors = size / hal::sector_bytes;
    if (size == 0 || size % hal::sector_bytes != 0 || sectors > transfer_sectors_max) {
        return Error{ErrorCode::invalid_argument, Field::length, size,
                     uint64_t{transfer_sectors_max} * hal::sector_bytes};
    }
    if (sectors > sector_count_ || sector > sector_count_ - sectors) {
        return Error{ErrorCode::invalid_argument, Field::block, sector, sector_count_};
    }
    return ok();
}

/// Null: all operations that fit are on their way.
FileDisk::Slot* FileDisk::take_slot() noexcept {
    for (uint32_t i = 0; i < slots_max; ++i) {
        Slot& slot = slots_[i];
        if (slot.state == SlotState::free) {
            serial_ += 1;
            slot = {serial_ * slots_max + i, 0, 0, SlotState::done};
            return &slot;
        }
    }
    return nullptr;
}

Result<hal::BlockTicket> FileDisk::start_read(uint64_t sector, MutableBytes to) noexcept {
    GRAFOS_TRY(check_range(sector, to.size()));
    Slot* const slot = take_slot();
    if (slot == nullptr) {
        return Error{ErrorCode::busy, Field::device, slots_max, slots_max};
    }
    slot->outcome = read_all(file_, sector, to);
    loop_.note_completion(); // done already, but whoever asked may only see it in a later turn
    return hal::BlockTicket{slot->ticket};
}

Result<hal::BlockTicket> FileDisk::start_write(uint64_t sector, Bytes from) noexcept {
    GRAFOS_TRY(check_range(sector, from.size()));
    Slot* const slot = take_slot();
    if (slot == nullptr) {
        return Error{ErrorCode::busy, Field::device, slots_max, slots_max};
    }
    slot->outcome = write_all(file_, sector, from);
    loop_.note_completion();
    return hal::BlockTicket{slot->ticket};
}

Result<hal::BlockTicket> FileDisk::start_flush() noexcept {
    Slot* const slot = take_slot();
    if (slot == nullptr) {
        return Error{ErrorCode::busy, Field::device, slots_max, slots_max};
    }
    slot->state = SlotState::flushing;
    pthread_mutex_lock(&mutex_);
    asked_ += 1;
    slot->flush_number = asked_;
    pthread_cond_signal(&is_asked_);
    pthread_mutex_unlock(&mutex_);
    return hal::BlockTicket{slot->ticket};
}

bool FileDisk::is_flushed(uint64_t number, int& outcome) noexcept {
    pthread_mutex_lock(&mutex_);
    const bool is_served = served_ >= number;
    if (is_served) {
        outcome = outcomes_[number % slots_max];
    }
    pthread_mutex_unlock(&mutex_);
    return is_served;
}

Result<> FileDisk::poll(hal::BlockTicket ticket) noexcept {
    Slot& slot = slots_[ticket.number % slots_max];
    if (slot.state == SlotState::free || slot.ticket != ticket.number) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
    }
    if (slot.state == SlotState::flushing) {
        if (!is_flushed(slot.flush_number, slot.outcome)) {
            return Error{ErrorCode::busy, Field::ticket, ticket.number, 0};
        }
    } else {
        loop_.take_completion();
    }
    slot.state = SlotState::free;
    if (slot.outcome != 0) {
        return Error{ErrorCode::io, Field::block, static_cast<uint64_t>(slot.outcome), 0};
    }
    return ok();
}

// Nothing but a flush can be under way, and a flush holds no buffer: forgetting the tickets is all.
// A flush that is still running is served to its end and nobody asks for it.
Result<> FileDisk::reset() noexcept {
    pthread_mutex_lock(&mutex_);
    if (asked_ > served_ + 1) {
        asked_ = served_ + 1;
    }
    pthread_mutex_unlock(&mutex_);
    for (Slot& slot : slots_) {
        slot.state = SlotState::free;
    }
    return ok();
}

void* FileDisk::run_helper(void* self) noexcept {
    static_cast<FileDisk*>(self)->serve_flushes();
    return nullptr;
}

void FileDisk::serve_flushes() noexcept {
    pthread_mutex_lock(&mutex_);
    for (;;) {
        while (asked_ == served_) {
            pthread_cond_wait(&is_asked_, &mutex_);
        }
        const uint64_t number = served_ + 1;
        pthread_mutex_unlock(&mutex_);
        const int outcome = flush_file(file_);
        pthread_mutex_lock(&mutex_);
        outcomes_[number % slots_max] = outcome;
        served_ = number;
        const uint64_t one = 1;
        (void)!write(wake_, &one, sizeof(one));
    }
}

bool FileDisk::write_now(uint64_t sector, Bytes from) const noexcept {
    return file_ >= 0 && check_range(sector, from.size()).is_ok() &&
           write_all(file_, sector, from) == 0 && fdatasync(file_) == 0;
}

} // namespace grafos::board
