// SPDX-License-Identifier: Apache-2.0
/// How leases end: by their deadline, by their holder, by an authority at once or after a grace.
///
/// The end itself never fails: access is over in the same step. Only its record may have to wait,
/// and then the slot keeps it pending and is not freed before.
#pragma once

#include "core/lease/lessor/graces.hpp"
#include "core/lease/lessor/lessor_context.hpp"

namespace grafos::lease {

class LeaseEnds {
public:
    explicit LeaseEnds(LessorContext& context) noexcept : context_{context} {}
    LeaseEnds(const LeaseEnds&) = delete;
    LeaseEnds& operator=(const LeaseEnds&) = delete;

    /// A live lease ends now; `actor` is who did it. Failures: degraded (log): it ended, its record
    /// is pending. Context: turn. Audit: one of the four ends.
    [[nodiscard]] Result<Sequence> end_lease(SlotIndex slot, LeaseEnd end, Bytes actor,
                                             Instant now) noexcept;
    /// Tries once more to seal the record of a lease that has ended. Failures: those of the
    /// journal.
    [[nodiscard]] Result<Sequence> seal_pending(SlotIndex slot) noexcept;

    /// active → revoke_warning. Failures: busy (grace: too many at once). Context: turn.
    [[nodiscard]] Result<> start_grace(SlotIndex slot, Duration length, Reason reason, Bytes actor,
                                       Instant now) noexcept;

    /// When access to a live lease is over, a grace not yet running included.
    [[nodiscard]] Instant access_end(SlotIndex slot) const noexcept;

    /// Graces and deadlines, at most `budget` of them.
    void tick(Instant now, uint32_t& budget) noexcept;
    /// Leases are due whose ends could not be sealed in the last tick.
    [[nodiscard]] bool waits_for_journal() const noexcept { return waits_for_journal_; }

private:
    [[nodiscard]] Result<Sequence> seal_end(SlotIndex slot, RevokeState state,
                                            Bytes actor) noexcept;
    void tick_graces(Instant now, uint32_t& budget) noexcept;
    void expire_due(Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] bool has_room(Instant now) noexcept;

    LessorContext& context_;
    Graces graces_{};
    bool waits_for_journal_ = false;
};

} // namespace grafos::lease
