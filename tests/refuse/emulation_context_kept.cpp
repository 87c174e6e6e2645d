// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "examples/ec_counter/server.hpp"

struct Memory {
    const void* context = nullptr;
    grafos::Instant seen_at{};
};

// Nor has it an address to be found by later.
void keep(Memory& memory, grafos::emulation::Context<grafos::ec_counter::Server>& context) noexcept;
void keep(Memory& memory,
          grafos::emulation::Context<grafos::ec_counter::Server>& context) noexcept {
#ifdef GRAFOS_REFUSED
    memory.context = &context;
#else
    memory.seen_at = context.now();
#endif
}
