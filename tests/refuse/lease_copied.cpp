// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/fabric/lease.hpp"

// A lease with two owners would be let go twice.
grafos::fabric::MemLease twin_of(grafos::fabric::MemLease& lease) noexcept;
grafos::fabric::MemLease twin_of(grafos::fabric::MemLease& lease) noexcept {
#ifdef GRAFOS_REFUSED
    return lease;
#else
    return std::move(lease);
#endif
}
