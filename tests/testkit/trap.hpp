// SPDX-License-Identifier: Apache-2.0
/// Catches assertions, so that a test can expect one.
///
/// An assertion never returns to its place; the hook leaves it by longjmp to where the test armed
/// the trap. An assertion that nobody expects ends the program (Linux) or the machine (boards).
#pragma once

#include <cstdint>

namespace grafos::test {

using TrapBody = void (*)(void* context);

/// Runs `body(context)`; true if it was left by an assertion. Nests.
[[nodiscard]] bool fires_assertion(TrapBody body, void* context) noexcept;

template <typename Body>
[[nodiscard]] bool fires_assertion(Body&& body) noexcept {
    return fires_assertion([](void* context) { (*static_cast<Body*>(context))(); }, &body);
}

/// The assertion hook's first half: leaves by longjmp if a trap is armed, else returns.
void spring_trap(uint32_t site) noexcept;

/// The site of the assertion that was caught last; 0 before the first.
[[nodiscard]] uint32_t last_site() noexcept;

} // namespace grafos::test
