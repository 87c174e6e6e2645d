// SPDX-License-Identifier: Apache-2.0
/// The lessor grants, renews and ends leases at the resource, and says each step in the journal.
///
/// It is the only one that knows all three sides: the table (who, until when), the resources (which
/// units, in which state) and the journal (what is proven). Each operation decides first, with
/// everything that can refuse, and then changes all three in one step. Ends are never refused: if
/// their record cannot be sealed now, access ends all the same and the slot keeps its pending record.
///
/// The answers are *executed*, not yet *durable*: whoever called waits for `record` to be anchored
/// before a success leaves the machine (protocol §5).
#pragma once

#include "core/crypto/drbg.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/lease/audit/journal.hpp"
#include "core/lease/durable/checkpoint.hpp"
#include "core/lease/grantor.hpp"
#include "core/lease/lessor/refusals.hpp"
#include "core/lease/node_limits.hpp"
#include "core/lease/table/lease_table.hpp"
#include "core/observe/counters.hpp"
#include "core/observe/event_ring.hpp"

namespace grafos::lease {

/// Revocations in grace at one time; one more is `busy`.
inline constexpr size_t graces_max = 32;

/// Units of one piece of the wipe after a boot: a failure fences no more than a piece.
inline constexpr uint64_t boot_wipe_units_max = 16;

/// What a turn may spend here.
struct LessorBudget {
    uint32_t expiries = 0;   ///< timers looked at, ends sealed, teardown queue entries looked at
    uint64_t wipe_bytes = 0; ///< per resource
};

/// An access under way.
struct AccessHandle {
    LeaseId lease{};
    MutableBytes buffer{};
    Access::Kind kind = Access::Kind::read;
    uint8_t resource = 0;
    AccessTicket ticket{};
};

/// The single fence clear in progress.
enum class ClearState : uint8_t { none, wiping, cleared, fenced_again };

class Lessor final : public DurableState {
public:
    struct Parts {
        LeaseTable& table;
        std::span<Resource* const> resources; ///< ≤ resources_max; the index is the table's
        Journal& journal;
        crypto::Drbg& drbg;
        observe::Counters& counters;
        observe::EventRing& events;
    };

    Lessor(const Parts& parts, const NodeLimits& limits) noexcept;
    Lessor(const Lessor&) = delete;
    Lessor& operator=(const Lessor&) = delete;

    /// After recovery, before the first grant. `first_epoch` lies above every epoch ever used;
    /// `unix_base` is the Unix time at `Instant{0}`. Context: boot.
    void start(UnixMillis unix_base, Epoch first_epoch) noexcept;

    // --- requests: executed at once ---------------------------------------------------------------

    /// Failures: not_found (resource), invalid_argument (amount, ttl, identity), capacity_exceeded
    /// (amount, lease, log), busy (log, epoch: try in a later turn), exhausted (ttl, epoch), degraded.
    /// Audit: lease_allocated. A live lease with the same tenant and key is answered again, unaudited.
    [[nodiscard]] Result<Answer> grant(const Request& request, Instant now) noexcept;

    /// Failures: the end code, not_found (lease), stale_epoch (generation), invalid_argument (ttl),
    /// exhausted, capacity_exceeded (log), busy (log), degraded. Audit: lease_renewed; none for a repeat.
    [[nodiscard]] Result<Answer> renew(const Request& request, Instant now) noexcept;

    /// Failures: the end code, not_found (lease), busy (log). Audit: lease_released. While the journal
    /// is degraded the lease still ends and the answer is `degraded` (record).
    [[nodiscard]] Result<Answer> release(const Request& request, Instant now) noexcept;

    /// Ends a lease now (grace 0; lease_revoked or, for a preemption reason, lease_preempted) or warns
    /// its holder and ends it at min(grace, lease end). Failures: not_found or end code (lease_ref),
    /// invalid_argument (grace, reason), busy (log; grace: too many at once), degraded as release.
    /// `record` of a grace's answer is that of no record: `appended_end` so far.
    [[nodiscard]] Result<Answer> revoke(const Request& request, Instant now) noexcept;

