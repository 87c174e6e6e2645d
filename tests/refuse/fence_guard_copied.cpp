// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/lease/fence/fence.hpp"

// A copied guard would go on admitting what the first one has learnt to refuse.
bool check(const grafos::lease::FenceGuard& guard, grafos::lease::FenceEpoch epoch) noexcept;
bool check(const grafos::lease::FenceGuard& guard, grafos::lease::FenceEpoch epoch) noexcept {
#ifdef GRAFOS_REFUSED
    const grafos::lease::FenceGuard twin{guard};
    return twin.check(epoch).is_ok();
#else
    return guard.check(epoch).is_ok();
#endif
}
