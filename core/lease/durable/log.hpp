// SPDX-License-Identifier: Apache-2.0
/// The durable log: a journal on a disk, and how a node finds out at boot what it once said.
///
///     start → booting ─┬→ blank ──format──→ formatting → booting
///                      ├→ degraded(no_durable_state) ──adopt──→ formatting → booting
///                      ├→ degraded(…)
///                      └→ ready → degraded(durable_unknown)
///
/// In `ready`: `append` seals into the open group; `tick` closes it, writes it with one write and
/// one flush, and only then does `anchored_end` move. One group is in flight while the next one
/// fills. Nothing here blocks, waits or reads a clock; every part of it may be looked at in its own
/// file.
#pragma once

#include "core/lease/audit/journal.hpp"
#include "core/lease/durable/checkpoint.hpp"
#include "core/lease/durable/checkpointer.hpp"
#include "core/lease/durable/commit.hpp"
#include "core/lease/durable/formatter.hpp"
#include "core/lease/durable/reader.hpp"
#include "core/lease/durable/recovery.hpp"
#include "core/lease/durable/reserve.hpp"

namespace grafos::lease {

enum class LogPhase : uint8_t { stopped, booting, blank, formatting, ready, degraded };

struct LogState {
    LogPhase phase = LogPhase::stopped;
    DegradedReason reason = DegradedReason::none;
    Error cause{ErrorCode::not_ready, Field::log}; ///< what exactly; only when blank or degraded
};

struct LogOptions {
    uint32_t log_percent = 25;        ///< of a disk that is yet to be formatted
    uint32_t checkpoint_groups = 256; ///< a checkpoint is due after so many groups
    uint64_t epoch_chunk = 4096;      ///< how far the epoch mark runs ahead
};

struct LogFigures {
    uint64_t groups = 0, records = 0, group_sectors = 0, checkpoints = 0; ///< written in this boot
    uint64_t replayed_groups = 0, replayed_records = 0;                   ///< read at boot
    uint64_t capacity_sectors = 0, kept_sectors = 0, promised_sectors = 0;
};

class DurableLog final : public Journal {
public:
    /// Buffers are the log's as long as it lives. `group_a`, `group_b` and `window`:
    /// group_bytes_max each; `checkpoint`: checkpoint_buffer_bytes(state).
    struct Parts {
        hal::BlockDevice& device;
        DurableState& state;
        MutableBytes group_a;
        MutableBytes group_b;
        MutableBytes window;
        MutableBytes checkpoint;
    };
    DurableLog(const Parts& parts, const LogOptions& options) noexcept;
    DurableLog(const DurableLog&) = delete;
    DurableLog& operator=(const DurableLog&) = delete;

    /// Begins to boot; once. Failures: invalid_argument (length: a buffer; amount: an option).
    [[nodiscard]] Result<> start() noexcept;
    /// Moves everything on: at boot by at most `budget` steps (a device answer, a group, a window
    /// of the ring); then the group in flight, and the next one, by at most `budget` device steps
    /// each and no further than the device is done at once, every other part by one step. Whether
    /// it would go on at once. Context: turn.
    bool tick(uint32_t budget) noexcept;
    [[nodiscard]] const LogState& state() const noexcept { return state_; }

    /// Only when blank: makes this disk the node's. Failures: denied (operation: not blank);
    /// invalid_argument, capacity_exceeded (see `plan_layout`). Context: turn.
    [[nodiscard]] Result<> format(const NodeId& node_id,
                                  const crypto::IdentitySecrets& secrets) noexcept;
    /// Only in degraded(no_durable_state): goes on behind what the operator vouches for. Failures:
    /// denied (operation), invalid_argument (epoch: below a mark still readable in the log).
    /// Context: turn.
    [[nodiscard]] Result<> adopt(const Adoption& adoption) noexcept;

    /// Known from the end of `booting` on, except on a blank or foreign disk.
    [[nodiscard]] bool has_identity() const noexcept { return recovery_.has_identity(); }
    [[nodiscard]] const IdentityCell& identity() const noexcept { return recovery_.identity(); }
    [[nodiscard]] const DiskLayout& layout() const noexcept { return recovery_.identity().layout; }
    /// The last words found at boot: not_found if there are none, or why they cannot be read. Their
    /// `boot` says whose they are; the sector is not cleared.
    [[nodiscard]] Result<hal::Epitaph> epitaph() const noexcept { return recovery_.epitaph(); }

