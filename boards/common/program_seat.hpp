// SPDX-License-Identifier: Apache-2.0
/// Where a program sits on a node: it is started when the node is ready, moved in the node's turns,
/// and its end is told.
#pragma once

#include "boards/common/fabric_side.hpp"
#include "boards/common/node_program.hpp"

namespace grafos::board {

/// A node beside others of a rack, and as many calls to each as programs with a few actors make.
inline constexpr fabric::FabricLimits node_fabric{
    .leases_max = 16,
    .peers_max = 8,
    .window = 16,
    .turn_max = Duration{50}, // an emulated machine has long turns now and then
    .request_patience = Duration{2'000},
    .steps_per_turn_max = 8,
};

/// The entry of the program that `program=` names, null without one. The list of names, if that is
/// what is wrong with it, lies in `names`. Context: boot.
[[nodiscard]] std::optional<ArgumentProblem> find_program(std::string_view name, TextWriter& names,
                                                          const NodeProgramEntry*& to) noexcept;

class ProgramSeat final {
public:
    /// `program` has taken its words; `port` is the machine's line.
    ProgramSeat(std::string_view program_name, NodeProgram& program, hal::Console& port) noexcept
        : program_name_{program_name}, program_{program}, console_{port} {}
    ProgramSeat(const ProgramSeat&) = delete;
    ProgramSeat& operator=(const ProgramSeat&) = delete;

    /// For the machine's service.
    [[nodiscard]] wire::ClientPort& clients() noexcept { return side_.clients(); }
    /// For the node's console, in place of the machine's.
    [[nodiscard]] SharedConsole& console() noexcept { return console_; }

    /// All outlive this. Failures: those of FabricOf::check_peers. Context: boot, once.
    [[nodiscard]] Result<> attach(node::Node& node, node::FabricService* service,
                                  const wire::PeerList& peers, const Arguments& arguments) noexcept;

    /// After the node's tick, which was given `raw`. Context: turn.
    void tick(Instant raw) noexcept;
    /// After the console's tick, before the node's end of turn. Context: turn.
    void flush(Instant after) noexcept;
    [[nodiscard]] bool wants_turn() const noexcept { return console_.wants_turn(); }
    /// By the machine's clock. Context: between turns.
    [[nodiscard]] Instant next_deadline() const noexcept;

private:
    enum class State : uint8_t { waits, runs, over };

    void begin() noexcept;
    void end(const Result<>& outcome) noexcept;

    std::string_view program_name_;
    NodeProgram& program_;
    SharedConsole console_;
    FabricSideOf<node_fabric> side_{};
    node::Node* node_ = nullptr;
    node::FabricService* service_ = nullptr;
    const Arguments* arguments_ = nullptr;
    State state_ = State::waits;
};

} // namespace grafos::board
