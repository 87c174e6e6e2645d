// SPDX-License-Identifier: Apache-2.0
/// A machine's part in a shared lease: two to four clients, and what it takes to let them in.
///
///     machine  | gets at the lease by
///     owner    | holding it: acquired, renewed, and its token asked for every while and shown
///     home     | attaching it: the id is known to whoever shares it
///     another  | the token that was shown, over a session of its own
///
/// The third kind has no deadline but the home's, and keeps a token until it is told that it is
/// old, or takes each new one, as the round has it. When it hears that the round is over it writes
/// once more all the same, by the old token: that must reach nothing.
#pragma once

#include "core/fabric/builder.hpp"
#include "tests/sim/programs/sharing.hpp"

namespace grafos::test {

class Sharer final : public SimProgram {
public:
    static constexpr uint32_t clients_max = 4;

    /// `client`, `program`: of its first client, in the history and in the world.
    struct Parts {
        Sharing& sharing;
        uint32_t machine = 0;
        uint32_t clients = 0; ///< 1 … clients_max
        uint32_t client = 0;
        uint32_t program = 0;
    };

    Sharer(const Parts& parts, uint64_t seed) noexcept;
    Sharer(const Sharer&) = delete;
    Sharer& operator=(const Sharer&) = delete;

    void on_power_on(fabric::Fabric& fabric) noexcept override { fabric_ = &fabric; }
    void on_power_off() noexcept override;
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;

    /// It has nothing of a lease.
    [[nodiscard]] bool is_away() const noexcept {
        return !acquiring_.has_value() && !lease_.has_value() && !late_.has_value();
    }
    [[nodiscard]] SharingClient::Figures figures() const noexcept;

private:
    using Round = Sharing::Round;
    [[nodiscard]] const Round& round() const noexcept { return parts_.sharing.round(); }
    [[nodiscard]] bool is_owner() const noexcept { return round().owner == parts_.machine; }
    [[nodiscard]] bool is_home() const noexcept { return round().home == parts_.machine; }
    [[nodiscard]] fabric::Channel& channel() noexcept;
    [[nodiscard]] bool is_ready() noexcept;

    void join(Instant now) noexcept;
    void leave(Instant now) noexcept;
    void write_late(Instant now) noexcept;
    void poll_late(Instant now) noexcept;
    void step_lease(Instant now) noexcept;
    void acquire(Instant now) noexcept;
    void poll_acquire(Instant now) noexcept;
    void ask_token(Instant now) noexcept;
    void poll_token() noexcept;
    void end_it() noexcept;
    void let_go() noexcept;
    void revoke() noexcept;
    void step_clients(Instant now) noexcept;
    [[nodiscard]] lease::Region* region_of(uint32_t client, Instant now) noexcept;
    void say(ProgramEvent::What what, const Error& error = {}) noexcept;

    Parts parts_;
    SeededChoice choice_;
    fabric::Fabric* fabric_ = nullptr;
    std::array<std::optional<SharingClient>, clients_max> clients_{};
    uint64_t joined_ = 0;    ///< round; 0: none
    uint32_t home_ = 0;      ///< of that round
    bool is_holder_ = false; ///< its owner
    Instant look_at_{};
    Instant retry_at_{};

    // owner, home
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_{};
    std::optional<fabric::MemLease> lease_{};
    std::optional<fabric::FabricMem> memory_{};
    wire::RequestHandle token_request_{}; ///< number 0: none is out
    Instant token_at_{};
    bool is_revoking_ = false;
    lease::Ticket revocation_{};

    // another
    uint64_t token_ = 0; ///< which of those that were shown
    bool is_lazy_ = false;
    std::array<fabric::HeldTerms, clients_max> terms_{};
    std::array<std::optional<fabric::RemoteRegion>, clients_max> regions_{};
    fabric::HeldTerms late_terms_{};
    std::optional<fabric::RemoteRegion> late_{};
    lease::RegionTicket late_ticket_{};
    std::array<uint8_t, 8> late_bytes_{};
};

} // namespace grafos::test
