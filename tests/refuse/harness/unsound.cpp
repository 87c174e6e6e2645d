// SPDX-License-Identifier: Apache-2.0
// refused: expected
// The harness must notice that this file never compiles.
int answer() noexcept;
int answer() noexcept {
    return question;
}
