// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/handles.hpp"

#include <algorithm>

#include "core/fabric/fabric.hpp"

namespace grafos::fabric {

// --- HeldRegion
// -------------------------------------------------------------------------------------

/// Whatever first says that the lease is over is kept.
template <typename T>
Result<T> HeldRegion::noted(Result<T> result) noexcept {
    if (!result.is_ok()) {
        fabric_->note_end(holding_, result.error());
    }
    return result;
}

Result<> HeldRegion::hello() const noexcept {
    return fabric_->check(holding_);
}

Instant HeldRegion::now() const noexcept {
    return fabric_->now();
}

Result<lease::RegionTicket> HeldRegion::start_read(uint64_t offset, MutableBytes to,
                                                   Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_read(offset, to, now));
}

Result<lease::RegionTicket> HeldRegion::start_write(uint64_t offset, MutableBytes from,
                                                    Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_write(offset, from, now));
}

Result<lease::RegionTicket> HeldRegion::start_flush(Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_flush(now));
}

Result<lease::RegionTicket> HeldRegion::start_compare_exchange(uint64_t offset, uint64_t expected,
                                                               uint64_t desired,
                                                               Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_compare_exchange(offset, expected, desired, now));
}

Result<lease::RegionTicket> HeldRegion::start_fetch_add(uint64_t offset, uint64_t addend,
                                                        Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_fetch_add(offset, addend, now));
}

Result<lease::RegionTicket> HeldRegion::start_lock(const lease::LockRequest& request,
                                                   Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_lock(request, now));
}

Result<lease::RegionTicket> HeldRegion::start_commit(const lease::CommitRequest& request,
                                                     Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->usable_region(holding_));
    return noted(region->start_commit(request, now));
}

Result<lease::RegionAnswer> HeldRegion::poll(lease::RegionTicket ticket, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(lease::Region* const region, fabric_->region(holding_));
    return noted(region->poll(ticket, now));
}

Result<lease::RegionTicket> HeldRegion::start(Kind kind, uint64_t offset,
                                              MutableBytes bytes) noexcept {
    switch (kind) {
    case Kind::read: return start_read(offset, bytes, now());
    case Kind::write: return start_write(offset, bytes, now());
    case Kind::flush: return start_flush(now());
    }
    GRAFOS_UNREACHABLE();
}

/// Waits for room, no longer than a request may take.
Result<lease::RegionTicket> HeldRegion::start_when_free(Kind kind, uint64_t offset,
                                                        MutableBytes bytes, Pump& pump) noexcept {
    const Instant give_up = saturating_add(now(), fabric_->limits().request_patience);
    for (;;) {
        Result<lease::RegionTicket> ticket = start(kind, offset, bytes);
        if (ticket.is_ok() || ticket.error().code != ErrorCode::busy || now() >= give_up) {
            return ticket;
        }
        pump.turn();
    }
}

/// Ends with the operation, and that with its patience or the lease's end.
Result<> HeldRegion::run(Kind kind, uint64_t offset, MutableBytes bytes, Pump& pump) noexcept {
    GRAFOS_ASSERT(!pump.is_turning());
    GRAFOS_TRY_ASSIGN(const lease::RegionTicket ticket, start_when_free(kind, offset, bytes, pump));
    for (;;) {
        const Result<lease::RegionAnswer> answer = poll(ticket, now());
        if (answer.is_ok()) {
            return ok();
        }
        if (!is_still_open(answer.error())) {
            return answer.error();
        }
        pump.turn();
    }
}

Result<> HeldRegion::read(uint64_t offset, MutableBytes to, Pump& pump) noexcept {
    return run(Kind::read, offset, to, pump);
}

Result<> HeldRegion::write(uint64_t offset, MutableBytes from, Pump& pump) noexcept {
    return run(Kind::write, offset, from, pump);
}

Result<> HeldRegion::flush(Pump& pump) noexcept {
    return run(Kind::flush, 0, {}, pump);
}

// --- FabricMem
// --------------------------------------------------------------------------------------

Result<> FabricMem::hello() const noexcept {
    return region_.hello();
}

/// Through a copy: the caller's bytes are his alone, while a region may keep a buffer.
Result<> FabricMem::write(uint64_t offset, Bytes bytes, Pump& pump) noexcept {
    GRAFOS_TRY(region_.hello());
    std::array<uint8_t, limits::region_transfer_bytes_max> piece;
    for (size_t done = 0; done < bytes.size(); done += piece.size()) {
        const Bytes next = bytes.subspan(done, std::min(piece.size(), bytes.size() - done));
        copy_bytes(piece, next);
        GRAFOS_TRY(region_.write(offset + done, MutableBytes{piece}.first(next.size()), pump));
    }
    return ok();
}

Result<> FabricMem::read(uint64_t offset, MutableBytes to, Pump& pump) noexcept {
    GRAFOS_TRY(region_.hello());
    constexpr size_t piece_bytes = limits::region_transfer_bytes_max;
    for (size_t done = 0; done < to.size(); done += piece_bytes) {
        GRAFOS_TRY(region_.read(offset + done,
                                to.subspan(done, std::min(piece_bytes, to.size() - done)), pump));
    }
    return ok();
}

Result<lease::RegionTicket> FabricMem::start_write(uint64_t offset, MutableBytes from) noexcept {
    return region_.start_write(offset, from, region_.now());
}

Result<lease::RegionTicket> FabricMem::start_read(uint64_t offset, MutableBytes to) noexcept {
    return region_.start_read(offset, to, region_.now());
}

Result<lease::RegionAnswer> FabricMem::poll(lease::RegionTicket ticket) noexcept {
    return region_.poll(ticket, region_.now());
}

// --- FabricBlock
// ------------------------------------------------------------------------------------

uint64_t FabricBlock::num_blocks() const noexcept {
    return region_.size_bytes() / limits::block_bytes;
}

Result<> FabricBlock::hello() const noexcept {
    return region_.hello();
}

Result<> FabricBlock::check_block(uint64_t lba) const noexcept {
    return lba < num_blocks()
               ? Result<>{ok()}
               : Error{ErrorCode::capacity_exceeded, Field::block, lba, num_blocks()};
}

Result<> FabricBlock::read_block(uint64_t lba, Block to, Pump& pump) noexcept {
    GRAFOS_TRY(check_block(lba));
    return region_.read(lba * limits::block_bytes, to, pump);
}

Result<> FabricBlock::write_block(uint64_t lba, ConstBlock from, Pump& pump) noexcept {
    GRAFOS_TRY(check_block(lba));
    std::array<uint8_t, limits::block_bytes> copy;
    copy_bytes(copy, from);
    return region_.write(lba * limits::block_bytes, copy, pump);
}

Result<> FabricBlock::flush(Pump& pump) noexcept {
    return region_.flush(pump);
}

Result<lease::RegionTicket> FabricBlock::start_read_block(uint64_t lba, Block to) noexcept {
    GRAFOS_TRY(check_block(lba));
    return region_.start_read(lba * limits::block_bytes, to, region_.now());
}

Result<lease::RegionTicket> FabricBlock::start_write_block(uint64_t lba, Block from) noexcept {
    GRAFOS_TRY(check_block(lba));
    return region_.start_write(lba * limits::block_bytes, from, region_.now());
}

Result<lease::RegionTicket> FabricBlock::start_flush() noexcept {
    return region_.start_flush(region_.now());
}

Result<lease::RegionAnswer> FabricBlock::poll(lease::RegionTicket ticket) noexcept {
    return region_.poll(ticket, region_.now());
}

} // namespace grafos::fabric
