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
    lease::Token token{};       ///< of grant, renew, attach; else size 0
    lease::ResourceKind kind{}; ///< of grant, attach
    Instant first_sent{};       ///< what the holder's deadline counts from
    bool is_warned = false;
};

class RemoteGrantor final : public lease::Grantor {
public:
    /// One request under way.
    struct Call {
        enum class Step : uint8_t {
            free,
            token,  ///< CAP_REQUEST is out
            window, ///< LEASE_ALLOC waits for a place in the session
            last,   ///< the message that the answer is an answer to is out
        };
        Step step = Step::free;
        uint32_t generation = 0;
        wire::MessageType type{}; ///< of the last message
        wire::RequestHandle request{};
        Instant deadline{};
        lease::Request wanted{};
        lease::Token token{}; ///< grant: to be shown
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
    /// busy (slot: too many calls; else as Channel::start), not_found (lease: no token for it),
    /// unsupported (operation: no Grantor's). Context: turn.
    [[nodiscard]] Result<lease::Ticket> start(const lease::Request& request) noexcept override;
    [[nodiscard]] Result<lease::Answer> poll(lease::Ticket ticket) noexcept override;

    /// The same with a patience of its own, and, for a grant, with an ALLOC token that the program
    /// has (empty: it has none). Failures: as start.
    [[nodiscard]] Result<lease::Ticket> start_within(const lease::Request& request,
                                                     Duration patience,
                                                     const lease::Token& token = {}) noexcept;
    /// Asks for what a restarted holder needs of a live lease. Failures: as start.
    [[nodiscard]] Result<lease::Ticket> start_attach(const LeaseId& lease,
                                                     Duration patience) noexcept;
    /// As `poll`, with what came besides. Failures: busy (ticket), disconnected (value 0: the
    /// request itself never left; 1: its outcome is unknown), corrupt (message), the node's
    /// refusal. The ticket is forgotten with anything but busy (ticket).
    [[nodiscard]] Result<RemoteAnswer> poll_remote(lease::Ticket ticket) noexcept;
    /// Its answer is of no interest any more. Context: turn.
    void forget(lease::Ticket ticket) noexcept;

private:
    [[nodiscard]] Call* find(lease::Ticket ticket) noexcept;
    [[nodiscard]] Result<Call*> take_call(wire::MessageType type, const lease::Request& request,
                                          Duration patience) noexcept;
    [[nodiscard]] Result<lease::Ticket> begin(Call& call) noexcept;
    [[nodiscard]] Result<size_t> encode_last(const Call& call, MutableBytes to) const noexcept;
    [[nodiscard]] Result<> send(Call& call, Call::Step step) noexcept;
    [[nodiscard]] static Result<RemoteAnswer> answer_of(const Call& call, Bytes payload) noexcept;
    [[nodiscard]] Result<> advance(Call& call) noexcept;
    [[nodiscard]] Result<> take_token(Call& call) noexcept;
    void free(Call& call) noexcept;

    Channel& channel_;
    std::span<Call> calls_;
    const TokenBook& tokens_;
    Duration patience_;
    Instant now_{};
};

} // namespace grafos::fabric
