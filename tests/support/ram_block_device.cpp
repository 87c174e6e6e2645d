// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ram_block_device.hpp"

namespace grafos::test {

using hal::BlockOperation;
using hal::BlockTicket;

hal::BlockGeometry RamBlockDevice::geometry() const noexcept {
    return {disk_.size() / hal::sector_bytes, transfer_sectors_max_, in_flight_max_};
}

uint32_t RamBlockDevice::in_flight() const noexcept {
    uint32_t count = 0;
    for (const Pending& pending : pending_) {
        count += pending.ticket.number != 0 ? 1 : 0;
    }
    return count;
}

Result<> RamBlockDevice::check(uint64_t sector, size_t size) const noexcept {
    if (size == 0 || size % hal::sector_bytes != 0 ||
        size / hal::sector_bytes > transfer_sectors_max_) {
        return Error{ErrorCode::invalid_argument, Field::length, size, transfer_sectors_max_};
    }
    const uint64_t count = disk_.size() / hal::sector_bytes;
    if (sector >= count || size / hal::sector_bytes > count - sector) {
        return Error{ErrorCode::invalid_argument, Field::block, sector, count};
    }
    return ok();
}

Result<BlockTicket> RamBlockDevice::start_read(uint64_t sector, MutableBytes to) noexcept {
    GRAFOS_TRY(check(sector, to.size()));
    Pending pending;
    pending.operation = BlockOperation::read;
    pending.sector = sector;
    pending.to = to;
    return start(pending);
}

Result<BlockTicket> RamBlockDevice::start_write(uint64_t sector, Bytes from) noexcept {
    GRAFOS_TRY(check(sector, from.size()));
    Pending pending;
    pending.operation = BlockOperation::write;
    pending.sector = sector;
    pending.from = from;
    pending.checksum = crc32c(from);
    return start(pending);
}

Result<BlockTicket> RamBlockDevice::start_flush() noexcept {
    Pending pending;
    pending.operation = BlockOperation::flush;
    return start(pending);
}

Result<BlockTicket> RamBlockDevice::start(Pending pending) noexcept {
    if (in_flight() >= in_flight_max_) {
        return Error{ErrorCode::busy, Field::device, in_flight(), in_flight_max_};
    }
    for (Pending& slot : pending_) {
        if (slot.ticket.number != 0) {
            continue;
        }
        const size_t size = pending.to.size() + pending.from.size();
        started_[static_cast<size_t>(pending.operation)] += 1;
        pending.ticket.number = ++ticket_number_;
        pending.turn = turn_;
        pending.fails = takes_fault(pending.operation, pending.sector, size);
        if (pending.operation == BlockOperation::flush) {
            pending.is_swallowed = swallows_every_ || swallow_countdown_ == 1;
            swallow_countdown_ -= swallow_countdown_ > 0 ? 1 : 0;
        }
        log_start(pending);
        slot = pending;
        return pending.ticket;
    }
    return Error{ErrorCode::busy, Field::device, pending_max, pending_max};
}

bool RamBlockDevice::takes_fault(BlockOperation operation, uint64_t sector, size_t size) noexcept {
    const auto kind = static_cast<size_t>(operation);
    const bool is_nth = fail_countdown_[kind] == 1;
    fail_countdown_[kind] -= fail_countdown_[kind] > 0 ? 1u : 0u;
    const uint64_t end = sector + size / hal::sector_bytes;
    const bool is_hit = fail_count_[kind] > 0 && sector < fail_first_[kind] + fail_count_[kind] &&
                        fail_first_[kind] < end;
    return is_nth || is_hit;
}

void RamBlockDevice::fail_nth(BlockOperation operation, uint64_t nth) noexcept {
    fail_countdown_[static_cast<size_t>(operation)] = nth;
}

void RamBlockDevice::fail_sectors(BlockOperation operation, uint64_t first,
                                  uint64_t count) noexcept {
    fail_first_[static_cast<size_t>(operation)] = first;
    fail_count_[static_cast<size_t>(operation)] = count;
}

void RamBlockDevice::heal() noexcept {
    fail_countdown_ = {};
    fail_count_ = {};
    is_lost_ = false;
}

Result<> RamBlockDevice::poll(BlockTicket ticket) noexcept {
    for (Pending& slot : pending_) {
        if (slot.ticket != ticket || ticket.number == 0) {
            continue;
        }
        if (completion_ == Completion::never ||
            (completion_ == Completion::at_turn && slot.turn == turn_)) {
            return Error{ErrorCode::busy, Field::ticket, ticket.number};
        }
        const Pending done = slot;
        slot = {};
        if (done.operation == BlockOperation::write && crc32c(done.from) != done.checksum) {
            buffer_violations_ += 1;
        }
        if (done.fails) {
            return Error{ErrorCode::io, Field::device, 1};
        }
        carry_out(done);
        log_completion(done);
        return ok();
    }
    return Error{ErrorCode::not_found, Field::ticket, ticket.number};
}

void RamBlockDevice::carry_out(const Pending& pending) noexcept {
    const auto at = static_cast<size_t>(pending.sector) * hal::sector_bytes;
    switch (pending.operation) {
    case BlockOperation::read: copy_bytes(pending.to, disk_.subspan(at, pending.to.size())); return;
    case BlockOperation::write: copy_bytes(disk_.subspan(at), pending.from); return;
    case BlockOperation::flush: return;
    }
}

Result<> RamBlockDevice::reset() noexcept {
    if (is_lost_) {
        return Error{ErrorCode::io, Field::device, 2};
    }
    pending_ = {};
    if (log_ != nullptr) {
        log_->moment += 1;
        for (BlockRecord& record : log_->records.first(log_->record_count)) {
            if (record.completed == 0 && record.abandoned == 0) {
                record.abandoned = log_->moment;
            }
        }
    }
    return ok();
}

void RamBlockDevice::log_start(Pending& pending) noexcept {
    if (log_ == nullptr || pending.operation == BlockOperation::read) {
        return;
    }
    BlockLog& log = *log_;
    if (log.record_count == log.records.size() ||
        log.data.size() - log.data_size < pending.from.size()) {
        log.is_full = true;
        return;
    }
    BlockRecord& record = log.records[log.record_count];
    record = {};
    record.operation = pending.operation;
    record.sector = pending.sector;
    record.sector_count = static_cast<uint32_t>(pending.from.size() / hal::sector_bytes);
    record.data_offset = log.data_size;
    record.started = ++log.moment;
    record.is_swallowed = pending.is_swallowed;
    copy_bytes(log.data.subspan(log.data_size), pending.from);
    log.data_size += pending.from.size();
    pending.record = log.record_count++;
}

void RamBlockDevice::log_completion(const Pending& pending) noexcept {
    if (log_ == nullptr || pending.record == SIZE_MAX) {
        return;
    }
    log_->records[pending.record].completed = ++log_->moment;
}

} // namespace grafos::test
