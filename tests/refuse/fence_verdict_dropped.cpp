// SPDX-License-Identifier: Apache-2.0
// refused: ignoring return
#include "core/lease/fence/fence.hpp"

bool admit(grafos::lease::FenceGuard& guard, grafos::lease::FenceEpoch epoch) noexcept;
bool admit(grafos::lease::FenceGuard& guard, grafos::lease::FenceEpoch epoch) noexcept {
#ifdef GRAFOS_REFUSED
    guard.admit(epoch);
    return true;
#else
    return guard.admit(epoch).is_ok();
#endif
}
