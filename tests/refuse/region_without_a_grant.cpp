// SPDX-License-Identifier: Apache-2.0
// refused: no matching (constructor|function)
#include "core/lease/lessor/local_region.hpp"

// Leased bytes are reached through what a grant answered; naming the lease is not enough.
uint64_t reach(grafos::lease::Lessor& lessor, const grafos::lease::Answer& grant,
               grafos::LeaseRef ref) noexcept;
uint64_t reach(grafos::lease::Lessor& lessor, const grafos::lease::Answer& grant,
               [[maybe_unused]] grafos::LeaseRef ref) noexcept {
#ifdef GRAFOS_REFUSED
    const grafos::lease::LocalRegion region{lessor, ref};
    static_cast<void>(grant);
#else
    const grafos::lease::LocalRegion region{lessor, grant};
#endif
    return region.size_bytes();
}
