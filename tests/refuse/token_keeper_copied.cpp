// SPDX-License-Identifier: Apache-2.0
// refused: deleted
#include "core/lease/token/token_keeper.hpp"

bool is_known(const grafos::lease::TokenKeeper& keeper, grafos::Bytes token) noexcept;
bool is_known(const grafos::lease::TokenKeeper& keeper, grafos::Bytes token) noexcept {
#ifdef GRAFOS_REFUSED
    const grafos::lease::TokenKeeper copy = keeper; // a second root key to forget
    return copy.open(token).is_ok();
#else
    return keeper.open(token).is_ok();
#endif
}
