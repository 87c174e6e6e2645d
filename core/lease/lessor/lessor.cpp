// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/lessor.hpp"

#include "core/crypto/sha256.hpp"

namespace grafos::lease {
LeaseRef ref_of(const LeaseId& id) noexcept {
    const Digest digest = crypto::sha256(id.view());
    LeaseRef ref;
    copy_bytes(ref.bytes, digest.view().first(LeaseRef::size_bytes));
    return ref;
}

ResourceId resource_id_of(ResourceKind kind, uint16_t index) noexcept {
    ResourceId id;
    store_big_endian<uint16_t>(id.bytes.data(), static_cast<uint16_t>(kind));
    store_big_endian<uint16_t>(id.bytes.data() + 2, index);
    return id;
}

Lessor::Lessor(const Parts& parts, const NodeLimits& limits) noexcept
    : parts_{parts}, limits_{limits} {
    GRAFOS_ASSERT(parts.resources.size() <= resources_max);
    GRAFOS_ASSERT(is_consistent(limits));
}

void Lessor::start(UnixMillis unix_base, Epoch first_epoch) noexcept {
    GRAFOS_ASSERT(first_epoch.value > 0);
    unix_base_ = unix_base;
    next_epoch_ = first_epoch;
}

UnixMillis Lessor::unix_at(Instant now) const noexcept {
    return {saturating_add(Instant{unix_base_.ms}, Duration{now.ms}).ms};
}

Result<uint8_t> Lessor::resource_index(const ResourceId& id) const noexcept {
    for (uint8_t index = 0; index < parts_.resources.size(); ++index) {
        if (parts_.resources[index]->info().id == id) {
            return index;
        }
    }
    return Error{ErrorCode::not_found, Field::resource};
}

/// The epoch the next grant or clear takes. Above the durable mark nothing is handed out; the very last
/// number is never used, so that a guard can always be one ahead.
Result<Epoch> Lessor::check_epoch() const noexcept {
    if (next_epoch_.value == ~uint64_t{0}) {
        return Error{ErrorCode::exhausted, Field::epoch, next_epoch_.value, next_epoch_.value - 1};
    }
    if (next_epoch_ >= parts_.journal.epoch_limit()) {
        return Error{ErrorCode::busy, Field::epoch, next_epoch_.value,
                     parts_.journal.epoch_limit().value};
    }
    return next_epoch_;
}

Answer Lessor::answer_of(SlotIndex slot, Instant now) const noexcept {
    const LeaseInfo info = parts_.table.info(slot);
    Answer answer;
    answer.lease_ref = info.ref;
    answer.epoch = info.epoch;
    answer.generation = info.generation;
    answer.left = left_until(parts_.table.deadline(slot), now);
    answer.amount_bytes = info.amount_bytes;
    return answer;
}

AuditEvent Lessor::event_of(EventKind kind, SlotIndex slot, Instant now) const noexcept {
    const LeaseInfo info = parts_.table.info(slot);
    AuditEvent event;
    event.kind = kind;
    event.timestamp = unix_at(now);
    event.identity = info.identity;
    event.tenant = info.tenant;
    event.lease_ref = info.ref;
    event.resource_id = parts_.resources[info.resource]->info().id;
    event.epoch = info.epoch;
    return event;
}

/// For what `check_append` has just allowed.
Sequence Lessor::append_checked(const AuditEvent& event, Draw draw) noexcept {
    const Result<Sequence> appended = parts_.journal.append(event, draw);
    GRAFOS_ASSERT(appended.is_ok());
    return appended.value();
}

Result<Answer> Lessor::grant(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const uint8_t index, resource_index(request.resource));
    if (!request.alloc_key.is_zero()) {
        const auto live = parts_.table.find(request.caller.tenant, request.alloc_key, now);
        if (live.has_value()) {
            if (parts_.table.resource(*live) != index) {
                return Error{ErrorCode::invalid_argument, Field::alloc_key};
            }
            Answer answer = answer_of(*live, now);
            answer.lease = parts_.table.id(*live);
            answer.record = newest_record();
            parts_.counters.add(observe::Counter::grants_repeated);
            return answer;
        }
    }
    GRAFOS_TRY(parts_.table.check_grant(request.caller.identity, request.ttl, now));
    GRAFOS_TRY(parts_.journal.check_append(Draw::grant));
    GRAFOS_TRY_ASSIGN(const Epoch epoch, check_epoch());
    GRAFOS_TRY_ASSIGN(const Extent extent,
                      parts_.resources[index]->prepare(request.amount_bytes));
    GRAFOS_TRY_ASSIGN(const SlotIndex free_slot, parts_.table.next_free());

