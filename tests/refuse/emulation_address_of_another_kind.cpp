// SPDX-License-Identifier: Apache-2.0
// refused: no viable|no match
#include "examples/ec_counter/client.hpp"

// The server of a client cannot be a client.
grafos::ec_counter::Client::Options options_with(
    const grafos::ec_counter::ServerAddress& server,
    const grafos::ec_counter::ClientAddress& client) noexcept;
grafos::ec_counter::Client::Options options_with(
    const grafos::ec_counter::ServerAddress& server,
    const grafos::ec_counter::ClientAddress& client) noexcept {
    grafos::ec_counter::Client::Options options;
#ifdef GRAFOS_REFUSED
    options.server = client;
    static_cast<void>(server);
#else
    options.server = server;
    static_cast<void>(client);
#endif
    return options;
}
