// SPDX-License-Identifier: Apache-2.0
/// What a node serves to others, as the turn sees it: five moments of a turn, in protocol §2's
/// order. A node without a network has none of it, and pays for none of it.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace grafos::node {

/// Under which rules others are served: stands in the boot record.
struct ServiceRules {
    bool is_sealed = true; ///< false: a build for a trusted fabric, which seals nothing
    Digest peers{};        ///< of the list of who is trusted
};

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
    /// The disk was reset: what was in flight on it is not any more. Context: turn.
    virtual void on_device_reset() noexcept = 0;

    // --- for the boot record and the console
    [[nodiscard]] virtual ServiceRules rules() const noexcept = 0;
    /// Write what is known of the first session, or peer, at or after place `cursor`, and move it
    /// past that one; false: there is none.
    [[nodiscard]] virtual bool put_session(uint64_t& cursor, TextWriter& to) const noexcept = 0;
    [[nodiscard]] virtual bool put_peer(uint64_t& cursor, TextWriter& to) const noexcept = 0;

protected:
    ~Service() = default;
};

} // namespace grafos::node
