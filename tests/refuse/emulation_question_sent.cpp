// SPDX-License-Identifier: Apache-2.0
// refused: this message is answered: call it
#include "examples/ec_counter/client.hpp"

// Whoever sends a question would never hear its answer.
void ask(grafos::emulation::Context<grafos::ec_counter::Client>& context,
         const grafos::ec_counter::ServerAddress& server) noexcept;
void ask(grafos::emulation::Context<grafos::ec_counter::Client>& context,
         const grafos::ec_counter::ServerAddress& server) noexcept {
#ifdef GRAFOS_REFUSED
    context.send(server, grafos::ec_counter::Set{7});
#else
    context.call(server, grafos::ec_counter::Set{7});
#endif
}
