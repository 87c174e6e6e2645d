// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cut_run.hpp"

namespace grafos::test {

using lease::Draw;
using lease::EventKind;
using lease::LogPhase;

namespace {

constexpr uint32_t steps_most = 10'000;

[[nodiscard]] lease::LogOptions options_of_run() noexcept {
    lease::LogOptions options;
    options.log_percent = 55;
    options.checkpoint_groups = 6;
    options.epoch_chunk = 8;
    return options;
}

} // namespace

void CutRun::report(CutFault fault, uint64_t value, uint64_t expected) noexcept {
    figures_.faults += 1;
    if (figures_.fault == CutFault::none) {
        figures_.fault = fault;
        figures_.moment = now_.moment;
        figures_.variant = variant_;
        figures_.value = value;
        figures_.expected = expected;
    }
}

const CutFigures& CutRun::run(const CutPlan& plan) noexcept {
    plan_ = plan;
    figures_ = {};
    choice_ = SeededChoice{plan.seed};
    disk_ = {};
    log_.clear();
    device_.emplace(disk_, &log_);
    cuts_.emplace(log_, disk_, durable_);
    signer_.emplace(identity_of(plan.seed).node_id);
    hashes_[0] = {};
    rollings_[0] = 0;
    sealed_ = 0;
    now_ = {};
    event_seed_ = plan.seed << 32;
    cut_ordinal_ = 0;
    for (uint32_t boot = 1; boot <= plan.boots && !log_.is_full; ++boot) {
        figures_.boot = figures_.fault == CutFault::none ? boot : figures_.boot;
        live_one_boot(boot);
        cut_everywhere();
    }
    if (log_.is_full) {
        report(CutFault::log_full, log_.record_count, log_.data_size);
    }
    rig_.reset();
    return figures_;
}

// --- a life ---

void CutRun::live_one_boot(uint32_t boot) noexcept {
    note_count_ = 0;
    note();
    device_->set_completion(RamBlockDevice::Completion::at_poll);
    rig_.emplace(*device_, options_of_run());
    if (rig_->boot_or_format(plan_.seed) != LogPhase::ready) {
        report(CutFault::not_ready, static_cast<uint64_t>(rig_->log.state().phase),
               static_cast<uint64_t>(rig_->log.state().reason));
        return;
    }
    // What was sealed and did not become durable never was.
    sealed_ = rig_->log.anchored_end().value;
    found_ = sealed_;
    chain_.emplace(lease::Anchor{{sealed_}, hashes_[sealed_]}, rig_->log.boot(), *signer_);
    state_ = rig_->state;
    if (state_.rolling() != rollings_[sealed_]) {
        report(CutFault::wrong_state, sealed_, 0);
    }
    live_ = ended_ = fenced_ = 0;
    next_epoch_ = rig_->log.first_epoch();
    device_->set_completion(RamBlockDevice::Completion::at_turn);
    if (boot == plan_.swallow_boot) {
        device_->swallow_nth_flush(plan_.swallow_nth);
    }
    append(EventKind::boot, Draw::control);
    for (uint32_t i = 0; i < plan_.steps_per_boot; ++i) {
        step();
    }
    figures_.groups += rig_->log.figures().groups;
    figures_.checkpoints += rig_->log.figures().checkpoints;
    figures_.sectors += rig_->log.figures().group_sectors;
    figures_.ring_sectors = rig_->log.layout().log_sectors;
}

void CutRun::step() noexcept {
    append_some();
    const uint64_t ticks = choice_.below(5);
    for (uint64_t i = 0; i < ticks; ++i) {
        tick();
    }
    switch (choice_.below(12)) {
    case 0:
        rig_->state.set_snapshot_bytes(24 + choice_.below(1500));
        rig_->log.request_checkpoint();
        break;
    case 1:
        if (device_->reset().is_ok()) {
            rig_->log.on_device_reset();
        }
        break;
    case 2:
    case 3: collect(); break;
    default: break;
    }
}

void CutRun::append_some() noexcept {
    const uint64_t count = 1 + choice_.below(4);
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t kind = choice_.below(8);
        if (kind < 3) {
            append(EventKind::lease_allocated, Draw::grant);
        } else if (kind == 3 && live_ > 0) {
            append(EventKind::lease_renewed, Draw::renewal);
        } else if (kind == 4 && ended_ > 0) {
            append(EventKind::resource_fenced, Draw::fence);
        } else if (kind == 5 && fenced_ > 0) {
            append(EventKind::fence_cleared, Draw::clear);
        } else if (live_ > 0) {
            append(EventKind::lease_released, Draw::lease_end);
        } else {
            append(EventKind::request_refused, Draw::note);
        }
    }
}

