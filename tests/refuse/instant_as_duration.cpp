// SPDX-License-Identifier: Apache-2.0
// refused: no matching function|could not convert|cannot convert
#include "core/base/time.hpp"

grafos::Instant wake(grafos::Instant now) noexcept;
grafos::Instant wake(grafos::Instant now) noexcept {
#ifdef GRAFOS_REFUSED
    return saturating_add(now, now);
#else
    return saturating_add(now, grafos::Duration{now.ms});
#endif
}
