// SPDX-License-Identifier: Apache-2.0
// refused: nodiscard|unused-result
#include "core/fabric/builder.hpp"

// An acquire whose lease nobody takes would be let go at once.
void hold(grafos::fabric::Fabric& fabric, grafos::fabric::Pump& pump) noexcept;
void hold(grafos::fabric::Fabric& fabric, grafos::fabric::Pump& pump) noexcept {
#ifdef GRAFOS_REFUSED
    grafos::fabric::MemBuilder{fabric}.acquire(pump);
#else
    const auto lease = grafos::fabric::MemBuilder{fabric}.acquire(pump);
    static_cast<void>(lease.is_ok());
#endif
}
