// SPDX-License-Identifier: Apache-2.0
// refused: whoever is addressed does not take this message
#include "examples/ec_counter/client.hpp"

// A client knows its server; what clients take it cannot say there, and nobody tells it of another.
void start_another(grafos::emulation::Context<grafos::ec_counter::Client>& context,
                   const grafos::ec_counter::ServerAddress& server) noexcept;
void start_another(grafos::emulation::Context<grafos::ec_counter::Client>& context,
                   const grafos::ec_counter::ServerAddress& server) noexcept {
#ifdef GRAFOS_REFUSED
    context.send(server, grafos::ec_counter::Start{});
#else
    context.call(server, grafos::ec_counter::Get{});
#endif
}