    /// The holder in grace has saved what it needs: the lease ends in the next turn. Failures: the end
    /// code, not_found (lease), denied (operation: no grace is running).
    [[nodiscard]] Result<Answer> report_checkpoint(const Request& request, Instant now) noexcept;

    /// Authorises one new teardown of the units behind `fence`. One at a time (busy). Failures:
    /// not_found (fence_sequence), busy, degraded.
    [[nodiscard]] Result<> start_clear(const Request& request, Instant now) noexcept;
    /// Its outcome, once: busy while wiping; fenced (fence_sequence; value = the new fence).
    [[nodiscard]] Result<Answer> poll_clear() noexcept;

    /// Folds a refusal into this turn's records and counts it.
    void note_refusal(TenantId tenant, Operation operation, const Error& error) noexcept;
    /// A turn took longer than allowed.
    void note_overrun(Duration took) noexcept;

    // --- access: checked here on every operation -----------------------------------------------------

    /// Failures: the end code, not_found (lease), stale_epoch (epoch, generation), capacity_exceeded
    /// (offset, length), then those of Resource::start_access. Refused accesses change counters only.
    /// Context: turn.
    [[nodiscard]] Result<AccessHandle> start_access(const LeaseId& id, Epoch epoch,
                                                    Generation generation, Access access,
                                                    Instant now) noexcept;
    /// Ok only if the lease is still live: what is read after its end is zeroed, not handed over.
    /// Failures: busy (in flight), io, not_found, the end code. Context: turn.
    [[nodiscard]] Result<> poll_access(const AccessHandle& handle, Instant now) noexcept;

    // --- time ----------------------------------------------------------------------------------------

    /// Expiries, graces, teardown and wiping, within `budget`. Whether more is waiting. Context: turn.
    bool tick(Instant now, LessorBudget budget) noexcept;
    [[nodiscard]] Instant next_deadline() const noexcept;
    /// The disk was reset: nothing is in flight any more.
    void on_device_reset() noexcept;
    /// Whether a teardown waits for a device that does not answer and is past its deadline.
    [[nodiscard]] bool wants_device_reset() const noexcept { return wants_device_reset_; }

    // --- DurableState ----------------------------------------------------------------------------------
    [[nodiscard]] size_t checkpoint_bytes_max() const noexcept override;
    [[nodiscard]] size_t write_checkpoint(MutableBytes to) noexcept override;
    [[nodiscard]] Result<> load_checkpoint(Bytes from) noexcept override;
    [[nodiscard]] Result<> replay(const AuditEvent& event, Sequence sequence) noexcept override;

    // --- looking ---------------------------------------------------------------------------------------
    [[nodiscard]] const LeaseTable& table() const noexcept { return parts_.table; }
    [[nodiscard]] std::span<Resource* const> resources() const noexcept { return parts_.resources; }
    [[nodiscard]] Epoch next_epoch() const noexcept { return next_epoch_; }
    [[nodiscard]] UnixMillis unix_at(Instant now) const noexcept;
    [[nodiscard]] bool is_idle() const noexcept;

private:
    /// What a resource's one wipe is for, and how far it is. Sealing stages wait for the journal.
    struct WipeJob {
        enum class Kind : uint8_t { none, lease, clear, boot } kind = Kind::none;
        enum class Stage : uint8_t { wiping, sealing_done, sealing_fence } stage = Stage::wiping;
        Extent extent{};
        Reason reason = Reason::none; ///< of the fence to be sealed
        uint64_t device_value = 0;
        uint64_t boot_cursor = 0; ///< where the search for dirty units goes on
    };
    struct Grace {
        bool is_used = false;
        SlotIndex slot{};
        LeaseRef ref{};
        Duration length{};
        Instant ends_at{};
        std::array<uint8_t, limits::identity_bytes_max> identity{};
        uint8_t identity_size = 0;
    };
    struct Clear {
        ClearState state = ClearState::none;
        uint8_t resource = 0;
        Extent extent{};
        Instant drain_deadline{};
        Sequence fence{};
        Answer answer{};
        TenantId tenant{};
        std::array<uint8_t, limits::identity_bytes_max> identity{};
        uint8_t identity_size = 0;
    };

