// SPDX-License-Identifier: Apache-2.0
/// What happens to units after an end: drained, wiped in slices, free or fenced.
///
/// Each resource wipes one extent at a time: a clear an operator waits for, else in turns the next
/// ended lease and what was dirty at boot. Nothing is wiped while an operation of its lease is in
/// flight. What is not drained by its deadline, or whose wipe a device refuses, is fenced: by a
/// record, and never wiped again but for a clear. A finished job waits for the journal before its
/// units change hands.
#pragma once

#include "core/lease/grantor.hpp"
#include "core/lease/lessor/lease_ends.hpp"
#include "core/lease/lessor/unit_snapshot.hpp"

namespace grafos::lease {

/// Units of one piece of the wipe after a boot: a failure fences no more than a piece.
inline constexpr uint64_t boot_wipe_units_max = 16;

/// How long the outcome of a fence clear is kept for whoever started it.
inline constexpr Duration clear_answer_kept{5'000};

/// The single fence clear in progress.
enum class ClearState : uint8_t { none, wiping, cleared, fenced_again };

class Teardown {
public:
    Teardown(LessorContext& context, LeaseEnds& ends) noexcept : context_{context}, ends_{ends} {}
    Teardown(const Teardown&) = delete;
    Teardown& operator=(const Teardown&) = delete;

    /// Drains, wipes and settles on each resource, within `budget` for each. Context: turn.
    void tick(Instant now, const LessorBudget& budget) noexcept;

    /// See Lessor. Context: turn.
    [[nodiscard]] Result<> start_clear(const Request& request, Instant now) noexcept;
    [[nodiscard]] Result<Answer> poll_clear() noexcept;
    [[nodiscard]] bool is_clearing() const noexcept { return clear_.state == ClearState::wiping; }
    /// The units of `index` that are being cleared: until that is recorded they count as fenced.
    [[nodiscard]] FencedRun clearing(uint8_t index) const noexcept {
        return is_clearing() && clear_.resource == index ? FencedRun{clear_.extent, clear_.fence}
                                                         : FencedRun{};
    }

    [[nodiscard]] bool wants_device_reset() const noexcept { return wants_device_reset_; }
    void on_device_reset() noexcept;
    [[nodiscard]] bool is_wiping(uint8_t index) const noexcept {
        return jobs_[index].kind != Job::Kind::none || boot_wipes_[index].failed.unit_count > 0;
    }

private:
    /// What a resource's one wipe is for, and how far it is. Sealing stages wait for the journal.
    struct Job {
        enum class Kind : uint8_t { none, lease, clear, boot } kind = Kind::none;
        enum class Stage : uint8_t { wiping, sealing_done, sealing_fence } stage = Stage::wiping;
        bool was_lease = false; ///< the last one: next is what boot left, so that neither starves
        Extent extent{};
        Reason reason = Reason::none; ///< of the fence to be sealed
        uint64_t device_value = 0;
        Instant patience_ends_at{}; ///< then a device that does not finish is reset
    };
    /// One look at every slot of a teardown queue, over as many turns as the budget asks for.
    struct Round {
        bool is_open = false;
        SlotIndex first{};
        uint32_t ends = 0;                  ///< the context's count when it began
        Instant wake_at = Instant::never(); ///< when the first of those that had to wait is ready
    };
    /// The search for dirty units, and the piece whose wipe failed until its fence has a record.
    struct BootWipe {
        uint64_t cursor = 0;
        Extent failed{};
        uint64_t device_value = 0;
    };
    struct Clear {
        ClearState state = ClearState::none;
        uint8_t resource = 0;
        Extent extent{};
        Instant drain_deadline{};
        Instant forget_at{}; ///< once it is over
        Sequence fence{};
        Answer answer{};
        TenantId tenant{};
        std::array<uint8_t, limits::identity_bytes_max> identity{};
        uint8_t identity_size = 0;
    };
    enum class Drained : uint8_t { yes, not_yet, too_late };

    void tick_resource(uint8_t index, Instant now, LessorBudget budget) noexcept;
    [[nodiscard]] bool start_job(uint8_t index, Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] bool start_clear_wipe(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool start_lease_wipe(uint8_t index, Instant now, uint32_t& budget) noexcept;
    [[nodiscard]] bool start_boot_wipe(uint8_t index, Instant now) noexcept;
    [[nodiscard]] Drained check_wipeable(uint8_t index, SlotIndex slot, Instant now) noexcept;
    [[nodiscard]] Drained check_drained(uint8_t index, Extent extent, Instant now,
                                        Instant deadline) noexcept;
    [[nodiscard]] bool close_round(uint8_t index, SlotIndex front) noexcept;
    [[nodiscard]] bool is_device(uint8_t index) const noexcept {
        return context_.resource(index).info().kind == ResourceKind::block;
    }
    [[nodiscard]] Instant patience_end(uint8_t index, Instant now) const noexcept;

    void begin_wipe(uint8_t index, Job::Kind kind, Extent extent, Instant now) noexcept;
    /// Without trying to wipe: it cannot be drained.
    void begin_fence(uint8_t index, Job::Kind kind, Extent extent) noexcept;
    void fail_job(uint8_t index, Reason reason, uint64_t device_value) noexcept;
    /// Wipes on. Whether the job is ready to be settled.
    [[nodiscard]] bool wipe_slice(uint8_t index, Instant now, uint64_t budget_bytes) noexcept;

    /// Seals what a finished job has to say; false: the journal has no room yet.
    [[nodiscard]] bool settle_job(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool settle_clear(uint8_t index, Instant now) noexcept;
    void settle_lease(uint8_t index, Instant now) noexcept;
    [[nodiscard]] bool settle_fence(uint8_t index, Instant now) noexcept;
    void settle_boot_fence(uint8_t index, Instant now) noexcept;
    [[nodiscard]] Result<Sequence> seal_fence(uint8_t index, AuditEvent event, Extent extent,
                                              uint64_t device_value, Draw draw,
                                              Instant now) noexcept;

    LessorContext& context_;
    LeaseEnds& ends_;
    std::array<Job, resources_max> jobs_{};
    std::array<Round, resources_max> rounds_{};
    std::array<BootWipe, resources_max> boot_wipes_{};
    Clear clear_{};
    bool wants_device_reset_ = false;
    bool has_reset_device_ = false;
    Instant reset_at_{}; ///< the last device reset of this boot
};

} // namespace grafos::lease
