// SPDX-License-Identifier: Apache-2.0
/// How a renewal leaves the manager and how its answer comes back: started, then polled. Nothing
/// here blocks, and the manager does no I/O of its own.
#pragma once

#include "core/lease/grantor.hpp"

namespace grafos::lease {

class RenewalDoor {
public:
    /// Asks the lease's grantor for `ttl` more (0: the TTL first granted). Failures: as
    /// `Grantor::start`. Context: turn.
    [[nodiscard]] virtual Result<Ticket> start_renewal(const LeaseId& lease, Generation generation,
                                                       Duration ttl) noexcept = 0;

    /// As `Grantor::poll`: busy until there is an answer, then the answer once. Each ticket comes
    /// to its end in bounded time, with disconnected if need be: the manager polls it until then.
    [[nodiscard]] virtual Result<Answer> poll_renewal(Ticket ticket) noexcept = 0;

    /// What the holder keeps back from a life of `left` (protocol §1): `holder_margin` for a
    /// grantor on another machine, 0 for one on the same clock.
    [[nodiscard]] virtual Duration margin_of(Duration left) const noexcept = 0;

protected:
    ~RenewalDoor() = default;
};

/// To a grantor on the same machine, for one caller.
class LocalRenewalDoor final : public RenewalDoor {
public:
    /// Both outlive the door; so does the identity that `caller` points to.
    LocalRenewalDoor(Grantor& grantor, const Caller& caller) noexcept
        : grantor_{grantor}, caller_{caller} {}

    [[nodiscard]] Result<Ticket> start_renewal(const LeaseId& lease, Generation generation,
                                               Duration ttl) noexcept override {
        Request request;
        request.operation = Operation::renew;
        request.caller = caller_;
        request.lease = lease;
        request.generation = generation;
        request.ttl = ttl;
        return grantor_.start(request);
    }
    [[nodiscard]] Result<Answer> poll_renewal(Ticket ticket) noexcept override {
        return grantor_.poll(ticket);
    }
    [[nodiscard]] Duration margin_of(Duration) const noexcept override { return {}; }

private:
    Grantor& grantor_;
    Caller caller_;
};

} // namespace grafos::lease
