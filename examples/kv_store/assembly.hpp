// SPDX-License-Identifier: Apache-2.0
/// One run: main, the server, as many clients as asked for, and the judge that watches them.
///
/// It puts them together and stands back: whoever has it moves the system, on virtual time, in real
/// time, or inside an image:
///
///     KvStoreOf<image_clients_max> run{settings};
///     run.system().add(observer);
///     GRAFOS_TRY(run.start());
///     while (!run.is_over()) { run.system().tick(run.system().next_deadline()); }
///     run.finish();
#pragma once

#include "examples/emulation/network.hpp"
#include "examples/kv_store/breaks.hpp"
#include "examples/kv_store/director.hpp"
#include "examples/kv_store/properties.hpp"

namespace grafos::kv_store {

class KvStore {
public:
    /// Places for actors, made when they are started.
    struct ServerSeat {
        alignas(SoundServer) std::array<uint8_t, sizeof(SoundServer)> bytes;
    };
    struct ClientSeat {
        alignas(SoundClient) std::array<uint8_t, sizeof(SoundClient)> bytes;
        std::array<char, 12> name; ///< client-1000
    };
    /// What a run is made of; as many clients as fit into every list.
    struct Parts {
        emulation::System& system;
        Properties& properties;
        std::span<ClientSeat> clients;
        std::span<ClientAddress> addresses;
        uint16_t mailbox_max; ///< of the server
    };

    KvStore(const Parts& parts, const Settings& settings, Break planted) noexcept;
    KvStore(const KvStore&) = delete;
    KvStore& operator=(const KvStore&) = delete;

    /// Starts everybody. Failures: invalid_argument (amount: no client), capacity_exceeded (amount:
    /// more clients than `room()`): then nothing is started. Context: once, after
    /// observers were added.
    [[nodiscard]] Result<> start() noexcept;
    /// Main has said Done.
    [[nodiscard]] bool is_over() const noexcept { return main_.is_over(); }
    /// Lets the judge say what only the end tells. Once, when it is over.
    void finish() noexcept { parts_.properties.finish(parts_.system.now()); }

    [[nodiscard]] emulation::System& system() noexcept { return parts_.system; }
    [[nodiscard]] Properties& judge() noexcept { return parts_.properties; }
    /// For so many clients.
    [[nodiscard]] size_t room() const noexcept { return parts_.clients.size(); }
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    [[nodiscard]] size_t key_count() const noexcept { return store_.count(); }

private:
    [[nodiscard]] Server& make_server() noexcept;
    [[nodiscard]] Client& make_client(ClientSeat& seat, ServerAddress server) noexcept;
    [[nodiscard]] Result<> start_clients(ServerAddress server, size_t count) noexcept;

    Parts parts_;
    Settings settings_;
    Break planted_;
    emulation::Network network_;
    StoreOf<store_keys_max> store_{};
    ServerSeat server_seat_;
    Director main_{};
};

/// Letters of so many clients: each has a question or its answer under way, and their copies; late
/// ones; and one of main.
consteval emulation::SystemLimits limits_for(size_t clients_max) {
    return {.actors_max = static_cast<uint16_t>(clients_max + 2),
            .letters_max = static_cast<uint32_t>(8 * clients_max + 16)};
}

template <size_t clients_max>
struct KvStoreStorageOf {
    explicit KvStoreStorageOf(uint64_t seed) noexcept : whole_system{seed} {}

    emulation::SystemOf<limits_for(clients_max)> whole_system;
    PropertiesOf<clients_max> properties{};
    std::array<KvStore::ClientSeat, clients_max> clients;
    std::array<ClientAddress, clients_max> addresses{};
};

/// A run with its memory.
template <size_t clients_max>
class KvStoreOf final : private KvStoreStorageOf<clients_max>, public KvStore {
    using Places = KvStoreStorageOf<clients_max>;

public:
    explicit KvStoreOf(const Settings& settings, Break planted = Break::none) noexcept
        : Places{settings.seed},
          KvStore{{Places::whole_system, Places::properties, Places::clients, Places::addresses,
                   server_mailbox_for(clients_max)},
                  settings,
                  planted} {}
};

} // namespace grafos::kv_store
