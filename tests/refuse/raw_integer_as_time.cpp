// SPDX-License-Identifier: Apache-2.0
// refused: no viable conversion|could not convert|cannot convert
#include "core/base/time.hpp"

grafos::Instant at(uint64_t ms) noexcept;
grafos::Instant at(uint64_t ms) noexcept {
#ifdef GRAFOS_REFUSED
    return ms;
#else
    return {ms};
#endif
}
