// SPDX-License-Identifier: Apache-2.0
/// One pass of a machine's main loop, for a program that has nothing else to do but wait.
///
/// Top-level code may wait by turning the loop itself: `acquire(pump)`, `mem.read(…, pump)`. Code
/// that runs inside a turn must not: it starts an operation, returns, and asks again in a later
/// turn.
#pragma once

namespace grafos::fabric {

class Pump {
public:
    /// The machine rests until an interrupt or the next deadline; then each part of it ticks once,
    /// and what is to be sent leaves. In this order: what arrives ends the rest, and is there when
    /// the call returns. Context: top level only, never from inside a turn.
    virtual void turn() noexcept = 0;

    /// Whether a turn is running just now. Context: any.
    [[nodiscard]] virtual bool is_turning() const noexcept = 0;

protected:
    ~Pump() = default;
};

} // namespace grafos::fabric
