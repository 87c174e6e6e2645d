// SPDX-License-Identifier: Apache-2.0
/// The turn, and what holders ask of their leases. How a lease is come by is in acquire.cpp.
#include "core/fabric/fabric.hpp"

#include <algorithm>

namespace grafos::fabric {
namespace {

/// While something waits for an answer that no packet may announce (this machine's own node), or
/// for a session to open.
constexpr Duration poll_interval{5};

/// A node that could not take a release now is told again after this.
constexpr Duration release_retry{100};

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy && error.field == Field::ticket;
}

/// Whether telling the node again may help; else it is over, or up to the TTL.
[[nodiscard]] bool is_worth_retrying(ErrorCode code) noexcept {
    return code == ErrorCode::disconnected || code == ErrorCode::busy ||
           code == ErrorCode::rate_limited || code == ErrorCode::not_ready ||
           code == ErrorCode::capacity_exceeded;
}

} // namespace

Fabric::Fabric(const Parts& parts) noexcept
    : parts_{parts},
      holdings_{parts.holdings},
      door_{{holdings_, parts.homes, parts.identity, now_, parts.limits.turn_max,
             parts.limits.request_patience}},
      renewals_{parts.renewals, door_} {
    GRAFOS_ASSERT(is_consistent(parts.limits) && parts.homes.size() <= homes_max);
    GRAFOS_ASSERT(parts.holdings.slots().size() == parts.renewals.slots.size());
    holdings_.start();
    renewals_.start();
}

// --- turns
// ------------------------------------------------------------------------------------------

/// The core's time is the sum of the steps forward (protocol §1).
void Fabric::advance(Instant raw) noexcept {
    if (!has_ticked_) {
        has_ticked_ = true;
        now_ = raw;
    } else if (raw >= raw_) {
        now_ = saturating_add(now_, raw - raw_);
    } else {
        mark_suspect();
    }
    raw_ = raw;
}

void Fabric::mark_suspect() noexcept {
    figures_.suspicions += 1;
    renewals_.mark_suspect();
}

void Fabric::tick(Instant now) noexcept {
    advance(now);
    has_more_ = parts_.sessions != nullptr && parts_.sessions->tick(now_);
    for (const Home& home : parts_.homes) { // at most homes_max
        if (home.is_remote()) {
            home.remote->tick(now_);
        }
    }
    const lease::RenewalSummary summary = renewals_.tick(now_, parts_.limits.steps_per_turn_max);
    figures_.renewed += summary.renewed;
    figures_.renewals_failed += summary.failed;
    const uint32_t count = std::min(holdings_.work_count(), parts_.limits.steps_per_turn_max);
    for (uint32_t i = 0; i < count; ++i) {
        Holding* const holding = holdings_.take_work();
        GRAFOS_ASSERT(holding != nullptr);
        step(*holding);
    }
    has_more_ = has_more_ || summary.has_more || holdings_.work_count() > count;
}

void Fabric::step(Holding& holding) noexcept {
    switch (holding.phase) {
    case Holding::Phase::acquiring: step_acquire(holding); return;
    case Holding::Phase::releasing: step_release(holding); return;
    case Holding::Phase::refused: // dropped before it was asked why
        holdings_.give_back(holding);
        return;
    case Holding::Phase::free:
    case Holding::Phase::held: break;
    }
    GRAFOS_UNREACHABLE();
}

/// A turn that took too long may have let a deadline pass in the middle of it.
void Fabric::flush(Instant now) noexcept {
    if (left_until(now, raw_) > parts_.limits.turn_max) {
        mark_suspect();
    }
    if (parts_.sessions != nullptr) {
        parts_.sessions->flush(now_);
    }
}

Instant Fabric::next_deadline() const noexcept {
    if (has_more_) {
        return raw_;
    }
    Instant next = renewals_.next_deadline();
    if (parts_.sessions != nullptr) {
        next = earlier_of(next, parts_.sessions->next_deadline());
    }
    if (holdings_.work_count() > 0) {
        next = earlier_of(next, saturating_add(now_, poll_interval));
    }
    return next == Instant::never() ? next : saturating_add(raw_, left_until(next, now_));
}

