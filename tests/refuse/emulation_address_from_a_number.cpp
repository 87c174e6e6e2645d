// SPDX-License-Identifier: Apache-2.0
// refused: private|no matching|calling a private constructor
#include "examples/ec_counter/messages.hpp"

// A client that counts through the numbers would find the other clients.
grafos::ec_counter::ClientAddress other_client(grafos::emulation::ActorNumber number) noexcept;
grafos::ec_counter::ClientAddress other_client(grafos::emulation::ActorNumber number) noexcept {
#ifdef GRAFOS_REFUSED
    return grafos::ec_counter::ClientAddress{number};
#else
    static_cast<void>(number);
    return {};
#endif
}
