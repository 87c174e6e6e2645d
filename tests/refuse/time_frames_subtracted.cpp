// SPDX-License-Identifier: Apache-2.0
// refused: invalid operands|no match for
#include "core/base/time.hpp"

uint64_t between(grafos::Instant at, grafos::UnixMillis stamp) noexcept;
uint64_t between(grafos::Instant at, grafos::UnixMillis stamp) noexcept {
#ifdef GRAFOS_REFUSED
    return (stamp - at).ms;
#else
    return stamp.ms - at.ms;
#endif
}
