// SPDX-License-Identifier: Apache-2.0
/// The door between what decides (lessor, node) and what makes it durable.
///
/// An event is appended, which seals it into the chain at once and makes it durable later, with its
/// group; only then may the answer that rests on it leave the node (protocol §5). Space is drawn
/// under a purpose, so that what must never be refused never is.
#pragma once

#include "core/lease/audit/event.hpp"

namespace grafos::lease {

/// What a record's space is drawn for (protocol §5).
enum class Draw : uint8_t {
    grant, ///< also reserves one `lease_end` and one `fence`; refused from 75 % of the free rest on
    renewal,   ///< refused at 100 % of the rest
    lease_end, ///< from the grant's reserve: never refused for space
    fence,     ///< from the grant's (or clear's) reserve; reserves one `clear` and one new `fence`
    dirty_fence, ///< a fence no lease reserved for (a wipe at boot failed): refused like a note;
                 ///< reserves like a fence
    clear,       ///< from the fence's reserve: never refused for space
    control,     ///< boot, adopt, trim: from a fixed reserve of their own
    note,        ///< refusals, overruns: like a renewal, but the first to be refused (50 %)
};

/// The durable side is defined in lease's terms only; implemented by `durable::Log` and, for tests
/// and benchmarks, by a RAM twin.
class Journal {
public:
    /// Seals `event` as the next record. Failures: capacity_exceeded (log; only for grant, renewal,
    /// note), busy (log: the open group is full, nothing was sealed: try again in a later turn),
    /// degraded (log: a write failed or the state is unknown; only grant, renewal, clear, note).
    /// Nothing changes on failure. Context: turn.
    [[nodiscard]] virtual Result<Sequence> append(const AuditEvent& event, Draw draw) noexcept = 0;

    /// Whether an `append` for `draw` would succeed now; the answer holds until the next call that
    /// changes anything. Context: turn.
    [[nodiscard]] virtual Result<> check_append(Draw draw) const noexcept = 0;

    /// A lease was freed without a fence: its `fence` reserve goes back. Context: turn.
    virtual void return_fence_reserve() noexcept = 0;

    /// Every record with a sequence below this is durable. Never falls. Context: any.
    [[nodiscard]] virtual Sequence anchored_end() const noexcept = 0;

    /// The sequence the next record will get.
    [[nodiscard]] virtual Sequence appended_end() const noexcept = 0;

    /// Epochs below this may be used: a mark above them is durable (protocol §4).
    [[nodiscard]] virtual Epoch epoch_limit() const noexcept = 0;

protected:
    ~Journal() = default;
};

} // namespace grafos::lease
