// SPDX-License-Identifier: Apache-2.0
// refused: a message that no compiler has
// The harness must notice that this file is refused for another reason.
#ifdef GRAFOS_REFUSED
int answer() noexcept {
    return "forty-two";
}
#endif
