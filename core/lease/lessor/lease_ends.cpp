// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/lease_ends.hpp"

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

/// Access is over from here on, whatever the journal says.
Result<Sequence> LeaseEnds::end_lease(SlotIndex slot, LeaseEnd end, Bytes actor,
                                      Instant now) noexcept {
    LeaseTable& table = context_.parts.table;
    GRAFOS_ASSERT(is_live(table.phase(slot)));
    GRAFOS_ASSERT(actor.size() <= limits::identity_bytes_max);
    const RevokeState state = table.info(slot).revoke_state.value_or(RevokeState::active);
    const uint8_t index = table.resource(slot);
    table.enter_tearing_down(slot, end, now,
                             saturating_add(now, context_.limits.teardown_deadline));
    context_.resource(index).move_units(table.extent(slot), UnitState::leased, UnitState::tearing);
    context_.ends[index] += 1;

    const LeaseInfo info = table.info(slot);
    context_.ledger.give_back(info.tenant, info.amount_bytes);
    context_.parts.counters.add(counter_of(end_kind_of(*info.end, info.reason)));
    context_.parts.events.add(
        {now, observe::EventCode::lease_ending, slot.value, static_cast<uint64_t>(info.reason)});
    Result<Sequence> sealed = seal_end(slot, state, actor);
    if (sealed.is_ok()) {
        return sealed;
    }
    table.set_pending_record(slot, true);
    Grace* grace = graces_.find(slot);
    if (grace == nullptr && !actor.empty()) {
        grace = graces_.take(slot, actor, table);
    }
    if (grace != nullptr) {
        grace->ended_in = state;
    }
    context_.parts.counters.add(observe::Counter::records_deferred);
    context_.parts.events.add({now, observe::EventCode::record_deferred, slot.value, 1});
    return Error{ErrorCode::degraded, Field::log, static_cast<uint64_t>(sealed.error().code), 0};
}

Result<Sequence> LeaseEnds::seal_end(SlotIndex slot, RevokeState state, Bytes actor) noexcept {
    const LeaseInfo info = context_.parts.table.info(slot);
    GRAFOS_ASSERT(info.end.has_value());
    EndData data{info.generation, info.extent, {}, static_cast<uint8_t>(state)};
    AuditEvent event = context_.event_of(end_kind_of(*info.end, info.reason), slot, info.ended_at);
    event.identity = actor;
    event.reason = info.reason;
    if (const Grace* const grace = graces_.find(slot); grace != nullptr) {
        data.grace = grace->length;
        event.identity = grace->identity(); // whoever first ended it is who ended it
    }
    const EventData bytes = encode_data(data);
    event.event_data = bytes.view();
    GRAFOS_TRY_ASSIGN(const Sequence record, context_.parts.journal.append(event, Draw::lease_end));
    graces_.give_back(slot);
    return record;
}

Result<Sequence> LeaseEnds::seal_pending(SlotIndex slot) noexcept {
    GRAFOS_ASSERT(context_.parts.table.info(slot).has_pending_record);
    const Grace* const grace = graces_.find(slot);
    const RevokeState state = grace != nullptr ? grace->ended_in : RevokeState::active;
    GRAFOS_TRY_ASSIGN(const Sequence record, seal_end(slot, state, {}));
    context_.parts.table.set_pending_record(slot, false);
    return record;
}

Result<> LeaseEnds::start_grace(SlotIndex slot, Duration length, Reason reason, Bytes actor,
                                Instant now) noexcept {
    LeaseTable& table = context_.parts.table;
    GRAFOS_ASSERT(table.phase(slot) == Phase::active);
    Grace* const grace = graces_.take(slot, actor, table);
    if (grace == nullptr) {
        return Error{ErrorCode::busy, Field::grace, graces_.used() + 1, graces_max};
    }
    grace->length = length;
    grace->ends_at = saturating_add(now, length);
    table.enter_revoke_warning(slot, reason);
    context_.parts.events.add({now, observe::EventCode::revoke_warned, slot.value, length.ms});
    context_.wake_now();
    return ok();
}

Instant LeaseEnds::access_end(SlotIndex slot) const noexcept {
    const Instant deadline = context_.parts.table.deadline(slot);
    if (context_.parts.table.phase(slot) != Phase::revoke_warning) {
        return deadline; // a grace that runs is in it
    }
    const Grace* const grace = graces_.find(slot);
    GRAFOS_ASSERT(grace != nullptr);
    return earlier_of(deadline, grace->ends_at);
}

/// Whether ends can be sealed; if not, the journal is asked again soon.
bool LeaseEnds::has_room(Instant now) noexcept {
    if (context_.check_end_record().is_ok()) {
        return true;
    }
    waits_for_journal_ = true;
    context_.wake_by(saturating_add(now, lessor_patience));
    return false;
}

/// One turn after the warning the grace runs; one turn after the holder's report it is over.
void LeaseEnds::tick_graces(Instant now, uint32_t& budget) noexcept {
    if (graces_.used() == 0) {
        return;
    }
    LeaseTable& table = context_.parts.table;
    for (const Grace& grace : graces_.all()) {
        if (!grace.is_used) {
            continue;
        }
        const SlotIndex slot = grace.slot;
        const Phase phase = table.phase(slot);
        if (phase == Phase::revoke_warning && table.check_live(slot, now).is_ok()) {
            table.enter_grace_running(slot, left_until(grace.ends_at, now), now);
        } else if (phase == Phase::checkpoint_reported) {
            if (budget == 0) {
                context_.wake_by(now);
                return;
            }
            if (!has_room(now)) {
                return;
            }
            --budget;
            (void)end_lease(slot, {ErrorCode::revoked, table.info(slot).reason}, {}, now).is_ok();
        }
    }
}

/// What left `active` first is the reason of the end: a lease whose deadline comes while it is
/// being revoked was revoked.
void LeaseEnds::expire_due(Instant now, uint32_t& budget) noexcept {
    LeaseTable& table = context_.parts.table;
    while (budget > 0 && table.has_due_work(now)) {
        if (!has_room(now)) {
            return; // the group is full: a later turn seals it, and access is over all the same
        }
        const auto slot = table.next_due(now, budget);
        if (!slot.has_value()) {
            break;
        }
        const LeaseInfo info = table.info(*slot);
        const LeaseEnd end = info.phase == Phase::active
                                 ? LeaseEnd{ErrorCode::lease_expired, Reason::ttl_elapsed}
                                 : LeaseEnd{ErrorCode::revoked, info.reason};
        (void)end_lease(*slot, end, {}, now).is_ok(); // a pending record is kept with the slot
    }
    if (table.has_due_work(now)) {
        context_.wake_by(now);
    }
}

void LeaseEnds::tick(Instant now, uint32_t& budget) noexcept {
    waits_for_journal_ = false;
    tick_graces(now, budget);
    expire_due(now, budget);
}

} // namespace grafos::lease