// --- looking
// ----------------------------------------------------------------------------------------

Result<uint8_t> Fabric::find_home(std::string_view name) const noexcept {
    for (size_t i = 0; i < parts_.homes.size(); ++i) {
        if (parts_.homes[i].name == name) {
            return static_cast<uint8_t>(i);
        }
    }
    return Error{ErrorCode::not_found, Field::name, name.size(), parts_.homes.size()};
}

NodeId Fabric::node_of(const Home& home) const noexcept {
    if (home.is_remote()) {
        const NodeId told = home.channel->state().node_id;
        return told.is_zero() ? home.node : told;
    }
    return parts_.identity.is_started() ? parts_.identity.node_id() : home.node;
}

Result<uint8_t> Fabric::find_home(const NodeId& node) const noexcept {
    for (size_t i = 0; i < parts_.homes.size(); ++i) {
        if (!node.is_zero() && node_of(parts_.homes[i]) == node) {
            return static_cast<uint8_t>(i);
        }
    }
    return Error{ErrorCode::not_found, Field::node_id, 0, parts_.homes.size()};
}

// --- held leases
// ------------------------------------------------------------------------------------

const Home& Fabric::home_of(const Holding& holding) const noexcept {
    GRAFOS_ASSERT(holding.state.home < parts_.homes.size());
    return parts_.homes[holding.state.home];
}

Result<Holding*> Fabric::find_held(HoldingHandle handle) noexcept {
    Holding* const holding = holdings_.find(handle);
    if (holding == nullptr) {
        return Error{ErrorCode::not_found, Field::lease, handle.slot, handle.generation};
    }
    if (holding->phase == Holding::Phase::releasing) {
        return Error{ErrorCode::released, Field::lease, handle.slot, handle.generation};
    }
    GRAFOS_ASSERT(holding->phase == Holding::Phase::held);
    return holding;
}

/// Brings the terms up to date with the node's boot, the renewals and the time; the first end
/// stays.
void Fabric::refresh(Holding& holding) noexcept {
    HeldTerms& terms = holding.terms;
    if (!terms.end.has_value()) {
        const Result<> boot = door_.check_boot(holding);
        const Result<lease::RenewalStatus> status = renewals_.status(holding.state.renewal);
        if (!boot.is_ok()) {
            terms.end = boot.error();
        } else if (!status.is_ok()) {
            terms.end = status.error();
        } else {
            terms.usable_until = status.value().expiry;
            terms.is_suspect = status.value().is_suspect && home_of(holding).is_remote();
            holding.state.lease.generation = status.value().generation;
        }
    }
    if (!terms.end.has_value() && !is_before_deadline(now_, terms.usable_until)) {
        terms.end = Error{ErrorCode::lease_expired, Field::ttl, now_.ms, terms.usable_until.ms};
    }
    if (terms.end.has_value()) {
        stop_renewing(holding);
    }
}

void Fabric::stop_renewing(Holding& holding) noexcept {
    if (holding.state.renewal.generation == 0) {
        return;
    }
    figures_.ended += holding.terms.end.has_value() ? 1u : 0u;
    const Result<> cancelled = renewals_.cancel(holding.state.renewal);
    GRAFOS_ASSERT(cancelled.is_ok());
    holding.state.renewal = {};
}

Result<> Fabric::check(HoldingHandle handle) noexcept {
    GRAFOS_TRY_ASSIGN(Holding* const holding, find_held(handle));
    refresh(*holding);
    return check_usable(holding->terms, now_);
}

Result<lease::Region*> Fabric::region(HoldingHandle handle) noexcept {
    GRAFOS_TRY_ASSIGN(Holding* const holding, find_held(handle));
    refresh(*holding);
    if (holding->local.has_value()) {
        holding->local->set_generation(holding->state.lease.generation);
        return static_cast<lease::Region*>(&*holding->local);
    }
    GRAFOS_ASSERT(holding->remote.has_value());
    return static_cast<lease::Region*>(&*holding->remote);
}

