// SPDX-License-Identifier: Apache-2.0
/// How a lease is come by: one node after another is chosen, reached, asked, and answers.
#include <algorithm>

#include "core/fabric/fabric.hpp"

namespace grafos::fabric {
namespace {

using Step = HoldingState::Step;
using Phase = Holding::Phase;

/// A node that says "not just now" to the only one it may be asked of is asked again after this.
constexpr Duration ask_again{50};

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy && error.field == Field::ticket;
}

[[nodiscard]] bool is_not_just_now(ErrorCode code) noexcept {
    return code == ErrorCode::busy || code == ErrorCode::not_ready;
}

/// The most telling one so far.
void keep_refusal(HoldingState& state, const Error& error) noexcept {
    if (!state.refusal.has_value() || telling_of(error.code) > telling_of(state.refusal->code)) {
        state.refusal = error;
    }
}

[[nodiscard]] Result<> check_wish(const Wish& wish, Duration turn_max) noexcept {
    if (!wish.attach.is_zero()) {
        return ok();
    }
    if (wish.amount_bytes == 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
    }
    if (wish.ttl < limits::lease_ttl_min || wish.ttl > limits::lease_ttl_max) {
        const Duration bound =
            wish.ttl < limits::lease_ttl_min ? limits::lease_ttl_min : limits::lease_ttl_max;
        return Error{ErrorCode::invalid_argument, Field::ttl, wish.ttl.ms, bound.ms};
    }
    const Duration margin = lease::holder_margin(wish.ttl, turn_max);
    if (4 * margin.ms > wish.ttl.ms) {
        return Error{ErrorCode::invalid_argument, Field::ttl, wish.ttl.ms, 4 * margin.ms};
    }
    return ok();
}

} // namespace

Result<HoldingHandle> Fabric::start_acquire(const Wish& wish, const lease::Token& token) noexcept {
    GRAFOS_TRY(check_wish(wish, parts_.limits.turn_max));
    if (!parts_.identity.is_started() || !parts_.drbg.is_seeded()) {
        return Error{ErrorCode::not_ready, Field::identity};
    }
    if (wish.home.has_value() && *wish.home >= parts_.homes.size()) {
        return Error{ErrorCode::not_found, Field::node_id, *wish.home, parts_.homes.size()};
    }
    if (parts_.homes.empty()) {
        return Error{ErrorCode::not_found, Field::node_id, 0, 1};
    }
    if (!wish.attach.is_zero() && holdings_.find(wish.attach) != nullptr) {
        return Error{ErrorCode::invalid_argument, Field::lease, 1, 0};
    }
    GRAFOS_TRY_ASSIGN(const HoldingHandle handle, holdings_.take());
    Holding& holding = *holdings_.find(handle);
    holding.state.wish = wish;
    holding.terms.token = token;
    if (wish.key.is_zero()) {
        parts_.drbg.fill(holding.state.key.bytes);
    } else {
        holding.state.key = wish.key;
    }
    holdings_.add_work(holding);
    return handle;
}

Result<> Fabric::poll_acquire(HoldingHandle handle) noexcept {
    Holding* const holding = holdings_.find(handle);
    const Error not_found{ErrorCode::not_found, Field::ticket, handle.slot, handle.generation};
    if (holding == nullptr) {
        return not_found;
    }
    switch (holding->phase) {
    case Phase::acquiring: return Error{ErrorCode::busy, Field::ticket, handle.slot, 0};
    case Phase::refused: {
        GRAFOS_ASSERT(holding->state.refusal.has_value());
        const Error refusal = *holding->state.refusal;
        holdings_.give_back(*holding);
        return refusal;
    }
    case Phase::held: {
        if (holding->state.is_taken) {
            return not_found;
        }
        refresh(*holding);
        if (holding->terms.end.has_value()) { // it did not live to be handed over
            const Error end = *holding->terms.end;
            enter_releasing(*holding);
            return end;
        }
        holding->state.is_taken = true;
        figures_.acquired += 1;
        return ok();
    }
    case Phase::free:
    case Phase::releasing: return not_found;
    }
    GRAFOS_UNREACHABLE();
}

void Fabric::step_acquire(Holding& holding) noexcept {
    HoldingState& state = holding.state;
    if (state.step == Step::choosing) {
        choose(holding);
    }
    if (holding.phase == Phase::acquiring && state.step == Step::opening) {
        open(holding);
    }
    if (holding.phase == Phase::acquiring && state.step == Step::asking) {
        ask(holding);
    }
    if (holding.phase == Phase::acquiring && state.step == Step::answering) {
        take_answer(holding);
    }
    if (holding.phase == Phase::acquiring) {
        holdings_.add_work(holding);
    }
}

