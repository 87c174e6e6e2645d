// SPDX-License-Identifier: Apache-2.0
// refused: no viable conversion|could not convert|cannot convert|no matching
#include "core/lease/fence/fence.hpp"

bool check(const grafos::lease::FenceGuard& guard, grafos::BootNumber boot) noexcept;
bool check(const grafos::lease::FenceGuard& guard, grafos::BootNumber boot) noexcept {
#ifdef GRAFOS_REFUSED
    return guard.check(boot).is_ok();
#else
    return guard.check(grafos::lease::FenceEpoch{grafos::Epoch{boot.value}}).is_ok();
#endif
}
