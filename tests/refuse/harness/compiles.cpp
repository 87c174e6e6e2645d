// SPDX-License-Identifier: Apache-2.0
// refused: anything
// The harness must notice that this file compiles both ways.
int answer() noexcept;
int answer() noexcept {
    return 42;
}
