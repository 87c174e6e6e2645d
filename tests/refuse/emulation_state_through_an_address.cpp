// SPDX-License-Identifier: Apache-2.0
// refused: no member named|has no member
#include "examples/ec_counter/server.hpp"

// A server's counter is asked for by a message, and by nothing else.
void look(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& other) noexcept;
void look(grafos::emulation::Context<grafos::ec_counter::Server>& context,
          const grafos::ec_counter::ServerAddress& other) noexcept {
#ifdef GRAFOS_REFUSED
    static_cast<void>(other.counter());
    static_cast<void>(context);
#else
    context.send(other, grafos::ec_counter::SyncValue{7});
#endif
}