    GrantSpec spec;
    store_big_endian<uint32_t>(spec.id.bytes.data(), free_slot.value);
    parts_.drbg.fill(MutableBytes{spec.id.bytes}.subspan(4));
    spec.ref = ref_of(spec.id);
    spec.tenant = request.caller.tenant;
    spec.identity = request.caller.identity;
    spec.resource = index;
    spec.extent = extent;
    spec.amount_bytes = request.amount_bytes;
    spec.epoch = epoch;
    spec.ttl = request.ttl;
    spec.alloc_key = request.alloc_key;
    const Result<SlotIndex> granted = parts_.table.grant(spec, now);
    GRAFOS_ASSERT(granted.is_ok() && granted.value() == free_slot);
    parts_.resources[index]->move_units(extent, UnitState::free, UnitState::leased);
    next_epoch_.value += 1;

    AuditEvent event = event_of(EventKind::lease_allocated, free_slot, now);
    const EventData data = encode_data(AllocatedData{parts_.resources[index]->info().kind, extent,
                                                     request.amount_bytes, request.ttl});
    event.event_data = data.view();
    Answer answer = answer_of(free_slot, now);
    answer.lease = spec.id;
    answer.record = append_checked(event, Draw::grant);
    parts_.counters.add(observe::Counter::grants);
    parts_.events.add({now, observe::EventCode::lease_granted, free_slot.value, epoch.value});
    return answer;
}

/// A record at or after everything executed so far: what an answer waits for that has no record of its
/// own but rests on earlier ones.
Sequence Lessor::newest_record() const noexcept {
    const uint64_t end = parts_.journal.appended_end().value;
    return {end == 0 ? 0 : end - 1};
}

Result<Answer> Lessor::renew(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, parts_.table.find(request.lease, now));
    GRAFOS_TRY_ASSIGN(const RenewPlan plan,
                      parts_.table.plan_renew(slot, request.generation, now, request.ttl));
    if (plan.is_repeat) {
        Answer answer = answer_of(slot, now);
        answer.record = newest_record();
        return answer;
    }
    GRAFOS_TRY(parts_.journal.check_append(Draw::renewal));
    parts_.table.renew(slot, plan);
    AuditEvent event = event_of(EventKind::lease_renewed, slot, now);
    const EventData data = encode_data(
        RenewedData{plan.generation, left_until(plan.expires_at, now)});
    event.event_data = data.view();
    Answer answer = answer_of(slot, now);
    answer.record = append_checked(event, Draw::renewal);
    parts_.counters.add(observe::Counter::renewals);
    parts_.events.add({now, observe::EventCode::lease_renewed, slot.value, plan.generation.value});
    return answer;
}

/// An end is never refused for space, but a full group asks for another turn, and that is better than
/// a pending record. Degraded is no reason to wait: the lease ends at once.
Result<> Lessor::check_end_record() const noexcept {
    const Result<> room = parts_.journal.check_append(Draw::lease_end);
    if (!room.is_ok() && room.error().code == ErrorCode::busy) {
        return room.error();
    }
    return ok();
}

Result<Answer> Lessor::release(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, parts_.table.find(request.lease, now));
    GRAFOS_TRY(check_end_record());
    Answer answer = answer_of(slot, now);
    answer.left = {};
    GRAFOS_TRY_ASSIGN(answer.record, end_lease(slot, {ErrorCode::released, Reason::holder_request},
                                               request.caller.identity, now));
    return answer;
}

