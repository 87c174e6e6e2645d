// SPDX-License-Identifier: Apache-2.0
// refused: invalid operands|no match for
#include "core/base/time.hpp"

bool is_before(grafos::Instant at, grafos::UnixMillis stamp) noexcept;
bool is_before(grafos::Instant at, grafos::UnixMillis stamp) noexcept {
#ifdef GRAFOS_REFUSED
    return at < stamp;
#else
    return at.ms < stamp.ms;
#endif
}
