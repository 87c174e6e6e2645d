// SPDX-License-Identifier: Apache-2.0
/// The turn. How a node boots is in boot.cpp.
#include "core/node/node.hpp"

namespace grafos::node {
namespace {

/// Steps of the log in one turn while it boots: groups read back, device answers.
constexpr uint32_t log_steps_per_turn = 16;

/// While a device is to answer and nothing else is due; its interrupt comes first as a rule.
constexpr Duration boot_poll_interval{5};

/// A request that the journal has no room for this turn goes on in the next one.
[[nodiscard]] bool is_only_late(const Error& error) noexcept {
    return error.code == ErrorCode::busy &&
           (error.field == Field::log || error.field == Field::epoch);
}

} // namespace

void Node::tick(Instant raw) noexcept {
    const Instant now = time_.advance(raw);
    turn_began_ = raw;
    counters_.add(observe::Counter::turns);
    if (time_.steps_back() != steps_back_seen_) {
        steps_back_seen_ = time_.steps_back();
        counters_.add(observe::Counter::clock_steps_back);
        parts_.events.add({now, observe::EventCode::clock_step_back, 0, steps_back_seen_});
        renewals_.mark_suspect();
    }
    has_more_ = log_.tick(log_steps_per_turn);
    boot_on();
    const bool is_serving_leases = is_serving();
    if (is_serving_leases) {
        tick_leases(now);
    }
    if (service_ != nullptr) {
        has_more_ = service_->receive(now) || has_more_;
    }
    if (is_serving_leases) {
        execute(RequestClass::end_or_renew);
    }
    if (service_ != nullptr) {
        has_more_ = service_->serve_data(now) || has_more_;
    }
    if (is_serving_leases) {
        execute(RequestClass::grant);
        tick_renewals();
    }
    if (service_ != nullptr) {
        has_more_ = service_->tick_sessions(now) || has_more_;
    }
    tick_trim(); // also without being ready: a full log is trimmed to get out of it
    if (is_serving_leases) {
        has_more_ = log_.tick(log_steps_per_turn) || has_more_;
    }
    if (service_ != nullptr) {
        has_more_ = service_->answer(now) || has_more_;
    }
}

/// What ends by itself comes first, whatever the network brought.
void Node::tick_leases(Instant now) noexcept {
    const lease::LessorBudget budget{parts_.limits.expiries_per_turn_max,
                                     parts_.limits.wipe_bytes_per_turn};
    has_more_ = lessor_.tick(now, budget) || has_more_;
    if (lessor_.wants_device_reset()) {
        (void)reset_disk();
    }
    poll_clear();
}

/// Longer than allowed is counted and said, and a holder on this machine believes no deadline until
/// it has asked (protocol §8).
void Node::end_turn(Instant raw) noexcept {
    const Duration took = left_until(raw, turn_began_);
    turn_lengths_.add(took.ms);
    count_log_work();
    if (took <= parts_.limits.turn_max || readiness_ != Readiness::ready) {
        return;
    }
    parts_.events.add(
        {now(), observe::EventCode::turn_overrun, took.ms, parts_.limits.turn_max.ms});
    lessor_.note_overrun(took);
    renewals_.mark_suspect();
}

Instant Node::next_deadline() const noexcept {
    if (has_more_ || outbox_.queued_count() > 0 || readiness_ == Readiness::booting) {
        return time_.raw_of(now());
    }
    Instant next = renewals_.next_deadline();
    if (is_serving()) {
        next = earlier_of(next, lessor_.next_deadline());
    } else if (readiness_ != Readiness::degraded) {
        next = saturating_add(now(), boot_poll_interval);
    }
    if (trim_ == Trim::reading || trim_ == Trim::sealing) {
        next = earlier_of(next, saturating_add(now(), boot_poll_interval));
    }
    if (service_ != nullptr) {
        next = earlier_of(next, service_->next_deadline());
    }
    return time_.raw_of(next);
}

bool Node::is_serving() const noexcept {
    return readiness_ == Readiness::ready || (readiness_ == Readiness::degraded && has_served_);
}

/// The log has been read to its end in this boot, so that its head and records can be shown.
bool Node::has_log() const noexcept {
    return log_.boot().value != 0 && identity_.is_started();
}

Error Node::refusal_of_state() const noexcept {
    if (readiness_ == Readiness::degraded) {
        return lease::degraded_error(degraded_reason());
    }
    return Error{ErrorCode::not_ready, Field::readiness, static_cast<uint64_t>(readiness_),
                 static_cast<uint64_t>(Readiness::ready)};
}

lease::DegradedReason Node::degraded_reason() const noexcept {
    return readiness_ == Readiness::degraded ? degraded_reason_ : lease::DegradedReason::none;
}

Sequence Node::anchored_end() const noexcept {
    return has_log() ? log_.anchored_end() : Sequence{};
}

// --- requests ---

Result<lease::Ticket> Node::start(const lease::Request& request) noexcept {
    if (!is_serving()) {
        const Error refusal = refusal_of_state();
        counters_.add_refusal(refusal.code);
        return refusal;
    }
    lessor_.table().prefetch(request.lease); // its slot is looked at in the next turn
    Result<lease::Ticket> ticket = outbox_.put(request);
    if (!ticket.is_ok()) {
        counters_.add(observe::Counter::outbox_full);
    }
    return ticket;
}

Result<> Node::start_served(const lease::Request& request, uint32_t cookie) noexcept {
    if (!is_serving()) {
        return refusal_of_state();
    }
    lessor_.table().prefetch(request.lease); // its slot is looked at later in this turn
    const Result<> put = outbox_.put_for_service(request, cookie);
    counters_.add(observe::Counter::outbox_full, put.is_ok() ? 0 : 1);
    return put.is_ok() ? Result<>{ok()} : Result<>{put.error()};
}

/// A success leaves only when its record is durable; if that can no longer become known, none
/// leaves. Failures: busy (ticket), degraded.
Result<> Node::check_proven(const lease::Answer& answer) const noexcept {
    if (answer.record < log_.anchored_end()) {
        return ok();
    }
    if (log_.state().phase == lease::LogPhase::degraded) {
        return lease::degraded_error(log_.state().reason);
    }
    return Error{ErrorCode::busy, Field::ticket, answer.record.value, log_.anchored_end().value};
}

Result<lease::Answer> Node::poll(lease::Ticket ticket) noexcept {
    GRAFOS_TRY_ASSIGN(OutboxSlot* const slot, outbox_.find(ticket));
    if (slot->state != OutboxSlot::State::answered) {
        return Error{ErrorCode::busy, Field::ticket, ticket.slot, 0};
    }
    if (slot->is_refused) {
        const Error error = slot->error;
        outbox_.release(*slot);
        return error;
    }
    const Result<> proven = check_proven(slot->answer);
    if (!proven.is_ok() && proven.error().code == ErrorCode::busy) {
        return Error{ErrorCode::busy, Field::ticket, ticket.slot, 0};
    }
    const lease::Answer answer = slot->answer;
    outbox_.release(*slot);
    return proven.is_ok() ? Result<lease::Answer>{answer} : Result<lease::Answer>{proven.error()};
}

std::optional<ServedAnswer> Node::next_served() noexcept {
    if (OutboxSlot* const slot = outbox_.next_refused(); slot != nullptr) {
        ServedAnswer served{slot->cookie, slot->executed, slot->error};
        outbox_.release(*slot);
        return served;
    }
    OutboxSlot* const slot = outbox_.next_proven();
    if (slot == nullptr) {
        return std::nullopt;
    }
    const Result<> proven = check_proven(slot->answer);
    if (!proven.is_ok() && proven.error().code == ErrorCode::busy) {
        return std::nullopt; // and neither are those behind it: records are sealed in their order
    }
    ServedAnswer served{slot->cookie, slot->executed,
                        proven.is_ok() ? Result<lease::Answer>{slot->answer}
                                       : Result<lease::Answer>{proven.error()}};
    outbox_.release(*slot);
    return served;
}

Result<lease::Answer> Node::execute(const lease::Request& request) noexcept {
    switch (request.operation) {
    case lease::Operation::grant:
        if (readiness_ != Readiness::ready) {
            return refusal_of_state();
        }
        return lessor_.grant(request, now());
    case lease::Operation::renew:
        if (readiness_ != Readiness::ready) {
            return refusal_of_state();
        }
        return lessor_.renew(request, now());
    case lease::Operation::release: return lessor_.release(request, now());
    case lease::Operation::revoke: return lessor_.revoke(request, now());
    case lease::Operation::report_checkpoint: return lessor_.report_checkpoint(request, now());
    case lease::Operation::clear_fence:
    case lease::Operation::request_token:
    case lease::Operation::refresh_token:
    case lease::Operation::attach:
    case lease::Operation::look:
    case lease::Operation::set_time:
    case lease::Operation::read_log:
    case lease::Operation::trim_log:
    case lease::Operation::other: break;
    }
    GRAFOS_UNREACHABLE(); // a clear takes its time, and the others never get into the outbox
}

void Node::answer(OutboxSlot& slot, const Result<lease::Answer>& result) noexcept {
    if (!result.is_ok()) {
        lessor_.note_refusal(slot.request.caller.tenant, slot.request.operation, result.error());
    }
    outbox_.answer(slot, result, now());
}

/// Whether it was executed, or refused; if not, it comes first of its class in the next turn.
bool Node::execute(OutboxSlot& slot) noexcept {
    if (slot.request.operation != lease::Operation::clear_fence) {
        const Result<lease::Answer> result = execute(slot.request);
        if (!result.is_ok() && is_only_late(result.error())) {
            return false;
        }
        answer(slot, result);
        return true;
    }
    if (readiness_ != Readiness::ready) {
        answer(slot, refusal_of_state());
    } else if (outbox_.clearing() != nullptr) {
        answer(slot, Error{ErrorCode::busy, Field::fence_sequence});
    } else if (const Result<> started = lessor_.start_clear(slot.request, now()); started.is_ok()) {
        outbox_.start_clearing(slot);
    } else if (is_only_late(started.error())) {
        return false;
    } else {
        answer(slot, started.error());
    }
    return true;
}

void Node::execute(RequestClass request_class) noexcept {
    for (uint32_t count = 0; count < parts_.limits.requests_per_turn_max; ++count) {
        OutboxSlot* const slot = outbox_.next_queued(request_class);
        if (slot == nullptr || !execute(*slot)) {
            return;
        }
    }
}

void Node::poll_clear() noexcept {
    OutboxSlot* const slot = outbox_.clearing();
    if (slot == nullptr) {
        return;
    }
    const Result<lease::Answer> outcome = lessor_.poll_clear();
    if (outcome.is_ok() || outcome.error().code != ErrorCode::busy) {
        answer(*slot, outcome);
    } else if (readiness_ != Readiness::ready) {
        answer(*slot, refusal_of_state()); // its record can no longer become durable
    }
}

// --- this machine's own programs ---

Result<lease::AccessHandle> Node::start_access_by_id(const LeaseId& id,
                                                     const lease::Access& access) noexcept {
    if (!is_serving()) {
        return refusal_of_state();
    }
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, lessor_.table().find(id, now()));
    const lease::LeaseInfo info = lessor_.table().info(slot);
    return lessor_.start_access(id, info.epoch, info.generation, access, now());
}

