// SPDX-License-Identifier: Apache-2.0
/// What comes of a teardown: units free or fenced, said in the journal first; and clears of fences.
#include "core/lease/lessor/teardown.hpp"

namespace grafos::lease {
namespace {

/// All units in a row that stand behind `fence`; a bounded search may show them in parts.
[[nodiscard]] Extent find_fence(const Resource& resource, Sequence fence) noexcept {
    Extent found{};
    Extent run = resource.find_run(UnitState::fenced, 0);
    while (run.unit_count > 0) { // each unit is shown once at most
        const bool is_ours = resource.fence_of(run.first_unit) == fence;
        const uint64_t end = run.first_unit + run.unit_count;
        if (is_ours && found.unit_count == 0) {
            found = run;
        } else if (is_ours && run.first_unit == found.first_unit + found.unit_count) {
            found.unit_count += run.unit_count;
        } else if (found.unit_count > 0) {
            break;
        }
        run = resource.find_run(UnitState::fenced, end);
    }
    return found;
}

} // namespace

bool Teardown::settle_job(uint8_t index, Instant now) noexcept {
    Job& job = jobs_[index];
    GRAFOS_ASSERT(job.kind != Job::Kind::none && job.stage != Job::Stage::wiping);
    if (job.stage == Job::Stage::sealing_fence) {
        return settle_fence(index, now);
    }
    Resource& resource = context_.resource(index);
    switch (job.kind) {
    case Job::Kind::clear:
        if (!settle_clear(index, now)) {
            return false;
        }
        break;
    case Job::Kind::lease: settle_lease(index, now); break;
    case Job::Kind::boot:
    case Job::Kind::none: break;
    }
    resource.move_units(job.extent, UnitState::tearing, UnitState::free);
    context_.parts.counters.add(observe::Counter::bytes_zeroed,
                                job.extent.unit_count * resource.info().unit_bytes);
    job.kind = Job::Kind::none;
    return true;
}

bool Teardown::settle_clear(uint8_t index, Instant now) noexcept {
    const Job& job = jobs_[index];
    const Result<Epoch> epoch = context_.check_epoch(0);
    if (!epoch.is_ok()) {
        return false;
    }
    AuditEvent event;
    event.kind = EventKind::fence_cleared;
    event.timestamp = context_.unix_at(now);
    event.identity = Bytes{clear_.identity}.first(clear_.identity_size);
    event.tenant = clear_.tenant;
    event.resource_id = context_.resource(index).info().id;
    event.epoch = epoch.value();
    event.reason = Reason::operator_request;
    const EventData data = encode_data(ClearedData{clear_.fence, job.extent});
    event.event_data = data.view();
    const Result<Sequence> record = context_.parts.journal.append(event, Draw::clear);
    if (!record.is_ok()) {
        return false;
    }
    context_.next_epoch.value += 1;
    clear_.state = ClearState::cleared;
    clear_.forget_at = saturating_add(now, clear_answer_kept);
    clear_.answer.epoch = epoch.value();
    clear_.answer.record = record.value();
    context_.parts.counters.add(observe::Counter::fence_clears);
    context_.parts.events.add(
        {now, observe::EventCode::fence_cleared, record.value().value, job.extent.unit_count});
    return true;
}

/// Its end has its record already.
void Teardown::settle_lease(uint8_t index, Instant now) noexcept {
    LeaseTable& table = context_.parts.table;
    const SlotIndex slot = *table.teardown_front(index);
    GRAFOS_ASSERT(table.extent(slot) == jobs_[index].extent);
    context_.parts.events.add({now, observe::EventCode::lease_torn_down, slot.value,
                               (now - table.info(slot).ended_at).ms});
    table.enter_free(slot);
    context_.parts.counters.add(observe::Counter::teardowns);
    context_.parts.journal.return_fence_reserve();
}

/// The sequence of its record is the fence's name from here on.
Result<Sequence> Teardown::seal_fence(uint8_t index, AuditEvent event, Extent extent,
                                      uint64_t device_value, Draw draw, Instant now) noexcept {
    Resource& resource = context_.resource(index);
    event.kind = EventKind::resource_fenced;
    event.timestamp = context_.unix_at(now);
    event.identity = {};
    event.resource_id = resource.info().id;
    const EventData data = encode_data(FencedData{extent, device_value});
    event.event_data = data.view();
    GRAFOS_TRY_ASSIGN(const Sequence record, context_.parts.journal.append(event, draw));
    resource.move_units(extent, UnitState::tearing, UnitState::fenced, record);
    context_.parts.counters.add(observe::Counter::fences);
    context_.parts.events.add(
        {now, observe::EventCode::units_fenced, record.value, extent.unit_count});
    return record;
}

bool Teardown::settle_fence(uint8_t index, Instant now) noexcept {
    Job& job = jobs_[index];
    LeaseTable& table = context_.parts.table;
    const bool is_lease = job.kind == Job::Kind::lease;
    AuditEvent event;
    if (is_lease) {
        event = context_.event_of(EventKind::resource_fenced, *table.teardown_front(index), now);
    }
    event.reason = job.reason;
    const Result<Sequence> record =
        seal_fence(index, event, job.extent, job.device_value, Draw::fence, now);
    if (!record.is_ok()) {
        return false;
    }
    if (is_lease) {
        table.enter_free_from_fenced(*table.teardown_front(index));
    } else {
        GRAFOS_ASSERT(job.kind == Job::Kind::clear);
        context_.parts.counters.add(observe::Counter::fence_clear_failures);
        clear_.state = ClearState::fenced_again;
        clear_.forget_at = saturating_add(now, clear_answer_kept);
        clear_.answer.record = record.value();
    }
    job.kind = Job::Kind::none;
    return true;
}

/// Nothing reserved for it, so the journal may refuse it for long. Leases do not wait for that; the
/// units do, and so does the rest of what boot left.
void Teardown::settle_boot_fence(uint8_t index, Instant now) noexcept {
    BootWipe& boot = boot_wipes_[index];
    if (boot.failed.unit_count == 0) {
        return;
    }
    AuditEvent event;
    event.reason = Reason::device_refused;
    const Result<Sequence> record =
        seal_fence(index, event, boot.failed, boot.device_value, Draw::dirty_fence, now);
    if (record.is_ok()) {
        boot.failed = {};
    } else if (record.error().code == ErrorCode::busy) {
        context_.wake_by(saturating_add(now, lessor_patience));
    }
}

// --- clears
// ---------------------------------------------------------------------------------------------

Result<> Teardown::start_clear(const Request& request, Instant now) noexcept {
    GRAFOS_TRY(check_identity(request.caller.identity));
    const bool is_forgotten = !is_clearing() && now >= clear_.forget_at;
    if (clear_.state != ClearState::none && !is_forgotten) {
        return Error{ErrorCode::busy, Field::fence_sequence, request.fence.value,
                     clear_.fence.value};
    }
    GRAFOS_TRY(context_.parts.journal.check_append(Draw::clear));
    const Result<Epoch> epoch = context_.check_epoch(0);
    if (!epoch.is_ok() && epoch.error().code == ErrorCode::exhausted) {
        return epoch.error();
    }
    for (uint8_t index = 0; index < context_.parts.resources.size(); ++index) {
        Resource& resource = context_.resource(index);
        if (!request.resource.is_zero() && resource.info().id != request.resource) {
            continue; // named by somebody who means that one only
        }
        const Extent extent = find_fence(resource, request.fence);
        if (extent.unit_count == 0) {
            continue;
        }
        resource.move_units(extent, UnitState::fenced, UnitState::tearing);
        clear_ = Clear{};
        clear_.state = ClearState::wiping;
        clear_.resource = index;
        clear_.extent = extent;
        clear_.drain_deadline = saturating_add(now, context_.limits.teardown_deadline);
        clear_.fence = request.fence;
        clear_.tenant = request.caller.tenant;
        clear_.identity_size = static_cast<uint8_t>(request.caller.identity.size());
        copy_bytes(clear_.identity, request.caller.identity);
        context_.wake_now();
        return ok();
    }
    return Error{ErrorCode::not_found, Field::fence_sequence, request.fence.value, 0};
}

Result<Answer> Teardown::poll_clear() noexcept {
    const Clear clear = clear_;
    switch (clear.state) {
    case ClearState::none: return Error{ErrorCode::not_found, Field::fence_sequence};
    case ClearState::wiping: return Error{ErrorCode::busy, Field::fence_sequence};
    case ClearState::cleared: clear_ = Clear{}; return clear.answer;
    case ClearState::fenced_again:
        clear_ = Clear{};
        return Error{ErrorCode::fenced, Field::fence_sequence, clear.answer.record.value,
                     clear.fence.value};
    }
    GRAFOS_UNREACHABLE();
}

} // namespace grafos::lease
