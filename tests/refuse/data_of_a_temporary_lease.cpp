// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/fabric/builder.hpp"

// The lease of a temporary is gone with the full stop, and its bytes with it.
uint64_t size_of(grafos::fabric::Fabric& fabric, grafos::fabric::Pump& pump) noexcept;
uint64_t size_of(grafos::fabric::Fabric& fabric, grafos::fabric::Pump& pump) noexcept {
    grafos::Result<grafos::fabric::MemLease> lease =
        grafos::fabric::MemBuilder{fabric}.acquire(pump);
#ifdef GRAFOS_REFUSED
    return std::move(lease).value().mem().arena_size();
#else
    return lease.value().mem().arena_size();
#endif
}
