// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/renewal_door.hpp"

#include <algorithm>

#include "core/lease/node_limits.hpp"

namespace grafos::fabric {
namespace {

/// One try may take a third of what is left, so that three fit; never so short that no answer
/// could make it.
constexpr Duration patience_least{20};

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy && error.field == Field::ticket;
}

} // namespace

Duration RemoteRenewalDoor::usable_of(const Home& home, Duration left) const noexcept {
    if (!home.is_remote()) {
        return left; // the same clock, the same turn
    }
    const Duration turns{home.channel->state().turn_max.ms + parts_.turn_max.ms};
    const Duration margin = lease::holder_margin(left, turns);
    return {left > margin ? left.ms - margin.ms : 0};
}

Result<> RemoteRenewalDoor::check_boot(const Holding& holding) const noexcept {
    const Home& home = parts_.homes[holding.state.home];
    if (!home.is_remote()) {
        return ok();
    }
    const BootNumber boot = home.channel->state().boot;
    return boot == holding.state.boot
               ? Result<>{ok()}
               : Error{ErrorCode::stale_epoch, Field::boot, holding.state.boot.value, boot.value};
}

Result<lease::Ticket> RemoteRenewalDoor::start_renewal(const LeaseId& lease, Generation generation,
                                                       Duration ttl) noexcept {
    Holding* const holding = parts_.holdings.find(lease);
    if (holding == nullptr) {
        return Error{ErrorCode::not_found, Field::lease};
    }
    GRAFOS_ASSERT(holding->state.renewal_ticket.generation == 0);
    GRAFOS_TRY(check_boot(*holding));
    lease::Request request;
    request.operation = lease::Operation::renew;
    request.caller = {holding->state.wish.tenant, parts_.identity.exchange_key().view()};
    request.lease = lease;
    request.generation = generation;
    request.ttl = ttl;
    const Home& home = parts_.homes[holding->state.home];
    if (home.is_remote()) {
        const Duration third{left_until(holding->terms.usable_until, parts_.now).ms / 3};
        const Duration patience{
            std::clamp(third.ms, patience_least.ms, std::max(parts_.patience, patience_least).ms)};
        GRAFOS_TRY_ASSIGN(holding->state.renewal_ticket,
                          home.remote->start_within(request, patience));
    } else {
        GRAFOS_TRY_ASSIGN(holding->state.renewal_ticket, home.grantor->start(request));
    }
    const HoldingHandle handle = parts_.holdings.handle_of(*holding);
    return lease::Ticket{handle.slot, handle.generation};
}

Result<lease::Answer> RemoteRenewalDoor::poll_renewal(lease::Ticket ticket) noexcept {
    Holding* const holding = parts_.holdings.find(HoldingHandle{ticket.slot, ticket.generation});
    if (holding == nullptr || holding->state.renewal_ticket.generation == 0) {
        return Error{ErrorCode::not_found, Field::ticket, ticket.slot, 0};
    }
    const Home& home = parts_.homes[holding->state.home];
    if (!home.is_remote()) {
        const Result<lease::Answer> answer = home.grantor->poll(holding->state.renewal_ticket);
        if (answer.is_ok() || !is_waiting(answer.error())) {
            holding->state.renewal_ticket = {};
        }
        return answer.is_ok() ? Result<lease::Answer>{answer.value()} : answer.error();
    }
    const Result<RemoteAnswer> answer = home.remote->poll_remote(holding->state.renewal_ticket);
    if (!answer.is_ok()) {
        if (!is_waiting(answer.error())) {
            holding->state.renewal_ticket = {};
        }
        return answer.error();
    }
    holding->state.renewal_ticket = {};
    holding->terms.token = answer.value().token;
    holding->terms.is_warned = holding->terms.is_warned || answer.value().is_warned;
    lease::Answer usable = answer.value().lease;
    usable.left = usable_of(home, usable.left);
    return usable;
}

} // namespace grafos::fabric
