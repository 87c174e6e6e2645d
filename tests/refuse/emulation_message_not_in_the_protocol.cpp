// SPDX-License-Identifier: Apache-2.0
// refused: whoever is addressed does not take this message
#include "examples/ec_counter/server.hpp"

// What a keeper takes says nothing to a server.
void tell(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& server,
          const grafos::ec_counter::KeeperAddress& keeper) noexcept;
void tell(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& server,
          const grafos::ec_counter::KeeperAddress& keeper) noexcept {
#ifdef GRAFOS_REFUSED
    context.send(server, grafos::ec_counter::Look{});
    static_cast<void>(keeper);
#else
    context.send(keeper, grafos::ec_counter::Look{});
    static_cast<void>(server);
#endif
}
