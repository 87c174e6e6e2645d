// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/assembly.hpp"

#include <new>

namespace grafos::kv_store {
namespace {

/// The net's randomness is not that of the actors.
constexpr uint64_t network_seed = 0x6b76'6e65'7477'6f72u;
// In the order in which they are started.
constexpr auto main_number = emulation::ActorNumber{0};
constexpr auto server_number = emulation::ActorNumber{1};
constexpr auto first_client_number = emulation::ActorNumber{2};

static_assert(sizeof(OverwritingServer) == sizeof(SoundServer));
static_assert(sizeof(ForgettingServer) == sizeof(SoundServer));
static_assert(sizeof(InventingServer) == sizeof(SoundServer));
static_assert(sizeof(MumblingServer) == sizeof(SoundServer));
static_assert(sizeof(BoastingClient) == sizeof(SoundClient));
static_assert(sizeof(WanderingClient) == sizeof(SoundClient));

} // namespace

KvStore::KvStore(const Parts& parts, const Settings& settings, Break planted) noexcept
    : parts_{parts},
      settings_{settings},
      planted_{planted},
      network_{settings_.network, settings.seed ^ network_seed} {
    GRAFOS_ASSERT(parts.addresses.size() == parts.clients.size());
    settings_.network.observer = main_number;
    parts_.system.set_weather(&network_);
}

Result<> KvStore::start() noexcept {
    if (settings_.clients == 0) {
        return Error{ErrorCode::invalid_argument, Field::amount, 0, 1};
    }
    if (settings_.clients > room()) {
        return Error{ErrorCode::capacity_exceeded, Field::amount, settings_.clients, room()};
    }
    parts_.system.add(parts_.properties); // last, so that a break is told behind what broke it
    parts_.properties.expect({.main = main_number,
                              .server = server_number,
                              .first_client = first_client_number,
                              .clients = settings_.clients});
    GRAFOS_TRY_ASSIGN(const auto main, parts_.system.start(main_, "main"));
    GRAFOS_ASSERT(emulation::System::number_of(main) == main_number);
    GRAFOS_TRY_ASSIGN(
        const ServerAddress server,
        parts_.system.start(make_server(), "server", {.mailbox_max = parts_.mailbox_max}));
    GRAFOS_ASSERT(emulation::System::number_of(server) == server_number);
    // A range that stops before its end, where one that includes it was meant.
    const uint64_t short_of = planted_ == Break::exclusive_range ? 1 : 0;
    return start_clients(server, settings_.clients - short_of);
}

Server& KvStore::make_server() noexcept {
    void* const at = server_seat_.bytes.data();
    switch (planted_) {
    case Break::overwrite: return *new (at) OverwritingServer{store_};
    case Break::forget: return *new (at) ForgettingServer{store_};
    case Break::invent: return *new (at) InventingServer{store_};
    case Break::mumble: return *new (at) MumblingServer{store_};
    case Break::none:
    case Break::boast:
    case Break::wander:
    case Break::exclusive_range: break;
    }
    return *new (at) SoundServer{store_};
}

Client& KvStore::make_client(ClientSeat& seat, ServerAddress server) noexcept {
    void* const at = seat.bytes.data();
    switch (planted_) {
    case Break::boast: return *new (at) BoastingClient{server};
    case Break::wander: return *new (at) WanderingClient{server};
    case Break::none:
    case Break::overwrite:
    case Break::forget:
    case Break::invent:
    case Break::mumble:
    case Break::exclusive_range: break;
    }
    return *new (at) SoundClient{server};
}

Result<> KvStore::start_clients(ServerAddress server, size_t count) noexcept {
    GRAFOS_ASSERT(count <= room());
    for (size_t i = 0; i < count; ++i) {
        ClientSeat& seat = parts_.clients[i];
        TextWriter name{seat.name};
        name.put("client-").put(uint64_t{i + 1});
        GRAFOS_TRY_ASSIGN(parts_.addresses[i],
                          parts_.system.start(make_client(seat, server), name.text()));
    }
    main_.introduce(parts_.addresses.first(count));
    return ok();
}

} // namespace grafos::kv_store
