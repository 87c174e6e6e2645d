// SPDX-License-Identifier: Apache-2.0
// refused: no matching
#include "examples/ec_counter/server.hpp"

// Whoever asked whether its value was taken must not be told a counter.
void answer(grafos::emulation::Context<grafos::ec_counter::Server>& context,
            const grafos::emulation::Asked<grafos::ec_counter::Accepted>& asked) noexcept;
void answer(grafos::emulation::Context<grafos::ec_counter::Server>& context,
            const grafos::emulation::Asked<grafos::ec_counter::Accepted>& asked) noexcept {
#ifdef GRAFOS_REFUSED
    context.reply(asked, grafos::ec_counter::Counter{7});
#else
    context.reply(asked, grafos::ec_counter::Accepted{true});
#endif
}
