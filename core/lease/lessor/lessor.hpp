// SPDX-License-Identifier: Apache-2.0
/// The lessor grants, renews and ends leases at the resource, and says each step in the journal.
///
/// It is the only one that knows all three sides: the table (who, until when), the resources (which
/// units, in which state) and the journal (what is proven). Each operation decides first, with
/// everything that can refuse, and then changes all three in one step. Ends are never refused: if
/// their record cannot be sealed now, access ends all the same and the slot keeps its pending
/// record.
///
/// The answers are *executed*, not yet *durable*: whoever called waits for `record` to be anchored
/// before a success leaves the machine (protocol §5).
#pragma once

#include "core/lease/durable/checkpoint.hpp"
#include "core/lease/grantor.hpp"
#include "core/lease/lessor/authority.hpp"
#include "core/lease/lessor/lease_ends.hpp"
#include "core/lease/lessor/notes.hpp"
#include "core/lease/lessor/teardown.hpp"

namespace grafos::lease {

class Lessor final : public DurableState {
public:
    using Parts = LessorParts;

    Lessor(const Parts& parts, const NodeLimits& limits) noexcept;
    Lessor(const Lessor&) = delete;
    Lessor& operator=(const Lessor&) = delete;

    /// After recovery, before the first grant. `first_epoch` lies above every epoch ever used;
    /// `unix_base` is the Unix time at `Instant{0}`. Context: boot.
    void start(UnixMillis unix_base, Epoch first_epoch) noexcept;
    /// The wall clock was set: later records are stamped by it, and nothing else changes.
    void set_unix_base(UnixMillis unix_base) noexcept { context_.unix_base = unix_base; }

    // --- requests: executed at once
    // ---------------------------------------------------------------

    /// Failures: not_found (resource), invalid_argument (amount, ttl, identity), capacity_exceeded
    /// (amount, lease, log, tenant), denied (ttl), rate_limited (quota_bytes, quota_leases), busy
    /// (log, epoch: try in a later turn), exhausted (ttl, epoch), degraded. Audit: lease_allocated.
    /// A live lease with the same caller and key is answered again, unaudited.
    [[nodiscard]] Result<Answer> grant(const Request& request, Instant now) noexcept;

    /// Failures: the end code, not_found (lease), stale_epoch (generation), invalid_argument (ttl,
    /// identity), denied (ttl), exhausted (ttl, generation), capacity_exceeded (log), busy (log),
    /// degraded. Audit: lease_renewed, by the caller; none for a repeat.
    [[nodiscard]] Result<Answer> renew(const Request& request, Instant now) noexcept;

    /// Failures: the end code, not_found (lease), invalid_argument (identity), busy (log). Audit:
    /// lease_released by the caller, or in grace the end of the revocation. Where a degraded
    /// journal cannot seal the record any more, the lease still ends and the answer is `degraded`.
    [[nodiscard]] Result<Answer> release(const Request& request, Instant now) noexcept;

    /// Ends a lease now (grace 0; lease_revoked or, for a preemption reason, lease_preempted) or
    /// warns its holder and ends it at min(grace, lease end). Failures: not_found or end code
    /// (lease_ref), invalid_argument (grace, reason, identity), busy (log; grace: too many at
    /// once), degraded as release. A grace has no record until it ends; its answer names the newest
    /// one so far. In grace already: another grace changes nothing, grace 0 ends it now.
    [[nodiscard]] Result<Answer> revoke(const Request& request, Instant now) noexcept;

    /// The holder in grace has saved what it needs: the lease ends in the next turn. Failures: the
    /// end code, not_found (lease), denied (operation: no grace is running).
    [[nodiscard]] Result<Answer> report_checkpoint(const Request& request, Instant now) noexcept;

    /// Authorises one new teardown of the units behind `fence`, of one run of them. Failures:
    /// not_found (fence_sequence), busy (fence_sequence: another runs, or its outcome was not asked
    /// for yet; log), invalid_argument (identity), exhausted (epoch), capacity_exceeded (log),
    /// degraded.
    [[nodiscard]] Result<> start_clear(const Request& request, Instant now) noexcept;
    /// Its outcome, once, and for no longer than `clear_answer_kept`. Failures: busy (still
    /// wiping), not_found (none), fenced (fence_sequence; value = the new fence, expected = the old
    /// one). Audit: fence_cleared, or resource_fenced.
    [[nodiscard]] Result<Answer> poll_clear() noexcept;

    /// Folds a refusal into this turn's records and counts it.
    void note_refusal(TenantId tenant, Operation operation, const Error& error) noexcept {
        notes_.add_refusal(tenant, operation, error);
    }
    /// A turn took longer than allowed.
    void note_overrun(Duration took) noexcept { notes_.add_overrun(took); }

    // --- access: checked here on every operation
    // -----------------------------------------------------

    /// Whether a holder with this epoch and generation has access now, as an authority over the
    /// whole lease. O(1). Failures: the end code, not_found (lease, lease_ref), stale_epoch (epoch,
    /// generation). An unknown lease with an epoch of an earlier boot: stale_epoch (epoch), not
    /// not_found. Context: turn.
    [[nodiscard]] Result<Authority> find_access(const LeaseId& id, Epoch epoch,
                                                Generation generation, Instant now) noexcept;
    [[nodiscard]] Result<Authority> find_access(const LeaseRef& ref, Epoch epoch,
                                                Generation generation, Instant now) noexcept;