Result<lease::Region*> Fabric::usable_region(HoldingHandle handle) noexcept {
    GRAFOS_TRY(check(handle));
    return region(handle);
}

void Fabric::note_end(HoldingHandle handle, const Error& error) noexcept {
    const Result<Holding*> held = find_held(handle);
    if (held.is_ok() && is_end_of_lease(error)) {
        HeldTerms& terms = held.value()->terms;
        terms.end = terms.end.value_or(error);
        stop_renewing(*held.value());
    }
}

// --- letting go
// -------------------------------------------------------------------------------------

void Fabric::let_go(HoldingHandle handle) noexcept {
    Holding* const holding = holdings_.find(handle);
    if (holding == nullptr) {
        return; // its acquire was refused, and told so
    }
    switch (holding->phase) {
    case Holding::Phase::acquiring: holding->state.is_dropped = true; break;
    case Holding::Phase::held: enter_releasing(*holding); return;
    case Holding::Phase::refused:
    case Holding::Phase::free:
    case Holding::Phase::releasing: break;
    }
    holdings_.add_work(*holding);
}

void Fabric::enter_releasing(Holding& holding) noexcept {
    GRAFOS_ASSERT(holding.phase == Holding::Phase::held);
    GRAFOS_ASSERT(holding.state.ticket.generation == 0);
    holding.phase = Holding::Phase::releasing;
    holding.state.retry_at = {};
    holdings_.add_work(holding);
}

/// The node has been told, or need not be.
void Fabric::finish_release(Holding& holding, bool is_confirmed) noexcept {
    GRAFOS_ASSERT(holding.phase == Holding::Phase::releasing);
    (is_confirmed ? figures_.released : figures_.left_to_ttl) += 1;
    holdings_.remove_lease(holding);
    holdings_.give_back(holding);
}

void Fabric::step_release(Holding& holding) noexcept {
    HoldingState& state = holding.state;
    if (state.renewal.generation != 0) { // the first step
        refresh(holding);
        stop_renewing(holding);
    }
    holding.remote.reset(); // what was in flight is forgotten
    holding.local.reset();
    if (state.renewal_ticket.generation != 0) {
        holdings_.add_work(holding); // its answer is drained by the renewals' own tick
        return;
    }
    if (state.ticket.generation != 0) {
        poll_release(holding);
        return;
    }
    if (holding.terms.end.has_value()) {
        finish_release(holding, true); // it is over already
    } else if (!is_before_deadline(now_, holding.terms.usable_until)) {
        finish_release(holding, false);
    } else {
        if (now_ >= state.retry_at) {
            ask_release(holding);
        }
        holdings_.add_work(holding);
    }
}

void Fabric::ask_release(Holding& holding) noexcept {
    lease::Request request;
    request.operation = lease::Operation::release;
    request.caller = {holding.state.wish.tenant, parts_.identity.exchange_key().view()};
    request.lease = holding.state.lease.lease;
    const Result<lease::Ticket> ticket = home_of(holding).grantor->start(request);
    if (ticket.is_ok()) {
        holding.state.ticket = ticket.value();
    } else {
        holding.state.retry_at = saturating_add(now_, release_retry);
    }
}

void Fabric::poll_release(Holding& holding) noexcept {
    const Result<lease::Answer> answer = home_of(holding).grantor->poll(holding.state.ticket);
    if (!answer.is_ok() && is_waiting(answer.error())) {
        holdings_.add_work(holding);
        return;
    }
    holding.state.ticket = {};
    if (!answer.is_ok() && is_worth_retrying(answer.error().code)) {
        holding.state.retry_at = saturating_add(now_, release_retry);
        holdings_.add_work(holding);
        return;
    }
    // `degraded`: the lease has ended all the same; its record is pending.
    const bool is_over = answer.is_ok() || is_end_of_lease(answer.error()) ||
                         answer.error().code == ErrorCode::degraded;
    finish_release(holding, is_over);
}

} // namespace grafos::fabric
