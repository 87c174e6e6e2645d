// SPDX-License-Identifier: Apache-2.0
// refused: could not convert|not contextually convertible
#include "core/base/result.hpp"

bool holds(const grafos::Result<int>& result) noexcept;
bool holds(const grafos::Result<int>& result) noexcept {
#ifdef GRAFOS_REFUSED
    if (result) {
#else
    if (result.is_ok()) {
#endif
        return true;
    }
    return false;
}
