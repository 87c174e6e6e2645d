// SPDX-License-Identifier: Apache-2.0
/// A node's whole chain as JSON lines on a console.
#pragma once

#include "boards/parts/machine/machine.hpp"
#include "core/lease/audit/jsonl.hpp"
#include "core/node/node.hpp"

namespace grafos::board {

/// The text on a line of its own; `line` is empty afterwards.
void say(Machine& machine, TextWriter& line) noexcept;

/// Writes one record, or says why it stopped.
enum class ChainStep : uint8_t { wait, more, end, failed };
[[nodiscard]] ChainStep export_next(Machine& machine, node::Node& node) noexcept;
/// The signed head, behind the records.
[[nodiscard]] bool export_head(Machine& machine, const node::Node& node) noexcept;

/// Each record of the durable chain, then the signed head. `turn` moves the node on while its disk
/// reads. Whether all of them came out. Context: outside turns.
template <typename Turn>
[[nodiscard]] bool export_chain(Machine& machine, node::Node& node, const Turn& turn) noexcept {
    uint64_t count = 0;
    if (!node.start_export({0}).is_ok()) {
        return false;
    }
    for (;;) { // ends with the chain: a node that reads goes on with each turn
        switch (export_next(machine, node)) {
        case ChainStep::wait: turn(); break;
        case ChainStep::more: count += 1; break;
        case ChainStep::failed: return false;
        case ChainStep::end:
            return count == node.anchored_end().value && export_head(machine, node);
        }
    }
}

} // namespace grafos::board