    [[nodiscard]] Result<uint8_t> resource_index(const ResourceId& id) const noexcept;
    [[nodiscard]] Result<Epoch> check_epoch() const noexcept;
    [[nodiscard]] Answer answer_of(SlotIndex slot, Instant now) const noexcept;
    [[nodiscard]] AuditEvent event_of(EventKind kind, SlotIndex slot, Instant now) const noexcept;
    [[nodiscard]] Sequence append_checked(const AuditEvent& event, Draw draw) noexcept;
    [[nodiscard]] Result<> check_end_record() const noexcept;
    [[nodiscard]] Sequence newest_record() const noexcept;
    [[nodiscard]] Grace* free_grace() noexcept;

    [[nodiscard]] Result<Sequence> end_lease(SlotIndex slot, LeaseEnd end, Bytes actor,
                                             Instant now) noexcept;
    [[nodiscard]] Result<Sequence> seal_end(SlotIndex slot, RevokeState state, Bytes actor,
                                            Instant now) noexcept;
    [[nodiscard]] Grace* grace_of(SlotIndex slot) noexcept;
    void expire_due(Instant now, uint32_t& budget) noexcept;
    void tick_graces(Instant now) noexcept;
    void seal_refusals(Instant now) noexcept;

    void tick_resource(uint8_t index, Instant now, LessorBudget& budget) noexcept;
    [[nodiscard]] bool start_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] bool start_clear_wipe(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool start_lease_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] bool start_boot_wipe(uint8_t index) noexcept;
    enum class Drained : uint8_t { yes, not_yet, too_late };
    [[nodiscard]] Drained check_drained(uint8_t index, Extent extent, Instant now,
                                        Instant deadline) noexcept;
    void begin_job(uint8_t index, WipeJob::Kind kind, Extent extent) noexcept;
    void fail_job(uint8_t index, Reason reason, uint64_t device_value) noexcept;
    /// Seals what a finished job has to say; false: the journal has no room yet.
    [[nodiscard]] bool settle_job(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool settle_done(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool settle_fence(uint8_t index, Instant now) noexcept;

    [[nodiscard]] Result<> replay_units(const AuditEvent& event, Extent extent, UnitState to,
                                        Sequence fence) noexcept;

    Parts parts_;
    NodeLimits limits_;
    UnixMillis unix_base_{};
    Epoch next_epoch_{1};
    Instant last_now_{};
    std::array<WipeJob, resources_max> jobs_{};
    std::array<Grace, graces_max> graces_{};
    size_t graces_used_ = 0;
    Clear clear_{};
    Refusals refusals_{};
    std::array<bool, resources_max> has_new_shape_{}; ///< since the checkpoint: no fence may be replayed
    Duration overrun_{}; ///< the longest since the last record of one; 0 = none
    Instant wake_at_ = Instant::never();
    bool wants_device_reset_ = false;
    bool has_reset_device_ = false;
};

/// What is shown of a lease: the first 16 bytes of SHA-256 of its id.
[[nodiscard]] LeaseRef ref_of(const LeaseId& id) noexcept;

/// Names the `index`-th resource of a kind on its node: kind u16 · index u16 · zeroes. Records carry the
/// node's id beside it, so it need not be unique across nodes.
[[nodiscard]] ResourceId resource_id_of(ResourceKind kind, uint16_t index) noexcept;

} // namespace grafos::lease
