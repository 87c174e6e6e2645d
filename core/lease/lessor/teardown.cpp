// SPDX-License-Identifier: Apache-2.0
/// What happens to units after an end: drained, wiped in slices, free or fenced. Each resource wipes
/// one extent at a time: a clear an operator waits for, else the next ended lease, else what was dirty
/// at boot. A finished job waits for the journal before its units change hands.
#include "core/lease/lessor/lessor.hpp"

namespace grafos::lease {
namespace {

/// While a device works nothing is due; its interrupt ends the rest. This bounds a lost one.
constexpr Duration device_patience{10};

} // namespace

void Lessor::begin_job(uint8_t index, WipeJob::Kind kind, Extent extent) noexcept {
    WipeJob& job = jobs_[index];
    GRAFOS_ASSERT(job.kind == WipeJob::Kind::none);
    job.kind = kind;
    job.stage = WipeJob::Stage::wiping;
    job.extent = extent;
    parts_.resources[index]->begin_wipe(extent);
}

void Lessor::fail_job(uint8_t index, Reason reason, uint64_t device_value) noexcept {
    WipeJob& job = jobs_[index];
    GRAFOS_ASSERT(job.kind != WipeJob::Kind::none);
    job.stage = WipeJob::Stage::sealing_fence;
    job.reason = reason;
    job.device_value = device_value;
    if (job.kind == WipeJob::Kind::lease) {
        parts_.table.enter_fenced(*parts_.table.teardown_front(index));
    }
}

/// Operations in flight end by themselves; after the deadline the disk is reset once, which ends them;
/// what is held even then (a lane's pin) will not let go.
Lessor::Drained Lessor::check_drained(uint8_t index, Extent extent, Instant now,
                                      Instant deadline) noexcept {
    if (parts_.resources[index]->in_flight(extent) == 0) {
        has_reset_device_ = false;
        return Drained::yes;
    }
    if (now < deadline) {
        wake_at_ = earlier_of(wake_at_, deadline);
        return Drained::not_yet;
    }
    if (parts_.resources[index]->info().kind == ResourceKind::block && !has_reset_device_) {
        wants_device_reset_ = true;
        return Drained::not_yet;
    }
    return Drained::too_late;
}

void Lessor::on_device_reset() noexcept {
    wants_device_reset_ = false;
    has_reset_device_ = true;
    parts_.counters.add(observe::Counter::device_resets);
    for (Resource* const resource : parts_.resources) {
        resource->on_device_reset();
    }
}

bool Lessor::start_clear_wipe(uint8_t index, Instant now) noexcept {
    if (clear_.state != ClearState::wiping || clear_.resource != index) {
        return false;
    }
    switch (check_drained(index, clear_.extent, now, clear_.drain_deadline)) {
    case Drained::not_yet: return false;
    case Drained::yes: begin_job(index, WipeJob::Kind::clear, clear_.extent); return true;
    case Drained::too_late:
        jobs_[index].kind = WipeJob::Kind::clear;
        jobs_[index].extent = clear_.extent;
        fail_job(index, Reason::not_drained, 0);
        return true;
    }
    GRAFOS_UNREACHABLE();
}

bool Lessor::start_lease_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept {
    const auto first = parts_.table.teardown_front(index);
    for (auto slot = first; slot.has_value() && budget > 0; --budget) {
        const LeaseInfo info = parts_.table.info(*slot);
        if (info.has_pending_record && seal_end(*slot, RevokeState::active, {}, now).is_ok()) {
            parts_.table.set_pending_record(*slot, false);
        }
        // A holder that was not told may use what it read from its own clock until then (protocol §1).
        const bool was_told = *info.end != ErrorCode::lease_expired;
        const Instant wipe_from =
            was_told ? info.ended_at : saturating_add(info.expires_at, limits_.turn_max);
        Drained drained = Drained::not_yet;
        if (now < wipe_from) {
            wake_at_ = earlier_of(wake_at_, wipe_from);
        } else if (!parts_.table.info(*slot).has_pending_record) {
            drained = check_drained(index, info.extent, now, info.teardown_deadline);
        }
        if (drained == Drained::yes) {
            begin_job(index, WipeJob::Kind::lease, info.extent);
            return true;
        }
        if (drained == Drained::too_late) {
            jobs_[index].kind = WipeJob::Kind::lease;
            jobs_[index].extent = info.extent;
            const bool is_block = parts_.resources[index]->info().kind == ResourceKind::block;
            fail_job(index, is_block ? Reason::not_drained : Reason::lane_held, 0);
            return true;
        }
        parts_.table.rotate_teardown(index);
        slot = parts_.table.teardown_front(index);
        if (slot == first) {
            break;
        }
    }
    return false;
}

bool Lessor::start_boot_wipe(uint8_t index) noexcept {
    WipeJob& job = jobs_[index];
    const ResourceInfo info = parts_.resources[index]->info();
    if (info.dirty == 0) {
        return false;
    }
    const Extent run = parts_.resources[index]->find_run(UnitState::dirty, job.boot_cursor);
    if (run.unit_count == 0) {
        job.boot_cursor = 0; // a unit that went dirty behind the search is found by the next one
        return false;
    }
    const Extent piece{run.first_unit, run.unit_count < boot_wipe_units_max ? run.unit_count
                                                                            : boot_wipe_units_max};
    job.boot_cursor = piece.first_unit + piece.unit_count;
    parts_.resources[index]->move_units(piece, UnitState::dirty, UnitState::tearing);
    begin_job(index, WipeJob::Kind::boot, piece);
    return true;
}

bool Lessor::start_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept {
    return start_clear_wipe(index, now) || start_lease_wipe(index, now, budget) ||
           start_boot_wipe(index);
}

/// Clean: the units are free again. A clear's record has to be sealed first, a lease's end record was.
bool Lessor::settle_done(uint8_t index, Instant now) noexcept {
    WipeJob& job = jobs_[index];
    Resource& resource = *parts_.resources[index];
    if (job.kind == WipeJob::Kind::clear) {
        const Result<Epoch> epoch = check_epoch();
        if (!epoch.is_ok()) {
            return false;
        }
        AuditEvent event;
        event.kind = EventKind::fence_cleared;
        event.timestamp = unix_at(now);
        event.identity = Bytes{clear_.identity}.first(clear_.identity_size);
        event.tenant = clear_.tenant;
        event.resource_id = resource.info().id;
        event.epoch = epoch.value();
        event.reason = Reason::operator_request;
        const EventData data = encode_data(ClearedData{clear_.fence, job.extent});
        event.event_data = data.view();
        const Result<Sequence> record = parts_.journal.append(event, Draw::clear);
        if (!record.is_ok()) {
            return false;
        }
        next_epoch_.value += 1;
        clear_.state = ClearState::cleared;
        clear_.answer.epoch = epoch.value();
        clear_.answer.record = record.value();
        parts_.counters.add(observe::Counter::fence_clears);
        parts_.events.add({now, observe::EventCode::fence_cleared, record.value().value,
                           job.extent.unit_count});
    } else if (job.kind == WipeJob::Kind::lease) {
        const SlotIndex slot = *parts_.table.teardown_front(index);
        parts_.events.add({now, observe::EventCode::lease_torn_down, slot.value,
                           (now - parts_.table.info(slot).ended_at).ms});
        parts_.table.enter_free(slot);
        parts_.counters.add(observe::Counter::teardowns);
        parts_.journal.return_fence_reserve();
    }
    resource.move_units(job.extent, UnitState::tearing, UnitState::free);
    job.kind = WipeJob::Kind::none;
    return true;
}

/// Not clean: fenced, by a record whose sequence is the fence's name from here on.
bool Lessor::settle_fence(uint8_t index, Instant now) noexcept {
    WipeJob& job = jobs_[index];
    Resource& resource = *parts_.resources[index];
    AuditEvent event;
    Draw draw = Draw::fence;
    if (job.kind == WipeJob::Kind::lease) {
        event = event_of(EventKind::resource_fenced, *parts_.table.teardown_front(index), now);
        event.identity = {};
    } else {
        event.kind = EventKind::resource_fenced;
        event.timestamp = unix_at(now);
        event.resource_id = resource.info().id;
        draw = job.kind == WipeJob::Kind::boot ? Draw::dirty_fence : Draw::fence;
    }
    event.reason = job.reason;
    const EventData data = encode_data(FencedData{job.extent, job.device_value});
    event.event_data = data.view();
    const Result<Sequence> record = parts_.journal.append(event, draw);
    if (!record.is_ok()) {
        return false;
    }
    resource.move_units(job.extent, UnitState::tearing, UnitState::fenced, record.value());
    if (job.kind == WipeJob::Kind::lease) {
        parts_.table.enter_free_from_fenced(*parts_.table.teardown_front(index));
    } else if (job.kind == WipeJob::Kind::clear) {
        parts_.counters.add(observe::Counter::fence_clear_failures);
        clear_.state = ClearState::fenced_again;
        clear_.answer.record = record.value();
    }
    parts_.counters.add(observe::Counter::fences);
    parts_.events.add({now, observe::EventCode::units_fenced, record.value().value,
                       job.extent.unit_count});
    job.kind = WipeJob::Kind::none;
    return true;
}

bool Lessor::settle_job(uint8_t index, Instant now) noexcept {
    return jobs_[index].stage == WipeJob::Stage::sealing_done ? settle_done(index, now)
                                                              : settle_fence(index, now);
}

void Lessor::tick_resource(uint8_t index, Instant now, LessorBudget& budget) noexcept {
    Resource& resource = *parts_.resources[index];
    WipeJob& job = jobs_[index];
    while (budget.wipe_bytes > 0) {
        if (job.kind == WipeJob::Kind::none && !start_wipe(index, now, budget.expiries)) {
            return;
        }
        if (job.stage == WipeJob::Stage::wiping) {
            const Result<Step> step = resource.wipe_step(budget.wipe_bytes);
            if (!step.is_ok()) {
                parts_.counters.add(observe::Counter::wipe_failures);
                parts_.events.add({now, observe::EventCode::wipe_refused,
                                   static_cast<uint64_t>(resource.info().kind),
                                   job.extent.first_unit});
                fail_job(index, Reason::device_refused, step.error().value);
            } else if (step.value() == Step::more) {
                const bool is_device = resource.info().kind == ResourceKind::block;
                wake_at_ = earlier_of(wake_at_, is_device ? saturating_add(now, device_patience)
                                                          : now);
                return;
            } else {
                job.stage = WipeJob::Stage::sealing_done;
            }
        }
        const bool is_clean = job.stage == WipeJob::Stage::sealing_done;
        const uint64_t bytes = job.extent.unit_count * resource.info().unit_bytes;
        if (!settle_job(index, now)) {
            wake_at_ = earlier_of(wake_at_, saturating_add(now, device_patience));
            return;
        }
        parts_.counters.add(observe::Counter::bytes_zeroed, is_clean ? bytes : 0);
        budget.wipe_bytes -= bytes < budget.wipe_bytes ? bytes : budget.wipe_bytes;
    }
    wake_at_ = now;
}

Result<> Lessor::start_clear(const Request& request, Instant now) noexcept {
    if (clear_.state != ClearState::none) {
        return Error{ErrorCode::busy, Field::fence_sequence, request.fence.value,
                     clear_.fence.value};
    }
    GRAFOS_TRY(parts_.journal.check_append(Draw::clear));
    for (uint8_t index = 0; index < parts_.resources.size(); ++index) {
        Resource& resource = *parts_.resources[index];
        Extent run = resource.find_run(UnitState::fenced, 0);
        while (run.unit_count > 0) {
            if (resource.fence_of(run.first_unit) == request.fence) {
                resource.move_units(run, UnitState::fenced, UnitState::tearing);
                clear_ = Clear{};
                clear_.state = ClearState::wiping;
                clear_.resource = index;
                clear_.extent = run;
                clear_.drain_deadline = saturating_add(now, limits_.teardown_deadline);
                clear_.fence = request.fence;
                clear_.tenant = request.caller.tenant;
                clear_.identity_size = static_cast<uint8_t>(request.caller.identity.size());
                copy_bytes(clear_.identity, request.caller.identity);
                return ok();
            }
            run = resource.find_run(UnitState::fenced, run.first_unit + run.unit_count);
        }
    }
    return Error{ErrorCode::not_found, Field::fence_sequence, request.fence.value, 0};
}

Result<Answer> Lessor::poll_clear() noexcept {
    const Clear clear = clear_;
    switch (clear.state) {
    case ClearState::none: return Error{ErrorCode::not_found, Field::fence_sequence};
    case ClearState::wiping: return Error{ErrorCode::busy, Field::fence_sequence};
    case ClearState::cleared: clear_.state = ClearState::none; return clear.answer;
    case ClearState::fenced_again:
        clear_.state = ClearState::none;
        return Error{ErrorCode::fenced, Field::fence_sequence, clear.answer.record.value,
                     clear.fence.value};
    }
    GRAFOS_UNREACHABLE();
}

bool Lessor::is_idle() const noexcept {
    bool is_idle = parts_.table.live_count() == 0 && graces_used_ == 0 &&
                   clear_.state == ClearState::none;
    for (uint8_t index = 0; index < parts_.resources.size(); ++index) {
        const ResourceInfo info = parts_.resources[index]->info();
        is_idle = is_idle && jobs_[index].kind == WipeJob::Kind::none && info.tearing == 0 &&
                  info.dirty == 0 && info.leased == 0;
    }
    return is_idle;
}

} // namespace grafos::lease
