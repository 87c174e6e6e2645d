// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/lease/table/lease_table.hpp"

void use(const grafos::lease::LeaseTable& table) noexcept;
void copy(const grafos::lease::LeaseTable& table) noexcept;
void copy(const grafos::lease::LeaseTable& table) noexcept {
#ifdef GRAFOS_REFUSED
    const grafos::lease::LeaseTable twin{table};
    use(twin);
#else
    use(table);
#endif
}
