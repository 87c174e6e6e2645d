// SPDX-License-Identifier: Apache-2.0
/// Every access is checked where the bytes are, whoever asks and however it was found.
#include "core/lease/lessor/lessor.hpp"

namespace grafos::lease {

/// What the token allows first, since it says no more than its bearer knows; then the lease.
Result<> check_range(const Authority& by, uint64_t offset, uint64_t length,
                     uint64_t size) noexcept {
    if (offset < by.begin || (offset > by.end && by.end < size)) {
        return Error{ErrorCode::denied, Field::offset, offset,
                     offset < by.begin ? by.begin : by.end};
    }
    if (length > by.bytes_max || (by.end < size && length > by.end - offset)) {
        return Error{ErrorCode::denied, Field::length, length,
                     length > by.bytes_max ? by.bytes_max : by.end - offset};
    }
    if (offset > size) {
        return Error{ErrorCode::capacity_exceeded, Field::offset, offset, size};
    }
    if (length > size - offset) {
        return Error{ErrorCode::capacity_exceeded, Field::length, length, size - offset};
    }
    return ok();
}

/// An id says nothing of its boot, but its epoch does (protocol §6): a holder of an earlier one is
/// told so, instead of being left to wonder whether it mistyped.
Result<Authority> Lessor::admit(const Result<SlotIndex>& found, Epoch epoch,
                                Generation generation) const noexcept {
    if (found.is_ok()) {
        return Authority{found.value(), epoch, generation};
    }
    const bool is_older =
        found.error().code == ErrorCode::not_found && epoch.value > 0 && epoch < first_epoch_;
    return is_older ? Error{ErrorCode::stale_epoch, Field::epoch, epoch.value, first_epoch_.value}
                    : found.error();
}

Result<Authority> Lessor::find_access(const LeaseId& id, Epoch epoch, Generation generation,
                                      Instant now) noexcept {
    return admit(table().check_access(id, epoch, generation, now), epoch, generation);
}

Result<Authority> Lessor::find_access(const LeaseRef& ref, Epoch epoch, Generation generation,
                                      Instant now) noexcept {
    return admit(table().check_access(ref, epoch, generation, now), epoch, generation);
}

Result<AccessHandle> Lessor::start_access(const LeaseId& id, Epoch epoch, Generation generation,
                                          const Access& access, Instant now) noexcept {
    const Result<Authority> by = find_access(id, epoch, generation, now);
    if (!by.is_ok()) {
        context_.parts.counters.add_refusal(by.error().code);
        return by.error();
    }
    return start_access(by.value(), access, now);
}

Result<AccessHandle> Lessor::start_access(const Authority& by, const Access& access,
                                          Instant now) noexcept {
    Result<AccessHandle> started = try_access(by, access, now);
    if (!started.is_ok()) {
        context_.parts.counters.add_refusal(started.error().code);
        return started;
    }
    observe::Counters& counters = context_.parts.counters;
    switch (access.kind) {
    case Access::Kind::read:
        counters.add(observe::Counter::reads);
        counters.add(observe::Counter::bytes_read, access.buffer.size());
        break;
    case Access::Kind::write:
        counters.add(observe::Counter::writes);
        counters.add(observe::Counter::bytes_written, access.buffer.size());
        break;
    case Access::Kind::flush: counters.add(observe::Counter::flushes); break;
    }
    return started;
}

Result<AccessHandle> Lessor::try_access(const Authority& by, Access access, Instant now) noexcept {
    GRAFOS_TRY(table().check_access(by.slot, by.epoch, by.generation, now));
    access.extent = table().extent(by.slot);
    if (access.kind != Access::Kind::flush) { // which has no bytes, so none outside
        GRAFOS_TRY(check_range(by, access.offset, access.buffer.size(), table().amount(by.slot)));
    }
    AccessHandle handle{by.slot, by.epoch, access.buffer, access.kind, table().resource(by.slot),
                        {}};
    GRAFOS_TRY_ASSIGN(handle.ticket, context_.resource(handle.resource).start_access(access));
    return handle;
}

Result<MutableBytes> Lessor::memory_of(const Authority& by, Instant now) noexcept {
    GRAFOS_TRY(table().check_access(by.slot, by.epoch, by.generation, now));
    const MutableBytes bytes =
        context_.resource(table().resource(by.slot)).direct_bytes(table().extent(by.slot));
    if (bytes.empty()) {
        return Error{ErrorCode::unsupported, Field::operation};
    }
    GRAFOS_ASSERT(table().amount(by.slot) <= bytes.size());
    return bytes.first(table().amount(by.slot));
}

/// Bytes of a read that failed, or that came after the end of its lease, are not handed over.
Result<> Lessor::poll_access(const AccessHandle& handle, Instant now) noexcept {
    const Result<> done = handle.ticket.number == 0
                              ? Result<>{ok()}
                              : context_.resource(handle.resource).poll_access(handle.ticket);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return done.error();
    }
    const Result<> live = table().check_lease(handle.slot, handle.epoch, now);
    if (!live.is_ok()) {
        context_.wake_now(); // its teardown may have waited for this
    }
    if ((!done.is_ok() || !live.is_ok()) && handle.kind == Access::Kind::read) {
        zero_bytes(handle.buffer);
    }
    if (!live.is_ok()) {
        return live.error();
    }
    return done.is_ok() ? Result<>{ok()} : Result<>{done.error()};
}

} // namespace grafos::lease
