// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/base/result.hpp"

void replace(grafos::Result<int>& result) noexcept;
void replace(grafos::Result<int>& result) noexcept {
#ifdef GRAFOS_REFUSED
    result = grafos::Result<int>{1};
#else
    result.value() = 1;
#endif
}