void Fabric::choose(Holding& holding) noexcept {
    HoldingState& state = holding.state;
    if (state.is_dropped) {
        holdings_.give_back(holding);
        return;
    }
    const size_t count = state.wish.home.has_value() ? 1 : parts_.homes.size();
    if (state.tries >= count) {
        enter_refused(holding);
        return;
    }
    state.home = state.wish.home.has_value() ? *state.wish.home
                                             : nth_choice(parts_.homes, state.tries, state.wish,
                                                          parts_.identity.exchange_key());
    state.tries = static_cast<uint8_t>(state.tries + 1);
    state.node_deadline = saturating_add(now_, state.wish.patience);
    state.may_be_granted = false;
    state.retry_at = {};
    state.step = Step::opening;
}

/// A node that cannot be reached has granted nothing: the next one is asked.
void Fabric::open(Holding& holding) noexcept {
    HoldingState& state = holding.state;
    const Home& home = home_of(holding);
    const bool is_late = now_ >= state.node_deadline;
    const bool gives_up = is_late || (state.is_dropped && !state.may_be_granted);
    if (gives_up) {
        pass_on(holding,
                {ErrorCode::disconnected, Field::node_id, state.may_be_granted ? 1u : 0u, 0});
        return;
    }
    if (home.is_remote()) {
        home.channel->connect(now_);
        const ChannelState channel = home.channel->state();
        if (channel.refusal.has_value()) {
            pass_on(holding, *channel.refusal);
            return;
        }
        if (!channel.is_open || now_ < state.retry_at) {
            return;
        }
    }
    if (now_ >= state.retry_at) {
        state.step = Step::asking;
    }
}

lease::Request Fabric::grant_request(const Holding& holding) const noexcept {
    const Wish& wish = holding.state.wish;
    lease::Request request;
    request.operation = lease::Operation::grant;
    request.caller = {wish.tenant, parts_.identity.exchange_key().view()};
    request.resource = lease::resource_id_of(wish.kind, 0);
    request.amount_bytes = wish.amount_bytes;
    request.ttl = wish.ttl;
    request.alloc_key = holding.state.key;
    return request;
}

Result<lease::Ticket> Fabric::start_question(const Holding& holding) noexcept {
    const Home& home = home_of(holding);
    const Wish& wish = holding.state.wish;
    if (!home.is_remote()) {
        return home.grantor->start(grant_request(holding));
    }
    const Duration patience{std::min(left_until(holding.state.node_deadline, now_).ms,
                                     parts_.limits.request_patience.ms)};
    if (!wish.attach.is_zero()) {
        return home.remote->start_attach(wish.attach, patience);
    }
    const Duration usable = door_.usable_of(home, wish.ttl);
    if (4 * usable.ms < 3 * wish.ttl.ms) { // the margin would eat more than a quarter
        return Error{ErrorCode::invalid_argument, Field::ttl, wish.ttl.ms,
                     4 * (wish.ttl.ms - usable.ms)};
    }
    return home.remote->start_within(grant_request(holding), patience, holding.terms.token);
}

void Fabric::ask(Holding& holding) noexcept {
    HoldingState& state = holding.state;
    if (!home_of(holding).is_remote() && !state.wish.attach.is_zero()) {
        const Result<RemoteAnswer> answer = attach_local(holding);
        if (answer.is_ok()) {
            enter_held(holding, answer.value());
        } else {
            pass_on(holding, answer.error());
        }
        return;
    }
    const Result<lease::Ticket> ticket = start_question(holding);
    if (ticket.is_ok()) {
        state.ticket = ticket.value();
        state.asked_at = now_;
        state.step = Step::answering;
    } else {
        refuse(holding, ticket.error());
    }
}

/// What a restarted holder needs is in the lessor's table.
Result<RemoteAnswer> Fabric::attach_local(const Holding& holding) noexcept {
    const lease::Lessor& lessor = *home_of(holding).lessor;
    const LeaseId& id = holding.state.wish.attach;
    GRAFOS_TRY_ASSIGN(const SlotIndex slot, lessor.table().find(id, now_));
    const lease::LeaseInfo info = lessor.table().info(slot);
    RemoteAnswer answer;
    answer.lease = {id,
                    info.ref,
                    info.epoch,
                    info.generation,
                    left_until(lessor.table().deadline(slot), now_),
                    info.amount_bytes,
                    {}};
    answer.kind = lessor.resources()[info.resource]->info().kind;
    answer.first_sent = now_;
    return answer;
}

