// SPDX-License-Identifier: Apache-2.0
/// Many runs: how long the servers take to agree, by how often they speak and how much is lost.
///
/// The time of one run is from the moment the final value was first held by a server until all hold
/// it: what the servers do among themselves, whatever the clients did before.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grafos::ec_counter_host {

/// All runs with one sync period and one loss.
struct Cell {
    uint64_t sync_period_ms = 0;
    uint64_t loss_permille = 0;
    std::vector<uint64_t> ms{}; ///< of the runs that converged; sorted

    /// `permille` of them took at most so long; 0 if none converged.
    [[nodiscard]] uint64_t at_most(uint64_t permille) const;
};

struct Grid {
    std::vector<uint64_t> sync_periods_ms{50, 100, 200, 400};
    std::vector<uint64_t> losses_permille{0, 100, 300, 500, 800};
    uint64_t runs = 0; ///< in each cell
    uint64_t first_seed = 1;
};

/// Milliseconds, or nothing if it did not converge. Called by several threads at once.
using OneRun = std::function<std::optional<uint64_t>(const Cell& cell, uint64_t seed)>;

/// All cells, on all cores; says on stderr how far it is.
[[nodiscard]] std::vector<Cell> measure(const Grid& grid, const OneRun& run);

/// For people.
[[nodiscard]] std::string table_of(const std::vector<Cell>& cells, uint64_t runs);
/// The runs file.
[[nodiscard]] std::string json_of(const std::vector<Cell>& cells, uint64_t runs);

} // namespace grafos::ec_counter_host
