// SPDX-License-Identifier: Apache-2.0
/// How leases end: expiry, graces, end records. What happens to their units is in teardown.cpp.
#include "core/lease/lessor/lessor.hpp"

namespace grafos::lease {
namespace {

[[nodiscard]] EventKind end_kind_of(ErrorCode end, Reason reason) noexcept {
    if (end == ErrorCode::released) {
        return EventKind::lease_released;
    }
    if (end == ErrorCode::lease_expired) {
        return EventKind::lease_expired;
    }
    GRAFOS_ASSERT(end == ErrorCode::revoked);
    return is_preemption(reason) ? EventKind::lease_preempted : EventKind::lease_revoked;
}

[[nodiscard]] observe::Counter counter_of(EventKind end) noexcept {
    if (end == EventKind::lease_released) {
        return observe::Counter::releases;
    }
    if (end == EventKind::lease_expired) {
        return observe::Counter::expiries;
    }
    return end == EventKind::lease_revoked ? observe::Counter::revocations
                                           : observe::Counter::preemptions;
}

} // namespace

Lessor::Grace* Lessor::free_grace() noexcept {
    for (Grace& grace : graces_) {
        if (!grace.is_used) {
            return &grace;
        }
    }
    GRAFOS_UNREACHABLE();
}

Lessor::Grace* Lessor::grace_of(SlotIndex slot) noexcept {
    for (Grace& grace : graces_) {
        if (grace.is_used && grace.slot == slot) {
            return &grace;
        }
    }
    return nullptr;
}

/// Access is over from here on, whatever the journal says. Failures: those of the record alone.
Result<Sequence> Lessor::end_lease(SlotIndex slot, LeaseEnd end, Bytes actor,
                                   Instant now) noexcept {
    Resource& resource = *parts_.resources[parts_.table.resource(slot)];
    GRAFOS_ASSERT(is_live(parts_.table.phase(slot)));
    const auto state = parts_.table.info(slot).revoke_state;
    parts_.table.enter_tearing_down(slot, end, now,
                                    saturating_add(now, limits_.teardown_deadline));
    resource.move_units(parts_.table.extent(slot), UnitState::leased, UnitState::tearing);
    const LeaseInfo info = parts_.table.info(slot);
    parts_.counters.add(counter_of(end_kind_of(*info.end, info.reason)));
    parts_.events.add({now, observe::EventCode::lease_ending, slot.value,
                       static_cast<uint64_t>(info.reason)});
    const Result<Sequence> sealed =
        seal_end(slot, state.value_or(RevokeState::active), actor, now);
    if (!sealed.is_ok()) {
        parts_.table.set_pending_record(slot, true);
        parts_.counters.add(observe::Counter::records_deferred);
        parts_.events.add({now, observe::EventCode::record_deferred, slot.value, 1});
        return Error{ErrorCode::degraded, Field::log, static_cast<uint64_t>(sealed.error().code), 0};
    }
    return sealed.value();
}

Result<Sequence> Lessor::seal_end(SlotIndex slot, RevokeState state, Bytes actor,
                                  Instant now) noexcept {
    const LeaseInfo info = parts_.table.info(slot);
    GRAFOS_ASSERT(info.end.has_value());
    Grace* const grace = grace_of(slot);
    EndData data{info.generation, info.extent, {}, static_cast<uint8_t>(state)};
    AuditEvent event = event_of(end_kind_of(*info.end, info.reason), slot, now);
    event.identity = actor;
    event.reason = info.reason;
    if (grace != nullptr && *info.end == ErrorCode::revoked) {
        data.grace = grace->length;
        event.identity = Bytes{grace->identity}.first(grace->identity_size);
    }
    const EventData bytes = encode_data(data);
    event.event_data = bytes.view();
    GRAFOS_TRY_ASSIGN(const Sequence record, parts_.journal.append(event, Draw::lease_end));
    if (grace != nullptr) {
        *grace = Grace{};
        graces_used_ -= 1;
    }
    return record;
}

/// What left `active` first is the reason of the end: a lease whose deadline comes while it is being
/// revoked was revoked.
void Lessor::expire_due(Instant now, uint32_t& budget) noexcept {
    while (budget > 0) {
        const Result<> room = check_end_record();
        if (!room.is_ok()) {
            return; // the group is full: a later turn seals it, and access is over all the same
        }
        const auto slot = parts_.table.next_due(now, budget);
        if (!slot.has_value()) {
            return;
        }
        const Phase phase = parts_.table.phase(*slot);
        const LeaseEnd end = phase == Phase::active
                                 ? LeaseEnd{ErrorCode::lease_expired, Reason::ttl_elapsed}
                                 : LeaseEnd{ErrorCode::revoked, parts_.table.info(*slot).reason};
        (void)end_lease(*slot, end, {}, now).is_ok(); // a pending record is kept with the slot
    }
}

/// One turn after the warning the grace runs; one turn after the holder's report it is over.
void Lessor::tick_graces(Instant now) noexcept {
    for (Grace& grace : graces_) {
        if (!grace.is_used) {
            continue;
        }
        const SlotIndex slot = grace.slot;
        const Phase phase = parts_.table.phase(slot);
        if (phase == Phase::revoke_warning && parts_.table.check_live(slot, now).is_ok()) {
            const Duration rest = left_until(grace.ends_at, now);
            parts_.table.enter_grace_running(slot, rest, now);
        } else if (phase == Phase::checkpoint_reported && check_end_record().is_ok()) {
            (void)end_lease(slot, {ErrorCode::revoked, parts_.table.info(slot).reason}, {}, now)
                .is_ok();
        }
    }
}

/// Without room the counts stay and go into a later turn's record.
void Lessor::seal_refusals(Instant now) noexcept {
    for (const Refusal& refusal : refusals_.entries()) {
        if (!parts_.journal.check_append(Draw::note).is_ok()) {
            return;
        }
        AuditEvent event;
        event.kind = EventKind::request_refused;
        event.timestamp = unix_at(now);
        event.tenant = refusal.tenant;
        event.reason = reason_of(refusal.first.code);
        const EventData data = encode_data(RefusedData{refusal.operation, refusal.first.field,
                                                       refusal.first.value, refusal.first.expected,
                                                       refusal.count});
        event.event_data = data.view();
        (void)append_checked(event, Draw::note);
    }
    refusals_.clear();
    if (overrun_.ms > 0 && parts_.journal.check_append(Draw::note).is_ok()) {
        AuditEvent event;
        event.kind = EventKind::turn_overrun;
        event.timestamp = unix_at(now);
        const EventData data = encode_data(OverrunData{overrun_, limits_.turn_max});
        event.event_data = data.view();
        (void)append_checked(event, Draw::note);
        overrun_ = {};
    }
}

bool Lessor::tick(Instant now, LessorBudget budget) noexcept {
    GRAFOS_ASSERT(now >= last_now_);
    last_now_ = now;
    wake_at_ = Instant::never();
    uint32_t expiries = budget.expiries;
    tick_graces(now);
    expire_due(now, expiries);
    for (uint8_t index = 0; index < parts_.resources.size(); ++index) {
        LessorBudget resource_budget = budget;
        tick_resource(index, now, resource_budget);
    }
    seal_refusals(now);
    if (parts_.table.has_due_work(now) || graces_used_ > 0) {
        wake_at_ = now;
    }
    return wake_at_ <= now;
}

Instant Lessor::next_deadline() const noexcept {
    return earlier_of(parts_.table.next_deadline(), wake_at_);
}

} // namespace grafos::lease
