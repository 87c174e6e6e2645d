// SPDX-License-Identifier: Apache-2.0
// refused: a message of the protocol without a handler
#include "examples/ec_counter/messages.hpp"

// Whoever lists a message in its protocol handles it.
class Lazy final : public grafos::emulation::Actor<Lazy, grafos::ec_counter::ClientProtocol> {
public:
    void on(grafos::emulation::Context<Lazy>&, const grafos::ec_counter::Start&) noexcept {}
#ifndef GRAFOS_REFUSED
    void on(grafos::emulation::Context<Lazy>&, const grafos::ec_counter::Continue&) noexcept {}
#endif
};

void run(grafos::emulation::System& system) noexcept;
void run(grafos::emulation::System& system) noexcept {
    Lazy lazy;
    static_cast<void>(system.start(lazy, "lazy").is_ok());
}
