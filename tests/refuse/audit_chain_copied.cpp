// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/lease/audit/chain.hpp"

// Two assemblers with one head would seal two records with one sequence.
void use(const grafos::lease::ChainAssembler& chain) noexcept;
void copy(const grafos::lease::ChainAssembler& chain) noexcept;
void copy(const grafos::lease::ChainAssembler& chain) noexcept {
#ifdef GRAFOS_REFUSED
    const grafos::lease::ChainAssembler twin{chain};
    use(twin);
#else
    use(chain);
#endif
}
