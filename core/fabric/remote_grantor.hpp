// SPDX-License-Identifier: Apache-2.0
/// A node on another machine, as a `Grantor`: each request becomes a message, its answer the
/// node's.
///
/// A grant takes two: CAP_REQUEST for an ALLOC token, unless one was given, then LEASE_ALLOC with
/// the caller's key. The same key gets the same live lease in any session, so a grant whose answer
/// was lost is simply asked for again. Renewals, and whatever else needs a lease's token, find it
/// in the `TokenBook`. Nothing is repeated here: `disconnected` means that the outcome is unknown.
#pragma once

#include <span>

#include "core/fabric/channel.hpp"
#include "core/lease/grantor.hpp"
#include "core/lease/token/token.hpp"

namespace grafos::fabric {

/// Where the tokens of held leases are.
class TokenBook {
public:
    /// Null: not held. Valid until the lease is let go. Context: turn.
    [[nodiscard]] virtual const lease::Token* token_of(const LeaseId& lease) const noexcept = 0;

protected:
    ~TokenBook() = default;
};

/// An answer and what came with it.
struct RemoteAnswer {
    lease::Answer lease{};
    lease::Token token{}; ///< of grant, renew, attach; else size 0
    Instant first_sent{}; ///< what the holder's deadline counts from
    bool is_warned = false;
};

class RemoteGrantor final : public lease::Grantor {
public:
    /// One request under way.
    struct Call {
        enum class Step : uint8_t { free, token, grant, asking };
        Step step = Step::free;
        bool is_sent = false; ///< of step grant: not waiting for the window any more
        uint32_t generation = 0;
        wire::RequestHandle request{};
        Instant deadline{};
        lease::Request wanted{};
        lease::Token token{};
    };

    /// All outlive the grantor.
    RemoteGrantor(Channel& channel, std::span<Call> calls, const TokenBook& tokens,
                  Duration patience) noexcept
        : channel_{channel}, calls_{calls}, tokens_{tokens}, patience_{patience} {}
    RemoteGrantor(const RemoteGrantor&) = delete;
    RemoteGrantor& operator=(const RemoteGrantor&) = delete;

    /// The time of this turn, before anything is started or polled in it. Context: turn.
    void tick(Instant now) noexcept { now_ = now; }

    /// As `Grantor::start`; `patience` as given to the constructor. `caller.tenant` 0: the one that
    /// the node gives this program; `caller.identity` is not sent: the session proves it. Failures:
    /// busy (window), capacity_exceeded (slot: too many calls), not_found (lease: no token for it).
    [[nodiscard]] Result<lease::Ticket> start(const lease::Request& request) noexcept override;
    [[nodiscard]] Result<lease::Answer> poll(lease::Ticket ticket) noexcept override;

    /// With an ALLOC token, or with an empty one as `start`. Failures: as start.
    [[nodiscard]] Result<lease::Ticket> start_grant(const lease::Request& request,
                                                    const lease::Token& token,
                                                    Duration patience) noexcept;
    /// Asks for what a restarted holder needs of a live lease. Failures: as start.
    [[nodiscard]] Result<lease::Ticket> start_attach(const LeaseId& lease,
                                                     Duration patience) noexcept;
    /// As `poll`, with the token. The ticket is forgotten with anything but busy.
    [[nodiscard]] Result<RemoteAnswer> poll_remote(lease::Ticket ticket) noexcept;
    /// Whether a grant's LEASE_ALLOC may have reached the node.
    [[nodiscard]] bool may_have_granted(lease::Ticket ticket) const noexcept;
    /// Its answer is of no interest any more. Context: turn.
    void forget(lease::Ticket ticket) noexcept;

private:
    [[nodiscard]] Call* find(lease::Ticket ticket) noexcept;
    [[nodiscard]] const Call* find(lease::Ticket ticket) const noexcept;
    [[nodiscard]] Result<Call*> take_call(const lease::Request& request,
                                          Duration patience) noexcept;
    [[nodiscard]] lease::Ticket ticket_of(const Call& call) const noexcept;
    [[nodiscard]] Result<> send(Call& call) noexcept;
    [[nodiscard]] Result<> advance(Call& call) noexcept;
    void free(Call& call) noexcept;

    Channel& channel_;
    std::span<Call> calls_;
    const TokenBook& tokens_;
    Duration patience_;
    Instant now_{};
};

} // namespace grafos::fabric