    // --- ready
    // -----------------------------------------------------------------------------------------
    /// This boot: one above every boot in the log. The first record is the boot record.
    [[nodiscard]] BootNumber boot() const noexcept { return boot_; }
    [[nodiscard]] BootNumber previous_boot() const noexcept { return {boot_.value - 1}; }
    /// Lies above every epoch ever used; the first one for this boot.
    [[nodiscard]] Epoch first_epoch() const noexcept { return first_epoch_; }
    /// Started from an adoption that no record tells of yet: seal `state_adopted`.
    [[nodiscard]] bool is_adopted() const noexcept { return recovery_.checkpoint().is_adopted; }
    /// After replay, before the first record: reserves for the fences that stand.
    void restore_fences(uint64_t count) noexcept { ledger_.restore_fences(count); }

    [[nodiscard]] Result<Sequence> append(const AuditEvent& event, Draw draw) noexcept override;
    [[nodiscard]] Result<> check_append(Draw draw) const noexcept override;
    void return_fence_reserve() noexcept override { ledger_.return_teardown(); }
    [[nodiscard]] Sequence anchored_end() const noexcept override;
    [[nodiscard]] Sequence appended_end() const noexcept override;
    [[nodiscard]] Epoch epoch_limit() const noexcept override;

    /// Nothing is being written, and nothing is due.
    [[nodiscard]] bool is_idle() const noexcept;
    /// The durable head, and the oldest group that is kept.
    [[nodiscard]] const Anchor& anchor() const noexcept { return commit_.anchor(); }
    [[nodiscard]] const GroupPlace& log_start() const noexcept { return checkpointer_.start(); }

    /// As soon as may be, whatever is due.
    void request_checkpoint() noexcept { checkpointer_.request(); }

    /// Frees the groups whose records all lie at or below `last`, after reading that its hash is
    /// `hash`. Failures: busy (another is running), not_found (sequence: trimmed before),
    /// invalid_argument (checkpoint: not below the newest one's end), degraded. Audit: the caller's
    /// `log_trimmed`.
    [[nodiscard]] Result<> start_trim(Sequence last, const Digest& hash) noexcept;
    /// Its outcome, once: ok when the space is free and durably so. Failures: busy, not_found (none
    /// is running), denied (hash: not ours), corrupt, io.
    [[nodiscard]] Result<> poll_trim() noexcept;

    /// The device was reset by whoever had a reason: what was in flight is submitted again, as it
    /// was.
    void on_device_reset() noexcept;
    [[nodiscard]] LogFigures figures() const noexcept;

private:
    enum class Trim : uint8_t { none, reading, saving, done, failed };

    void enter_degraded(DegradedReason reason, const Error& cause) noexcept;
    void enter_ready() noexcept;
    [[nodiscard]] bool tick_recovery(uint32_t budget) noexcept;
    void tick_formatter() noexcept;
    [[nodiscard]] Result<Progress> tick_commit(uint32_t budget) noexcept;
    void tick_ready(uint32_t budget) noexcept;
    void tick_full(uint32_t budget) noexcept;
    /// Ready, or full: what has been anchored can be read and trimmed.
    [[nodiscard]] bool is_serving() const noexcept;
    void tick_trim() noexcept;
    void fail_trim(const Error& error) noexcept;
    [[nodiscard]] bool wants_turn() const noexcept;
    /// Sectors of the ring from one place to another.
    [[nodiscard]] uint64_t ring_distance(const GroupPlace& from,
                                         const GroupPlace& to) const noexcept;
    [[nodiscard]] LayoutOptions layout_options() const noexcept;

    Parts parts_;
    LogOptions options_;
    LogState state_{};
    Recovery recovery_;
    Formatter formatter_;
    Commit commit_;
    Checkpointer checkpointer_;
    SpaceLedger ledger_{};
    BootNumber boot_{};
    Epoch first_epoch_{};
    LogReader trim_reader_;
    Trim trim_ = Trim::none;
    Digest trim_hash_{};
    Error trim_error_{ErrorCode::not_found, Field::operation};
};

/// Bytes of the checkpoint buffer for a state, whole pages.
[[nodiscard]] inline size_t checkpoint_buffer_bytes(const DurableState& state) noexcept {
    return static_cast<size_t>(checkpoint_sectors_for(state.checkpoint_bytes_max())) *
           hal::sector_bytes;
}

} // namespace grafos::lease
