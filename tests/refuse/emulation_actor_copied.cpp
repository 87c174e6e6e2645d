// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "examples/ec_counter/server.hpp"

// There is one of each actor: a copy would be a second state under the same address.
void run(grafos::ec_counter::Server& server) noexcept;
void run(grafos::ec_counter::Server& server) noexcept {
#ifdef GRAFOS_REFUSED
    grafos::ec_counter::Server twin{server};
#else
    grafos::ec_counter::Server& twin = server;
#endif
    static_cast<void>(twin);
}
