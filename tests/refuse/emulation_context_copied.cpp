// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "examples/ec_counter/server.hpp"

// A context ends with its handler; a copy would outlive it.
void keep(grafos::emulation::Context<grafos::ec_counter::Server>& context) noexcept;
void keep(grafos::emulation::Context<grafos::ec_counter::Server>& context) noexcept {
#ifdef GRAFOS_REFUSED
    auto kept = context;
#else
    auto& kept = context;
#endif
    static_cast<void>(kept.now());
}
