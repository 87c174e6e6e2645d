// SPDX-License-Identifier: Apache-2.0
// refused: ignoring return
#include "core/base/result.hpp"

grafos::Result<int> count() noexcept;

void run() noexcept;
void run() noexcept {
#ifdef GRAFOS_REFUSED
    count();
#else
    static_cast<void>(count().is_ok());
#endif
}
