// SPDX-License-Identifier: Apache-2.0
// refused: private
#include "core/fabric/lease.hpp"

// Leased bytes are reached through a lease; a fabric and a number are not enough.
grafos::fabric::FabricMem reach(grafos::fabric::Fabric& fabric,
                                const grafos::fabric::MemLease& lease) noexcept;
grafos::fabric::FabricMem reach([[maybe_unused]] grafos::fabric::Fabric& fabric,
                                [[maybe_unused]] const grafos::fabric::MemLease& lease) noexcept {
#ifdef GRAFOS_REFUSED
    return grafos::fabric::FabricMem{fabric, grafos::fabric::HoldingHandle{0, 1}, 4096};
#else
    return lease.mem();
#endif
}