Result<LeaseRef> Node::hold(const LeaseId& id) noexcept {
    if (!is_serving()) {
        return refusal_of_state();
    }
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, lessor_.table().find(id, now()));
    const lease::LeaseInfo info = lessor_.table().info(slot);
    const lease::RenewalTerms terms{.id = id,
                                    .generation = info.generation,
                                    .expiry = lessor_.table().deadline(slot),
                                    .ttl = info.ttl};
    (void)renewals_.cancel(id).is_ok(); // an ended lease of the same slot has another id
    GRAFOS_TRY_ASSIGN(const lease::RenewalHandle handle,
                      renewals_.register_lease(terms, lease::RenewalPolicy{}, now()));
    GRAFOS_ASSERT(handle.generation != 0);
    return info.ref;
}

Result<LeaseRef> Node::unhold(const LeaseId& id) noexcept {
    if (!is_serving()) {
        return refusal_of_state();
    }
    GRAFOS_TRY(renewals_.cancel(id));
    return lease::ref_of(id);
}

/// The log keeps its own figures, since it runs before there is a node around it.
void Node::count_log_work() noexcept {
    const lease::LogFigures figures = log_.figures();
    counters_.raise_to(observe::Counter::records_sealed, figures.records);
    counters_.raise_to(observe::Counter::groups_committed, figures.groups);
    counters_.raise_to(observe::Counter::checkpoints_written, figures.checkpoints);
}

void Node::tick_renewals() noexcept {
    const lease::RenewalSummary summary =
        renewals_.tick(now(), parts_.limits.requests_per_turn_max);
    totals_.renewed += summary.renewed;
    totals_.failed += summary.failed;
    totals_.expired += summary.expired;
    if (summary.expired > 0) {
        parts_.events.add(
            {now(), observe::EventCode::renewals_lost, summary.expired, summary.failed});
    }
    totals_.near_expiry = summary.near_expiry;
    totals_.pending = summary.pending;
    has_more_ = has_more_ || summary.has_more;
}

void Node::count_console_refusal(const Error& error, size_t line_bytes) noexcept {
    counters_.add(observe::Counter::console_refusals);
    parts_.events.add({now(), observe::EventCode::console_refused,
                       static_cast<uint64_t>(error.code), line_bytes});
}

} // namespace grafos::node
