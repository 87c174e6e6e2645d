// SPDX-License-Identifier: Apache-2.0
/// What a node serves to others, as the turn sees it: five moments of a turn, in protocol §2's
/// order. A node without a network has none of it, and pays for none of it.
#pragma once

#include "core/base/time.hpp"

namespace grafos::node {

class Service {
public:
    /// Packets are read and opened; control requests and grants are started at the node's own
    /// door, data accesses are queued. Whether more may be waiting. Context: turn.
    virtual bool receive(Instant now) noexcept = 0;
    /// After control requests, before grants: queued data accesses, within their budget.
    virtual bool serve_data(Instant now) noexcept = 0;
    /// After grants: at most one public-key step.
    virtual bool tick_sessions(Instant now) noexcept = 0;
    /// After the commit: what is proven is answered and leaves.
    virtual bool answer(Instant now) noexcept = 0;
    [[nodiscard]] virtual Instant next_deadline() const noexcept = 0;

protected:
    ~Service() = default;
};

} // namespace grafos::node
