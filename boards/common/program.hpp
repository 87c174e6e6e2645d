// SPDX-License-Identifier: Apache-2.0
/// A machine with a program on it: its own node, served to others where there is a link, the
/// fabric, and the loop that moves them.
///
/// What an example's main needs besides its own few lines. The product image does the same with a
/// console, and runs programs of its own kind beside it (node_program.hpp).
#pragma once

#include <optional>

#include "boards/common/fabric_side.hpp"
#include "boards/parts/machine/machine.hpp"
#include "core/fabric/builder.hpp"
#include "core/node/node_storage.hpp"
#include "core/node/service/service_storage.hpp"

namespace grafos::board {

/// A process that shares its cores with others has long turns now and then.
inline constexpr fabric::FabricLimits program_fabric{
    .leases_max = 8,
    .peers_max = 4,
    .window = 8,
    .turn_max = Duration{50},
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 8,
};

template <lease::NodeLimits node_limits = lease::small_node,
          fabric::FabricLimits fabric_limits = program_fabric>
class ProgramOf final : public fabric::Pump {
public:
    static constexpr size_t lent_bytes_max = 1024 * 1024;

    /// The machine outlives the program, which lies in static storage.
    explicit ProgramOf(Machine& machine) noexcept : machine_{machine} {}
    ProgramOf(const ProgramOf&) = delete;
    ProgramOf& operator=(const ProgramOf&) = delete;

    /// Reads the peers, boots this machine's node, and turns until it is ready and wiped. Says on
    /// the console who it is: what others have to know to trust it. Failures: io (device, entropy:
    /// there is none), those of PeerList::add_word and Fabric::check_peers, degraded. Context: top
    /// level, once.
    [[nodiscard]] Result<> start() noexcept {
        if (machine_.block_device == nullptr || machine_.entropy == nullptr) {
            return Error{ErrorCode::io,
                         machine_.entropy == nullptr ? Field::entropy : Field::device};
        }
        for (size_t i = 0; i < machine_.arguments.peer_count; ++i) {
            GRAFOS_TRY(peers_.add_word(machine_.arguments.peers[i].view()));
        }
        GRAFOS_TRY(make());
        while (!is_settled(*node_)) { // each step of a boot ends, or degrades
            if (node_->readiness() == node::Readiness::degraded) {
                return Error{ErrorCode::degraded, Field::readiness,
                             static_cast<uint64_t>(node_->degraded_reason())};
            }
            turn();
        }
        say_key();
        return ok();
    }

    /// Until every lease that was dropped has been let go of. Context: top level.
    void settle() noexcept {
        while (fabric().count() > 0) { // no longer than the longest TTL
            turn();
        }
    }

    /// Rests first: what the turn brings is there for whoever asked when it returns, and what was
    /// asked since the last one is due at once.
    void turn() noexcept override {
        GRAFOS_ASSERT(!is_turning_);
        machine_.power.idle_until(earlier_of(node_->next_deadline(), side_.next_deadline()));
        is_turning_ = true;
        const Instant raw = machine_.clock.now();
        node_->tick(raw);
        side_.tick(raw);
        const Instant after = machine_.clock.now();
        side_.flush(after);
        node_->end_turn(after);
        is_turning_ = false;
    }
    [[nodiscard]] bool is_turning() const noexcept override { return is_turning_; }

    [[nodiscard]] fabric::Fabric& fabric() noexcept { return side_.fabric(); }
    [[nodiscard]] node::Node& node() noexcept { return *node_; }

    /// A line on the console. Context: top level.
    void say(std::string_view text) noexcept {
        print(machine_.console, text);
        print(machine_.console, "\r\n");
    }
    void say(const Error& error) noexcept {
        std::array<char, 160> buffer;
        TextWriter line{buffer};
        put_error(line, error);
        say(line.text());
    }

private:
    [[nodiscard]] Result<> make() noexcept {
        const size_t lent = std::min(machine_.leasable.size(), lent_bytes_max);
        const node::Machine parts{*machine_.entropy, *machine_.block_device,
                                  machine_.leasable.first(lent), machine_.wall_clock.base()};
        node_.emplace(parts, lease::LogOptions{});
        const std::string_view name = machine_.arguments.name.view();
        if (machine_.link != nullptr) {
            service_.emplace(*node_, *machine_.link, peers_,
                             node::FabricService::Options{name, !wire::is_trusted_fabric_build},
                             &side_.clients());
            node_->serve(*service_);
        }
        return side_.start(*node_, service_.has_value() ? &*service_ : nullptr, peers_, name);
    }

    void say_key() noexcept {
        std::array<char, 160> buffer;
        TextWriter line{buffer};
        line.put(machine_.arguments.name.view()).put(",key=");
        say(line.put_hex(node_->identity().exchange_key().view()).text());
    }

    Machine& machine_;
    wire::PeerList peers_{};
    std::optional<node::NodeOf<node_limits>> node_{};
    std::optional<node::FabricServiceOf<node_limits>> service_{};
    FabricSideOf<fabric_limits> side_{};
    bool is_turning_ = false;
};

using Program = ProgramOf<>;

} // namespace grafos::board
