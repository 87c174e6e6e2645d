// SPDX-License-Identifier: Apache-2.0
/// All of ec-counter in one system: main, the servers, the clients, and the net between them.
///
///     alignas(EcCounterOf<small>) constinit
///         std::array<uint8_t, sizeof(EcCounterOf<small>)> area{};          static storage
///     auto& run = *new (area.data()) EcCounterOf<small>{settings, Break::none};
///     run.system().add(printer);                                           observers first
///     const Result<> started = run.start();
///     while (!run.is_over()) {
///         static_cast<void>(run.system().tick(run.system().next_deadline()));
///     }
///
/// Numbers in the system: main is 0, server i is i, then the clients.
#pragma once

#include "examples/ec_counter/breaks.hpp"
#include "examples/ec_counter/client.hpp"
#include "examples/ec_counter/director.hpp"
#include "examples/ec_counter/settings.hpp"

namespace grafos::ec_counter {

/// How big an ec-counter can be.
struct EcCounterLimits {
    uint16_t servers_max;
    uint16_t clients_max;
    emulation::SystemLimits system;
};
/// For machines with little memory.
inline constexpr EcCounterLimits small{5, 20, emulation::small_system};
inline constexpr EcCounterLimits large{ec_counter::servers_max, ec_counter::clients_max,
                                       emulation::large_system};

class EcCounter {
public:
    /// Places for actors, made when they are started.
    struct ServerSeat {
        alignas(Server) std::array<uint8_t, sizeof(SoundServer)> bytes;
        std::array<char, 16> name;
    };
    struct ClientSeat {
        alignas(Client) std::array<uint8_t, sizeof(Client)> bytes;
        std::array<char, 16> name;
    };
    struct Storage {
        std::span<ServerSeat> server_seats;
        std::span<ServerAddress> servers;
        std::span<ClientSeat> client_seats;
        std::span<ClientAddress> clients;
    };

    /// The settings are sound (`check`).
    EcCounter(emulation::System& system, const Storage& storage, const Settings& settings,
              Break planted) noexcept;
    EcCounter(const EcCounter&) = delete;
    EcCounter& operator=(const EcCounter&) = delete;

    /// Everybody; the first lines come with the first tick. Failures: capacity_exceeded (slot;
    /// value = asked for, expected = the most there is room for), and nothing was started.
    /// Context: once, before the first tick.
    [[nodiscard]] Result<> start() noexcept;

    [[nodiscard]] emulation::System& system() noexcept { return system_; }
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const Director& director() const noexcept { return director_; }
    /// The verdict is printed.
    [[nodiscard]] bool is_over() const noexcept { return director_.is_over(); }
    /// Those that were really started, in order.
    [[nodiscard]] std::span<const ServerAddress> servers() const noexcept {
        return storage_.servers.first(server_count_);
    }
    [[nodiscard]] std::span<const ClientAddress> clients() const noexcept {
        return storage_.clients.first(client_count_);
    }

private:
    [[nodiscard]] Result<> start_server() noexcept;
    [[nodiscard]] Result<> start_client() noexcept;
    [[nodiscard]] Server& make_server(ServerSeat& seat) noexcept;
    [[nodiscard]] ServerAddress server_of_client(size_t client) const noexcept;
    [[nodiscard]] emulation::System::StartOptions mailbox_of_server() const noexcept;
    void plan_cuts() noexcept;

    emulation::System& system_;
    Storage storage_;
    Settings settings_;
    Break planted_;
    emulation::NetworkPlan plan_{};
    emulation::Network network_;
    Director director_;
    size_t server_count_ = 0;
    size_t client_count_ = 0;
};

template <EcCounterLimits limits>
struct EcCounterStorageOf {
    explicit EcCounterStorageOf(uint64_t seed) noexcept : whole_system{seed} {}
    emulation::SystemOf<limits.system> whole_system;
    std::array<EcCounter::ServerSeat, limits.servers_max> server_seats;
    std::array<ServerAddress, limits.servers_max> server_addresses{};
    std::array<EcCounter::ClientSeat, limits.clients_max> client_seats;
    std::array<ClientAddress, limits.clients_max> client_addresses{};
};

/// With its memory.
template <EcCounterLimits limits>
class EcCounterOf final : private EcCounterStorageOf<limits>, public EcCounter {
    using Places = EcCounterStorageOf<limits>;
    static_assert(1 + limits.servers_max + limits.clients_max <= limits.system.actors_max);

public:
    EcCounterOf(const Settings& settings, Break planted) noexcept
        : Places{settings.seed},
          EcCounter{Places::whole_system,
                    {Places::server_seats, Places::server_addresses, Places::client_seats,
                     Places::client_addresses},
                    settings,
                    planted} {}
};

} // namespace grafos::ec_counter
