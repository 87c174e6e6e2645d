// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/notes.hpp"

namespace grafos::lease {
namespace {

/// A host that is short of time makes every turn long; its log must not fill up with that.
constexpr Duration overrun_interval{1'000};

} // namespace

void Notes::add_refusal(TenantId tenant, Operation operation, const Error& error) noexcept {
    context_.parts.counters.add_refusal(error.code);
    context_.parts.events.add({context_.last_now, observe::EventCode::request_refused,
                               static_cast<uint64_t>(operation),
                               static_cast<uint64_t>(error.code)});
    if (!refusals_.note(tenant, operation, error)) {
        context_.parts.counters.add(observe::Counter::refusals_unrecorded);
    }
    context_.wake_now();
}

void Notes::add_overrun(Duration took) noexcept {
    context_.parts.counters.add(observe::Counter::turn_overruns);
    overrun_ = took > overrun_ ? took : overrun_;
    overrun_count_ += overrun_count_ == ~uint32_t{0} ? 0u : 1u;
    context_.wake_now();
}

/// A full group has room again soon; a full log or a degraded one is not worth waking up for.
bool Notes::has_room(Instant now) noexcept {
    const Result<> room = context_.parts.journal.check_append(Draw::note);
    if (!room.is_ok() && room.error().code == ErrorCode::busy) {
        context_.wake_by(saturating_add(now, lessor_patience));
    }
    return room.is_ok();
}

void Notes::seal(Instant now) noexcept {
    size_t sealed = 0;
    for (const Refusal& refusal : refusals_.entries()) {
        if (!has_room(now)) {
            break;
        }
        AuditEvent event;
        event.kind = EventKind::request_refused;
        event.timestamp = context_.unix_at(now);
        event.tenant = refusal.tenant;
        event.reason = reason_of(refusal.last.code);
        const EventData data =
            encode_data(RefusedData{refusal.operation, refusal.last.field, refusal.last.value,
                                    refusal.last.expected, refusal.count});
        event.event_data = data.view();
        const Result<Sequence> record = context_.parts.journal.append(event, Draw::note);
        GRAFOS_ASSERT(record.is_ok()); // just asked
        ++sealed;
    }
    refusals_.drop_first(sealed);
    seal_overrun(now);
}

void Notes::seal_overrun(Instant now) noexcept {
    if (overrun_.ms == 0) {
        return;
    }
    if (now < next_overrun_) {
        context_.wake_by(next_overrun_);
        return;
    }
    if (!has_room(now)) {
        return;
    }
    AuditEvent event;
    event.kind = EventKind::turn_overrun;
    event.timestamp = context_.unix_at(now);
    const EventData data =
        encode_data(OverrunData{overrun_, context_.limits.turn_max, overrun_count_});
    event.event_data = data.view();
    const Result<Sequence> record = context_.parts.journal.append(event, Draw::note);
    GRAFOS_ASSERT(record.is_ok());
    overrun_ = {};
    overrun_count_ = 0;
    next_overrun_ = saturating_add(now, overrun_interval);
}

} // namespace grafos::lease
