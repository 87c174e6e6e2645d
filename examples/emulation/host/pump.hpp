// SPDX-License-Identifier: Apache-2.0
/// What moves a system: virtual time, which is where the next thing is due, or the clock on the
/// wall.
#pragma once

#include <functional>

#include "examples/emulation/system.hpp"

namespace grafos::emulation_host {

namespace em = grafos::emulation;

/// Ticks until `is_over`, or until nothing is due any more. Answers the last time.
Instant pump_virtual(em::System& system, const std::function<bool()>& is_over);

/// The same, each tick at its time: milliseconds since this call.
Instant pump_real(em::System& system, const std::function<bool()>& is_over);

} // namespace grafos::emulation_host
