// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/base/result.hpp"

grafos::Result<int> twice(grafos::Result<int>& result) noexcept;
grafos::Result<int> twice(grafos::Result<int>& result) noexcept {
#ifdef GRAFOS_REFUSED
    return result;
#else
    return std::move(result);
#endif
}
