// SPDX-License-Identifier: Apache-2.0
/// One run of a plan, with or without a log, and what it says of itself as one line of JSON.
#pragma once

#include <string>

#include "tests/sim/run/plan.hpp"

namespace grafos::sim_tool {

/// What a user asked for; each seed makes a plan of it.
struct Wanted {
    uint64_t first_seed = 1;
    uint64_t count = 1;
    std::string profile = "all"; ///< `all`: each seed has one of its own, in turn
    uint64_t nodes = 0;          ///< 0: the seed draws
    std::string faults = "all";
    uint64_t length_ms = 60'000;
    uint64_t from_ms = 0; ///< the time in a run in which faults may begin
    uint64_t to_ms = 0;   ///< 0: to its end
    std::string trace{};  ///< a file, or empty
};

/// The plan of one seed. Failures: not_found (profile or faults), those of `check_plan`.
[[nodiscard]] Result<test::RunPlan> plan_of(const Wanted& wanted, uint64_t seed);

enum class RunEnd : uint8_t { good, bad, no_trace }; ///< no_trace: its file could not be written

/// Runs it and prints its line. An assertion of the core in it prints the line too, and ends the
/// process with 1.
[[nodiscard]] RunEnd run_one(const test::RunPlan& plan, const std::string& trace_file);

/// Names of profiles and faults, and the bounds of nodes and lengths, as one line of JSON.
void print_choices();

} // namespace grafos::sim_tool
