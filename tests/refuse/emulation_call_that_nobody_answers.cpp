// SPDX-License-Identifier: Apache-2.0
// refused: nobody answers this message: send it|no type named .Reply
#include "examples/ec_counter/server.hpp"

// Whoever calls what is not answered would always wait for nothing.
void tell(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& server) noexcept;
void tell(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& server) noexcept {
#ifdef GRAFOS_REFUSED
    context.call(server, grafos::ec_counter::SyncValue{7});
#else
    context.send(server, grafos::ec_counter::SyncValue{7});
#endif
}
