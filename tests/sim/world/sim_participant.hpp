// SPDX-License-Identifier: Apache-2.0
/// Whoever is in a simulated world and is no machine of it: it has an address on the net, and turns
/// of its own.
#pragma once

#include "core/base/time.hpp"

namespace grafos::test {

class SimParticipant {
public:
    /// Before the machines that are due at the same moment: what it puts on the net arrives in
    /// their turn.
    virtual void turn(Instant world) noexcept = 0;
    /// When it wants its next one, by the world's time; one that lies in the past comes a
    /// millisecond after the last.
    [[nodiscard]] virtual Instant next_turn() const noexcept = 0;

protected:
    ~SimParticipant() = default;
};

} // namespace grafos::test
