// SPDX-License-Identifier: Apache-2.0
/// A program that the node's own image runs beside its console: `program=NAME`, its words in
/// `extra=`.
///
/// Problem: what examples/…/main.cpp builds is an image of its own; a program that is to run on the
/// nodes as they are needs the same fabric inside the product. Idea: a program is an object with a
/// turn; the image holds a table of names (CMake: GRAFOS_NODE_PROGRAMS), and the one that the
/// arguments name gets the node, the fabric and lines to print. Rule: it never blocks, and neither
/// its failure nor its end is the node's.
#pragma once

#include <optional>

#include "boards/common/shared_console.hpp"
#include "boards/parts/arguments/arguments.hpp"
#include "core/fabric/fabric.hpp"
#include "core/node/service/fabric_service.hpp"

namespace grafos::board {

/// What a program is given. All of it outlives the program.
struct NodeProgramHost {
    fabric::Fabric& fabric;       ///< this node and those of the peer list
    node::Node& node;             ///< ready, and all it lends is zeroed
    node::FabricService* service; ///< null: the machine has no link
    SharedConsole& lines;         ///< to print
    std::string_view name;        ///< of the node
    uint64_t seed;                ///< `seed=`
};

class NodeProgram {
public:
    /// `words`: what stands behind `extra=`; it outlives the program. Answers what is wrong with
    /// them; then nothing is started, the node neither. Context: boot, once.
    [[nodiscard]] virtual std::optional<ArgumentProblem> read_words(
        std::string_view words) noexcept = 0;

    /// Failures: its own; it is said, and the program is over. Context: the first turn of a node
    /// that is ready, once.
    [[nodiscard]] virtual Result<> start(const NodeProgramHost& host) noexcept = 0;

    /// After the fabric's tick, at the fabric's time. Bounded work. Context: turn.
    virtual void step(Instant now) noexcept = 0;
    /// Never later than the first thing due. Context: turn.
    [[nodiscard]] virtual Instant next_deadline() const noexcept = 0;

    /// Nothing is left to do: `outcome` is asked once and said, and no step comes any more.
    /// Context: turn.
    [[nodiscard]] virtual bool wants_end() const noexcept = 0;
    [[nodiscard]] virtual Result<> outcome() const noexcept = 0;

protected:
    ~NodeProgram() = default;
};

/// One name of the table. `make` puts the program into its own static storage. Context: boot, once.
struct NodeProgramEntry {
    std::string_view name;
    NodeProgram& (*make)() noexcept;
};

/// The table of this image, written by CMake. Context: any.
[[nodiscard]] std::span<const NodeProgramEntry> node_programs() noexcept;

} // namespace grafos::board
