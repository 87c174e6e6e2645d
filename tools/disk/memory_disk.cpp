// SPDX-License-Identifier: Apache-2.0
#include "tools/disk/memory_disk.hpp"

#include <utility>

namespace grafos::tools {

MemoryDisk::MemoryDisk(std::vector<uint8_t> bytes) : bytes_{std::move(bytes)} {
    bytes_.resize(bytes_.size() / hal::sector_bytes * hal::sector_bytes);
}

hal::BlockGeometry MemoryDisk::geometry() const noexcept {
    return {sector_count(), 2048, 64};
}

Result<> MemoryDisk::check(uint64_t sector, size_t size) const noexcept {
    if (sector >= sector_count() || size / hal::sector_bytes > sector_count() - sector) {
        return Error{ErrorCode::invalid_argument, Field::block, sector, sector_count()};
    }
    return ok();
}

Result<hal::BlockTicket> MemoryDisk::start_read(uint64_t sector, MutableBytes to) noexcept {
    GRAFOS_TRY(check(sector, to.size()));
    copy_bytes(to, Bytes{bytes_}.subspan(sector * hal::sector_bytes, to.size()));
    done_ = ++tickets_;
    return hal::BlockTicket{done_};
}

Result<hal::BlockTicket> MemoryDisk::start_write(uint64_t sector, Bytes from) noexcept {
    if (is_read_only_) {
        return Error{ErrorCode::io, Field::device};
    }
    GRAFOS_TRY(check(sector, from.size()));
    put(sector, from);
    done_ = ++tickets_;
    return hal::BlockTicket{done_};
}

Result<hal::BlockTicket> MemoryDisk::start_flush() noexcept {
    done_ = ++tickets_;
    return hal::BlockTicket{done_};
}

Result<> MemoryDisk::poll(hal::BlockTicket ticket) noexcept {
    if (ticket.number == 0 || ticket.number > tickets_) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.number};
    }
    return ok();
}

void MemoryDisk::put(uint64_t sector, Bytes bytes) {
    for (size_t at = 0; at < bytes.size() && sector < sector_count(); ++sector) {
        const MutableBytes there =
            MutableBytes{bytes_}.subspan(sector * hal::sector_bytes, hal::sector_bytes);
        if (is_recording_) {
            Saved saved{sector, {}};
            copy_bytes(saved.bytes, there);
            saved_.push_back(saved);
        }
        copy_bytes(there, bytes.subspan(at, hal::sector_bytes));
        at += hal::sector_bytes;
    }
}

void MemoryDisk::undo() noexcept {
    is_recording_ = false;
    for (size_t i = saved_.size(); i-- > 0;) {
        copy_bytes(
            MutableBytes{bytes_}.subspan(saved_[i].sector * hal::sector_bytes, hal::sector_bytes),
            saved_[i].bytes);
    }
    saved_.clear();
}

} // namespace grafos::tools
