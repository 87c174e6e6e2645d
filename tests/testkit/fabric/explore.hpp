// SPDX-License-Identifier: Apache-2.0
/// A program under swarms of faults, seed after seed; and of the first seed that fails, the
/// smallest case that still does.
///
///     const auto found = testkit::explore(200, [](testkit::SimFabric& fabric) {
///         fabric.run(0, my_program);
///         fabric.advance(30_s);                     // faults come and go
///         fabric.heal();
///         return testkit::assert_eventually(fabric, is_finished, 30_s, "my program's end");
///     });
///     EXPECT_TRUE(found) << found.text();
///
/// Each seed switches each kind of fault on or off (Swarm Testing). A failing case is run again
/// without one kind after another and for shorter, as long as it fails in any way. What is left is
/// told as a story, with the one line that runs it again: GRAFOS_TESTKIT_SEED, …_FAULTS and …_MS.
///
/// A scenario's programs run by `run`, since machines crash; whatever they draw comes from
/// `SimFabric::draw`. One that is not the same twice is found out, and said to be so.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/testkit/fabric/sim_fabric.hpp"

namespace grafos::testkit {

using Scenario = std::function<Outcome(SimFabric&)>;

struct ExploreOptions {
    SimFabricOptions fabric{}; ///< its seed and drift are the case's
    uint64_t first_seed = 1;
    uint64_t seeds = 100;
    FaultSet faults = FaultSet::all(); ///< that a seed may switch on
    Duration length{20'000};           ///< of the faults, from the scenario's beginning
    bool is_quiet = false;             ///< prints nothing: `text` has it all
};

/// What to run.
struct Case {
    uint64_t seed = 0;
    FaultSet faults{}; ///< switched on
    Duration length{};
};

class Exploration {
public:
    explicit operator bool() const noexcept { return !found_.has_value(); }
    /// Of the first seed that failed, and the smallest case of it.
    [[nodiscard]] const std::optional<Case>& found() const noexcept { return found_; }
    [[nodiscard]] const std::optional<Case>& smallest() const noexcept { return smallest_; }
    [[nodiscard]] const Outcome& outcome() const noexcept { return outcome_; } ///< of the smallest
    [[nodiscard]] uint64_t runs() const noexcept { return runs_; }
    [[nodiscard]] uint64_t faults() const noexcept {
        return faults_;
    } ///< that happened, of a swarm
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    friend class Explorer;
    std::optional<Case> found_{};
    std::optional<Case> smallest_{};
    Outcome outcome_{};
    uint64_t runs_ = 0;
    uint64_t faults_ = 0;
    std::string text_{};
};

[[nodiscard]] Exploration explore(const ExploreOptions& options, const Scenario& scenario);
[[nodiscard]] Exploration explore(uint64_t seeds, const Scenario& scenario);

/// `loss,crash`, or `none`.
[[nodiscard]] std::string text_of(FaultSet faults);

} // namespace grafos::testkit
