// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ram_block_device.hpp"

#include <algorithm>

namespace grafos::test {

using hal::BlockOperation;
using hal::BlockTicket;

hal::BlockGeometry RamBlockDevice::geometry() const noexcept {
    return {disk_.size() / hal::sector_bytes, transfer_sectors_max_, in_flight_max_};
}

uint32_t RamBlockDevice::writes_in_flight() const noexcept {
    return count_in_flight(
        [](const Pending& pending) { return pending.operation == BlockOperation::write; });
}

uint32_t RamBlockDevice::in_flight() const noexcept {
    return count_in_flight([](const Pending&) { return true; });
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
        pending.lands_on = pending.sector;
        pending.started = ++moment_;
        pending.fails = takes_fault(pending.operation, pending.sector, size);
        if (pending.operation == BlockOperation::flush) {
            pending.is_swallowed = swallows_every_ || swallow_countdown_ == 1;
            swallow_countdown_ -= swallow_countdown_ > 0 ? 1 : 0;
        }
        draw_faults(pending);
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
    if (is_nth) {
        say(static_cast<DiskFault>(kind), sector); // in the order of the operations
    }
    const bool is_hit = fail_count_[kind] > 0 && sector < fail_first_[kind] + fail_count_[kind] &&
                        fail_first_[kind] < end;
    return is_nth || is_hit;
}

void RamBlockDevice::say(DiskFault fault, uint64_t sector) noexcept {
    fault_counts_[static_cast<size_t>(fault)] += 1;
    if (listener_ != nullptr) {
        listener_->on_disk_fault(fault, sector);
    }
}

void RamBlockDevice::listen(DiskFaultListener* whom) noexcept {
    listener_ = whom;
}

void RamBlockDevice::set_faults(const DiskFaults& faults, uint64_t seed) noexcept {
    faults_ = faults;
    choice_ = SeededChoice{seed};
}

void RamBlockDevice::delay_nth_write(uint64_t nth, uint64_t turns) noexcept {
    late_countdown_ = nth;
    late_turns_ = turns;
}

/// What is off draws nothing: a kind that is switched off leaves the others as they were.
bool RamBlockDevice::draws(uint32_t permille) noexcept {
    return permille > 0 && choice_.chance(permille);
}

void RamBlockDevice::draw_faults(Pending& pending) noexcept {
    switch (pending.operation) {
    case BlockOperation::read:
        if (draws(faults_.read_error_permille)) {
            pending.fails = true;
            say(DiskFault::read_error, pending.sector);
        }
        return;
    case BlockOperation::write: {
        if (draws(faults_.write_error_permille)) {
            pending.fails = true;
            say(DiskFault::write_error, pending.sector);
        }
        if (refused_from_ > 0 && pending.sector >= refused_from_ && is_all_zero(pending.from)) {
            pending.fails = true;
            refused_wipes_ += 1;
            say(DiskFault::write_error, pending.sector);
        }
        const bool is_nth = misdirect_countdown_ == 1;
        misdirect_countdown_ -= misdirect_countdown_ > 0 ? 1u : 0u;
        if (draws(faults_.misdirect_permille) || is_nth) {
            misdirect(pending);
        }
        const bool is_late = late_countdown_ == 1;
        late_countdown_ -= late_countdown_ > 0 ? 1u : 0u;
        if (is_late || draws(faults_.late_permille)) {
            pending.late_turns =
                is_late ? late_turns_
                        : choice_.between(1, std::max<uint64_t>(faults_.late_turns_most, 1));
            say(DiskFault::late_write, pending.sector);
        }
        return;
    }
    case BlockOperation::flush:
        if (draws(faults_.lost_flush_permille)) {
            pending.is_swallowed = true;
        }
        if (pending.is_swallowed) {
            say(DiskFault::lost_flush, 0);
        }
        return;
    }
}

/// To any other place where it has room.
void RamBlockDevice::misdirect(Pending& pending) noexcept {
    const uint64_t places =
        disk_.size() / hal::sector_bytes - pending.from.size() / hal::sector_bytes + 1;
    if (places < 2) {
        return;
    }
    const uint64_t place = choice_.below(places - 1);
    pending.lands_on = place + (place >= pending.sector ? 1u : 0u);
    say(DiskFault::misdirected_write, pending.lands_on);
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
    refused_from_ = 0;
    faults_ = {};
    misdirect_countdown_ = 0;
    late_countdown_ = 0;
}

Result<> RamBlockDevice::poll(BlockTicket ticket) noexcept {
    for (Pending& slot : pending_) {
        if (slot.ticket != ticket || ticket.number == 0) {
            continue;
        }
        if (completion_ == Completion::never ||
            (completion_ == Completion::at_turn && slot.turn == turn_) ||
            turn_ - slot.turn < slot.late_turns) {
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
    const auto at = static_cast<size_t>(pending.lands_on) * hal::sector_bytes;
    moment_ += 1;
    switch (pending.operation) {
    case BlockOperation::read: copy_bytes(pending.to, disk_.subspan(at, pending.to.size())); return;
    case BlockOperation::write:
        remember(pending.lands_on, pending.from.size() / hal::sector_bytes);
        copy_bytes(disk_.subspan(at), pending.from);
        return;
    case BlockOperation::flush:
        if (!pending.is_swallowed) {
            settle(pending.started);
        }
        return;
    }
}

// --- what is not durable -------------------------------------------------------------------------

void RamBlockDevice::remember(uint64_t first, uint64_t count) noexcept {
    for (uint64_t i = 0; i < count && !cache_.empty(); ++i) {
        if (cached_ == cache_.size()) { // written back, as it may be at any time
            cache_first_ = (cache_first_ + 1) % cache_.size();
            cached_ -= 1;
        }
        CachedSector& place = cached_at(cached_);
        place.sector = first + i;
        place.completed = moment_;
        copy_bytes(place.before, sector_at(first + i));
        cached_ += 1;
    }
}

/// What completed before `before` is durable: always the oldest ones.
void RamBlockDevice::settle(uint64_t before) noexcept {
    while (cached_ > 0 && cached_at(0).completed < before) {
        cache_first_ = (cache_first_ + 1) % cache_.size();
        cached_ -= 1;
    }
}

/// From the newest to the oldest, and of one sector no further than to the first that is kept: so
/// it may be left in every state that it had since it was durable.
void RamBlockDevice::drop_some(SeededChoice& choice) noexcept {
    for (size_t i = cached_; i > 0; --i) {
        const CachedSector& each = cached_at(i - 1);
        bool is_kept = choice.chance(500);
        for (size_t newer = i; newer < cached_ && !is_kept; ++newer) {
            is_kept = cached_at(newer).sector == each.sector && cached_at(newer).completed == 0;
        }
        if (is_kept) {
            cached_at(i - 1).completed = 0; // what was written there before lies under it
        } else {
            copy_bytes(sector_at(each.sector), each.before);
            say(DiskFault::dropped_sector, each.sector);
        }
    }
}

void RamBlockDevice::land_some(SeededChoice& choice) noexcept {
    uint64_t last = 0;
    for (const Pending& pending : pending_) {
        const bool is_write =
            pending.ticket.number != 0 && pending.operation == BlockOperation::write;
        last = is_write ? std::max(last, pending.started) : last;
    }
    for (const Pending& pending : pending_) {
        if (pending.ticket.number == 0 || pending.operation != BlockOperation::write) {
            continue;
        }
        const uint64_t count = pending.from.size() / hal::sector_bytes;
        const uint64_t torn = pending.started == last ? choice.below(count) : count;
        for (uint64_t i = 0; i < count; ++i) {
            const Bytes bytes =
                pending.from.subspan(static_cast<size_t>(i) * hal::sector_bytes, hal::sector_bytes);
            if (i == torn) {
                const auto size = static_cast<size_t>(choice.between(1, hal::sector_bytes - 1));
                copy_bytes(sector_at(pending.lands_on + i), bytes.first(size));
                say(DiskFault::torn_sector, pending.lands_on + i);
            } else if (choice.chance(500)) {
                copy_bytes(sector_at(pending.lands_on + i), bytes);
            }
        }
    }
}

void RamBlockDevice::cut_power(uint64_t seed) noexcept {
    SeededChoice choice{seed};
    drop_some(choice);
    land_some(choice);
    cached_ = 0;
    pending_ = {};
}

void RamBlockDevice::copy_durable(MutableBytes to) const noexcept {
    GRAFOS_ASSERT(to.size() == disk_.size());
    copy_bytes(to, disk_);
    for (size_t i = cached_; i > 0; --i) {
        const CachedSector& each = cached_at(i - 1);
        copy_bytes(to.subspan(static_cast<size_t>(each.sector) * hal::sector_bytes), each.before);
    }
}

void RamBlockDevice::erase() noexcept {
    GRAFOS_ASSERT(in_flight() == 0);
    zero_bytes(disk_);
    cached_ = 0;
    say(DiskFault::erased, 0);
}

void RamBlockDevice::roll_back(Bytes image) noexcept {
    GRAFOS_ASSERT(in_flight() == 0 && image.size() == disk_.size());
    copy_bytes(disk_, image);
    cached_ = 0;
    say(DiskFault::rolled_back, 0);
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