Result<Answer> Lessor::revoke(const Request& request, Instant now) noexcept {
    if (request.grace > limits::revoke_grace_max) {
        return Error{ErrorCode::invalid_argument, Field::grace, request.grace.ms,
                     limits::revoke_grace_max.ms};
    }
    const bool is_reason = is_preemption(request.reason) ||
                           request.reason == Reason::authority_request ||
                           request.reason == Reason::operator_request;
    if (!is_reason) {
        return Error{ErrorCode::invalid_argument, Field::reason,
                     static_cast<uint16_t>(request.reason),
                     static_cast<uint16_t>(Reason::operator_request)};
    }
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, parts_.table.find(request.lease_ref, now));
    GRAFOS_TRY(check_end_record());
    Answer answer = answer_of(slot, now);
    if (request.grace.ms == 0) {
        answer.left = {};
        GRAFOS_TRY_ASSIGN(answer.record, end_lease(slot, {ErrorCode::revoked, request.reason},
                                                   request.caller.identity, now));
        return answer;
    }
    answer.record = newest_record();
    if (parts_.table.phase(slot) != Phase::active) {
        return answer; // already in grace: a second wish neither shortens nor lengthens it
    }
    if (graces_used_ == graces_.size()) {
        return Error{ErrorCode::busy, Field::grace, graces_used_, graces_.size()};
    }
    Grace& grace = *free_grace();
    const Instant grace_end = saturating_add(now, request.grace);
    grace = Grace{true, slot, answer.lease_ref, request.grace, grace_end, {}, 0};
    grace.identity_size = static_cast<uint8_t>(request.caller.identity.size());
    copy_bytes(grace.identity, request.caller.identity);
    graces_used_ += 1;
    parts_.table.enter_revoke_warning(slot, request.reason);
    parts_.events.add({now, observe::EventCode::revoke_warned, slot.value, request.grace.ms});
    answer.left = left_until(earlier_of(grace_end, parts_.table.deadline(slot)), now);
    return answer;
}

Result<Answer> Lessor::report_checkpoint(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, parts_.table.find(request.lease, now));
    if (parts_.table.phase(slot) == Phase::grace_running) {
        parts_.table.enter_checkpoint_reported(slot);
    } else if (parts_.table.phase(slot) != Phase::checkpoint_reported) {
        return Error{ErrorCode::denied, Field::operation,
                     static_cast<uint64_t>(parts_.table.phase(slot)),
                     static_cast<uint64_t>(Phase::grace_running)};
    }
    Answer answer = answer_of(slot, now);
    answer.record = newest_record();
    return answer;
}

void Lessor::note_refusal(TenantId tenant, Operation operation, const Error& error) noexcept {
    parts_.counters.add_refusal(error.code);
    parts_.events.add({last_now_, observe::EventCode::request_refused,
                       static_cast<uint64_t>(operation), static_cast<uint64_t>(error.code)});
    if (!refusals_.note(tenant, operation, error)) {
        parts_.counters.add(observe::Counter::refusals_unrecorded);
    }
}

void Lessor::note_overrun(Duration took) noexcept {
    parts_.counters.add(observe::Counter::turn_overruns);
    overrun_ = took > overrun_ ? took : overrun_;
}

Result<AccessHandle> Lessor::start_access(const LeaseId& id, Epoch epoch, Generation generation,
                                          Access access, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, parts_.table.check_access(id, epoch, generation, now));
    access.extent = parts_.table.extent(slot);
    const uint64_t size = parts_.table.info(slot).amount_bytes;
    if (access.offset > size) {
        return Error{ErrorCode::capacity_exceeded, Field::offset, access.offset, size};
    }
    if (access.buffer.size() > size - access.offset) {
        return Error{ErrorCode::capacity_exceeded, Field::length, access.buffer.size(),
                     size - access.offset};
    }
    AccessHandle handle{id, access.buffer, access.kind, parts_.table.resource(slot), {}};
    GRAFOS_TRY_ASSIGN(handle.ticket, parts_.resources[handle.resource]->start_access(access));
    const bool is_read = access.kind == Access::Kind::read;
    parts_.counters.add(is_read ? observe::Counter::reads : observe::Counter::writes);
    parts_.counters.add(is_read ? observe::Counter::bytes_read : observe::Counter::bytes_written,
                        access.buffer.size());
    return handle;
}

Result<> Lessor::poll_access(const AccessHandle& handle, Instant now) noexcept {
    GRAFOS_ASSERT(handle.resource < parts_.resources.size());
    if (handle.ticket.number != 0) {
        GRAFOS_TRY(parts_.resources[handle.resource]->poll_access(handle.ticket));
    }
    const Result<SlotIndex> live = parts_.table.find(handle.lease, now);
    if (!live.is_ok()) {
        if (handle.kind == Access::Kind::read) {
            zero_bytes(handle.buffer);
        }
        return live.error();
    }
    return ok();
}

} // namespace grafos::lease
