// SPDX-License-Identifier: Apache-2.0
// refused: no viable conversion|could not convert|cannot convert
#include "core/base/ids.hpp"

grafos::LeaseId id_of(grafos::LeaseRef ref) noexcept;
grafos::LeaseId id_of(grafos::LeaseRef ref) noexcept {
#ifdef GRAFOS_REFUSED
    return ref;
#else
    return {ref.bytes};
#endif
}
