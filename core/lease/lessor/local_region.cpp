// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/local_region.hpp"

namespace grafos::lease {

Result<RegionTicket> LocalRegion::start(Access::Kind kind, uint64_t offset, MutableBytes buffer,
                                        Instant now) noexcept {
    Slot* free = nullptr;
    for (Slot& slot : slots_) {
        free = slot.number == 0 ? &slot : free;
    }
    if (free == nullptr) {
        return Error{ErrorCode::busy, Field::slot, region_accesses_max, region_accesses_max};
    }
    Access access;
    access.kind = kind;
    access.offset = offset;
    access.buffer = buffer;
    GRAFOS_TRY_ASSIGN(const AccessHandle handle,
                      lessor_.start_access(id_, epoch_, generation_, access, now));
    if (handle.ticket.number == 0) {
        return RegionTicket{0};
    }
    *free = {next_number_++, handle};
    return RegionTicket{free->number};
}

Result<RegionTicket> LocalRegion::start_read(uint64_t offset, MutableBytes to,
                                             Instant now) noexcept {
    return start(Access::Kind::read, offset, to, now);
}

Result<RegionTicket> LocalRegion::start_write(uint64_t offset, MutableBytes from,
                                              Instant now) noexcept {
    return start(Access::Kind::write, offset, from, now);
}

Result<> LocalRegion::poll(RegionTicket ticket, Instant now) noexcept {
    if (ticket.number == 0) {
        return ok();
    }
    for (Slot& slot : slots_) {
        if (slot.number == ticket.number) {
            const Result<> done = lessor_.poll_access(slot.handle, now);
            if (!done.is_ok() && done.error().code == ErrorCode::busy) {
                return done.error();
            }
            slot = Slot{};
            return done.is_ok() ? Result<>{ok()} : Result<>{done.error()};
        }
    }
    return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
}

} // namespace grafos::lease
