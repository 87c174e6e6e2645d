// SPDX-License-Identifier: Apache-2.0
/// Who holds what until when: the slots of all leases of a node.
///
/// The table keeps phases, deadlines, epochs and generations consistent and finds a lease by its
/// id, its ref or its alloc key in O(1). It seals nothing, wipes nothing and calls nobody: the
/// lessor does, and moves the table along its phases (`phase.hpp`). What a renewal or an access
/// touches fits one cache line; the rest lies apart.
///
/// Kept here (protocol §1, §6): live while `now < deadline`, swept or not; a renewal ends at
/// `now + ttl`, never earlier than before; none once a revocation began; grace ends at min(grace,
/// lease end); the end code is what first left `active`, and the answer until the slot is reused.
/// Freed slots are reused in the order they were freed, so that answer lasts as long as it can.
#pragma once

#include "core/lease/table/lease_slot.hpp"
#include "core/lease/table/lease_words.hpp"

namespace grafos::lease {

class LeaseTable {
public:
    explicit constexpr LeaseTable(const LeaseTableSpans& spans) noexcept : spans_{spans} {}
    LeaseTable(const LeaseTable&) = delete;
    LeaseTable& operator=(const LeaseTable&) = delete;

    /// Empties everything. `key` = fresh entropy. O(slots). Context: top level, once.
    void start(Instant now, const HashKey& key) noexcept;

    // --- grant and renew ---

    /// The slot the next grant takes. Failures: capacity_exceeded (lease). Context: turn.
    [[nodiscard]] Result<SlotIndex> next_free() const noexcept;
    /// Whether a grant would be accepted. Failures: capacity_exceeded (lease), invalid_argument
    /// (ttl, identity), exhausted (ttl: past the end of time). Changes nothing. Context: turn.
    [[nodiscard]] Result<> check_grant(Bytes identity, Duration ttl, Instant now) const noexcept;
    /// free → active: slot, units, epoch and deadline in one step. Failures: as check_grant;
    /// nothing changes. Context: turn. Audit: none here, the lessor's `lease_allocated`.
    [[nodiscard]] Result<SlotIndex> grant(const GrantSpec& spec, Instant now) noexcept;

    /// What a renewal of the lease by a holder at `generation` would do; `ttl` 0 = the first
    /// granted. Failures: the end code (lease_expired, revoked, released; revoked once a revocation
    /// began), stale_epoch (generation), invalid_argument (ttl), exhausted (ttl, generation).
    /// Context: turn.
    [[nodiscard]] Result<RenewPlan> plan_renew(SlotIndex slot, Generation generation, Instant now,
                                               Duration ttl) const noexcept;
    /// active → active, as planned in the same turn; a repeat changes nothing. Context: turn.
    void renew(SlotIndex slot, const RenewPlan& plan) noexcept;

    // --- phase edges: each asserts its sources first ---

    /// active → revoke_warning: latches `revoked` and `reason`; renewals end.
    void enter_revoke_warning(SlotIndex slot, Reason reason) noexcept;
    /// revoke_warning → grace_running: the deadline becomes min(now + grace, lease end).
    void enter_grace_running(SlotIndex slot, Duration grace, Instant now) noexcept;
    /// grace_running → checkpoint_reported.
    void enter_checkpoint_reported(SlotIndex slot) noexcept;
    /// any live → tearing_down: access is over; the slot joins its resource's teardown queue. `end`
    /// is what is latched, unless a revocation began before (then that stays).
    void enter_tearing_down(SlotIndex slot, LeaseEnd end, Instant now,
                            Instant teardown_deadline) noexcept;
    /// tearing_down → free: the front of its resource's teardown queue is clean.
    void enter_free(SlotIndex slot) noexcept;
    /// tearing_down → fenced: the front of its resource's teardown queue; it stays there until
    /// recorded.
    void enter_fenced(SlotIndex slot) noexcept;
    /// fenced → free: the record of the fence is sealed; the units carry it from here on.
    void enter_free_from_fenced(SlotIndex slot) noexcept;

    /// The end record could not be sealed yet. Any phase but free and fenced.
    void set_pending_record(SlotIndex slot, bool is_pending) noexcept;
    /// A chosen deadline for draining; only in tearing_down.
    void set_teardown_deadline(SlotIndex slot, Instant deadline) noexcept;

    // --- finding and checking ---

    /// Hints without effect on any answer: this id (of a request that is parked until its point of
    /// the turn) or this ref (of a grant whose record is sealed first) comes soon.
    void prefetch(const LeaseId& id) const noexcept;
    void prefetch(const LeaseRef& ref) const noexcept;

    /// The live lease with this id. Failures: not_found; else the end code (lease_expired from the
    /// deadline on, swept or not; revoked; released). Ids are compared in constant time.
    [[nodiscard]] Result<SlotIndex> find(const LeaseId& id, Instant now) const noexcept;
    /// The same by ref.
    [[nodiscard]] Result<SlotIndex> find(const LeaseRef& ref, Instant now) const noexcept;
    /// The live lease that was granted to `identity` for `key` (not zero).
    [[nodiscard]] std::optional<SlotIndex> find(Bytes identity, const AllocKey& key,
                                                Instant now) const noexcept;
    /// Whose current or last lease has this ref, in whatever phase.
    [[nodiscard]] std::optional<SlotIndex> slot_of_ref(const LeaseRef& ref) const noexcept;

