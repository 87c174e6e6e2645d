// SPDX-License-Identifier: Apache-2.0
/// What the log asks of the state it protects: a snapshot to start from, and to be fed the records
/// after it. The log treats the snapshot as opaque bytes.
#pragma once

#include "core/lease/audit/event.hpp"

namespace grafos::lease {

/// Implemented by the lessor (fences and clean units), driven by `durable::Log`.
class DurableState {
public:
    /// The largest snapshot this state can ever write, bytes. Constant.
    [[nodiscard]] virtual size_t checkpoint_bytes_max() const noexcept = 0;

    /// Writes a snapshot that covers exactly the records appended so far and returns its size.
    /// Called when a group is closed; written to disk only after that group. Context: turn.
    [[nodiscard]] virtual size_t write_checkpoint(MutableBytes to) noexcept = 0;

    /// At boot, once, before any record: the newest checkpoint, or empty if there is none yet.
    /// Failures: corrupt, unsupported_version (field says where); the node becomes degraded.
    [[nodiscard]] virtual Result<> load_checkpoint(Bytes from) noexcept = 0;

    /// At boot, for every record after the checkpoint, in order. Failures: corrupt.
    [[nodiscard]] virtual Result<> replay(const AuditEvent& event, Sequence sequence) noexcept = 0;

protected:
    ~DurableState() = default;
};

} // namespace grafos::lease
