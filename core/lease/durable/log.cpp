// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/log.hpp"

namespace grafos::lease {

DurableLog::DurableLog(const Parts& parts, const LogOptions& options) noexcept
    : parts_{parts},
      options_{options},
      recovery_{{parts.device, parts.state, parts.window, parts.checkpoint}},
      formatter_{parts.device, parts.checkpoint},
      commit_{parts.device, parts.group_a, parts.group_b},
      checkpointer_{parts.device, parts.state, parts.checkpoint},
      trim_reader_{*this, parts.device, parts.window} {}

LayoutOptions DurableLog::layout_options() const noexcept {
    LayoutOptions options;
    options.log_percent = options_.log_percent;
    options.group_bytes_max = static_cast<uint32_t>(parts_.group_a.size());
    options.checkpoint_bytes_max = parts_.state.checkpoint_bytes_max();
    options.checkpoint_buffer_bytes = parts_.checkpoint.size();
    return options;
}

Result<> DurableLog::start() noexcept {
    GRAFOS_ASSERT(state_.phase == LogPhase::stopped);
    const size_t group = parts_.group_a.size();
    if (group < hal::sector_bytes || group % hal::sector_bytes != 0 ||
        group > size_t{group_sectors_most} * hal::sector_bytes || parts_.group_b.size() != group ||
        parts_.window.size() < group) {
        return Error{ErrorCode::invalid_argument, Field::length, group, hal::sector_bytes};
    }
    if (parts_.checkpoint.size() < checkpoint_buffer_bytes(parts_.state)) {
        return Error{ErrorCode::invalid_argument, Field::checkpoint, parts_.checkpoint.size(),
                     checkpoint_buffer_bytes(parts_.state)};
    }
    if (options_.checkpoint_groups == 0 || options_.epoch_chunk == 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
    }
    state_.phase = LogPhase::booting;
    recovery_.start(layout_options());
    return ok();
}

void DurableLog::enter_degraded(DegradedReason reason, const Error& cause) noexcept {
    GRAFOS_ASSERT(state_.phase != LogPhase::stopped);
    GRAFOS_ASSERT(reason != DegradedReason::none);
    state_ = {LogPhase::degraded, reason, cause};
}

bool DurableLog::tick(uint32_t budget) noexcept {
    GRAFOS_ASSERT(budget > 0);
    switch (state_.phase) {
    case LogPhase::booting: return tick_recovery(budget);
    case LogPhase::formatting: tick_formatter(); return true;
    case LogPhase::ready: tick_ready(budget); return wants_turn();
    case LogPhase::degraded:
        if (state_.reason == DegradedReason::log_full) {
            tick_full(budget);
            return wants_turn();
        }
        break;
    case LogPhase::stopped:
    case LogPhase::blank: break;
    }
    return false;
}

bool DurableLog::is_serving() const noexcept {
    return state_.phase == LogPhase::ready || state_.reason == DegradedReason::log_full;
}

bool DurableLog::wants_turn() const noexcept {
    return is_serving() &&
           ((commit_.open_count() > 0 && !commit_.is_writing()) || commit_.wants_turn() ||
            checkpointer_.wants_turn() || checkpointer_.is_due() ||
            (trim_ == Trim::reading && !trim_reader_.is_in_flight()));
}

bool DurableLog::is_idle() const noexcept {
    return commit_.open_count() == 0 && !commit_.is_writing() && checkpointer_.is_idle() &&
           !checkpointer_.is_due() && trim_ != Trim::reading && trim_ != Trim::saving;
}

// --- booting ---

bool DurableLog::tick_recovery(uint32_t budget) noexcept {
    for (uint32_t step = 0; step < budget; ++step) {
        switch (recovery_.tick()) {
        case Verdict::pending:
            if (recovery_.is_waiting()) {
                return false;
            }
            break;
        case Verdict::blank: state_ = {LogPhase::blank, {}, recovery_.error()}; return true;
        case Verdict::unfinished:
            formatter_.start_finish(recovery_);
            state_.phase = LogPhase::formatting;
            return true;
        case Verdict::ready: enter_ready(); return true;
        case Verdict::degraded: enter_degraded(recovery_.reason(), recovery_.error()); return true;
        }
    }
    return true;
}

void DurableLog::enter_ready() noexcept {
    GRAFOS_ASSERT(state_.phase == LogPhase::booting);
    const Epoch mark = recovery_.epoch_mark();
    boot_ = {recovery_.last_boot().value + 1};
    first_epoch_ = mark.value == 0 ? Epoch{1} : mark;
    commit_.start(recovery_.identity(), boot_, recovery_.end(), first_epoch_, options_.epoch_chunk);
    checkpointer_.start(recovery_, options_.checkpoint_groups);
    ledger_.start(recovery_.identity().layout, recovery_.kept_sectors());
    state_ = {LogPhase::ready, DegradedReason::none, {}};
    const Result<> room = ledger_.check(Draw::control);
    if (!room.is_ok()) {
        enter_degraded(DegradedReason::log_full, room.error());
    }
}

/// Nothing but exports and trims; as soon as there is room, the boot goes on.
void DurableLog::tick_full(uint32_t budget) noexcept {
    GRAFOS_ASSERT(state_.reason == DegradedReason::log_full);
    tick_ready(budget);
    if (state_.reason == DegradedReason::log_full && ledger_.check(Draw::control).is_ok()) {
        state_ = {LogPhase::ready, DegradedReason::none, {}};
    }
}

Result<> DurableLog::format(const NodeId& node_id,
                            const crypto::IdentitySecrets& secrets) noexcept {
    if (state_.phase != LogPhase::blank) {
        return Error{ErrorCode::denied, Field::operation};
    }
    if (node_id.is_zero()) {
        return Error{ErrorCode::invalid_argument, Field::node_id};
    }
    GRAFOS_TRY_ASSIGN(const DiskLayout layout,
                      plan_layout(parts_.device.geometry(), layout_options()));
    formatter_.start_format({layout, node_id, secrets});
    state_.phase = LogPhase::formatting;
    return ok();
}

Result<> DurableLog::adopt(const Adoption& adoption) noexcept {
    if (state_.phase != LogPhase::degraded || state_.reason != DegradedReason::no_durable_state) {
        return Error{ErrorCode::denied, Field::operation, static_cast<uint64_t>(state_.reason),
                     static_cast<uint64_t>(DegradedReason::no_durable_state)};
    }
    GRAFOS_TRY(formatter_.start_adopt(recovery_, adoption));
    state_.phase = LogPhase::formatting;
    return ok();
}

void DurableLog::tick_formatter() noexcept {
    const Result<Progress> progress = formatter_.tick();
    if (!progress.is_ok()) {
        enter_degraded(DegradedReason::durable_unknown, progress.error());
    } else if (progress.value() == Progress::done) {
        // What was written is read back like anything else: one way to start.
        state_ = {LogPhase::booting, DegradedReason::none, {}};
        recovery_.start(layout_options());
    }
}

// --- ready ---

Result<> DurableLog::check_append(Draw draw) const noexcept {
    const bool may_outlive =
        draw == Draw::lease_end || draw == Draw::fence || draw == Draw::control;
    if (boot_.value == 0 || (state_.phase == LogPhase::degraded && !may_outlive)) {
        return degraded_error(state_.reason);
    }
    GRAFOS_TRY(ledger_.check(draw));
    if (!commit_.has_room(limits::record_bytes_max)) {
        return Error{ErrorCode::busy, Field::log};
    }
    return ok();
}

Result<Sequence> DurableLog::append(const AuditEvent& event, Draw draw) noexcept {
    // A lease's fence names it; one that a clear's teardown leaves behind names nobody.
    const bool is_refence = draw == Draw::fence && event.lease_ref.is_zero();
    const Result<> checked = check_append(draw);
    if (!checked.is_ok()) {
        return checked.error();
    }
    GRAFOS_TRY_ASSIGN(const Sequence sequence, commit_.seal(event));
    ledger_.draw(draw, is_refence);
    GRAFOS_ASSERT(sequence >= commit_.anchor().next);
    return sequence;
}

Sequence DurableLog::anchored_end() const noexcept {
    return commit_.anchor().next;
}
Sequence DurableLog::appended_end() const noexcept {
    return commit_.head().next;
}
Epoch DurableLog::epoch_limit() const noexcept {
    return commit_.epoch_limit();
}

Result<Progress> DurableLog::tick_commit(uint32_t budget) noexcept {
    if (commit_.is_writing()) {
        GRAFOS_TRY_ASSIGN(const Progress progress, commit_.tick(budget));
        if (progress == Progress::more) {
            return progress;
        }
    }
    const uint32_t count = commit_.open_count();
    if (count == 0) {
        return Progress::done;
    }
    ledger_.close_group(count, commit_.close());
    checkpointer_.count_group();
    return commit_.tick(budget); // off it goes
}

void DurableLog::tick_ready(uint32_t budget) noexcept {
    const Result<Progress> committed = tick_commit(budget);
    if (!committed.is_ok()) {
        enter_degraded(DegradedReason::durable_unknown, committed.error());
        return;
    }
    if (commit_.open_count() == 0 && checkpointer_.is_idle() && checkpointer_.is_due()) {
        checkpointer_.take(commit_.head(), boot_, commit_.epoch_mark());
    }
    const uint64_t before = checkpointer_.kept_start().number;
    const Result<Progress> saved = checkpointer_.tick(anchored_end());
    if (!saved.is_ok()) {
        enter_degraded(DegradedReason::durable_unknown, saved.error());
        return;
    }
    if (checkpointer_.kept_start().number != before) {
        ledger_.set_kept(ring_distance(checkpointer_.kept_start(), commit_.place()));
    }
    tick_trim();
}

uint64_t DurableLog::ring_distance(const GroupPlace& from, const GroupPlace& to) const noexcept {
    GRAFOS_ASSERT(from.number <= to.number);
    if (from.number == to.number) {
        return 0;
    }
    return to.offset > from.offset ? to.offset - from.offset
                                   : layout().log_sectors - from.offset + to.offset;
}

// --- trimming ---

Result<> DurableLog::start_trim(Sequence last, const Digest& hash) noexcept {
    if (!is_serving()) {
        return degraded_error(state_.reason);
    }
    if (trim_ != Trim::none) {
        return Error{ErrorCode::busy, Field::operation};
    }
    if (last < log_start().first) {
        return Error{ErrorCode::not_found, Field::sequence, last.value, log_start().first.value};
    }
    if (last >= checkpointer_.covered_end()) {
        return Error{ErrorCode::invalid_argument, Field::checkpoint, last.value,
                     checkpointer_.covered_end().value};
    }
    GRAFOS_TRY(trim_reader_.seek(last));
    trim_ = Trim::reading;
    trim_hash_ = hash;
    return ok();
}

void DurableLog::fail_trim(const Error& error) noexcept {
    trim_ = Trim::failed;
    trim_error_ = error;
}

void DurableLog::tick_trim() noexcept {
    if (trim_ == Trim::saving && checkpointer_.is_start_durable()) {
        trim_ = Trim::done;
    }
    if (trim_ != Trim::reading) {
        return;
    }
    const Result<GroupRecord> record = trim_reader_.next();
    if (!record.is_ok()) {
        if (record.error().code != ErrorCode::busy) {
            fail_trim(record.error());
        }
        return;
    }
    if (record.value().hash != trim_hash_) {
        fail_trim({ErrorCode::denied, Field::hash, short_form(trim_hash_),
                   short_form(record.value().hash)});
        return;
    }
    checkpointer_.set_start(trim_reader_.place_behind());
    trim_ = Trim::saving;
}

Result<> DurableLog::poll_trim() noexcept {
    switch (trim_) {
    case Trim::none: return Error{ErrorCode::not_found, Field::operation};
    case Trim::reading:
    case Trim::saving:
        if (!is_serving()) {
            return degraded_error(state_.reason);
        }
        return Error{ErrorCode::busy, Field::operation};
    case Trim::done: trim_ = Trim::none; return ok();
    case Trim::failed: trim_ = Trim::none; return trim_error_;
    }
    GRAFOS_UNREACHABLE();
}

void DurableLog::on_device_reset() noexcept {
    recovery_.on_device_reset();
    formatter_.on_device_reset();
    commit_.on_device_reset();
    checkpointer_.on_device_reset();
    trim_reader_.on_device_reset();
}

LogFigures DurableLog::figures() const noexcept {
    LogFigures figures;
    figures.groups = commit_.group_count();
    figures.records = commit_.record_count();
    figures.group_sectors = commit_.sector_count();
    figures.checkpoints = checkpointer_.count();
    figures.replayed_groups = recovery_.group_count();
    figures.replayed_records = recovery_.record_count();
    figures.capacity_sectors = ledger_.capacity();
    figures.kept_sectors = ledger_.kept();
    figures.promised_sectors = ledger_.promised();
    return figures;
}

} // namespace grafos::lease
