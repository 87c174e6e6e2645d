// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/lessor_context.hpp"

namespace grafos::lease {

AuditEvent LessorContext::event_of(EventKind kind, SlotIndex slot, Instant at) const noexcept {
    const LeaseInfo info = parts.table.info(slot);
    GRAFOS_ASSERT(info.phase != Phase::free);
    AuditEvent event;
    event.kind = kind;
    event.timestamp = unix_at(at);
    event.identity = info.identity;
    event.tenant = info.tenant;
    event.lease_ref = info.ref;
    event.resource_id = resource(info.resource).info().id;
    event.epoch = info.epoch;
    return event;
}

/// Above the durable mark nothing is handed out; the very last number is never used, so that a
/// guard can always be one ahead.
Result<Epoch> LessorContext::check_epoch(uint64_t kept_back) const noexcept {
    const uint64_t last = ~uint64_t{0} - 1;
    GRAFOS_ASSERT(next_epoch.value > 0 && kept_back <= 1);
    if (next_epoch.value > last - kept_back) {
        return Error{ErrorCode::exhausted, Field::epoch, next_epoch.value, last - kept_back};
    }
    if (next_epoch >= parts.journal.epoch_limit()) {
        return Error{ErrorCode::busy, Field::epoch, next_epoch.value,
                     parts.journal.epoch_limit().value};
    }
    return next_epoch;
}

Result<> LessorContext::check_end_record() const noexcept {
    const Result<> room = parts.journal.check_append(Draw::lease_end);
    if (!room.is_ok() && room.error().code == ErrorCode::busy && !is_journal_degraded()) {
        return room.error();
    }
    return ok();
}

/// What may outlive a degradation (ends, fences) does not say so; a note does.
bool LessorContext::is_journal_degraded() const noexcept {
    const Result<> room = parts.journal.check_append(Draw::note);
    return !room.is_ok() && room.error().code == ErrorCode::degraded;
}

Result<> check_identity(Bytes identity) noexcept {
    if (identity.size() > limits::identity_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::identity, identity.size(),
                     limits::identity_bytes_max};
    }
    return ok();
}

} // namespace grafos::lease
