// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/assembly.hpp"

#include <algorithm>
#include <new>

namespace grafos::ec_counter {
namespace {

static_assert(sizeof(OverwritingServer) == sizeof(SoundServer));
static_assert(sizeof(SilentServer) == sizeof(SoundServer));

/// Whatever the net draws is apart from what actors draw.
constexpr uint64_t net_seed = 0x6e65742d736565u;

[[nodiscard]] std::string_view numbered(std::span<char> to, std::string_view kind,
                                        size_t index) noexcept {
    TextWriter name{to};
    name.put(kind).put(uint64_t{index + 1});
    return name.text();
}

[[nodiscard]] emulation::NetworkPlan plan_of(const Settings& settings) noexcept {
    emulation::NetworkPlan plan{};
    plan.latency = Duration{settings.latency_ms};
    plan.jitter = Duration{settings.jitter_ms};
    plan.loss_permille = static_cast<uint32_t>(settings.loss_permille);
    plan.duplicate_permille = static_cast<uint32_t>(settings.duplicate_permille);
    plan.drops = settings.drops;
    plan.drop_count = settings.drop_count;
    return plan;
}

[[nodiscard]] Director::Options director_options(const Settings& settings) noexcept {
    return {.servers_asked_for = settings.num_servers,
            .clients_asked_for = settings.num_clients,
            .first_wait = Duration{settings.first_wait_ms},
            .second_wait = Duration{settings.second_wait_ms},
            .patience = Duration{settings.call_timeout_ms}};
}

} // namespace

EcCounter::EcCounter(emulation::System& system, const Storage& storage, const Settings& settings,
                     Break planted) noexcept
    : system_{system},
      storage_{storage},
      settings_{settings},
      planted_{planted},
      plan_{plan_of(settings)},
      network_{plan_, settings.seed ^ net_seed},
      director_{director_options(settings)} {
    GRAFOS_ASSERT(!check(settings).has_value());
    system_.set_weather(&network_);
}

Result<> EcCounter::start() noexcept {
    if (settings_.num_servers > storage_.servers.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, settings_.num_servers,
                     storage_.servers.size()};
    }
    if (settings_.num_clients > storage_.clients.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::slot, settings_.num_clients,
                     storage_.clients.size()};
    }
    // A range that stops before its end, where one that includes it was meant.
    const uint64_t short_of = planted_ == Break::exclusive_range ? 1 : 0;
    GRAFOS_TRY_ASSIGN(const auto main, system_.start(director_, "main"));
    plan_.observer = emulation::System::number_of(main);
    for (uint64_t i = 1 + short_of; i <= settings_.num_servers; ++i) {
        GRAFOS_TRY(start_server());
    }
    for (uint64_t i = 1 + short_of; i <= settings_.num_clients; ++i) {
        GRAFOS_TRY(start_client());
    }
    plan_cuts();
    director_.meet(servers(), clients());
    return ok();
}

Server& EcCounter::make_server(ServerSeat& seat) noexcept {
    const Server::Options options{.sync_period = Duration{settings_.sync_period_ms},
                                  .patience = Duration{settings_.call_timeout_ms}};
    void* const at = seat.bytes.data();
    switch (planted_) {
    case Break::overwrite: return *new (at) OverwritingServer{options};
    case Break::no_sync: return *new (at) SilentServer{options};
    case Break::none:
    case Break::exclusive_range: break;
    }
    return *new (at) SoundServer{options};
}

Result<> EcCounter::start_server() noexcept {
    ServerSeat& seat = storage_.server_seats[server_count_];
    const std::string_view name = numbered(seat.name, "server-", server_count_);
    GRAFOS_TRY_ASSIGN(storage_.servers[server_count_],
                      system_.start(make_server(seat), name, mailbox_of_server()));
    server_count_ += 1;
    return ok();
}

Result<> EcCounter::start_client() noexcept {
    ClientSeat& seat = storage_.client_seats[client_count_];
    const std::string_view name = numbered(seat.name, "client-", client_count_);
    auto& client =
        *new (seat.bytes.data()) Client{{.server = server_of_client(client_count_),
                                         .requests = settings_.requests,
                                         .value_least = settings_.value_least,
                                         .value_most = settings_.value_most,
                                         .patience = Duration{settings_.call_timeout_ms}}};
    GRAFOS_TRY_ASSIGN(storage_.clients[client_count_], system_.start(client, name));
    client_count_ += 1;
    return ok();
}

/// Round-robin over the servers that were really started.
ServerAddress EcCounter::server_of_client(size_t client) const noexcept {
    if (planted_ == Break::exclusive_range) {
        const size_t index = client % settings_.num_servers;
        return index < server_count_ ? storage_.servers[index] : ServerAddress{};
    }
    return storage_.servers[client % server_count_];
}

/// At worst each peer's round and each client's request come at once, and the net doubles all.
emulation::System::StartOptions EcCounter::mailbox_of_server() const noexcept {
    const uint64_t clients_each = settings_.num_clients / settings_.num_servers + 1;
    const uint64_t letters =
        2 * (settings_.num_servers + clients_each) + emulation::mailbox_default;
    return {.mailbox_max = static_cast<uint16_t>(std::min<uint64_t>(letters, UINT16_MAX))};
}

/// Those of the settings, with nodes as the system numbers them.
void EcCounter::plan_cuts() noexcept {
    for (size_t i = 0; i < settings_.cut_count; ++i) {
        const CutSetting& wanted = settings_.cuts[i];
        emulation::Cut& cut = plan_.cuts[i];
        cut.from = Instant{wanted.from_ms};
        cut.until = Instant{wanted.until_ms};
        for (const NodeName& node : std::span{wanted.nodes}.first(wanted.count)) {
            const size_t index = node.number - size_t{1};
            if (index < (node.is_client ? client_count_ : server_count_)) {
                cut.actors[cut.count] = node.is_client
                                            ? emulation::System::number_of(storage_.clients[index])
                                            : emulation::System::number_of(storage_.servers[index]);
                cut.count += 1;
            }
        }
    }
    plan_.cut_count = settings_.cut_count;
}

} // namespace grafos::ec_counter