void CutRun::append(EventKind kind, Draw draw) noexcept {
    const bool takes_epoch = draw == Draw::grant || draw == Draw::clear;
    if (sealed_ == records_max || (takes_epoch && next_epoch_ >= rig_->log.epoch_limit())) {
        return;
    }
    const SampleEvent sample{kind, ++event_seed_, takes_epoch ? next_epoch_ : Epoch{}};
    if (rig_->append(sample.event, draw).value == UINT64_MAX) {
        return;
    }
    std::array<uint8_t, limits::record_bytes_max> bytes{};
    const Result<lease::AuditRecord> record = chain_->seal(sample.event, bytes);
    state_.apply(sample.event);
    sealed_ += 1;
    hashes_[sealed_] = record.value().current_event_hash;
    rollings_[sealed_] = state_.rolling();
    if (takes_epoch) {
        now_.epoch_used = next_epoch_.value;
        next_epoch_.value += 1;
    }
    live_ += draw == Draw::grant ? 1u : 0u;
    live_ -= draw == Draw::lease_end && live_ > 0 ? 1u : 0u;
    ended_ += draw == Draw::lease_end ? 1u : 0u;
    ended_ -= draw == Draw::fence && ended_ > 0 ? 1u : 0u;
    fenced_ += draw == Draw::fence ? 1u : 0u;
    fenced_ -= draw == Draw::clear && fenced_ > 0 ? 1u : 0u;
    figures_.records += 1;
    note();
}

/// A collector has everything that is acknowledged, and says that it may go.
void CutRun::collect() noexcept {
    const uint64_t first = rig_->log.log_start().first.value;
    const uint64_t end = rig_->log.anchored_end().value;
    if (end == first) {
        return;
    }
    const uint64_t last = choice_.below(2) == 0 ? end - 1 : first + choice_.below(end - first);
    if (!rig_->log.start_trim({last}, hashes_[last + 1]).is_ok()) {
        return;
    }
    now_.given_up = last + 1;
    note();
    const uint64_t ticks = choice_.below(60);
    for (uint64_t i = 0; i < ticks; ++i) {
        tick();
        const Result<> polled = rig_->log.poll_trim();
        if (polled.is_ok()) {
            figures_.trims += 1;
            return;
        }
        if (polled.error().code != ErrorCode::busy) {
            report(CutFault::stuck, static_cast<uint64_t>(polled.error().code), last);
            return;
        }
    }
}

void CutRun::tick() noexcept {
    device_->turn();
    (void)rig_->log.tick(4);
    now_.acknowledged = rig_->log.anchored_end().value;
    now_.boot = now_.acknowledged > found_ ? rig_->log.boot().value : now_.boot;
    note();
}

void CutRun::note() noexcept {
    now_.moment = log_.moment;
    if (note_count_ < notes_max) {
        notes_[note_count_++] = now_;
    } else {
        log_.is_full = true;
    }
}

// --- its cuts ---

void CutRun::cut_everywhere() noexcept {
    const Note last = now_;
    size_t next = 0;
    Note known = notes_[0];
    // Up to its reset, a boot's disk is still the boot before's, and was judged as such.
    const uint64_t first = notes_[0].moment + (notes_[0].moment > 0 ? 1u : 0u);
    for (uint64_t moment = first; moment <= log_.moment; ++moment) {
        // An acknowledgement counts from the moment at which it was given.
        while (next < note_count_ && notes_[next].moment <= moment) {
            known = notes_[next++];
        }
        cuts_->move_to(moment);
        now_ = known;
        now_.moment = moment;
        figures_.moments += 1;
        const size_t variants = cuts_->variant_count();
        for (size_t variant = moment % plan_.variant_stride; variant < variants;
             variant += plan_.variant_stride) {
            check_cut(now_, variant);
        }
    }
    now_ = last;
}

void CutRun::check_cut(const Note& note, size_t variant) noexcept {
    variant_ = variant;
    figures_.cuts += 1;
    cut_ordinal_ += 1;
    cuts_->build(variant, plan_.seed * 1'000'003 + note.moment * 31 + variant, scratch_);
    RamBlockDevice device{scratch_};
    DurableRig rig{device, options_of_run()};
    const LogPhase phase = rig.boot();
    if (phase == LogPhase::blank && note.acknowledged == 0 && note.boot == 0) {
        return; // a format that was cut: it may begin anew
    }
    if (phase != LogPhase::ready) {
        report(CutFault::not_ready, static_cast<uint64_t>(phase),
               static_cast<uint64_t>(rig.log.state().reason));
        return;
    }
    check_boot(rig, note);
    if (cut_ordinal_ % 16 == 0) {
        check_bytes(rig);
    }
    if (plan_.double_stride != 0 && cut_ordinal_ % plan_.double_stride == 0) {
        cuts_->build(variant, plan_.seed * 1'000'003 + note.moment * 31 + variant, scratch_);
        cut_again(cut_ordinal_);
    }
}

