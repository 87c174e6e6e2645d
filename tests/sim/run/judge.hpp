// SPDX-License-Identifier: Apache-2.0
/// Who says whether a run was good, beside its programs: oracles, checkers of histories.
#pragma once

#include "tests/sim/world/sim_program.hpp"

namespace grafos::test {

/// It hears what it judges as an observer, which it adds itself to.
class SimJudge {
public:
    /// Between steps of the world. What it finds broken ends the run.
    [[nodiscard]] virtual const Verdict& verdict() const noexcept = 0;
    /// How many questions it has asked so far.
    [[nodiscard]] virtual uint64_t checks() const noexcept = 0;
    /// Nothing comes any more. Once.
    virtual void finish(Instant world) noexcept = 0;

protected:
    ~SimJudge() = default;
};

} // namespace grafos::test
