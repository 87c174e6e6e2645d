// SPDX-License-Identifier: Apache-2.0
/// What one machine has of an ec-counter that is spread over a fabric.
///
/// Every machine has a system of its own; who lives elsewhere has a number in it too, and a home.
/// `ServerStation` has one server, and who keeps its counter; `ClientsStation` main and all
/// clients. When the machine loses power all of this is gone, and is made again at its next start.
#pragma once

#include "examples/ec_counter/client.hpp"
#include "examples/ec_counter/director.hpp"
#include "examples/ec_counter/fabric/block_keeper.hpp"
#include "examples/ec_counter/fabric/lease_keeper.hpp"
#include "examples/ec_counter/fabric/post_office.hpp"
#include "examples/ec_counter/server.hpp"

namespace grafos::ec_counter {

/// What a machine lends a station. All of it outlives the station.
struct StationHost {
    fabric::Fabric& fabric;
    node::FabricService& service;
    emulation::Observer& observer; ///< prints lines, or judges
    uint64_t seed = 0;             ///< of what clients draw
};

inline constexpr emulation::SystemLimits station_system{.actors_max = 1 + fabric_servers_max +
                                                                      fabric_clients_max,
                                                        .letters_max = 160,
                                                        .letters_per_tick_max = 256};

class Station {
public:
    Station(const StationHost& host, const FabricWords& words) noexcept;
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;

    /// After the fabric's tick, at the fabric's time. Context: turn.
    void step(Instant now) noexcept;
    /// Never later than the first thing due. Context: turn.
    [[nodiscard]] Instant next_deadline() const noexcept;

    [[nodiscard]] emulation::System& system() noexcept { return system_; }
    [[nodiscard]] const PostOffice& office() const noexcept { return office_; }

protected:
    ~Station();

    /// Server `number`, from 1, on another machine. Failures: not_found (name).
    [[nodiscard]] Result<> place_elsewhere(uint64_t number) noexcept;
    [[nodiscard]] std::string_view name(std::string_view kind, uint64_t number) noexcept;

    StationHost host_;
    const FabricWords& words_;
    emulation::SystemOf<station_system> system_;
    PostOffice office_;
    std::array<ServerAddress, fabric_servers_max> servers_{}; ///< of server-1, …

private:
    std::array<std::array<char, 12>, station_system.actors_max> names_{};
    size_t name_count_ = 0;
};

class ServerStation final : public Station {
public:
    /// The words are sound, and name a server.
    ServerStation(const StationHost& host, const FabricWords& words) noexcept;

    /// Failures: not_found (name: a machine that this one does not know). Context: turn, once.
    [[nodiscard]] Result<> start() noexcept;

    /// It printed why.
    [[nodiscard]] bool is_over() const noexcept;
    /// Null unless the counter is durable.
    [[nodiscard]] const BlockKeeper* blocks() const noexcept {
        return block_keeper_.has_value() ? &*block_keeper_ : nullptr;
    }
    [[nodiscard]] const LeaseKeeper* memory() const noexcept {
        return lease_keeper_.has_value() ? &*lease_keeper_ : nullptr;
    }

private:
    [[nodiscard]] Result<> start_server() noexcept;
    [[nodiscard]] Result<KeeperAddress> start_keeper() noexcept;
    void introduce() noexcept;

    std::optional<LeaseKeeper> lease_keeper_{};
    std::optional<BlockKeeper> block_keeper_{};
    std::optional<SoundServer> server_{};
    emulation::ActorNumber number_{};
};

class ClientsStation final : public Station {
public:
    /// The words are sound, and name clients.
    ClientsStation(const StationHost& host, const FabricWords& words) noexcept;

    /// Failures: as ServerStation's. Context: turn, once.
    [[nodiscard]] Result<> start() noexcept;

    [[nodiscard]] bool is_over() const noexcept { return director_.is_over(); }
    /// Every client has finished.
    [[nodiscard]] bool is_finished() const noexcept;
    /// What all servers answered in the second check.
    [[nodiscard]] std::optional<uint64_t> value() const noexcept { return director_.value(); }

private:
    Director director_;
    std::array<std::optional<Client>, fabric_clients_max> clients_{};
    std::array<ClientAddress, fabric_clients_max> client_addresses_{};
    size_t client_count_ = 0;
};

} // namespace grafos::ec_counter
