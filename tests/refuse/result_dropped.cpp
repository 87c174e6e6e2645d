// SPDX-License-Identifier: Apache-2.0
// refused: ignoring return
#include "core/base/result.hpp"

grafos::Result<> commit() noexcept;

void run() noexcept;
void run() noexcept {
#ifdef GRAFOS_REFUSED
    commit();
#else
    static_cast<void>(commit().is_ok());
#endif
}
