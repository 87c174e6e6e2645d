// SPDX-License-Identifier: Apache-2.0
/// What a machine of an ec-counter on a fabric is told: `extra=` of its image.
///
///     server=2,nodes=x86+arm+linux,ttl_ms=5000,durable,sync_period_ms=100     on each server's
///     clients=5,nodes=x86+arm+linux,requests=100,first_wait_ms=9000           on the clients'
///
///     word      | what
///     server=N  | this machine is the N-th of `nodes`: it runs server-N
///     clients=N | this machine runs N clients, and main
///     nodes=…   | the machines of server-1, server-2, …, as the peer lists name them
///     ttl_ms=N  | of the leases behind the counter (default 5000)
///     durable   | the counter is kept in blocks on the other machines
///     net_ms=N  | a letter that has not arrived after so long is lost (default: call_timeout_ms)
///
/// and whatever settings.hpp has for servers and clients. Strict: an unknown word, one that comes
/// twice, a number that is none are refused, and nothing is started.
#pragma once

#include "examples/ec_counter/settings.hpp"

namespace grafos::ec_counter {

/// Each server needs a machine, and each machine is a peer of all others.
inline constexpr size_t fabric_servers_max = 8;
inline constexpr size_t fabric_clients_max = 32;

struct FabricWords {
    /// From 1: this machine has that server. 0: it has the clients, and main.
    uint64_t server = 0;
    bool has_clients = false;
    std::array<std::string_view, fabric_servers_max> nodes{}; ///< of each server, in order
    Duration ttl{5'000};
    Duration net_patience{}; ///< 0: as a call's
    bool is_durable = false;
    Settings settings{}; ///< num_servers: as many as nodes; num_clients: those of this machine
};

struct WordProblem {
    std::string_view word{};     ///< as it was given; the missing one's name
    std::string_view accepted{}; ///< static, or in the buffer that was given
};

/// `text` outlives `to`; `buffer` what is answered. Answers what is wrong with the first bad word,
/// or nothing; then `to` is complete. Context: boot.
[[nodiscard]] std::optional<WordProblem> read_fabric_words(std::string_view text, FabricWords& to,
                                                           std::span<char> buffer) noexcept;

} // namespace grafos::ec_counter
