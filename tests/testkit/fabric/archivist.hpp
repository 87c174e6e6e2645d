// SPDX-License-Identifier: Apache-2.0
/// Whoever takes over what a node has logged, so that its log never fills up: exports are not the
/// matter of most tests, and a node whose log is full grants nothing more.
///
/// It marks the head of the chain now and then; when the log is a quarter full, the node is asked
/// to trim up to the mark, which a checkpoint must have passed by then.
#pragma once

#include <optional>

#include "tests/sim/world/sim_machine.hpp"

namespace grafos::testkit {

class Archivist {
public:
    /// Context: between steps; the machine is on or off.
    void look_after(test::SimMachine& machine);
    [[nodiscard]] uint64_t trims() const noexcept { return trims_; }

private:
    std::optional<lease::Anchor> mark_{};
    bool is_trimming_ = false;
    uint64_t boot_ = 0;
    uint64_t trims_ = 0;
};

} // namespace grafos::testkit
