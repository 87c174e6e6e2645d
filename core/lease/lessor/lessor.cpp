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

namespace {

/// What the caller may ask for, besides what anybody may.
[[nodiscard]] Result<> check_ttl(const Request& request) noexcept {
    const Duration most = request.caller.ttl_max;
    if (most.ms != 0 && request.ttl > most) {
        return Error{ErrorCode::denied, Field::ttl, request.ttl.ms, most.ms};
    }
    return ok();
}

} // namespace

Lessor::Lessor(const Parts& parts, const NodeLimits& limits) noexcept : context_{parts, limits} {
    GRAFOS_ASSERT(parts.resources.size() <= resources_max);
    GRAFOS_ASSERT(is_consistent(limits));
}

void Lessor::start(UnixMillis unix_base, Epoch first_epoch) noexcept {
    GRAFOS_ASSERT(first_epoch.value > 0);
    context_.unix_base = unix_base;
    context_.next_epoch = first_epoch;
    first_epoch_ = first_epoch;
}

Result<uint8_t> Lessor::resource_index(const ResourceId& id) const noexcept {
    for (uint8_t index = 0; index < resources().size(); ++index) {
        if (resources()[index]->info().id == id) {
            return index;
        }
    }
    return Error{ErrorCode::not_found, Field::resource};
}

Answer Lessor::answer_of(SlotIndex slot, Instant now) const noexcept {
    const LeaseInfo info = table().info(slot);
    GRAFOS_ASSERT(is_live(info.phase));
    Answer answer;
    answer.lease_ref = info.ref;
    answer.epoch = info.epoch;
    answer.generation = info.generation;
    answer.left = left_until(ends_.access_end(slot), now);
    answer.amount_bytes = info.amount_bytes;
    return answer;
}

/// For what `check_append` has just allowed.
Sequence Lessor::append_checked(const AuditEvent& event, Draw draw) noexcept {
    const Result<Sequence> appended = context_.parts.journal.append(event, draw);
    GRAFOS_ASSERT(appended.is_ok());
    return appended.value();
}

/// A record at or after everything executed so far: what an answer waits for that has no record of
/// its own but rests on earlier ones.
Sequence Lessor::newest_record() const noexcept {
    const uint64_t end = context_.parts.journal.appended_end().value;
    return {end == 0 ? 0 : end - 1};
}

// --- requests
// --------------------------------------------------------------------------------------

/// The live lease that the caller already has for its key, if it has one.
std::optional<Result<Answer>> Lessor::repeated_grant(const Request& request, uint8_t index,
                                                     Instant now) const noexcept {
    if (request.alloc_key.is_zero()) {
        return std::nullopt;
    }
    const auto live = table().find(request.caller.identity, request.alloc_key, now);
    if (!live.has_value()) {
        return std::nullopt;
    }
    const bool is_same =
        table().resource(*live) == index && table().info(*live).tenant == request.caller.tenant;
    if (!is_same) {
        return Error{ErrorCode::invalid_argument, Field::alloc_key};
    }
    Answer answer = answer_of(*live, now);
    answer.lease = table().id(*live);
    answer.record = newest_record();
    return answer;
}

Result<Answer> Lessor::grant(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const uint8_t index, resource_index(request.resource));
    if (std::optional<Result<Answer>> known = repeated_grant(request, index, now)) {
        context_.parts.counters.add(observe::Counter::grants_repeated, known->is_ok() ? 1 : 0);
        return std::move(*known);
    }
    LeaseTable& table = context_.parts.table;
    Resource& resource = context_.resource(index);
    GRAFOS_TRY(table.check_grant(request.caller.identity, request.ttl, now));
    GRAFOS_TRY(check_ttl(request));
    GRAFOS_TRY(context_.ledger.check(request.caller, request.amount_bytes));
    GRAFOS_TRY(context_.parts.journal.check_append(Draw::grant));
    // A clear that is under way has the next epoch to itself.
    GRAFOS_TRY_ASSIGN(const Epoch epoch, context_.check_epoch(teardown_.is_clearing() ? 1 : 0));
    GRAFOS_TRY_ASSIGN(const Extent extent, resource.prepare(request.amount_bytes));
    GRAFOS_TRY_ASSIGN(const SlotIndex free_slot, table.next_free());

    GrantSpec spec;
    store_big_endian<uint32_t>(spec.id.bytes.data(), free_slot.value);
    context_.parts.drbg.fill(MutableBytes{spec.id.bytes}.subspan(4));
    spec.ref = ref_of(spec.id);
    spec.tenant = request.caller.tenant;
    spec.identity = request.caller.identity;
    spec.resource = index;
    spec.extent = extent;
    spec.amount_bytes = request.amount_bytes;
    spec.epoch = epoch;
    spec.ttl = request.ttl;
    spec.alloc_key = request.alloc_key;
    spec.rights = request.rights;
    const Result<SlotIndex> granted = table.grant(spec, now);
    GRAFOS_ASSERT(granted.is_ok() && granted.value() == free_slot);
    resource.move_units(extent, UnitState::free, UnitState::leased);
    context_.ledger.charge(request.caller.tenant, request.amount_bytes);
    context_.next_epoch.value += 1;

    AuditEvent event = context_.event_of(EventKind::lease_allocated, free_slot, now);
    const EventData data =
        encode_data(AllocatedData{resource.info().kind, extent, request.amount_bytes, request.ttl});
    event.event_data = data.view();
    Answer answer = answer_of(free_slot, now);
    answer.lease = spec.id;
    answer.record = append_checked(event, Draw::grant);
    context_.parts.counters.add(observe::Counter::grants);
    context_.parts.events.add(
        {now, observe::EventCode::lease_granted, free_slot.value, epoch.value});
    return answer;
}

