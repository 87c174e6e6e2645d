// SPDX-License-Identifier: Apache-2.0
/// One `RenewalManager` for all leases of a program, wherever they were granted: its door sorts
/// questions to the homes of the leases, takes margins off what comes back, and keeps the tokens.
#pragma once

#include <span>

#include "core/crypto/identity.hpp"
#include "core/fabric/holdings.hpp"
#include "core/fabric/home.hpp"
#include "core/lease/renewal/renewal_door.hpp"

namespace grafos::fabric {

class RemoteRenewalDoor final : public lease::RenewalDoor {
public:
    /// All outlive the door.
    struct Parts {
        Holdings& holdings;
        std::span<const Home> homes;
        const crypto::Identity& identity;
        const Instant& now; ///< of the fabric's turn
        Duration turn_max;  ///< of this machine
        Duration patience;  ///< the most for one try
    };
    explicit RemoteRenewalDoor(const Parts& parts) noexcept : parts_{parts} {}

    /// Failures: as the home's Grantor; stale_epoch (boot: the node has booted since), not_found
    /// (lease: let go).
    [[nodiscard]] Result<lease::Ticket> start_renewal(const LeaseId& lease, Generation generation,
                                                      Duration ttl) noexcept override;
    /// The answer's `left` has the margin taken off already: it differs by home.
    [[nodiscard]] Result<lease::Answer> poll_renewal(lease::Ticket ticket) noexcept override;
    [[nodiscard]] Duration margin_of(Duration) const noexcept override { return {}; }

    /// What is usable of `left` at `home` (protocol §1): the longest turns of both machines count,
    /// since the node's `now` may be one turn old and our use one turn late. Zero: too short.
    [[nodiscard]] Duration usable_of(const Home& home, Duration left) const noexcept;
    /// Failures: stale_epoch (boot; value = the lease's, expected = the node's).
    [[nodiscard]] Result<> check_boot(const Holding& holding) const noexcept;

private:
    Parts parts_;
};

} // namespace grafos::fabric
