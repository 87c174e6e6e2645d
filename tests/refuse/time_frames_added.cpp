// SPDX-License-Identifier: Apache-2.0
// refused: invalid operands|no match for
#include "core/base/time.hpp"

uint64_t sum(grafos::Instant at, grafos::UnixMillis stamp) noexcept;
uint64_t sum(grafos::Instant at, grafos::UnixMillis stamp) noexcept {
#ifdef GRAFOS_REFUSED
    return (at + stamp).ms;
#else
    return at.ms + stamp.ms;
#endif
}
