// SPDX-License-Identifier: Apache-2.0
// refused: no viable conversion|could not convert|cannot convert
#include "core/base/ids.hpp"

grafos::Epoch epoch_of(grafos::BootNumber boot) noexcept;
grafos::Epoch epoch_of(grafos::BootNumber boot) noexcept {
#ifdef GRAFOS_REFUSED
    return boot;
#else
    return {boot.value};
#endif
}