    /// Failures: the end code, not_found (lease: the slot has another lease by now), stale_epoch
    /// (generation), denied (offset, length: outside what the token allows), capacity_exceeded
    /// (offset, length: outside the lease), then those of Resource::start_access. Refused accesses
    /// change counters only. Context: turn.
    [[nodiscard]] Result<AccessHandle> start_access(const Authority& by, const Access& access,
                                                    Instant now) noexcept;
    /// `find_access`, then the same.
    [[nodiscard]] Result<AccessHandle> start_access(const LeaseId& id, Epoch epoch,
                                                    Generation generation, const Access& access,
                                                    Instant now) noexcept;
    /// The bytes of a memory lease, all of them, for one step of this turn: `MemoryVerbs`.
    /// Failures: as `start_access`; unsupported (operation: not memory). Context: turn.
    [[nodiscard]] Result<MutableBytes> memory_of(const Authority& by, Instant now) noexcept;
    /// Ok only if the lease is still live: what is read after its end is zeroed, not handed over.
    /// Failures: busy (in flight), io, not_found, the end code. Context: turn.
    [[nodiscard]] Result<> poll_access(const AccessHandle& handle, Instant now) noexcept;

    // --- time
    // ----------------------------------------------------------------------------------------

    /// Expiries, graces, teardown and wiping, within `budget`. Whether more is waiting. Context:
    /// turn.
    bool tick(Instant now, LessorBudget budget) noexcept;
    /// Never later than the first thing that can be done. What waits for the journal or a device is
    /// looked at again after `lessor_patience`, if nothing wakes the machine before.
    [[nodiscard]] Instant next_deadline() const noexcept;
    /// The disk was reset, and counted, by the caller: nothing is in flight any more.
    void on_device_reset() noexcept;
    /// Whether a teardown waits for a device that does not answer and is past its deadline.
    [[nodiscard]] bool wants_device_reset() const noexcept {
        return teardown_.wants_device_reset();
    }

    // --- DurableState
    // ----------------------------------------------------------------------------------
    [[nodiscard]] size_t checkpoint_bytes_max() const noexcept override;
    [[nodiscard]] size_t write_checkpoint(MutableBytes to) noexcept override;
    [[nodiscard]] Result<> load_checkpoint(Bytes from) noexcept override;
    [[nodiscard]] Result<> replay(const AuditEvent& event, Sequence sequence) noexcept override;

    // --- looking
    // ---------------------------------------------------------------------------------------
    [[nodiscard]] const LeaseTable& table() const noexcept { return context_.parts.table; }
    [[nodiscard]] std::span<Resource* const> resources() const noexcept {
        return context_.parts.resources;
    }
    [[nodiscard]] observe::Counters& counters() const noexcept { return context_.parts.counters; }
    [[nodiscard]] observe::EventRing& events() const noexcept { return context_.parts.events; }
    /// The first epoch of this boot: names the boot to whoever stamps instants into leased memory.
    [[nodiscard]] Epoch first_epoch() const noexcept { return first_epoch_; }
    /// When a live lease stops giving access, a grace included.
    [[nodiscard]] Instant access_end(SlotIndex slot) const noexcept {
        return ends_.access_end(slot);
    }
    [[nodiscard]] const QuotaLedger& ledger() const noexcept { return context_.ledger; }
    [[nodiscard]] Epoch next_epoch() const noexcept { return context_.next_epoch; }
    [[nodiscard]] UnixMillis unix_at(Instant now) const noexcept { return context_.unix_at(now); }
    /// No lease, nothing to wipe, no clear under way.
    [[nodiscard]] bool is_idle() const noexcept;

private:
    struct UnitsReplay {
        Extent extent{};
        UnitState to{};
        Sequence fence{}; ///< the new one, or the one that was cleared
    };

    [[nodiscard]] Result<uint8_t> resource_index(const ResourceId& id) const noexcept;
    [[nodiscard]] Answer answer_of(SlotIndex slot, Instant now) const noexcept;
    [[nodiscard]] Sequence append_checked(const AuditEvent& event, Draw draw) noexcept;
    [[nodiscard]] Sequence newest_record() const noexcept;
    [[nodiscard]] std::optional<Result<Answer>> repeated_grant(const Request& request,
                                                               uint8_t index,
                                                               Instant now) const noexcept;
    [[nodiscard]] Result<Authority> admit(const Result<SlotIndex>& found, Epoch epoch,
                                          Generation generation) const noexcept;
    [[nodiscard]] Result<AccessHandle> try_access(const Authority& by, Access access,
                                                  Instant now) noexcept;
    [[nodiscard]] Result<> replay_units(const ResourceId& id, const UnitsReplay& units) noexcept;

    LessorContext context_;
    Epoch first_epoch_{}; ///< of this boot
    LeaseEnds ends_{context_};
    Teardown teardown_{context_, ends_};
    Notes notes_{context_};
    std::array<bool, resources_max>
        has_new_shape_{}; ///< since the checkpoint: no fence may be replayed
};

/// What is shown of a lease: the first 16 bytes of SHA-256 of its id.
[[nodiscard]] LeaseRef ref_of(const LeaseId& id) noexcept;

/// Names the `index`-th resource of a kind on its node: kind u16 · index u16 · zeroes. Records
/// carry the node's id beside it, so it need not be unique across nodes.
[[nodiscard]] ResourceId resource_id_of(ResourceKind kind, uint16_t index) noexcept;

} // namespace grafos::lease
