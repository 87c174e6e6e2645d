// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/station.hpp"

namespace grafos::ec_counter {
namespace {

using emulation::System;

static_assert(station_system.actors_max <= PostOffice::actors_max);
/// Each client has one question under way, and each server's rounds their share.
static_assert(fabric_clients_max + PostOffice::sent_max * (fabric_servers_max - 1) <
              PostOffice::outgoing_max);

[[nodiscard]] Duration patience_of(const Settings& settings) noexcept {
    return Duration{settings.call_timeout_ms};
}

[[nodiscard]] Duration net_patience_of(const FabricWords& words) noexcept {
    return words.net_patience > Duration{} ? words.net_patience : patience_of(words.settings);
}

[[nodiscard]] Director::Options director_options(const Settings& settings) noexcept {
    return {.servers_asked_for = settings.num_servers,
            .clients_asked_for = settings.num_clients,
            .first_wait = Duration{settings.first_wait_ms},
            .second_wait = Duration{settings.second_wait_ms},
            .patience = patience_of(settings),
            .introduces = false};
}

} // namespace

// --- both ----------------------------------------------------------------------------------------

Station::Station(const StationHost& host, const FabricWords& words) noexcept
    : host_{host},
      words_{words},
      system_{host.seed},
      office_{system_, host.fabric, host.service, net_patience_of(words)} {
    system_.set_carrier(&office_);
    system_.add(host.observer);
    host.service.open_desk(office_);
    static_cast<void>(system_.tick(host.fabric.now())); // calls wait from now on, not from 0 on
}

Station::~Station() {
    host_.service.close_desk();
}

std::string_view Station::name(std::string_view kind, uint64_t number) noexcept {
    GRAFOS_ASSERT(name_count_ < names_.size());
    TextWriter text{names_[name_count_]};
    name_count_ += 1;
    return text.put(kind).put(number).text();
}

Result<> Station::place_elsewhere(uint64_t number) noexcept {
    GRAFOS_TRY_ASSIGN(const uint8_t home, host_.fabric.find_home(words_.nodes[number - 1]));
    GRAFOS_TRY_ASSIGN(const ServerAddress address,
                      system_.start_elsewhere<ServerProtocol>(name("server-", number)));
    servers_[number - 1] = address;
    office_.set_home(System::number_of(address), home, number);
    return ok();
}

/// What came is handled in the same turn, and what that says leaves in it too.
void Station::step(Instant now) noexcept {
    office_.step(now);
    static_cast<void>(system_.tick(now)); // more is due: so says next_deadline
}

Instant Station::next_deadline() const noexcept {
    return earlier_of(system_.next_deadline(), office_.next_deadline());
}

// --- a server ------------------------------------------------------------------------------------

ServerStation::ServerStation(const StationHost& host, const FabricWords& words) noexcept
    : Station{host, words} {
    GRAFOS_ASSERT(words.server > 0 && words.server <= words.settings.num_servers);
}

Result<> ServerStation::start() noexcept {
    for (uint64_t number = 1; number <= words_.settings.num_servers; ++number) {
        if (number != words_.server) {
            GRAFOS_TRY(place_elsewhere(number));
        }
    }
    GRAFOS_TRY(start_server());
    introduce();
    return ok();
}

Result<KeeperAddress> ServerStation::start_keeper() noexcept {
    if (words_.is_durable) {
        block_keeper_.emplace(host_.fabric, words_);
        return system_.start(*block_keeper_, "blocks");
    }
    const std::string_view here = words_.nodes[words_.server - 1];
    lease_keeper_.emplace(host_.fabric, LeaseKeeper::Place{here, words_.ttl});
    return system_.start(*lease_keeper_, "memory");
}

Result<> ServerStation::start_server() noexcept {
    GRAFOS_TRY_ASSIGN(const KeeperAddress keeper, start_keeper());
    server_.emplace(Server::Options{.sync_period = Duration{words_.settings.sync_period_ms},
                                    .patience = patience_of(words_.settings),
                                    .keeper = keeper});
    const emulation::StartOptions mailbox{.mailbox_max = 64};
    GRAFOS_TRY_ASSIGN(const ServerAddress address,
                      system_.start(*server_, name("server-", words_.server), mailbox));
    number_ = System::number_of(address);
    servers_[words_.server - 1] = address;
    office_.announce<Get, Set, SyncValue>(words_.server, address);
    if (block_keeper_.has_value()) {
        block_keeper_->serve(address);
    }
    return ok();
}

/// As main does where all are in one process; here it would have to do it again after each restart.
void ServerStation::introduce() noexcept {
    std::array<uint8_t, fabric_servers_max * wire::layout_of<Peer>.bytes_max> list;
    wire::ListBuilder<Peer> peers{list};
    for (uint64_t i = 0; i < words_.settings.num_servers; ++i) {
        if (i + 1 != words_.server) {
            const Result<> put = peers.put({servers_[i]});
            GRAFOS_ASSERT(put.is_ok());
        }
    }
    std::array<uint8_t, emulation::message_bytes_max> message;
    const Result<size_t> size = wire::encode(SetPeers{peers.list()}, message);
    GRAFOS_ASSERT(size.is_ok());
    const Result<> taken =
        system_.take_in(emulation::index_of(number_), ServerProtocol::number_of<SetPeers>(),
                        Bytes{message}.first(size.value()), std::nullopt);
    GRAFOS_ASSERT(taken.is_ok()); // its mailbox is empty
}

bool ServerStation::is_over() const noexcept {
    return server_.has_value() && system_.is_stopped(number_);
}

// --- main and the clients ------------------------------------------------------------------------

ClientsStation::ClientsStation(const StationHost& host, const FabricWords& words) noexcept
    : Station{host, words}, director_{director_options(words.settings)} {
    GRAFOS_ASSERT(words.has_clients && words.settings.num_clients <= fabric_clients_max);
}

/// Round-robin over the servers, as everywhere.
Result<> ClientsStation::start() noexcept {
    const Settings& settings = words_.settings;
    GRAFOS_TRY(system_.start(director_, "main"));
    for (uint64_t number = 1; number <= settings.num_servers; ++number) {
        GRAFOS_TRY(place_elsewhere(number));
    }
    for (uint64_t i = 0; i < settings.num_clients; ++i) {
        std::optional<Client>& client = clients_[i];
        client.emplace(Client::Options{.server = servers_[i % settings.num_servers],
                                       .requests = settings.requests,
                                       .value_least = settings.value_least,
                                       .value_most = settings.value_most,
                                       .patience = patience_of(settings)});
        GRAFOS_TRY_ASSIGN(client_addresses_[i], system_.start(*client, name("client-", i + 1)));
        client_count_ += 1;
    }
    director_.meet(std::span{servers_}.first(settings.num_servers),
                   std::span{client_addresses_}.first(client_count_));
    return ok();
}

bool ClientsStation::is_finished() const noexcept {
    bool is_all = true;
    for (size_t i = 0; i < client_count_; ++i) {
        is_all = is_all && system_.is_stopped(System::number_of(client_addresses_[i]));
    }
    return is_all;
}

} // namespace grafos::ec_counter