void CutRun::check_boot(DurableRig& rig, const Note& note) noexcept {
    const uint64_t found = rig.log.anchored_end().value;
    if (found < note.acknowledged) {
        report(CutFault::lost, found, note.acknowledged);
        return;
    }
    if (found > sealed_) {
        report(CutFault::invented, found, sealed_);
        return;
    }
    if (rig.log.anchor().hash != hashes_[found]) {
        report(CutFault::wrong_hash, found, note.acknowledged);
    }
    if (rig.state.rolling() != rollings_[found] || rig.state.count() != found) {
        report(CutFault::wrong_state, rig.state.count(), found);
    }
    if (rig.log.log_start().first.value > note.given_up) {
        report(CutFault::trimmed_too_far, rig.log.log_start().first.value, note.given_up);
    }
    if (rig.log.boot().value <= note.boot) {
        report(CutFault::boot_reused, rig.log.boot().value, note.boot);
    }
    if (rig.log.first_epoch().value <= note.epoch_used) {
        report(CutFault::epoch_reused, rig.log.first_epoch().value, note.epoch_used);
    }
}

/// Reads everything back, as an export would, against the judge's chain.
void CutRun::check_bytes(DurableRig& rig) noexcept {
    RamBlockDevice device{scratch_};
    lease::LogReader reader{rig.log, device, rig.reader_window};
    uint64_t sequence = rig.log.log_start().first.value;
    if (!reader.seek({sequence}).is_ok()) {
        report(CutFault::wrong_bytes, sequence, 0);
        return;
    }
    for (uint32_t i = 0; i < steps_most && !reader.is_at_end(); ++i) {
        const Result<lease::GroupRecord> record = reader.next();
        if (record.is_ok()) {
            sequence += 1;
            if (record.value().hash != hashes_[sequence] ||
                record.value().view.place.previous_hash != hashes_[sequence - 1]) {
                report(CutFault::wrong_bytes, sequence - 1, 0);
            }
        } else if (record.error().code != ErrorCode::busy) {
            report(CutFault::wrong_bytes, sequence, static_cast<uint64_t>(record.error().code));
            return;
        }
    }
    if (!reader.is_at_end()) {
        report(CutFault::stuck, sequence, rig.log.anchored_end().value);
    }
}

/// The boot after the cut seals three records and is cut in its turn, everywhere.
void CutRun::cut_again(uint64_t seed) noexcept {
    log_two_.clear();
    PowerCuts again{log_two_, scratch_, durable_two_};
    RamBlockDevice device{scratch_, &log_two_};
    DurableRig rig{device, options_of_run()};
    if (rig.boot() != LogPhase::ready) {
        report(CutFault::stuck, static_cast<uint64_t>(rig.log.state().phase), 0);
        return;
    }
    const uint64_t found = rig.log.anchored_end().value;
    std::array<Digest, 4> heads{hashes_[found]};
    std::array<uint64_t, 4> acknowledged_at{};
    for (uint64_t i = 1; i < heads.size(); ++i) {
        const SampleEvent sample{i == 1 ? EventKind::boot : EventKind::request_refused, seed + i};
        const Result<Sequence> sealed = rig.log.append(sample.event, Draw::control);
        if (!sealed.is_ok()) {
            report(CutFault::stuck, static_cast<uint64_t>(sealed.error().code), i);
            return;
        }
        rig.state.apply(sample.event);
        if (!rig.drain()) {
            report(CutFault::stuck, static_cast<uint64_t>(rig.log.state().phase), i);
            return;
        }
        heads[i] = rig.log.anchor().hash;
        acknowledged_at[i] = log_two_.moment;
    }
    for (uint64_t moment = 0; moment <= log_two_.moment; ++moment) {
        again.move_to(moment);
        uint64_t acknowledged = found;
        for (uint64_t i = 1; i < heads.size(); ++i) {
            acknowledged += acknowledged_at[i] <= moment ? 1u : 0u;
        }
        for (size_t variant = 0; variant < again.variant_count(); ++variant) {
            figures_.double_cuts += 1;
            again.build(variant, seed + moment, scratch_two_);
            RamBlockDevice device_two{scratch_two_};
            DurableRig second{device_two, options_of_run()};
            if (second.boot() != LogPhase::ready) {
                report(CutFault::not_ready, static_cast<uint64_t>(second.log.state().phase),
                       static_cast<uint64_t>(second.log.state().reason));
                return;
            }
            const uint64_t end = second.log.anchored_end().value;
            if (end < acknowledged || end >= found + heads.size()) {
                report(CutFault::lost, end, acknowledged);
            } else if (second.log.anchor().hash != heads[end - found]) {
                report(CutFault::wrong_hash, end, acknowledged);
            }
        }
    }
    if (log_two_.is_full) {
        report(CutFault::log_full, log_two_.record_count, log_two_.data_size);
    }
}

} // namespace grafos::test
