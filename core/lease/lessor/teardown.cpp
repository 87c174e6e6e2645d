// SPDX-License-Identifier: Apache-2.0
/// Choosing what to wipe next, and wiping it. What comes of it is in settle.cpp.
#include "core/lease/lessor/teardown.hpp"

namespace grafos::lease {
namespace {

/// A disk slower than this many bytes a millisecond is taken for one that hangs.
constexpr uint64_t slowest_bytes_per_ms = 1024;

/// A device may finish at once what it is given, without an interrupt to say so: it is asked this
/// often in a turn, and again after this long.
constexpr uint32_t device_slices = 4;
constexpr Duration device_pause{1};

/// When what is not drained is looked at again: from its deadline on that is a fence.
[[nodiscard]] Instant next_look(Instant now, Instant deadline) noexcept {
    const Instant later = saturating_add(now, lessor_patience);
    return now < deadline ? earlier_of(later, deadline) : later;
}

[[nodiscard]] Extent first_of(Extent run, uint64_t unit_count) noexcept {
    return {run.first_unit, run.unit_count < unit_count ? run.unit_count : unit_count};
}

} // namespace

void Teardown::tick(Instant now, const LessorBudget& budget) noexcept {
    wants_device_reset_ = false;
    for (uint8_t index = 0; index < context_.parts.resources.size(); ++index) {
        tick_resource(index, now, budget);
    }
}

void Teardown::tick_resource(uint8_t index, Instant now, LessorBudget budget) noexcept {
    const Job& job = jobs_[index];
    const uint64_t unit_bytes = context_.resource(index).info().unit_bytes;
    while (budget.wipe_bytes > 0) {
        settle_boot_fence(index, now);
        if (job.kind == Job::Kind::none && !start_job(index, now, budget.expiries)) {
            return;
        }
        const uint64_t bytes = job.extent.unit_count * unit_bytes;
        if (job.stage == Job::Stage::wiping && !wipe_slice(index, now, budget.wipe_bytes)) {
            return;
        }
        const bool is_settled_apart =
            job.kind == Job::Kind::none; // a failed piece of the boot wipe
        if (!is_settled_apart && !settle_job(index, now)) {
            context_.wake_by(saturating_add(now, lessor_patience));
            return;
        }
        budget.wipe_bytes -= bytes < budget.wipe_bytes ? bytes : budget.wipe_bytes;
    }
    context_.wake_by(now);
}

// --- what is next
// ----------------------------------------------------------------------------------

bool Teardown::start_job(uint8_t index, Instant now, uint32_t& budget) noexcept {
    GRAFOS_ASSERT(jobs_[index].kind == Job::Kind::none);
    if (start_clear_wipe(index, now)) {
        return true;
    }
    if (jobs_[index].was_lease) {
        jobs_[index].was_lease = false;
        if (start_boot_wipe(index, now)) {
            return true;
        }
    }
    return start_lease_wipe(index, now, budget) || start_boot_wipe(index, now);
}

bool Teardown::start_clear_wipe(uint8_t index, Instant now) noexcept {
    if (!is_clearing() || clear_.resource != index) {
        return false;
    }
    switch (check_drained(index, clear_.extent, now, clear_.drain_deadline)) {
    case Drained::not_yet: context_.wake_by(next_look(now, clear_.drain_deadline)); return false;
    case Drained::yes: begin_wipe(index, Job::Kind::clear, clear_.extent, now); return true;
    case Drained::too_late: begin_fence(index, Job::Kind::clear, clear_.extent); return true;
    }
    GRAFOS_UNREACHABLE();
}

/// Ended leases in the order they ended, but those that have to wait stand behind the others.
bool Teardown::start_lease_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept {
    LeaseTable& table = context_.parts.table;
    for (; budget > 0; --budget) {
        const auto slot = table.teardown_front(index);
        if (!slot.has_value()) {
            return false;
        }
        if (close_round(index, *slot)) {
            return false;
        }
        const Drained drained = check_wipeable(index, *slot, now);
        if (drained == Drained::not_yet) {
            table.rotate_teardown(index);
            continue;
        }
        rounds_[index] = Round{};
        jobs_[index].was_lease = true;
        const Extent extent = table.extent(*slot);
        if (drained == Drained::yes) {
            begin_wipe(index, Job::Kind::lease, extent, now);
        } else {
            begin_fence(index, Job::Kind::lease, extent);
        }
        return true;
    }
    if (table.teardown_front(index).has_value()) {
        context_.wake_by(now); // somebody was not looked at
    }
    return false;
}

/// Whether everybody in the queue had to wait; then the earliest of them says when to look again.
/// Opens a round if none is.
bool Teardown::close_round(uint8_t index, SlotIndex front) noexcept {
    Round& round = rounds_[index];
    if (round.is_open && round.first == front && round.ends == context_.ends[index]) {
        context_.wake_by(round.wake_at);
        round = Round{};
        return true;
    }
    if (!round.is_open || round.ends != context_.ends[index]) {
        round = Round{true, front, context_.ends[index], Instant::never()};
    }
    return false;
}

/// A lease that ran out is not touched while a holder that the node has not told may still believe
/// in it: until its end plus the longest turn (protocol §1).
Teardown::Drained Teardown::check_wipeable(uint8_t index, SlotIndex slot, Instant now) noexcept {
    const LeaseInfo info = context_.parts.table.info(slot);
    GRAFOS_ASSERT(info.phase == Phase::tearing_down && info.end.has_value());
    Round& round = rounds_[index];
    if (info.has_pending_record) {
        const Result<Sequence> sealed = ends_.seal_pending(slot);
        if (!sealed.is_ok()) {
            if (!context_.is_journal_degraded()) {
                round.wake_at = earlier_of(round.wake_at, saturating_add(now, lessor_patience));
            }
            return Drained::not_yet;
        }
    }
    if (info.ended_at >= info.expires_at) {
        const Instant wipe_from = saturating_add(info.expires_at, context_.limits.turn_max);
        if (now < wipe_from) {
            round.wake_at = earlier_of(round.wake_at, wipe_from);
            return Drained::not_yet;
        }
    }
    const Drained drained = check_drained(index, info.extent, now, info.teardown_deadline);
    if (drained == Drained::not_yet) {
        round.wake_at = earlier_of(round.wake_at, next_look(now, info.teardown_deadline));
    }
    return drained;
}

/// Operations in flight end by themselves. From the deadline on the disk is reset, which ends them;
/// what is held even then, or by a lane, will not let go. A machine that cannot reset its disk gets
/// as long again.
Teardown::Drained Teardown::check_drained(uint8_t index, Extent extent, Instant now,
                                          Instant deadline) noexcept {
    if (context_.resource(index).in_flight(extent) == 0) {
        return Drained::yes;
    }
    if (now < deadline) {
        return Drained::not_yet;
    }
    const bool was_reset = has_reset_device_ && reset_at_ >= deadline;
    if (!is_device(index) || was_reset ||
        now >= saturating_add(deadline, context_.limits.teardown_deadline)) {
        return Drained::too_late;
    }
    wants_device_reset_ = true;
    return Drained::not_yet;
}

void Teardown::on_device_reset() noexcept {
    wants_device_reset_ = false;
    has_reset_device_ = true;
    reset_at_ = context_.last_now;
    for (Resource* const resource : context_.parts.resources) {
        resource->on_device_reset();
    }
    context_.wake_now();
}

/// What was dirty at boot, in pieces, from one end to the other and once more from the start.
bool Teardown::start_boot_wipe(uint8_t index, Instant now) noexcept {
    Resource& resource = context_.resource(index);
    BootWipe& boot = boot_wipes_[index];
    if (boot.failed.unit_count > 0 || resource.info().dirty == 0) {
        return false;
    }
    Extent run = resource.find_run(UnitState::dirty, boot.cursor);
    if (run.unit_count == 0) {
        run = resource.find_run(UnitState::dirty, 0);
    }
    if (run.unit_count == 0) {
        return false;
    }
    const Extent piece = first_of(run, boot_wipe_units_max);
    boot.cursor = piece.first_unit + piece.unit_count;
    resource.move_units(piece, UnitState::dirty, UnitState::tearing);
    begin_wipe(index, Job::Kind::boot, piece, now);
    return true;
}

// --- one wipe
// -----------------------------------------------------------------------------------------

Instant Teardown::patience_end(uint8_t index, Instant now) const noexcept {
    const uint64_t bytes =
        jobs_[index].extent.unit_count * context_.resource(index).info().unit_bytes;
    const Instant drained_by = saturating_add(now, context_.limits.teardown_deadline);
    return saturating_add(drained_by, Duration{bytes / slowest_bytes_per_ms});
}

void Teardown::begin_wipe(uint8_t index, Job::Kind kind, Extent extent, Instant now) noexcept {
    Job& job = jobs_[index];
    GRAFOS_ASSERT(job.kind == Job::Kind::none && kind != Job::Kind::none);
    GRAFOS_ASSERT(extent.unit_count > 0);
    job.kind = kind;
    job.stage = Job::Stage::wiping;
    job.extent = extent;
    job.patience_ends_at = patience_end(index, now);
    context_.resource(index).begin_wipe(extent);
}

void Teardown::begin_fence(uint8_t index, Job::Kind kind, Extent extent) noexcept {
    Job& job = jobs_[index];
    GRAFOS_ASSERT(job.kind == Job::Kind::none && kind != Job::Kind::none);
    job.kind = kind;
    job.extent = extent;
    fail_job(index, is_device(index) ? Reason::not_drained : Reason::lane_held, 0);
}

void Teardown::fail_job(uint8_t index, Reason reason, uint64_t device_value) noexcept {
    Job& job = jobs_[index];
    GRAFOS_ASSERT(job.kind != Job::Kind::none);
    if (job.kind == Job::Kind::boot) {
        GRAFOS_ASSERT(boot_wipes_[index].failed.unit_count == 0);
        boot_wipes_[index].failed = job.extent;
        boot_wipes_[index].device_value = device_value;
        job.kind = Job::Kind::none;
        return;
    }
    job.stage = Job::Stage::sealing_fence;
    job.reason = reason;
    job.device_value = device_value;
    if (job.kind == Job::Kind::lease) {
        context_.parts.table.enter_fenced(*context_.parts.table.teardown_front(index));
    }
}

bool Teardown::wipe_slice(uint8_t index, Instant now, uint64_t budget_bytes) noexcept {
    Job& job = jobs_[index];
    Resource& resource = context_.resource(index);
    const uint32_t slices = is_device(index) ? device_slices : 1;
    const uint64_t slice_bytes = budget_bytes < slices ? 1 : budget_bytes / slices;
    for (uint64_t slice = 0; slice < slices && slice < budget_bytes; ++slice) {
        const Result<Step> step = resource.wipe_step(slice_bytes);
        if (!step.is_ok()) {
            context_.parts.counters.add(observe::Counter::wipe_failures);
            context_.parts.events.add({now, observe::EventCode::wipe_refused,
                                       static_cast<uint64_t>(resource.info().kind),
                                       job.extent.first_unit});
            fail_job(index, Reason::device_refused, step.error().value);
            return true;
        }
        if (step.value() == Step::done) {
            job.stage = Job::Stage::sealing_done;
            return true;
        }
    }
    if (!is_device(index)) {
        context_.wake_by(now); // the rest is ours to do
        return false;
    }
    if (now >= job.patience_ends_at) {
        wants_device_reset_ = true;
        job.patience_ends_at = patience_end(index, now);
    }
    context_.wake_by(saturating_add(now, device_pause));
    return false;
}

} // namespace grafos::lease
