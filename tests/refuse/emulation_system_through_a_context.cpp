// SPDX-License-Identifier: Apache-2.0
// refused: no member named|has no member|is a private member|is private within
#include "examples/ec_counter/client.hpp"

// Nor does a context lead to the system, where all actors are.
void reach(grafos::emulation::Context<grafos::ec_counter::Client>& context) noexcept;
void reach(grafos::emulation::Context<grafos::ec_counter::Client>& context) noexcept {
#ifdef GRAFOS_REFUSED
    context.system_.stop(grafos::emulation::ActorNumber{0}, {grafos::ErrorCode::revoked});
#else
    context.stop({grafos::ErrorCode::released});
#endif
}