Result<RemoteAnswer> Fabric::poll_home(const Holding& holding) noexcept {
    const Home& home = home_of(holding);
    if (home.is_remote()) {
        return home.remote->poll_remote(holding.state.ticket);
    }
    GRAFOS_TRY_ASSIGN(const lease::Answer answer, home.grantor->poll(holding.state.ticket));
    RemoteAnswer local;
    local.lease = answer;
    local.kind = holding.state.wish.kind;
    local.first_sent = holding.state.asked_at;
    return local;
}

void Fabric::take_answer(Holding& holding) noexcept {
    const Result<RemoteAnswer> answer = poll_home(holding);
    if (!answer.is_ok() && is_waiting(answer.error())) {
        return;
    }
    holding.state.ticket = {};
    if (answer.is_ok()) {
        enter_held(holding, answer.value());
    } else {
        refuse(holding, answer.error());
    }
}

/// The node at hand said no, or nothing. The same key makes it safe to ask it again; going on to
/// another one is safe only if this one has granted nothing.
void Fabric::refuse(Holding& holding, const Error& error) noexcept {
    HoldingState& state = holding.state;
    const bool is_lost = error.code == ErrorCode::disconnected;
    state.may_be_granted = is_lost ? state.may_be_granted || error.value != 0 : false;
    const bool may_ask_again =
        is_lost || (state.wish.home.has_value() && is_not_just_now(error.code));
    if (may_ask_again && now_ < state.node_deadline && !state.is_dropped) {
        keep_refusal(state, error); // a node that said so to the last was not away
        state.retry_at = saturating_add(now_, ask_again);
        state.step = Step::opening;
        return;
    }
    pass_on(holding, error);
}

void Fabric::pass_on(Holding& holding, const Error& error) noexcept {
    HoldingState& state = holding.state;
    if (state.may_be_granted) {
        state.refusal = error; // outcome unknown: nothing else matters, and nobody else is asked
        enter_refused(holding);
        return;
    }
    keep_refusal(state, error);
    state.step = Step::choosing;
}

void Fabric::enter_refused(Holding& holding) noexcept {
    GRAFOS_ASSERT(holding.phase == Phase::acquiring && holding.state.refusal.has_value());
    figures_.refused += 1;
    if (holding.state.is_dropped) {
        holdings_.give_back(holding);
    } else {
        holding.phase = Phase::refused;
    }
}

void Fabric::enter_held(Holding& holding, const RemoteAnswer& answer) noexcept {
    GRAFOS_ASSERT(holding.phase == Phase::acquiring);
    HoldingState& state = holding.state;
    const Home& home = home_of(holding);
    if (answer.kind != state.wish.kind) {
        pass_on(holding, {ErrorCode::foreign, Field::resource, static_cast<uint64_t>(answer.kind),
                          static_cast<uint64_t>(state.wish.kind)});
        return;
    }
    const bool is_held_here = holdings_.find(answer.lease.lease) != nullptr;
    if (is_held_here && !state.wish.key.is_zero()) {
        refuse(holding, {ErrorCode::busy, Field::alloc_key}); // or not yet let go
        return;
    }
    if (answer.lease.lease.is_zero() || is_held_here) {
        pass_on(holding, {ErrorCode::corrupt, Field::lease});
        return;
    }
    holding.phase = Phase::held;
    state.lease = answer.lease;
    state.boot = home.is_remote() ? home.channel->state().boot : BootNumber{};
    const Instant until =
        saturating_add(answer.first_sent, door_.usable_of(home, answer.lease.left));
    holding.terms = {answer.token, until, false, answer.is_warned, {}};
    holdings_.add_lease(holding);
    if (home.is_remote()) {
        holding.remote.emplace(RemoteRegion::Parts{*home.channel, holding.terms, state.wish.kind,
                                                   answer.lease.amount_bytes,
                                                   parts_.limits.request_patience});
    } else {
        holding.local.emplace(*home.lessor, answer.lease);
    }
    const lease::RenewalTerms terms{.id = answer.lease.lease,
                                    .generation = answer.lease.generation,
                                    .expiry = until,
                                    .ttl = state.wish.ttl};
    const Result<lease::RenewalHandle> renewal =
        renewals_.register_lease(terms, lease::RenewalPolicy{}, now_);
    if (renewal.is_ok()) {
        state.renewal = renewal.value();
    } else {
        holding.terms.end = renewal.error();
    }
    if (state.is_dropped) {
        enter_releasing(holding);
    }
}

} // namespace grafos::fabric