    /// The one question of every access: `find`, then epoch equal and generation in {g, g−1}.
    /// Failures besides: stale_epoch (epoch or generation: value given, expected ours).
    [[nodiscard]] Result<SlotIndex> check_access(const LeaseId& id, Epoch epoch,
                                                 Generation generation, Instant now) const noexcept;
    /// The same by ref; and where the slot is known: an epoch belongs to one grant, so no id is
    /// needed. Failures then: as `check_lease`, stale_epoch (generation).
    [[nodiscard]] Result<SlotIndex> check_access(const LeaseRef& ref, Epoch epoch,
                                                 Generation generation, Instant now) const noexcept;
    [[nodiscard]] Result<> check_access(SlotIndex slot, Epoch epoch, Generation generation,
                                        Instant now) const noexcept;
    /// Whether the lease granted at `epoch` in `slot` is live. Failures: not_found (lease: no such
    /// slot, or another lease has it), else the end code.
    [[nodiscard]] Result<> check_lease(SlotIndex slot, Epoch epoch, Instant now) const noexcept;
    /// Whether `slot` gives access at `now`; ok or the end code; not_found for a never used slot.
    [[nodiscard]] Result<> check_live(SlotIndex slot, Instant now) const noexcept;

    [[nodiscard]] Phase phase(SlotIndex slot) const noexcept { return hot(slot).phase; }
    [[nodiscard]] Extent extent(SlotIndex slot) const noexcept {
        return {hot(slot).first_unit, hot(slot).unit_count};
    }
    [[nodiscard]] uint8_t resource(SlotIndex slot) const noexcept { return hot(slot).resource; }
    /// Bytes asked for at its grant.
    [[nodiscard]] uint64_t amount(SlotIndex slot) const noexcept;
    /// When a live lease stops giving access: its end, or the end of its grace; else never.
    [[nodiscard]] Instant deadline(SlotIndex slot) const noexcept { return {hot(slot).timer.due}; }
    [[nodiscard]] LeaseId id(SlotIndex slot) const noexcept;
    [[nodiscard]] LeaseInfo info(SlotIndex slot) const noexcept;

    // --- time ---

    /// The next live lease whose deadline has come (`now >= deadline`), or none: nothing more is
    /// due or `budget` (timers looked at) is used up. The caller moves it on in the same turn: it
    /// is not offered again. Context: turn.
    [[nodiscard]] std::optional<SlotIndex> next_due(Instant now, uint32_t& budget) noexcept {
        const uint32_t index = wheel_.take_due(now, budget);
        return index == TimingWheel::none ? std::nullopt : due_slot(index, now);
    }
    /// Whether a `next_due` at `now` would look at any timer.
    [[nodiscard]] bool has_due_work(Instant now) const noexcept { return wheel_.has_work(now); }
    /// Of the deadlines (timing_wheel.hpp); teardowns are the lessor's to time.
    [[nodiscard]] Instant next_deadline() const noexcept { return wheel_.next_deadline(); }

    // --- teardown queues, one a resource: tearing_down and fenced slots, first in first out ---

    [[nodiscard]] std::optional<SlotIndex> teardown_front(uint8_t resource) const noexcept;
    /// Puts the front behind the others, when it has to wait.
    void rotate_teardown(uint8_t resource) noexcept;

    // --- lists ---

    /// The first slot at or after `from` that is not free.
    [[nodiscard]] std::optional<SlotIndex> next_in_use(SlotIndex from) const noexcept;
    [[nodiscard]] uint32_t count_in(Phase phase) const noexcept {
        return phase_counts_[static_cast<size_t>(phase)];
    }
    [[nodiscard]] uint32_t live_count() const noexcept;
    [[nodiscard]] uint32_t capacity() const noexcept { return uint32_t(spans_.hot.size()); }
    /// O(slots): everything above agrees with itself.
    [[nodiscard]] bool check_invariants() const noexcept;

private:
    struct Queue {
        uint32_t first = 0; ///< slot + 1; 0 = empty
        uint32_t last = 0;
    };

    [[nodiscard]] const HotSlot& hot(SlotIndex slot) const noexcept {
        GRAFOS_ASSERT(slot.value < spans_.hot.size());
        return spans_.hot[slot.value];
    }
    [[nodiscard]] HotSlot& hot(SlotIndex slot) noexcept {
        GRAFOS_ASSERT(slot.value < spans_.hot.size());
        return spans_.hot[slot.value];
    }
    [[nodiscard]] Result<SlotIndex> check_holder(SlotIndex slot, Epoch epoch,
                                                 Generation generation) const noexcept;
    [[nodiscard]] std::optional<SlotIndex> due_slot(uint32_t index, Instant now) noexcept;
    void change_phase(SlotIndex slot, Phase to) noexcept;
    void latch_end(SlotIndex slot, LeaseEnd end) noexcept;
    void forget_last(SlotIndex slot) noexcept;
    void fill_hot(SlotIndex slot, const GrantSpec& spec) noexcept;
    void fill_cold(SlotIndex slot, const GrantSpec& spec, Instant now) noexcept;
    void prefetch_next_free() const noexcept;
    void leave_teardown(SlotIndex slot) noexcept;
    void push_back(Queue& queue, uint32_t slot) noexcept;
    [[nodiscard]] uint32_t pop_front(Queue& queue) noexcept;
    [[nodiscard]] uint32_t count_queue(const Queue& queue) const noexcept;
    [[nodiscard]] bool check_queues() const noexcept;

    LeaseTableSpans spans_;
    TimingWheel wheel_{};
    HashIndex by_ref_{};
    HashIndex by_key_{};
    SlotBitmap in_use_{};
    Queue free_{};
    Queue teardown_[resources_max]{};
    HashKey hash_key_{};
    uint32_t phase_counts_[phase_count] = {};
};

/// A table with its slots.
template <uint32_t slot_count, WheelShape shape = small_wheel>
class LeaseTableOf final : private LeaseTableStorage<slot_count, shape>, public LeaseTable {
public:
    LeaseTableOf() noexcept : LeaseTable{this->spans()} {}
};

} // namespace grafos::lease
