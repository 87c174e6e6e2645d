// SPDX-License-Identifier: Apache-2.0
// refused: no viable conversion|could not convert|cannot convert|no match|no viable overloaded
#include "core/lease/lock/lock_words.hpp"

void fill(grafos::lease::CommitRequest& request, const grafos::lease::LockGrant& grant) noexcept;
void fill(grafos::lease::CommitRequest& request, const grafos::lease::LockGrant& grant) noexcept {
#ifdef GRAFOS_REFUSED
    request.nonce = grant.generation;
#else
    request.generation = grant.generation;
#endif
}
