// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/local_region.hpp"

namespace grafos::lease {

Result<LocalRegion::Slot*> LocalRegion::take_slot() noexcept {
    for (Slot& slot : slots_) {
        if (slot.number == 0) {
            return &slot;
        }
    }
    return Error{ErrorCode::busy, Field::slot, region_accesses_max, region_accesses_max};
}

/// What was done at once waits for its poll, so that a program reads the same over a network.
RegionTicket LocalRegion::keep(Slot& slot, const RegionAnswer& answer) noexcept {
    GRAFOS_ASSERT(slot.number == 0);
    slot.number = next_number_++;
    slot.is_done = true;
    slot.answer = answer;
    return {slot.number};
}

Result<RegionTicket> LocalRegion::start(Access::Kind kind, uint64_t offset, MutableBytes buffer,
                                        Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(Slot* const slot, take_slot());
    Access access;
    access.kind = kind;
    access.offset = offset;
    access.buffer = buffer;
    GRAFOS_TRY_ASSIGN(const AccessHandle handle,
                      lessor_.start_access(id_, epoch_, generation_, access, now));
    if (handle.ticket.number == 0) {
        return RegionTicket{0};
    }
    slot->number = next_number_++;
    slot->is_done = false;
    slot->handle = handle;
    return RegionTicket{slot->number};
}

Result<RegionTicket> LocalRegion::start_read(uint64_t offset, MutableBytes to,
                                             Instant now) noexcept {
    return start(Access::Kind::read, offset, to, now);
}

Result<RegionTicket> LocalRegion::start_write(uint64_t offset, MutableBytes from,
                                              Instant now) noexcept {
    return start(Access::Kind::write, offset, from, now);
}

Result<RegionTicket> LocalRegion::start_flush(Instant now) noexcept {
    return start(Access::Kind::flush, 0, {}, now);
}

Result<RegionTicket> LocalRegion::start_compare_exchange(uint64_t offset, uint64_t expected,
                                                         uint64_t desired, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(Slot* const slot, take_slot());
    GRAFOS_TRY_ASSIGN(const Authority by, authority(now));
    GRAFOS_TRY_ASSIGN(const Exchange done,
                      verbs_.compare_exchange(by, offset, expected, desired, now));
    RegionAnswer answer;
    answer.value = done.value;
    answer.exchanged = done.exchanged;
    return keep(*slot, answer);
}

Result<RegionTicket> LocalRegion::start_fetch_add(uint64_t offset, uint64_t addend,
                                                  Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(Slot* const slot, take_slot());
    GRAFOS_TRY_ASSIGN(const Authority by, authority(now));
    RegionAnswer answer;
    GRAFOS_TRY_ASSIGN(answer.value, verbs_.fetch_add(by, offset, addend, now));
    return keep(*slot, answer);
}

Result<RegionTicket> LocalRegion::start_lock(const LockRequest& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(Slot* const slot, take_slot());
    GRAFOS_TRY_ASSIGN(const Authority by, authority(now));
    RegionAnswer answer;
    GRAFOS_TRY_ASSIGN(answer.lock, verbs_.lock(by, request, now));
    return keep(*slot, answer);
}

Result<RegionTicket> LocalRegion::start_commit(const CommitRequest& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(Slot* const slot, take_slot());
    GRAFOS_TRY_ASSIGN(const Authority by, authority(now));
    RegionAnswer answer;
    GRAFOS_TRY_ASSIGN(answer.lock, verbs_.commit(by, request, now));
    return keep(*slot, answer);
}

Result<RegionAnswer> LocalRegion::poll(RegionTicket ticket, Instant now) noexcept {
    if (ticket.number == 0) {
        return RegionAnswer{};
    }
    for (Slot& slot : slots_) {
        if (slot.number != ticket.number) {
            continue;
        }
        if (!slot.is_done) {
            const Result<> done = lessor_.poll_access(slot.handle, now);
            if (!done.is_ok() && done.error().code == ErrorCode::busy) {
                return done.error();
            }
            slot = Slot{};
            return done.is_ok() ? Result<RegionAnswer>{RegionAnswer{}} : done.error();
        }
        const RegionAnswer answer = slot.answer;
        slot = Slot{};
        return answer;
    }
    return Error{ErrorCode::not_found, Field::ticket, ticket.number, 0};
}

} // namespace grafos::lease