Result<Answer> Lessor::renew(const Request& request, Instant now) noexcept {
    LeaseTable& table = context_.parts.table;
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table.find(request.lease, now));
    GRAFOS_TRY(check_identity(request.caller.identity));
    GRAFOS_TRY(check_ttl(request));
    GRAFOS_TRY_ASSIGN(const RenewPlan plan,
                      table.plan_renew(slot, request.generation, now, request.ttl));
    if (plan.is_repeat) {
        Answer answer = answer_of(slot, now);
        answer.record = newest_record();
        return answer;
    }
    GRAFOS_TRY(context_.parts.journal.check_append(Draw::renewal));
    table.renew(slot, plan);
    AuditEvent event = context_.event_of(EventKind::lease_renewed, slot, now);
    event.identity = request.caller.identity;
    const EventData data =
        encode_data(RenewedData{plan.generation, left_until(plan.expires_at, now)});
    event.event_data = data.view();
    Answer answer = answer_of(slot, now);
    answer.record = append_checked(event, Draw::renewal);
    context_.parts.counters.add(observe::Counter::renewals);
    context_.parts.events.add(
        {now, observe::EventCode::lease_renewed, slot.value, plan.generation.value});
    return answer;
}

Result<Answer> Lessor::release(const Request& request, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table().find(request.lease, now));
    GRAFOS_TRY(check_identity(request.caller.identity));
    GRAFOS_TRY(context_.check_end_record());
    Answer answer = answer_of(slot, now);
    answer.left = {};
    context_.wake_now();
    GRAFOS_TRY_ASSIGN(answer.record,
                      ends_.end_lease(slot, {ErrorCode::released, Reason::holder_request},
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
    GRAFOS_TRY(check_identity(request.caller.identity));
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table().find(request.lease_ref, now));
    if (request.grace.ms > 0) {
        if (table().phase(slot) == Phase::active) {
            GRAFOS_TRY(ends_.start_grace(slot, request.grace, request.reason,
                                         request.caller.identity, now));
        }
        Answer answer = answer_of(slot, now);
        answer.record = newest_record();
        return answer;
    }
    GRAFOS_TRY(context_.check_end_record());
    Answer answer = answer_of(slot, now);
    answer.left = {};
    context_.wake_now();
    GRAFOS_TRY_ASSIGN(answer.record, ends_.end_lease(slot, {ErrorCode::revoked, request.reason},
                                                     request.caller.identity, now));
    return answer;
}

Result<Answer> Lessor::report_checkpoint(const Request& request, Instant now) noexcept {
    LeaseTable& table = context_.parts.table;
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, table.find(request.lease, now));
    if (table.phase(slot) == Phase::grace_running) {
        table.enter_checkpoint_reported(slot);
        context_.wake_now();
    } else if (table.phase(slot) != Phase::checkpoint_reported) {
        return Error{ErrorCode::denied, Field::operation, static_cast<uint64_t>(table.phase(slot)),
                     static_cast<uint64_t>(Phase::grace_running)};
    }
    Answer answer = answer_of(slot, now);
    answer.record = newest_record();
    return answer;
}

Result<> Lessor::start_clear(const Request& request, Instant now) noexcept {
    return teardown_.start_clear(request, now);
}

Result<Answer> Lessor::poll_clear() noexcept {
    return teardown_.poll_clear();
}

// --- time
// --------------------------------------------------------------------------------------------

bool Lessor::tick(Instant now, LessorBudget budget) noexcept {
    GRAFOS_ASSERT(now >= context_.last_now);
    context_.last_now = now;
    context_.wake_at = Instant::never();
    uint32_t expiries = budget.expiries;
    ends_.tick(now, expiries);
    teardown_.tick(now, budget);
    notes_.seal(now);
    return context_.wake_at <= now;
}

/// Leases that are due and cannot be ended before the journal has room are not due any earlier.
Instant Lessor::next_deadline() const noexcept {
    return ends_.waits_for_journal() ? context_.wake_at
                                     : earlier_of(table().next_deadline(), context_.wake_at);
}

void Lessor::on_device_reset() noexcept {
    teardown_.on_device_reset();
}

bool Lessor::is_idle() const noexcept {
    bool is_idle = table().live_count() == 0 && !teardown_.is_clearing();
    for (uint8_t index = 0; index < resources().size(); ++index) {
        const ResourceInfo info = resources()[index]->info();
        is_idle = is_idle && !teardown_.is_wiping(index) && info.tearing == 0 && info.dirty == 0 &&
                  info.leased == 0;
    }
    return is_idle;
}

} // namespace grafos::lease
