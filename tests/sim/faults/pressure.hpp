// SPDX-License-Identifier: Apache-2.0
/// What makes a node short of something, each for one machine, between its turns.
///
///     Hoarder    | takes leases until it is refused, and keeps them for a while: the node's table,
///                | all units of a resource, or all that its own quota allows
///     Lane       | holds leased memory, as a lane on another core would, whatever becomes of the
///                | lease: past the teardown deadline that is a fence
///     Collector  | trims the log when half of it is full, unless it is away
///     Renewer    | renews a lease of its own ten times a second, which fills a log
#pragma once

#include "tests/sim/world/sim_machine.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

class Hoarder {
public:
    static constexpr size_t leases_most = 48;
    /// Of what it takes; nobody renews it.
    static constexpr Duration ttl{3'000};
    enum class What : uint8_t { table, units, quota };

    void begin(What what, lease::ResourceKind kind, Instant until) noexcept;
    /// Asks for some, or gives back when it is time. Whether it was refused, and so had all.
    [[nodiscard]] bool act(SimMachine& machine, Instant now) noexcept;
    void stop() noexcept { until_ = {}; }
    /// The node went down, and its leases with it.
    void forget() noexcept;
    [[nodiscard]] bool is_done() const noexcept {
        return until_ == Instant{} && count_ == 0 && !ticket_.has_value();
    }

private:
    void ask(node::Node& node, Instant now) noexcept;
    [[nodiscard]] bool poll(node::Node& node) noexcept;

    What what_ = What::table;
    lease::ResourceKind kind_ = lease::ResourceKind::memory;
    Instant until_{};
    bool is_full_ = false;
    uint64_t amount_ = 0;
    std::optional<lease::Ticket> ticket_{};
    bool is_release_ = false; ///< what the ticket is of
    std::array<LeaseId, leases_most> leases_{};
    size_t count_ = 0;
};

class Lane {
public:
    /// Pins some leased unit, if there is one.
    [[nodiscard]] bool begin(SimMachine& machine, SeededChoice& choice, Instant until) noexcept;
    /// Lets go when it is time. Whether its unit was fenced by then.
    [[nodiscard]] bool act(SimMachine& machine, Instant now) noexcept;
    void stop() noexcept { until_ = {}; }
    void forget() noexcept { is_pinned_ = false; }
    [[nodiscard]] bool is_done() const noexcept { return !is_pinned_; }

private:
    bool is_pinned_ = false;
    Instant until_{};
    uint64_t unit_ = 0;
    lease::LaneHandle lane_{};
};

class Renewer {
public:
    void begin(Instant until) noexcept { until_ = until; }
    /// Whether a renewal was refused for want of room in the log.
    [[nodiscard]] bool act(SimMachine& machine, Instant now) noexcept;
    void stop() noexcept { until_ = {}; }
    void forget() noexcept;

private:
    [[nodiscard]] lease::Request next(node::Node& node) const noexcept;

    Instant until_{};
    std::optional<lease::Ticket> ticket_{};
    lease::Operation asked_ = lease::Operation::grant;
    LeaseId lease_{}; ///< zero: none
    Generation generation_{};
    bool was_refused_ = false;
};

class Collector {
public:
    void be_away(Instant until) noexcept { away_until_ = until; }
    void come_back() noexcept { away_until_ = {}; }
    /// Whether the log has filled up since: grants are refused.
    [[nodiscard]] bool act(SimMachine& machine, Instant now) noexcept;
    void forget() noexcept;
    [[nodiscard]] uint64_t trims() const noexcept { return trims_; }

private:
    void trim(SimMachine& machine) noexcept;

    Instant away_until_{};
    bool was_full_ = false;
    bool is_trimming_ = false;
    lease::Anchor read_{}; ///< up to here it has all records
    uint64_t trims_ = 0;
};

} // namespace grafos::test
